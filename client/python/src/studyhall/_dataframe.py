"""Trials as a table, in the columns of Optuna's trials_dataframe()."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Sequence

if TYPE_CHECKING:
    from studyhall._trial import FrozenTrial


def _row(
    trial: FrozenTrial, objectives: int, params: Sequence[str], metrics: Sequence[str]
) -> Dict[str, Any]:
    row: Dict[str, Any] = {"number": trial.number}
    for i in range(objectives):
        name = "value" if objectives == 1 else f"values_{i}"
        row[name] = None if trial.values is None else trial.values[i]
    row["datetime_start"] = trial.datetime_start
    row["datetime_complete"] = trial.datetime_complete
    row["duration"] = trial.duration
    row.update({"params_" + name: trial.params.get(name) for name in params})
    row.update({"user_attrs_" + name: trial.metrics.get(name) for name in metrics})
    row.update({"state": trial.state.name, "worker": trial.worker, "feasible": trial.feasible})
    return row


def trials_dataframe(trials: List[FrozenTrial], objectives: int) -> Any:
    """A pandas DataFrame, a row for each trial."""
    try:
        import pandas
    except ImportError:
        raise ImportError("trials_dataframe() needs pandas, which is not installed") from None
    params = sorted({name for trial in trials for name in trial.params})
    metrics = sorted({name for trial in trials for name in trial.metrics})
    return pandas.DataFrame([_row(trial, objectives, params, metrics) for trial in trials])
