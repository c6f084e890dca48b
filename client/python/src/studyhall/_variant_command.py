"""What runs a variant where it is a command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, List, Optional, Sequence, Set

from studyhall import _errors
from studyhall._trial import Trial

_TAIL_BYTES = 2000


@dataclass(frozen=True)
class Variant:
    """What a run is given: its name and text, and the worktree that is its own."""

    name: str
    text: str
    path: Path
    branch: str
    trial: Trial
    log: Path  # commands write there what they print


class Commands:
    """Runs commands, each in a process group of its own; may be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Set["subprocess.Popen[bytes]"] = set()
        self._ended = False

    def run(self, command: Sequence[str], variant: Variant, timeout_s: Optional[float]) -> str:
        """What it printed. Raises TrialFailed, with the end of that."""
        words = [w.replace("{name}", variant.name).replace("{text}", variant.text) for w in command]
        begin = variant.log.stat().st_size if variant.log.exists() else 0
        with open(variant.log, "ab") as log:
            process = self._start(words, variant, log)
            try:
                process.communicate(variant.text.encode(), timeout=timeout_s)
            except subprocess.TimeoutExpired:
                raise _errors.TrialFailed(f"{words[0]}: no end after {timeout_s:g} s") from None
            finally:
                self._forget(process)
        with open(variant.log, "rb") as said:
            said.seek(begin)
            output = said.read().decode("utf-8", "replace").strip()
        if process.returncode != 0:
            ended = f"{words[0]} ended with {process.returncode}"
            raise _errors.TrialFailed(f"{ended}: {output[-_TAIL_BYTES:]}" if output else ended)
        return output

    def end(self) -> None:
        """Kills what runs, and starts no more."""
        with self._lock:
            self._ended = True
            running = list(self._running)
        for process in running:
            _kill(process)

    def _start(self, words: List[str], variant: Variant, log: Any) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._ended:
                raise _errors.TrialFailed("interrupted", reason="cancelled")
            try:
                process = subprocess.Popen(
                    words,
                    cwd=variant.path,
                    env={**os.environ, "STUDY_VARIANT": variant.name},
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise _errors.TrialFailed(f"{words[0]}: {error.strerror}") from error
            self._running.add(process)
            return process

    def _forget(self, process: "subprocess.Popen[bytes]") -> None:
        _kill(process)
        process.wait()
        with self._lock:
            self._running.discard(process)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """The whole group: children that outlived the command too."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def result_of(output: str) -> Any:
    """The JSON on the last line."""
    line = output.splitlines()[-1] if output else ""
    try:
        return json.loads(line)
    except ValueError:
        raise _errors.TrialFailed(
            f'the last line printed: expected a number or {{"value": ...}}, found {line!r}'[:500]
        ) from None
