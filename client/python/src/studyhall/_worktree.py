"""Git worktrees on branches of their own, by the git program."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple

_AUTHOR = ("-c", "user.name=studyhall", "-c", "user.email=studyhall@localhost")
_adding = threading.Lock()


class GitError(RuntimeError):
    """git refused; the message is what it said."""


def _environment() -> Dict[str, str]:
    """Without what a git hook that called us says about its own repository."""
    return {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=_environment(),
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise GitError(f"git {' '.join(arguments)} in {folder}: {said}")
    return done.stdout


def commit_of(repo: Path, name: str) -> str:
    return git(repo, "rev-parse", "--verify", "--end-of-options", name + "^{commit}").strip()


@dataclass(frozen=True)
class Worktree:
    """``path`` on ``branch``, which began at the commit ``base`` of the repository ``repo``."""

    repo: Path
    path: Path
    branch: str
    base: str

    @classmethod
    def add(cls, repo: Path, path: Path, branch: str, base: str) -> Worktree:
        """A new one. Names taken by an earlier run get -2, -3, ...; nothing is overwritten."""
        with _adding:
            known = set(git(repo, "branch", "--list", "--format=%(refname:short)").split())
            number = 1
            suffix = ""
            while branch + suffix in known or Path(str(path) + suffix).exists():
                number += 1
                suffix = f"-{number}"
            tree = cls(repo, Path(str(path) + suffix), branch + suffix, base)
            tree.path.parent.mkdir(parents=True, exist_ok=True)
            git(repo, "worktree", "add", "--quiet", "-b", tree.branch, str(tree.path), base)
            return tree

    def commit_all(self, message: str) -> str:
        """Commits what is not ignored, without hooks; the commit at the branch's end."""
        git(self.path, "add", "--all")
        if git(self.path, "status", "--porcelain"):
            git(self.path, *_AUTHOR, "commit", "--quiet", "--no-verify", "-m", message)
        return git(self.path, "rev-parse", "HEAD").strip()

    def remove(self) -> None:
        """The folder; its branch stays."""
        git(self.repo, "worktree", "remove", "--force", str(self.path))


def diff(repo: Path, base: str, commit: str) -> str:
    return git(repo, "diff", "--no-color", "--no-ext-diff", base, commit)


def changes(repo: Path, base: str, commit: str) -> Tuple[int, int, int]:
    """Files changed, lines added and removed; binary files have no lines."""
    rows: List[List[str]] = [
        line.split("\t") for line in git(repo, "diff", "--numstat", base, commit).splitlines()
    ]
    added = sum(int(row[0]) for row in rows if row[0].isdigit())
    removed = sum(int(row[1]) for row in rows if row[1].isdigit())
    return len(rows), added, removed
