"""A real server for the tests: the program that STUDYHALL_PROGRAM names, on a free port."""

import itertools
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

PACKAGE = pathlib.Path(__file__).parent.parent
REPOSITORY = PACKAGE.parent.parent
PROGRAM = os.environ.get("STUDYHALL_PROGRAM", str(REPOSITORY / "build/release/bin/study"))
sys.path.insert(0, str(PACKAGE / "src"))

import studyhall  # noqa: E402


class Server:
    def __init__(self, folder, *options, port=0):
        self.database = str(folder / "studies.db")
        self._process = subprocess.Popen(
            [PROGRAM, "serve", "--db", self.database, "--port", str(port), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=clean_environment(),
        )
        line = self._process.stdout.readline()
        found = re.search(r"https?://\S+", line)
        assert found, f"{PROGRAM} serve said {line!r}"
        self.url = found.group()

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    def end(self, number=signal.SIGTERM):
        self._process.send_signal(number)
        self._process.wait(30)
        self._process.stdout.close()


def clean_environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("STUDY_")}
    return {**kept, **more}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in [n for n in os.environ if n.startswith("STUDY_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.end()


@pytest.fixture
def start_server(tmp_path):
    """Starts servers of a test's own; they end with it."""
    servers = []

    def start(*options, **more):
        servers.append(Server(tmp_path, *options, **more))
        return servers[-1]

    yield start
    for running in servers:
        if running._process.poll() is None:
            running.end()


_numbers = itertools.count()


@pytest.fixture
def make_study(server):
    """A study of a name of its own; by default one number to minimise, by random search."""

    def make(params=None, **members):
        members.setdefault("sampler", "random")
        members.setdefault("seed", 1)
        return studyhall.create_study(
            f"study{next(_numbers)}",
            params or {"x": studyhall.FloatDistribution(-10, 10)},
            server=members.pop("server", server.url),
            **members,
        )

    return make
