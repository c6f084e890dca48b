"""Study.optimize: trial after trial, in one thread or in several."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple, Type

from studyhall import _errors, _heartbeat
from studyhall._trial import Trial, TrialState, result_of

if TYPE_CHECKING:
    from studyhall._study import Study

_logger = logging.getLogger("studyhall")

_PATIENCE_S = 600.0
_BEAT_S = 30.0
_ASK_SLICE_S = 1.0


@dataclass(frozen=True)
class Settings:
    n_trials: Optional[int]
    timeout_s: Optional[float]
    n_jobs: int
    catch: Tuple[Type[Exception], ...]
    callbacks: List[Callable[[Any, Any], None]]
    worker: Optional[str]
    lease_s: float


class _Run:
    """What the threads of one call share."""

    def __init__(self, study: Study, func: Callable[[Trial], Any], settings: Settings) -> None:
        self.study = study
        self.func = func
        self.settings = settings
        self.ended = threading.Event()
        self.abandoned = False
        self.failure: Optional[Exception] = None
        self._lock = threading.Lock()
        self._left = settings.n_trials
        self._running: Dict[int, Trial] = {}
        timeout_s = settings.timeout_s
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s

    def loop(self) -> None:
        """Asks and runs until nothing is left to do here."""
        while self._take_turn():
            trial = self._ask()
            if trial is None:
                return
            with self._lock:
                self._running[id(trial)] = trial
            try:
                self._run(trial)
            finally:
                with self._lock:
                    self._running.pop(id(trial), None)

    def loop_in_thread(self) -> None:
        try:
            self.loop()
        except Exception as error:
            with self._lock:
                self.failure = self.failure or error
            self.ended.set()

    def give_back(self) -> None:
        """Releases what runs; nothing of it is told from here on."""
        with self._lock:
            self.abandoned = True
            running = list(self._running.values())
        for trial in running:
            _release(trial)

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _take_turn(self) -> bool:
        with self._lock:
            if self.ended.is_set() or self._is_late() or self._left == 0:
                return False
            if self._left is not None:
                self._left -= 1
            return True

    def _ask(self) -> Optional[Trial]:
        while not self.ended.is_set() and not self._is_late():
            try:
                return self.study.ask(
                    self.settings.worker,
                    wait_s=_ASK_SLICE_S,
                    lease_s=self.settings.lease_s,
                    patience_s=_PATIENCE_S,
                )
            except _errors.NoTrialNow:
                continue
            except (_errors.StudyFinished, _errors.SpaceExhausted) as over:
                _logger.info("%s", over)
                self.ended.set()
        return None

    def _run(self, trial: Trial) -> None:
        with _heartbeat.beating(trial, _BEAT_S):
            try:
                returned = self.func(trial)
                values, fault = result_of(returned, len(self.study.directions))
            except _errors.TrialPruned:
                self._tell(trial, trial.last_value, TrialState.PRUNED)
            except _errors.TrialFailed as failed:
                self._tell_failed(trial, failed.reason, failed.note, failed.cause)
            except self.settings.catch as error:
                self._tell_failed(trial, "config", _brief(error))
            except Exception as error:
                self._tell_failed(trial, "infra", _brief(error), "crash")
                raise
            except BaseException:
                if not self.abandoned:
                    _release(trial)
                raise
            else:
                if fault is None:
                    self._tell(trial, values if len(values) > 1 else values[0])
                else:
                    self._tell_failed(trial, "config", fault)

    def _tell_failed(
        self, trial: Trial, reason: str, note: str, cause: Optional[str] = None
    ) -> None:
        self._tell(trial, None, TrialState.FAIL, reason=reason, note=note, cause=cause)

    def _tell(
        self, trial: Trial, values: Any, state: Optional[TrialState] = None, **more: Any
    ) -> None:
        if self.abandoned:
            return
        told = self.study.tell(trial, values, state, patience_s=_PATIENCE_S, **more)
        _logger.info(
            "trial %d: %s, value %s, parameters %s",
            told.number,
            told.state.name,
            values,
            trial.params,
        )
        if self.settings.callbacks:
            record = self.study.trial(told.number)
            for callback in self.settings.callbacks:
                callback(self.study, record)


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:1000]


def _release(trial: Trial) -> None:
    try:
        trial.release()
    except _errors.StudyhallError as error:
        _logger.warning("trial %d could not be given back: %s", trial.number, error)


def _run_threads(run: _Run, n_jobs: int) -> None:
    threads = [
        threading.Thread(target=run.loop_in_thread, name=f"optimize-{i}", daemon=True)
        for i in range(n_jobs)
    ]
    for thread in threads:
        thread.start()

    def wait() -> None:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.5)

    try:
        wait()
    except KeyboardInterrupt:
        try:
            run.ended.set()
            _logger.warning("the running trials end; interrupt again to give them back now")
            wait()
        except KeyboardInterrupt:
            run.give_back()
        raise
    if run.failure is not None:
        raise run.failure


def optimize(study: Study, func: Callable[[Trial], Any], settings: Settings) -> None:
    n_jobs = os.cpu_count() or 1 if settings.n_jobs == -1 else settings.n_jobs
    if n_jobs < 1:
        raise ValueError(f"optimize: n_jobs is {n_jobs}, expected 1 or more, or -1")
    run = _Run(study, func, settings)
    if n_jobs == 1:
        run.loop()
    else:
        _run_threads(run, n_jobs)
