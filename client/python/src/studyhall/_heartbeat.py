"""A thread that keeps the lease of a running trial alive."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Iterator

from studyhall import _errors

if TYPE_CHECKING:
    from studyhall._trial import Trial

_logger = logging.getLogger("studyhall")


@contextlib.contextmanager
def beating(trial: Trial, every_s: float) -> Iterator[Trial]:
    """Heartbeats while the body runs; a server that is away for a while is waited for."""
    period_s = every_s if trial.lease_s is None else min(every_s, trial.lease_s / 3)
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(period_s):
            try:
                trial._beat("heartbeat", {}, patience_s=0)
            except (_errors.ConflictError, _errors.NotFoundError) as error:
                _logger.warning("trial %d is not ours any more: %s", trial.number, error)
                trial._stop = True
                return
            except _errors.StudyhallError as error:
                _logger.warning("trial %d: no heartbeat, trying again: %s", trial.number, error)

    thread = threading.Thread(target=beat, name=f"heartbeat-{trial.number}", daemon=True)
    thread.start()
    try:
        yield trial
    finally:
        ended.set()
        thread.join()
