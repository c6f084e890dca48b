"""A study on a server."""

from __future__ import annotations

import enum
import math
import time
from typing import (
    Any,
    Callable,
    ContextManager,
    Dict,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Type,
    Union,
)

from studyhall import _dataframe, _errors, _heartbeat, _optimize
from studyhall._artifacts import Artifacts
from studyhall._connection import Connection, path_of
from studyhall._distributions import Scalar
from studyhall._queue import Queue
from studyhall._requests import request_id
from studyhall._trial import FrozenTrial, Told, Trial, TrialState

_PAGE = 1000
_LONG_POLL_S = 20.0


class StudyDirection(enum.Enum):
    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


Values = Union[float, Sequence[float]]


class Study(Queue, Artifacts):
    """Made by create_study and load_study. May be used from any thread."""

    def __init__(self, connection: Connection, name: str) -> None:
        super().__init__(connection, name)
        spec = self.info()["spec"]
        words = spec["directions"] if "directions" in spec else [spec["direction"]]
        self.directions = [StudyDirection(word) for word in words]

    def __repr__(self) -> str:
        return f"Study({self.study_name!r}, server={self._connection.url!r})"

    # --- what is known ---

    def info(self) -> Dict[str, Any]:
        """State, study file as resolved, counts and budget, as the server has them now."""
        return dict(self._get())

    @property
    def direction(self) -> StudyDirection:
        if len(self.directions) != 1:
            raise ValueError(f"{self.study_name} has {len(self.directions)} objectives")
        return self.directions[0]

    @property
    def state(self) -> str:
        """running, stopped or finished."""
        return str(self.info()["state"])

    @property
    def trials(self) -> List[FrozenTrial]:
        return self.get_trials()

    def get_trials(
        self, states: Optional[Sequence[TrialState]] = None, worker: Optional[str] = None
    ) -> List[FrozenTrial]:
        """In the order of their numbers; those in one of ``states`` only, where it is given."""
        trials: List[FrozenTrial] = []
        after = -1
        while True:
            page = self._get("trials", query={"after": after, "limit": _PAGE, "worker": worker})
            trials += [FrozenTrial.from_record(record) for record in page["trials"]]
            if len(page["trials"]) < _PAGE:
                break
            after = page["trials"][-1]["number"]
        return trials if states is None else [t for t in trials if t.state in states]

    def trial(self, number: int) -> FrozenTrial:
        return FrozenTrial.from_record(self._get("trials", number))

    def leaderboard(self, top: int = 10) -> List[Dict[str, Any]]:
        """Configurations, best first, with what to believe of them: doc/http_api.md has the members.

        With several objectives: the Pareto front.
        """
        return list(self._get("best", query={"top": top})["best"])

    @property
    def best_trial(self) -> FrozenTrial:
        """The first run of the configuration that leads: feasible, and confirmed where that is asked.

        With noise it need not have the best single value: leaderboard() says what to believe.
        """
        if len(self.directions) != 1:
            raise ValueError(f"{self.study_name} has several objectives: see best_trials")
        number = self.info()["best_number"]
        if number is None:
            raise ValueError(f"{self.study_name} has no feasible complete trial yet")
        return self.trial(number)

    @property
    def best_trials(self) -> List[FrozenTrial]:
        """The Pareto front; with one objective the leader alone."""
        if len(self.directions) == 1:
            return [self.best_trial]
        return [self.trial(row["number"]) for row in self.leaderboard(0)]

    @property
    def best_params(self) -> Dict[str, Scalar]:
        return self.best_trial.params

    @property
    def best_value(self) -> float:
        value = self.best_trial.value
        assert value is not None
        return value

    def get_param_importances(self, worker: Optional[str] = None) -> Dict[str, float]:
        """How much the best results depend on each parameter (PED-ANOVA); the shares sum to 1."""
        answer = self._get("importance", query={"worker": worker})
        return {row["name"]: row["importance"] for row in answer["importance"]}

    def trials_dataframe(self) -> Any:
        """All trials as a pandas DataFrame with Optuna's columns, worker and feasible besides."""
        return _dataframe.trials_dataframe(self.get_trials(), len(self.directions))

    # --- asking and telling ---

    def ask(
        self,
        worker: Optional[str] = None,
        *,
        wait_s: Optional[float] = 0.0,
        lease_s: Optional[float] = None,
        accepts: Optional[Sequence[str]] = None,
        patience_s: Optional[float] = None,
    ) -> Trial:
        """A trial to run, leased to us for ``lease_s`` seconds from each report or heartbeat.

        ``worker`` gets the part of the space that the study file has for it. Where there is nothing
        now, ``wait_s`` seconds are waited, None: until there is. Raises NoTrialNow, StudyFinished or
        SpaceExhausted.
        """
        deadline = math.inf if wait_s is None else time.monotonic() + wait_s
        optional = {"worker": worker, "lease_s": lease_s, "accepts": accepts}
        body = {k: v for k, v in optional.items() if v is not None}
        while True:
            slice_s = max(0.0, min(deadline - time.monotonic(), _LONG_POLL_S))
            answer = self._post(
                "ask",
                body={**body, "wait_s": slice_s, "request_id": request_id()},
                wait_s=slice_s,
                patience_s=patience_s,
            )
            if answer["trials"]:
                return Trial(self, answer["trials"][0], worker, lease_s)
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                nothing = _errors.NoTrialNow(answer.get("reason", "there is no trial now"))
                nothing.retry_after_s = float(answer.get("retry_after_s", 0))
                raise nothing
            time.sleep(min(0.05, left_s))

    def tell(
        self,
        trial: Union[Trial, int],
        values: Optional[Values] = None,
        state: Optional[TrialState] = None,
        *,
        metrics: Optional[Mapping[str, float]] = None,
        usage: Optional[Mapping[str, float]] = None,
        reason: Optional[str] = None,
        cause: Optional[str] = None,
        evidence: Any = None,
        note: Optional[str] = None,
        patience_s: Optional[float] = None,
    ) -> Told:
        """The result of a trial: its value or values, or the ``state`` PRUNED or FAIL.

        ``reason`` and ``cause`` say how a trial failed (TrialFailed has the words), ``usage`` what
        it took: cost_usd, turns, tokens, seconds. The same result may be told again; another one
        raises ConflictError and changes nothing.
        """
        body: Dict[str, Any] = {"request_id": request_id()}
        own_metrics = trial.metrics if isinstance(trial, Trial) else {}
        if isinstance(trial, Trial):
            body["lease"] = trial.lease
            usage = usage or trial.usage
            evidence = trial.evidence if evidence is None else evidence
        if values is not None:
            body.update(_values_body(values, len(self.directions)))
        if state is not None:
            body["state"] = state.value
        optional = {
            "metrics": {**own_metrics, **(metrics or {})} or None,
            "usage": dict(usage) if usage else None,
            "reason": reason,
            "cause": cause,
            "evidence": evidence,
            "note": note,
        }
        body.update({k: v for k, v in optional.items() if v is not None})
        number = trial.number if isinstance(trial, Trial) else trial
        answer = self._post("trials", number, "tell", body=body, patience_s=patience_s)
        return Told(
            number=answer["number"],
            state=TrialState(answer["state"]),
            already=answer["already"],
            new_best=answer["new_best"],
            requeued=answer["requeued"],
        )

    def running(self, trial: Trial, every_s: float = 30.0) -> ContextManager[Trial]:
        """``with study.running(trial):`` sends heartbeats while the body runs.

        Ask with a short lease, ``ask(lease_s=300)``: then a trial whose process is gone is with
        another worker five minutes later. What the trial comes to is still to be told.
        """
        return _heartbeat.beating(trial, every_s)

    def optimize(
        self,
        func: Callable[[Trial], Any],
        n_trials: Optional[int] = None,
        timeout: Optional[float] = None,
        n_jobs: int = 1,
        catch: Union[Type[Exception], Tuple[Type[Exception], ...]] = (),
        callbacks: Optional[Sequence[Callable[[Study, FrozenTrial], None]]] = None,
        *,
        worker: Optional[str] = None,
        lease_s: float = 300.0,
    ) -> None:
        """Runs ``func`` on trial after trial, ``n_jobs`` of them at once in threads.

        -1 is one for each processor.

        Ends after ``n_trials`` trials, when ``timeout`` seconds have passed, or when the study hands
        out no more. ``func`` returns the value, or the values. It may raise TrialPruned or
        TrialFailed; an exception in ``catch`` is told as the configuration's fault, any other gives
        the trial to another worker and is raised here when the running trials have ended. A server
        that is away is waited for, ten minutes at most.

        An interrupt (Ctrl-C) gives the trial back at once. With ``n_jobs`` above 1 the first one has
        the running trials end, and the second gives them back.
        """
        _optimize.optimize(
            self,
            func,
            _optimize.Settings(
                n_trials=n_trials,
                timeout_s=timeout,
                n_jobs=n_jobs,
                catch=catch if isinstance(catch, tuple) else (catch,),
                callbacks=list(callbacks or ()),
                worker=worker,
                lease_s=lease_s,
            ),
        )

    # --- stepping in ---

    def void(self, number: int, reason: str = "") -> None:
        """Takes a trial out of every reckoning; its values stay to be seen."""
        self._post("trials", number, "void", body={"reason": reason} if reason else {})

    def add_insight(self, text: str, trial: Optional[int] = None) -> None:
        """A sentence for whoever runs later trials: it comes with each ask."""
        body: Dict[str, Any] = {"text": text}
        if trial is not None:
            body["trial"] = trial
        self._post("insights", body=body, repeat=False)

    def edit(self, reason: Optional[str] = None, **members: Any) -> None:
        """New values for members of the study file, None removing one: all of them or nothing."""
        path = path_of("studies", self.study_name, query={"reason": reason})
        self._connection.call("PATCH", path, members, repeat=False)

    def stop(self, reason: str = "") -> None:
        """Has the study hand out no more trials, to anybody; resume() takes it up again."""
        self._post("stop", body={"reason": reason} if reason else {})

    def resume(self) -> None:
        self._post("resume", body={})


def _values_body(values: Values, objectives: int) -> Dict[str, Any]:
    items = list(values) if isinstance(values, (list, tuple)) else [values]
    numbers = [float(v) for v in items]
    if len(numbers) != objectives:
        raise ValueError(f"tell: {len(numbers)} values, the study has {objectives} objective(s)")
    if not all(math.isfinite(v) for v in numbers):
        raise ValueError(
            f"tell: {values!r} is no result; a trial without one is told as "
            "state=TrialState.FAIL, reason='config'"
        )
    return {"value": numbers[0]} if objectives == 1 else {"values": numbers}
