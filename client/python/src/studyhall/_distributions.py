"""Parameters of a search space, under the names that Optuna gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Sequence, Union

Scalar = Union[None, bool, int, float, str]


@dataclass(frozen=True)
class FloatDistribution:
    """Numbers from ``low`` to ``high``; ``log``: searched in the logarithm."""

    low: float
    high: float
    log: bool = False
    step: Optional[float] = None
    default: Optional[float] = None
    when: Optional[Mapping[str, Sequence[Scalar]]] = None

    def to_param(self) -> Dict[str, Any]:
        """As a study file has it."""
        return {"type": "float", **_given(self, ("low", "high", "log", "step", "default", "when"))}


@dataclass(frozen=True)
class IntDistribution:
    """Whole numbers from ``low`` to ``high``, both included."""

    low: int
    high: int
    log: bool = False
    step: int = 1
    default: Optional[int] = None
    when: Optional[Mapping[str, Sequence[Scalar]]] = None

    def to_param(self) -> Dict[str, Any]:
        """As a study file has it."""
        return {"type": "int", **_given(self, ("low", "high", "log", "step", "default", "when"))}


@dataclass(frozen=True)
class CategoricalDistribution:
    """One of ``choices``; ``ordered``: they stand in an order."""

    choices: Sequence[Scalar]
    ordered: bool = False
    default: Scalar = None
    when: Optional[Mapping[str, Sequence[Scalar]]] = None

    def to_param(self) -> Dict[str, Any]:
        """As a study file has it."""
        return {
            "type": "categorical",
            **_given(self, ("ordered", "default", "when")),
            "choices": list(self.choices),
        }


Distribution = Union[FloatDistribution, IntDistribution, CategoricalDistribution]


def _given(distribution: Distribution, names: Sequence[str]) -> Dict[str, Any]:
    values = {name: getattr(distribution, name) for name in names}
    return {k: v for k, v in values.items() if v is not None and v is not False}


def to_params(params: Mapping[str, Union[Distribution, Mapping[str, Any]]]) -> Dict[str, Any]:
    """The ``params`` of a study file; what is a dict already stays as it is."""
    return {
        name: dict(param) if isinstance(param, Mapping) else param.to_param()
        for name, param in params.items()
    }
