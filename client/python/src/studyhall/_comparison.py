"""What run_variants comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional

from studyhall._trial import TrialState


@dataclass(frozen=True)
class VariantResult:
    """One variant: ``state`` FAIL has a ``note`` of why, and the branch with what it left.

    ``diff`` is all that it changed since the base; ``worktree`` is None where it was removed.
    """

    name: str
    text: str
    number: Optional[int] = None
    state: TrialState = TrialState.WAITING
    value: Optional[float] = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    usage: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    seconds: Optional[float] = None
    branch: Optional[str] = None
    commit: Optional[str] = None
    worktree: Optional[Path] = None
    diff: str = field(default="", repr=False)
    files_changed: int = 0
    lines_added: int = 0
    lines_removed: int = 0

    def standing(self) -> Dict[str, Any]:
        """What progress.json has of it."""
        found: Dict[str, Any] = {
            "state": self.state.value,
            "trials": [] if self.number is None else [self.number],
            "score": self.value,
            "metrics": dict(self.metrics),
            "usage": dict(self.usage),
            "branch": self.branch,
            "workspace": None if self.worktree is None else str(self.worktree),
            "note": self.note,
        }
        return {k: v for k, v in found.items() if v not in (None, "", {})}

    def to_dict(self) -> Dict[str, Any]:
        return {
            "variant": self.name,
            "text": self.text,
            **self.standing(),
            "seconds": self.seconds,
            "commit": self.commit,
            "files_changed": self.files_changed,
            "lines_added": self.lines_added,
            "lines_removed": self.lines_removed,
            "diff": self.diff,
        }


class Comparison:
    """The rows of run_variants: the best first, those that failed last; ``comparison["name"]`` is one."""

    def __init__(
        self, study_name: str, direction: str, folder: Path, rows: List[VariantResult]
    ) -> None:
        self.study_name = study_name
        self.direction = direction
        self.folder = folder
        sign = -1.0 if direction == "maximize" else 1.0
        done = [row for row in rows if _is_result(row)]
        done.sort(key=lambda row: sign * (row.value or 0.0))
        self.rows = done + [row for row in rows if not _is_result(row)]

    def __iter__(self) -> Iterator[VariantResult]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> VariantResult:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def __repr__(self) -> str:
        return f"Comparison({self.study_name!r}, {[(r.name, r.state.name, r.value) for r in self]})"

    @property
    def best(self) -> Optional[VariantResult]:
        """None where none has a result."""
        return self.rows[0] if self.rows and _is_result(self.rows[0]) else None

    @property
    def failed(self) -> List[VariantResult]:
        return [row for row in self.rows if row.state is TrialState.FAIL]

    def progress(self) -> Dict[str, Any]:
        states = [row.state for row in self.rows]
        return {
            "study": self.study_name,
            "done": all(state.is_finished() for state in states),
            "counts": {s.value: states.count(s) for s in TrialState if s in states},
            "variants": {row.name: row.standing() for row in self.rows},
        }

    def to_markdown(self) -> str:
        """A table of the variants, and the notes of those that failed."""
        metrics = sorted({metric for row in self.rows for metric in row.metrics})
        head = ["variant", "state", "value", *metrics, "changed", "took", "branch"]
        lines = [f"# {self.study_name}", "", _line(head), _line(["---"] * len(head))]
        for row in self.rows:
            changed = f"{row.files_changed} files, +{row.lines_added} -{row.lines_removed}"
            lines.append(
                _line(
                    [
                        f"**{row.name}**" if row is self.best else row.name,
                        row.state.value,
                        _number(row.value),
                        *(_number(row.metrics.get(metric)) for metric in metrics),
                        changed if row.commit else "",
                        "" if row.seconds is None else f"{row.seconds:.1f} s",
                        f"`{row.branch}`" if row.branch else "",
                    ]
                )
            )
        for row in self.rows:
            lines += ["", f"## {row.name}", "", *("> " + part for part in row.text.splitlines())]
            if row.note:
                lines += ["", "```", row.note.replace("```", "'''"), "```"]
        return "\n".join(lines) + "\n"


def _is_result(row: VariantResult) -> bool:
    return row.state is TrialState.COMPLETE and row.value is not None


def _number(value: Optional[float]) -> str:
    return "" if value is None else f"{value:.6g}"


def _line(cells: List[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
