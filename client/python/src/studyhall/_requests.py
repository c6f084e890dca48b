"""Requests of one study."""

from __future__ import annotations

import uuid
from typing import Any, Dict, Optional

from studyhall._connection import Connection, path_of


class Requests:
    def __init__(self, connection: Connection, name: str) -> None:
        self.study_name = name
        self._connection = connection

    def _get(self, *segments: Any, query: Optional[Dict[str, Any]] = None) -> Any:
        return self._connection.call(
            "GET", path_of("studies", self.study_name, *segments, query=query)
        )

    def _post(
        self,
        *segments: Any,
        body: Any,
        repeat: bool = True,
        wait_s: float = 0.0,
        patience_s: Optional[float] = None,
    ) -> Any:
        return self._connection.call(
            "POST",
            path_of("studies", self.study_name, *segments),
            body,
            repeat=repeat,
            wait_s=wait_s,
            patience_s=patience_s,
        )


def given(**members: Any) -> Dict[str, Any]:
    return {k: v for k, v in members.items() if v is not None}


def request_id() -> str:
    return "py-" + uuid.uuid4().hex
