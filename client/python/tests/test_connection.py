"""Lost answers, servers that are away, tokens, settings."""

import contextlib
import signal
import subprocess
import threading

import pytest

import studyhall
from conftest import PROGRAM
from proxy import Proxy
from studyhall import FloatDistribution, TrialState


@pytest.fixture
def proxied(server, make_study):
    """A study seen through a proxy, and that proxy."""
    name = make_study().study_name
    with contextlib.closing(Proxy(server.port)) as proxy:
        yield studyhall.load_study(name, server=proxy.url), proxy


@pytest.mark.parametrize("fault", ["cut", "half"])
def test_a_lost_answer_to_ask_hands_out_one_trial(proxied, fault):
    study, proxy = proxied
    proxy.plan = [fault, fault]

    trial = study.ask(worker="W1")

    assert trial.number == 0
    assert [t.number for t in study.trials] == [0]
    ids = [body["request_id"] for _, body in proxy.seen]
    assert len(ids) == 3 and len(set(ids)) == 1


@pytest.mark.parametrize("fault", ["cut", "half"])
def test_a_lost_answer_to_tell_and_enqueue_does_nothing_twice(proxied, fault):
    study, proxy = proxied
    trial = study.ask()
    proxy.plan = [fault, "pass", fault, "pass"]

    told = study.tell(trial, 1.5)
    numbers = study.enqueue_trial({"x": 1.0})

    assert (told.number, told.already, told.new_best) == (0, False, True)
    assert numbers == [1]
    assert [t.state.name for t in study.trials] == ["COMPLETE", "WAITING"]
    ids = [body["request_id"] for path, body in proxy.seen if not path.endswith("/ask")]
    assert len(ids) == 4 and ids[0] == ids[1] and ids[2] == ids[3] and ids[0] != ids[2]


def test_what_cannot_be_repeated_safely_is_sent_once(proxied):
    study, proxy = proxied
    proxy.plan = ["cut"]

    with pytest.raises(studyhall.UnreachableError):
        study.add_insight("once")

    assert len(proxy.seen) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_waits_as_long_as_the_server_says(proxied, monkeypatch, status):
    study, proxy = proxied
    waited = []
    monkeypatch.setattr("studyhall._connection.time.sleep", waited.append)
    proxy.plan = [status]

    assert study.ask().number == 0
    assert waited == [1.0]


def test_gives_up_in_the_servers_words(proxied):
    study, proxy = proxied
    proxy.plan = [503]

    with pytest.raises(studyhall.UnavailableError, match="not now"):
        study.ask(patience_s=0)


def test_a_server_that_is_not_there():
    with pytest.raises(studyhall.UnreachableError, match="study serve") as failure:
        studyhall._connection.Connection("http://127.0.0.1:1", patience_s=0).call("GET", "/studies")
    assert isinstance(failure.value, ConnectionError)


@pytest.mark.parametrize("url", ["127.0.0.1:8642", "ftp://host", "http://"])
def test_a_url_that_is_none(url):
    with pytest.raises(ValueError, match="expected http"):
        studyhall.load_study("s", server=url)


def test_optimize_goes_on_when_the_server_was_killed(start_server):
    first = start_server()
    study = studyhall.create_study(
        "s", {"x": FloatDistribution(0, 1)}, sampler="random", server=first.url
    )
    restart = threading.Timer(0.5, start_server, kwargs={"port": first.port})

    def objective(trial):
        if trial.number == 1:
            first.end(signal.SIGKILL)
            restart.start()
        return trial.params["x"]

    study.optimize(objective, n_trials=4)
    restart.join()

    assert [t.state for t in study.trials] == [TrialState.COMPLETE] * 4


def test_tokens(start_server, monkeypatch, tmp_path):
    database = str(tmp_path / "studies.db")

    def token(*arguments):
        command = [PROGRAM, "token", "create", *arguments, "--db", database]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]

    admin = token("ann", "--role", "admin")
    worker = token("w1", "--role", "worker", "--study", "s", "--worker", "W1")
    server = start_server("--require-tokens")
    space = {"x": FloatDistribution(0, 1)}
    with pytest.raises(studyhall.UnauthorizedError):
        studyhall.create_study("s", space, server=server.url)

    monkeypatch.setenv("STUDY_SERVER", server.url)
    monkeypatch.setenv("STUDY_TOKEN", admin)
    studyhall.create_study("s", space)
    study = studyhall.load_study("s", token=worker)
    study.optimize(lambda trial: trial.params["x"], n_trials=2, worker="W1")
    with pytest.raises(studyhall.ForbiddenError):
        study.stop()

    file = tmp_path / "token"
    file.write_text(admin + "\n")
    monkeypatch.delenv("STUDY_TOKEN")
    monkeypatch.setenv("STUDY_TOKEN_FILE", str(file))
    assert [t.worker for t in studyhall.load_study("s").trials] == ["W1", "W1"]


def test_threads_share_a_study(make_study):
    study = make_study()
    numbers = []

    def work():
        for _ in range(10):
            trial = study.ask()
            numbers.append(trial.number)
            study.tell(trial, trial.params["x"])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(numbers) == list(range(40))


def test_settings_of_the_environment_come_after_arguments(server, make_study, monkeypatch):
    name = make_study().study_name
    monkeypatch.setenv("STUDY_SERVER", "http://127.0.0.1:1")
    assert studyhall.load_study(name, server=server.url).study_name == name
