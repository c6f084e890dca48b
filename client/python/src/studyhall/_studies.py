"""Making, finding and deleting studies."""

from __future__ import annotations

import contextlib
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from studyhall import _errors
from studyhall._connection import Connection, path_of
from studyhall._distributions import Distribution, to_params
from studyhall._study import Study


def create_study(
    study_name: str,
    params: Mapping[str, Union[Distribution, Mapping[str, Any]]],
    *,
    direction: Optional[str] = None,
    directions: Optional[Sequence[str]] = None,
    load_if_exists: bool = False,
    server: Optional[str] = None,
    token: Optional[str] = None,
    **members: Any,
) -> Study:
    """A new study; ``members`` are others of the study file (limits, constraints, workers...).

    ``direction`` is "minimize" (the default) or "maximize"; ``directions`` is for several
    objectives. ``server`` is a URL, by default STUDY_SERVER, else http://127.0.0.1:8642; ``token``
    by default STUDY_TOKEN, else the one in the file STUDY_TOKEN_FILE. Raises InvalidError with every
    problem of the file, and DuplicatedStudyError, or with ``load_if_exists`` loads the study.
    """
    file: Dict[str, Any] = {"name": study_name, "params": to_params(params), **members}
    if directions is not None:
        file["directions"] = list(directions)
    else:
        file["direction"] = direction or "minimize"
    connection = Connection(server, token)
    try:
        connection.call("POST", "/studies", file, repeat=False)
    except _errors.ConflictError as error:
        if not load_if_exists:
            raise _errors.DuplicatedStudyError(
                str(error), code=error.code, status=error.status
            ) from None
    return Study(connection, study_name)


def load_study(
    study_name: str, *, server: Optional[str] = None, token: Optional[str] = None
) -> Study:
    """A study that is there; server and token as in create_study. Raises NotFoundError."""
    return Study(Connection(server, token), study_name)


def delete_study(
    study_name: str, *, server: Optional[str] = None, token: Optional[str] = None
) -> None:
    """Deletes a study and all of its trials."""
    with contextlib.closing(Connection(server, token)) as connection:
        connection.call("DELETE", path_of("studies", study_name), repeat=False)


def get_all_study_names(*, server: Optional[str] = None, token: Optional[str] = None) -> List[str]:
    with contextlib.closing(Connection(server, token)) as connection:
        return [study["name"] for study in connection.call("GET", "/studies")["studies"]]
