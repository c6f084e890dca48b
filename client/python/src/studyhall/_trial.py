"""Trials: those that run here, and records of those that are over."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Tuple

from studyhall._distributions import Scalar

if TYPE_CHECKING:
    from studyhall._study import Study


class TrialState(enum.Enum):
    """Optuna's names; the server's word for FAIL is "failed"."""

    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAIL = "failed"
    WAITING = "waiting"

    def is_finished(self) -> bool:
        return self in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


def _time(text: Optional[str]) -> Optional[datetime.datetime]:
    if not text:
        return None
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


@dataclass(frozen=True)
class FrozenTrial:
    """A trial as the server has it; times are UTC. ``record`` is all of its JSON."""

    number: int
    state: TrialState
    values: Optional[List[float]]
    params: Dict[str, Scalar]
    metrics: Dict[str, float]
    intermediate_values: Dict[int, float]
    datetime_start: Optional[datetime.datetime]
    datetime_complete: Optional[datetime.datetime]
    feasible: bool
    worker: str
    record: Mapping[str, Any] = field(repr=False)

    @property
    def value(self) -> Optional[float]:
        if self.values is None:
            return None
        if len(self.values) != 1:
            raise ValueError(f"trial {self.number} has {len(self.values)} values: see `values`")
        return self.values[0]

    @property
    def user_attrs(self) -> Dict[str, float]:
        """Optuna's name for the metrics."""
        return self.metrics

    @property
    def duration(self) -> Optional[datetime.timedelta]:
        if self.datetime_start is None or self.datetime_complete is None:
            return None
        return self.datetime_complete - self.datetime_start

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> FrozenTrial:
        values = record.get("values")
        if values is None and "value" in record:
            values = [record["value"]]
        steps = record.get("intermediate", {})
        return cls(
            number=record["number"],
            state=TrialState(record["state"]),
            values=None if values is None else [float(v) for v in values],
            params=dict(record["params"]),
            metrics={k: float(v) for k, v in record.get("metrics", {}).items()},
            intermediate_values={int(k): float(v) for k, v in steps.items()},
            datetime_start=_time(record.get("started")),
            datetime_complete=_time(record.get("completed")),
            feasible=bool(record.get("feasible", True)),
            worker=str(record.get("worker", "")),
            record=record,
        )


@dataclass(frozen=True)
class Told:
    """What a tell came to.

    ``number`` differs from the trial's where it was another's by then and the result was kept as a
    new replicate; ``already``: the same had been told before; ``requeued``: it waits again.
    """

    number: int
    state: TrialState
    already: bool
    new_best: bool
    requeued: bool


class Trial:
    """A trial that was handed out to us. Made by Study.ask."""

    def __init__(
        self,
        study: Study,
        record: Mapping[str, Any],
        worker: Optional[str],
        lease_s: Optional[float],
    ) -> None:
        self.study = study
        self.worker = worker
        self.number: int = record["number"]
        self.params: Dict[str, Scalar] = dict(record["params"])
        self.lease: str = record["lease"]["token"]
        self.lease_s = lease_s
        self.attempt: int = record["attempt"]
        self.purpose: str = record["purpose"]
        self.seed: Optional[int] = record.get("seed")
        self.title: str = record.get("title", "")
        self.description: str = record.get("description", "")
        self.topic: Optional[Mapping[str, Any]] = record.get("topic")
        self.insights: List[str] = [i["text"] for i in record.get("insights", [])]
        self.metrics: Dict[str, float] = {}
        self.usage: Dict[str, float] = {}
        self.evidence: Any = None  # told with the result, as metrics and usage are
        self.last_value: Optional[float] = None
        self._prune = False
        self._stop = False

    def __repr__(self) -> str:
        return f"Trial(number={self.number}, params={self.params})"

    def report(self, step: int, value: float) -> None:
        """An intermediate value; what the pruner says to it is in should_prune.

        The order is the server's, step first; Optuna's is the other one, so name them if in doubt.
        """
        if step != int(step):
            raise ValueError(
                f"report(step, value): step is {step!r}, expected a whole number (Optuna's order of "
                "the two is the other one)"
            )
        self.last_value = float(value)
        self._beat("report", {"step": int(step), "value": self.last_value})

    def heartbeat(self, stage: Optional[str] = None) -> None:
        """Makes the lease last its full length again from now; ``stage``: what we are at, for people."""
        self._beat("heartbeat", {} if stage is None else {"stage": stage})

    def should_prune(self) -> bool:
        """Whether the study's pruner had the last report or heartbeat answered with "prune"."""
        return self._prune

    def should_stop(self) -> bool:
        """Whether nobody waits for this trial's result any more: another has it, or it is over."""
        return self._stop

    def park(self, for_s: float, reason: str = "") -> None:
        """Keeps the lease while the trial waits, for a rate limit or a person."""
        body = {"for_s": for_s, "lease": self.lease, **({"reason": reason} if reason else {})}
        self.study._post("trials", self.number, "park", body=body)

    def release(self) -> None:
        """Gives the trial back: another worker gets it."""
        self.study._post("trials", self.number, "release", body={"lease": self.lease}, repeat=False)

    def ask_question(self, text: str) -> int:
        """Asks a person; the lease lasts until the answer, seven days at most. The question's id."""
        body = {"text": text, "lease": self.lease}
        question = self.study._post("trials", self.number, "questions", body=body, repeat=False)
        return int(question["id"])

    def set_user_attr(self, key: str, value: float) -> None:
        """A metric that is told with the result: a number, since constraints are about numbers."""
        self.metrics[key] = float(value)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: Optional[float] = None, log: bool = False
    ) -> float:
        """The value of ``name``; it was drawn when the trial was asked for, by the study's space.

        The suggest methods let an objective written for Optuna run as it is. They check that the
        value is in the range named here.
        """
        return float(self._in_range(name, low, high))

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        value = self._in_range(name, low, high)
        if value != int(value):
            raise ValueError(f"{name} is {value!r} in this study, not a whole number")
        return int(value)

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        value = self._value(name)
        if not any(value == c and isinstance(value, bool) == isinstance(c, bool) for c in choices):
            raise ValueError(f"{name} is {value!r} in this study, not one of {list(choices)!r}")
        return value

    def _value(self, name: str) -> Scalar:
        if name not in self.params:
            raise ValueError(
                f"trial {self.number} has no parameter {name!r}; it has {sorted(self.params)}. The "
                "space is in the study, not in the objective: create_study(params=...)"
            )
        return self.params[name]

    def _in_range(self, name: str, low: float, high: float) -> float:
        value = self._value(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"{name} is {value!r} in this study, not a number")
        if not low <= value <= high:
            raise ValueError(f"{name} is {value!r} in this study, not from {low} to {high}")
        return value

    def _beat(self, verb: str, body: Dict[str, Any], patience_s: Optional[float] = None) -> None:
        answer = self.study._post(
            "trials",
            self.number,
            verb,
            body={**body, "lease": self.lease},
            patience_s=patience_s,
        )
        self._prune = bool(answer.get("prune", False))
        self._stop = bool(answer.get("stop", False))


def result_of(returned: Any, count: int) -> Tuple[List[float], Optional[str]]:
    """What an objective returned as ``count`` values, and what is wrong with them or None."""
    items = list(returned) if isinstance(returned, (list, tuple)) else [returned]
    if len(items) != count:
        raise TypeError(f"the objective returned {returned!r}, expected {count} number(s)")
    try:
        values = [float(v) for v in items]
    except (TypeError, ValueError):
        raise TypeError(f"the objective returned {returned!r}, expected {count} number(s)") from None
    infinite = any(v != v or v in (float("inf"), float("-inf")) for v in values)
    return values, f"the objective returned {returned!r}" if infinite else None
