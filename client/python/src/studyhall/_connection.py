"""Requests to one server: kept connections, and trying again."""

from __future__ import annotations

import http.client
import json
import os
import random
import ssl
import threading
import time
import urllib.parse
from typing import Any, Dict, List, Optional

from studyhall import _errors
from studyhall._version import __version__

DEFAULT_SERVER = "http://127.0.0.1:8642"
_PASSING = (502, 503, 504)
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0


class _Answer:
    def __init__(self, status: int, retry_after: Optional[str], body: bytes) -> None:
        self.status = status
        self.retry_after = retry_after or "0"
        self.body = body


class _NotSent(Exception):
    """No connection came about: repeating cannot do anything twice."""


def find_token(token: Optional[str]) -> str:
    """The token given, else STUDY_TOKEN, else the word in the file STUDY_TOKEN_FILE."""
    found = token if token else os.environ.get("STUDY_TOKEN", "")
    file = os.environ.get("STUDY_TOKEN_FILE", "")
    if not found and file:
        with open(file, encoding="utf-8") as stream:
            found = "".join(stream.read().split()[:1])
        if not found:
            raise ValueError(f"{file}: expected a file that holds a token")
    if any(c.isspace() for c in found):
        raise ValueError("the token: expected one word")
    return found


class Connection:
    """May be used from any thread; each request takes a connection of its own."""

    def __init__(
        self,
        server: Optional[str] = None,
        token: Optional[str] = None,
        *,
        timeout_s: float = 30.0,
        patience_s: float = 10.0,
    ) -> None:
        self.url = (server or os.environ.get("STUDY_SERVER") or DEFAULT_SERVER).rstrip("/")
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError(f"server: expected http(s)://HOST:PORT, found {self.url!r}")
        self._host = parts.hostname
        self._port = parts.port
        self._prefix = parts.path + "/api/v1"
        self._tls = self._tls_context() if parts.scheme == "https" else None
        self._timeout_s = timeout_s
        self.patience_s = patience_s
        self._headers = {
            "Accept": "application/json",
            "User-Agent": f"studyhall-python/{__version__}",
        }
        word = find_token(token)
        if word:
            self._headers["Authorization"] = "Bearer " + word
        self._lock = threading.Lock()
        self._idle: List[http.client.HTTPConnection] = []

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        repeat: bool = True,
        wait_s: float = 0.0,
        patience_s: Optional[float] = None,
        content_type: str = "application/json",
        raw: bool = False,
    ) -> Any:
        """The JSON that the server answers; with ``raw`` its bytes, where it is no error.

        Where ``repeat`` says that sending it twice does no harm, a request without an answer, or
        with one that says "not now", is sent again for ``patience_s`` seconds; the others only
        where they cannot have arrived. ``wait_s`` is what the server may take besides.
        """
        content = None if body is None else _encode(body)
        patience = self.patience_s if patience_s is None else patience_s
        deadline = time.monotonic() + patience
        pause = _FIRST_PAUSE_S
        while True:
            failure: Optional[Exception] = None
            answer: Optional[_Answer] = None
            delay = pause * random.uniform(0.75, 1.25)
            try:
                answer = self._attempt(
                    method, path, content, wait_s, content_type, fresh=not repeat
                )
            except _NotSent as not_sent:
                failure = not_sent
                if isinstance(not_sent.__cause__, ssl.SSLError):
                    deadline = 0.0
            except (OSError, http.client.HTTPException) as error:
                failure = error
                if not repeat:
                    deadline = 0.0
            if answer is not None:
                if answer.status == 429 or (answer.status in _PASSING and repeat):
                    delay = max(delay, _retry_after(answer))
                else:
                    return self._read(method, path, answer, raw)
            if time.monotonic() + delay > deadline:
                if answer is not None:
                    return self._read(method, path, answer, raw)
                cause = failure.__cause__ if isinstance(failure, _NotSent) else failure
                raise _errors.UnreachableError(
                    f"cannot reach the server at {self.url}: {method} {path}: {cause!r}; is "
                    "`study serve` running there?",
                    code="unreachable",
                ) from cause
            time.sleep(delay)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _attempt(
        self,
        method: str,
        path: str,
        content: Optional[bytes],
        wait_s: float,
        content_type: str,
        *,
        fresh: bool,
    ) -> _Answer:
        connection = None if fresh else self._take()
        if connection is not None:
            try:
                return self._exchange(connection, method, path, content, wait_s, content_type)
            except (OSError, http.client.HTTPException):
                pass  # the server closes connections that idled: once more on a new one
        return self._exchange(self._connect(), method, path, content, wait_s, content_type)

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        content: Optional[bytes],
        wait_s: float,
        content_type: str,
    ) -> _Answer:
        headers = dict(self._headers)
        if content is not None:
            headers["Content-Type"] = content_type
        try:
            connection.sock.settimeout(self._timeout_s + wait_s)
            connection.request(method, self._prefix + path, body=content, headers=headers)
            response = connection.getresponse()
            answer = _Answer(
                response.status, response.getheader("Retry-After"), response.read()
            )
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return answer

    def _take(self) -> Optional[http.client.HTTPConnection]:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _connect(self) -> http.client.HTTPConnection:
        timeout = min(self._timeout_s, 10.0)
        connection: http.client.HTTPConnection
        if self._tls is not None:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=timeout, context=self._tls
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise _NotSent() from error
        return connection

    @staticmethod
    def _tls_context() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=os.environ.get("STUDY_TLS_CA") or None)

    def _read(self, method: str, path: str, answer: _Answer, raw: bool) -> Any:
        if raw and 200 <= answer.status < 300:
            return answer.body
        try:
            body = json.loads(answer.body)
        except ValueError:
            raise _errors.UnreachableError(
                f"{self.url}{path}: the answer is not JSON (status {answer.status}, "
                f"{answer.body[:100]!r}); is this the URL of a Studyhall server?",
                status=answer.status,
            ) from None
        if 200 <= answer.status < 300:
            return body
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict):
            raise _errors.UnreachableError(
                f"{method} {self.url}{path}: status {answer.status} without an error's description",
                status=answer.status,
            )
        failure = _errors.from_answer(answer.status, error)
        if isinstance(failure, _errors.RateLimitedError):
            failure.retry_after_s = _retry_after(answer)
        raise failure


def _retry_after(answer: _Answer) -> float:
    try:
        return max(0.0, float(answer.retry_after))
    except ValueError:
        return 0.0


def _plain(value: Any) -> Any:
    """Numbers of numpy and their like as Python's own."""
    item = getattr(value, "item", None)
    if callable(item):
        return item()
    raise TypeError(f"{value!r} ({type(value).__name__}) cannot be sent as JSON")


def _encode(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return json.dumps(body, default=_plain, allow_nan=False).encode()


def path_of(*segments: Any, query: Optional[Dict[str, Any]] = None) -> str:
    """A path of percent-encoded segments, and a query of what is not None."""
    path = "".join("/" + urllib.parse.quote(str(s), safe="") for s in segments)
    given = {k: v for k, v in (query or {}).items() if v is not None}
    return path + ("?" + urllib.parse.urlencode(given) if given else "")

