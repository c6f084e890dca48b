"""What waits in a study, for workers or for people, and results from elsewhere."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from studyhall._connection import path_of
from studyhall._distributions import Scalar
from studyhall._requests import Requests, given, request_id


class Queue(Requests):
    """The part of a Study that doc/queue.md is about."""

    def enqueue_trial(
        self,
        params: Mapping[str, Scalar],
        *,
        priority: Union[float, str, None] = None,
        tags: Optional[Sequence[str]] = None,
        after: Optional[Sequence[int]] = None,
        after_tasks: Optional[Sequence[int]] = None,
        count: Optional[int] = None,
        title: Optional[str] = None,
        description: Optional[str] = None,
        hold: Optional[bool] = None,
        wave: Optional[int] = None,
        for_: Optional[str] = None,
        needs: Optional[Sequence[str]] = None,
        on_complete: Optional[Sequence[Mapping[str, Any]]] = None,
        topic: Optional[str] = None,
        author: Optional[str] = None,
        again: Optional[bool] = None,
    ) -> List[int]:
        """Has these values tried next; parameters left out are chosen by the sampler.

        ``hold``: once a person approves; ``wave``: once all of a lower one have ended; ``for_``: by that
        worker; ``needs``: not while another runs that needs one of them; ``on_complete``: tasks to add
        then; ``again``: though it was handed out before. Answers the numbers of the waiting trials,
        ``count`` of them, or of the one that has the configuration already.
        """
        body = given(
            priority=priority,
            tags=tags,
            after=after,
            after_tasks=after_tasks,
            count=count,
            title=title,
            description=description,
            hold=hold,
            wave=wave,
            needs=needs,
            on_complete=on_complete,
            topic=topic,
            author=author,
            again=again,
            **{"for": for_},
        )
        answer = self._post(
            "enqueue", body={**body, "params": dict(params), "request_id": request_id()}
        )
        return list(answer["numbers"])

    def queue(self) -> List[Dict[str, Any]]:
        """What waits, trials and tasks, in the order of handing out, each with what it waits for."""
        return list(self._get("queue")["items"])

    def approve(self, number: int, *, task: bool = False, author: Optional[str] = None) -> None:
        """Lets a trial (or task) that is held go."""
        self.change_queued(number, task=task, hold=False, author=author)

    def reject(self, number: int, reason: str = "", *, task: bool = False) -> None:
        """Takes a trial (or task) that waits out of the queue."""
        kind, verb = ("tasks", "cancel") if task else ("trials", "void")
        self._post(kind, number, verb, body={"reason": reason} if reason else {})

    def change_queued(self, number: int, *, task: bool = False, **changes: Any) -> None:
        """New ``priority``, ``hold``, ``wave`` or ``for_`` of what waits, None taking the last two away.

        ``author`` and ``reason`` are kept with it. Raises ConflictError for what does not wait.
        """
        body = {{"for_": "for"}.get(k, k): v for k, v in changes.items()}
        body = {k: v for k, v in body.items() if v is not None or k in ("for", "wave")}
        path = path_of("studies", self.study_name, "tasks" if task else "trials", number, "queue")
        self._connection.call("PATCH", path, body)

    def requeue(self, number: int, reason: str = "", author: Optional[str] = None) -> None:
        """Takes a running trial from its worker; it waits again."""
        body = given(reason=reason or None, author=author)
        self._post("trials", number, "requeue", body=body, repeat=False)

    def add_topic(
        self,
        name: str,
        params: Optional[Mapping[str, Scalar]] = None,
        *,
        trials: int = 5,
        anyway: bool = False,
        for_: Optional[str] = None,
        **more: Any,
    ) -> Dict[str, Any]:
        """An idea that ``trials`` trials follow, one after another, by one worker.

        ``more``: family, hypothesis, success, priority, tags, hold, author. One like an earlier topic
        is not added unless ``anyway``: then ``created`` is false, and ``similar`` lists those.
        """
        body = {"name": name, "params": dict(params or {}), "trials": trials, **more}
        body.update(given(anyway=anyway or None, **{"for": for_}))
        return dict(self._post("topics", body=body, repeat=False))

    def topics(self) -> List[Dict[str, Any]]:
        """The topics with their trials and the best result of each."""
        return list(self._get("topics")["topics"])

    def questions(self, open: bool = True, worker: Optional[str] = None) -> List[Dict[str, Any]]:
        """What agents ask of people; ``open=False``: answered ones too."""
        query = {"open": 1 if open else None, "worker": worker}
        return list(self._get("questions", query=query)["questions"])

    def respond(self, question: int, text: str, author: Optional[str] = None) -> None:
        """Answers the question of that id. Raises ConflictError where it has an answer."""
        body = given(text=text, author=author)
        self._post("questions", question, "answer", body=body, repeat=False)

    def add_results(
        self, results: Sequence[Mapping[str, Any]], author: Optional[str] = None
    ) -> List[int]:
        """Results from elsewhere as finished trials that the samplers learn from; all or none.

        Each has params and value or values, or a state; metrics, started, completed, worker, note,
        title and usage may be there. They are outside the budget. Answers their numbers.
        """
        rows = []
        for result in results:
            row = dict(result)
            if "value" in row:
                row["values"] = [row.pop("value")]
            for time_of in ("started", "completed"):
                if isinstance(row.get(time_of), datetime.datetime):
                    row[time_of] = _utc(row[time_of])
            rows.append(row)
        body = {**given(author=author), "results": rows, "request_id": request_id()}
        return list(self._post("results", body=body)["numbers"])


def _utc(time_of: datetime.datetime) -> str:
    """As the server writes it; a time without a zone is local."""
    moment = time_of.astimezone(datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
