"""What can go wrong, and what a trial may raise."""

from __future__ import annotations

from typing import Any, Dict, Optional, Type


class StudyhallError(Exception):
    """Base of everything this package raises about the server or a study.

    ``code`` is the server's word for it (``not_found``), ``status`` the HTTP status (0: there was no
    answer), ``details`` what there is to say besides, or None.
    """

    def __init__(
        self, message: str, *, code: str = "", status: int = 0, details: Any = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.details = details


class UnreachableError(StudyhallError, ConnectionError):
    """No answer came, or one that no Studyhall server gives."""


class NotFoundError(StudyhallError):
    """There is no such study or trial."""


class ConflictError(StudyhallError):
    """Another result was told before, or the lease was never issued for this trial."""


class DuplicatedStudyError(ConflictError):
    """There is a study of this name already."""


class InvalidError(StudyhallError, ValueError):
    """A study file, parameter or value breaks a rule; the message lists all problems."""


class UnauthorizedError(StudyhallError):
    """No token, or one that the server does not know."""


class ForbiddenError(StudyhallError):
    """The token may not do this."""


class UnavailableError(StudyhallError):
    """The server is stopping, or its disk is busy or full; nothing has changed."""


class RateLimitedError(StudyhallError):
    """Too many requests; ``retry_after_s`` says when to come back."""

    retry_after_s: float = 0.0


class UnsupportedError(StudyhallError):
    """This build of the server does not have it; the message names it."""


class NoTrialError(StudyhallError):
    """Base of the reasons why an ask handed out nothing."""


class NoTrialNow(NoTrialError):
    """What is left is being run by others; there may be a trial in ``retry_after_s`` seconds."""

    retry_after_s: float = 0.0


class StudyFinished(NoTrialError):
    """The study was stopped, its target is met, or a limit is reached; the message says which."""


class SpaceExhausted(NoTrialError):
    """Every configuration of the space was handed out."""


class TrialPruned(Exception):
    """Raise it in an objective to end a trial that is not worth going on."""


class TrialFailed(Exception):
    """Raise it in an objective to say how a trial failed.

    ``reason``: ``config`` (this configuration does not work: never tried again, learned from),
    ``infra`` (something around it broke: it is run again), ``declined`` or ``cancelled``.
    """

    def __init__(self, note: str = "", *, reason: str = "config", cause: Optional[str] = None):
        super().__init__(note)
        self.note = note
        self.reason = reason
        self.cause = cause


_BY_CODE: Dict[str, Type[StudyhallError]] = {
    "not_found": NotFoundError,
    "conflict": ConflictError,
    "exhausted": SpaceExhausted,
    "finished": StudyFinished,
    "malformed": InvalidError,
    "invalid": InvalidError,
    "too_large": InvalidError,
    "unauthorized": UnauthorizedError,
    "forbidden": ForbiddenError,
    "unavailable": UnavailableError,
    "rate_limited": RateLimitedError,
    "unsupported": UnsupportedError,
}


def from_answer(status: int, error: Dict[str, Any]) -> StudyhallError:
    """The exception for the body's ``error``."""
    code = str(error.get("code", ""))
    kind = _BY_CODE.get(code, StudyhallError)
    message = str(error.get("message", f"status {status}"))
    return kind(message, code=code, status=status, details=error.get("details"))
