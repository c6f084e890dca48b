"""Files that are kept with a trial or a task."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple, Union

from studyhall._connection import path_of
from studyhall._requests import Requests


class Artifacts(Requests):
    """Each is of one trial or of one task: give ``trial`` or ``task``, its number."""

    def artifacts(
        self, *, trial: Optional[int] = None, task: Optional[int] = None
    ) -> List[Dict[str, Any]]:
        """name, type, bytes, sha256 and created of each."""
        return list(self._get(*_of(trial, task))["artifacts"])

    def artifact(
        self, name: str, *, trial: Optional[int] = None, task: Optional[int] = None
    ) -> bytes:
        path = path_of("studies", self.study_name, *_of(trial, task), name)
        return bytes(self._connection.call("GET", path, raw=True))

    def put_artifact(
        self,
        name: str,
        content: Union[bytes, str],
        *,
        trial: Optional[int] = None,
        task: Optional[int] = None,
        type: str = "application/octet-stream",
    ) -> Dict[str, Any]:
        """Keeps ``content``, at most 4 MB, in the place of one of the same name."""
        path = path_of("studies", self.study_name, *_of(trial, task), name)
        body = content.encode() if isinstance(content, str) else bytes(content)
        return dict(self._connection.call("PUT", path, body, content_type=type))

    def delete_artifact(
        self, name: str, *, trial: Optional[int] = None, task: Optional[int] = None
    ) -> None:
        path = path_of("studies", self.study_name, *_of(trial, task), name)
        self._connection.call("DELETE", path, repeat=False)


def _of(trial: Optional[int], task: Optional[int]) -> Tuple[Any, ...]:
    if (trial is None) == (task is None):
        raise ValueError("give trial or task, the number of one")
    return ("trials", trial, "artifacts") if task is None else ("tasks", task, "artifacts")
