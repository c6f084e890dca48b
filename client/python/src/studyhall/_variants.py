"""run_variants: several ways to do one thing, each in a git worktree of its own, compared."""

from __future__ import annotations

import datetime
import json
import os
import re
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from studyhall import _errors, _variant_command, _worktree
from studyhall._comparison import Comparison, VariantResult
from studyhall._studies import create_study
from studyhall._study import Study
from studyhall._trial import FrozenTrial, Trial, TrialState
from studyhall._variant_command import Variant
from studyhall._worktree import Worktree

_PARAMETER = "variant"
_LONGEST_DIFF = 100_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

Run = Union[Callable[[Variant], Any], Sequence[str]]


def run_variants(
    name: str,
    variants: Mapping[str, str],
    run: Run,
    *,
    score: Optional[Run] = None,
    repo: Union[str, Path] = ".",
    base: str = "HEAD",
    max_parallel: int = 3,
    direction: str = "maximize",
    timeout_s: Optional[float] = None,
    folder: Union[str, Path, None] = None,
    keep: bool = True,
    server: Optional[str] = None,
    token: Optional[str] = None,
    **members: Any,
) -> Comparison:
    """Runs each variant once, ``max_parallel`` at a time, and compares what came of them.

    ``variants`` are texts (prompts, instructions) by name. Each gets a git worktree of ``repo`` on a
    branch ``study/NAME/VARIANT`` that begins at ``base``. ``run`` is called with a Variant there, or
    is a command: ``{name}`` and ``{text}`` in its words stand for the variant's, and it reads the
    text from its standard input. What it comes to is a number, or ``{"value": 1.2, "metrics": {...},
    "usage": {...}}``: returned, or for a command the last line that it prints. ``score``, if given,
    says that instead, in the same worktree afterwards.

    What a variant left is committed to its branch, well or badly ended. One that raises or ends with
    another status than 0, or takes longer than ``timeout_s`` (commands only), has failed: it stays in
    the comparison, and the others go on. The results are trials of the study ``name`` on the server
    (``members`` are others of its study file); called again, only those that have not ended are run.

    In ``folder``, by default ``runs/NAME``, are progress.json (after each change), summary.md,
    variants/NAME.json and NAME.log, and trees/NAME, the worktrees; ``keep=False`` removes these at
    the end.
    """
    if not variants:
        raise ValueError("run_variants: there are no variants")
    for variant in variants:
        if not _NAME.fullmatch(variant) or variant.endswith((".lock", ".")) or ".." in variant:
            raise ValueError(
                f"run_variants: the variant {variant!r} names a branch and files: expected letters, "
                "digits, '_', '-' and '.'"
            )
    where = Path(repo).resolve()
    members.setdefault("sampler", "grid")
    members.setdefault("confirm", {"replicates": 0})
    study = create_study(
        name,
        {_PARAMETER: {"type": "categorical", "choices": list(variants)}},
        direction=direction,
        load_if_exists=True,
        server=server,
        token=token,
        **members,
    )
    params = study.info()["spec"]["params"]
    if list(params) != [_PARAMETER] or set(params[_PARAMETER]["choices"]) != set(variants):
        raise ValueError(f"run_variants: the study {name} is there already, with {params}")
    work = _Variants(
        study=study,
        texts=dict(variants),
        steps=[run] if score is None else [run, score],
        repo=where,
        base=_worktree.commit_of(where, base),
        folder=Path(folder or Path("runs") / name).resolve(),
        timeout_s=timeout_s,
    )
    return work.run(max_parallel, keep)


class _Variants:
    def __init__(
        self,
        study: Study,
        texts: Dict[str, str],
        steps: List[Run],
        repo: Path,
        base: str,
        folder: Path,
        timeout_s: Optional[float],
    ) -> None:
        self.study = study
        self.texts = texts
        self.steps = steps
        self.repo = repo
        self.base = base
        self.folder = folder
        self.timeout_s = timeout_s
        self._commands = _variant_command.Commands()
        self._lock = threading.Lock()
        self._written: Dict[str, Any] = {}
        self._diffs: Dict[str, Tuple[str, Tuple[int, int, int]]] = {}

    def run(self, max_parallel: int, keep: bool) -> Comparison:
        known = {trial.params[_PARAMETER] for trial in self.study.trials}
        for name, text in self.texts.items():
            if name not in known:
                self.study.enqueue_trial({_PARAMETER: name}, title=name, description=text)
        self.report()
        try:
            self.study.optimize(
                self.one,
                n_jobs=min(max_parallel, len(self.texts)),
                catch=(Exception,),
                callbacks=[self._after],
            )
        except BaseException:
            self._commands.end()
            raise
        comparison = self.report()
        if not keep:
            for row in comparison:
                if row.worktree is not None:
                    _worktree.git(self.repo, "worktree", "remove", "--force", str(row.worktree))
            comparison = self.report()
        return comparison

    def _after(self, study: Study, trial: FrozenTrial) -> None:
        self.report()

    def one(self, trial: Trial) -> float:
        name = str(trial.params[_PARAMETER])
        branch = f"study/{self.study.study_name}/{name}"
        tree = Worktree.add(self.repo, self.folder / "trees" / name, branch, self.base)
        log = self.folder / "variants" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        variant = Variant(name, self.texts[name], tree.path, tree.branch, trial, log)
        self.report()
        returned: Any = None
        try:
            for step in self.steps:
                if callable(step):
                    returned = step(variant)
                else:
                    said = self._commands.run(step, variant, self.timeout_s)
                    returned = _variant_command.result_of(said) if step is self.steps[-1] else None
        finally:
            trial.evidence = self._evidence(tree, name)
        return _take(returned, trial)

    def _evidence(self, tree: Worktree, name: str) -> Dict[str, Any]:
        commit = tree.commit_all(f"{self.study.study_name}: {name}")
        text = _worktree.diff(self.repo, tree.base, commit)
        if len(text) > _LONGEST_DIFF:
            text = text[:_LONGEST_DIFF] + f"\n... {len(text) - _LONGEST_DIFF} characters more\n"
        where = {"repo": str(self.repo), "base": tree.base, "commit": commit, "branch": tree.branch}
        return {"git": [where], "worktree": str(tree.path), "diff": text}

    def _result(self, name: str, trial: Optional[FrozenTrial]) -> VariantResult:
        if trial is None:
            return VariantResult(name, self.texts[name])
        evidence = trial.record.get("evidence") or {}
        where = (evidence.get("git") or [{}])[0]
        text, counts = self._changes(where) if where else ("", (0, 0, 0))
        path = Path(evidence["worktree"]) if "worktree" in evidence else None
        return VariantResult(
            name=name,
            text=self.texts[name],
            number=trial.number,
            state=trial.state,
            value=trial.value,
            metrics=trial.metrics,
            usage=dict(trial.record.get("usage", {})),
            note=str(trial.record.get("note", "")),
            seconds=None if trial.duration is None else trial.duration.total_seconds(),
            branch=where.get("branch"),
            commit=where.get("commit"),
            worktree=path if path is not None and path.is_dir() else None,
            diff=text or str(evidence.get("diff", "")),
            files_changed=counts[0],
            lines_added=counts[1],
            lines_removed=counts[2],
        )

    def _changes(self, where: Mapping[str, str]) -> Tuple[str, Tuple[int, int, int]]:
        """Nothing where another machine has the repository."""
        commit = where["commit"]
        if commit not in self._diffs:
            try:
                text = _worktree.diff(self.repo, where["base"], commit)
                self._diffs[commit] = text, _worktree.changes(self.repo, where["base"], commit)
            except _worktree.GitError:
                return "", (0, 0, 0)
        return self._diffs[commit]

    def report(self) -> Comparison:
        """Where the variants stand, which is written where it has changed."""
        with self._lock:
            trials = {str(trial.params[_PARAMETER]): trial for trial in reversed(self.study.trials)}
            rows = [self._result(name, trials.get(name)) for name in self.texts]
            comparison = Comparison(
                self.study.study_name, self.study.direction.value, self.folder, rows
            )
            for path, content in self._files(comparison):
                if self._written.get(path) != content:
                    self._written[path] = content
                    if isinstance(content, dict) and path == "progress.json":
                        now = datetime.datetime.now(datetime.timezone.utc)
                        content = {**content, "updated": now.isoformat(timespec="seconds")}
                    _write(self.folder / path, content)
            return comparison

    @staticmethod
    def _files(comparison: Comparison) -> Iterator[Any]:
        yield "progress.json", comparison.progress()
        yield "summary.md", comparison.to_markdown()
        for row in comparison:
            if row.state.is_finished():
                yield f"variants/{row.name}.json", row.to_dict()


def _take(returned: Any, trial: Trial) -> float:
    """The value of what a run came to; metrics and usage go to the trial."""
    if isinstance(returned, Mapping):
        if "value" not in returned:
            raise _no_result(returned)
        for metric, number in dict(returned.get("metrics") or {}).items():
            trial.set_user_attr(metric, number)
        trial.usage = dict(returned.get("usage") or {})
        returned = returned["value"]
    if isinstance(returned, bool) or not isinstance(returned, (int, float)):
        item = getattr(returned, "item", None)
        returned = item() if callable(item) else returned
    if isinstance(returned, bool) or not isinstance(returned, (int, float)):
        raise _no_result(returned)
    return float(returned)


def _no_result(found: Any) -> _errors.TrialFailed:
    return _errors.TrialFailed(f'expected a number or {{"value": ...}}, found {found!r}'[:500])


def _write(path: Path, content: Any) -> None:
    """Whoever reads it finds the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content, indent=2) + "\n"
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)
