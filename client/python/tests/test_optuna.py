"""Optuna on the same database while the server works, and doc/optuna.md as it is written.

Optuna 5 is taken from the folder that STUDYHALL_OPTUNA5 names, else the installed one (Debian: 3.1).
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

import studyhall
from conftest import PROGRAM, REPOSITORY, clean_environment

OPTUNA5 = os.environ.get("STUDYHALL_OPTUNA5", "")


def run_python(text, folder, *arguments):
    environment = clean_environment(
        PYTHONPATH=OPTUNA5,
        PYTHONWARNINGS="ignore",
        MPLBACKEND="Agg",
        PATH=f"{pathlib.Path(PROGRAM).parent}:{os.environ['PATH']}",
    )
    done = subprocess.run(
        [sys.executable, "-c", text, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", autouse=True)
def optuna_is_there():
    command = [sys.executable, "-c", "import optuna"]
    if not OPTUNA5 and subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("there is no optuna (Debian: python3-optuna)")


OPEN = """
import sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = optuna.storages.RDBStorage("sqlite:///" + sys.argv[1], skip_compatibility_check=True)
study = optuna.load_study(storage=storage, study_name="shared")
"""


def make_shared(server, **members):
    space = {"x": studyhall.FloatDistribution(-5, 5), "n": studyhall.IntDistribution(1, 9)}
    return studyhall.create_study(
        "shared", space, server=server.url, sampler="random", seed=1, **members
    )


def test_both_work_on_one_study_at_once(start_server, tmp_path):
    server = start_server()
    study = make_shared(server)
    ours = threading.Thread(
        target=study.optimize, args=(lambda t: t.params["x"] ** 2,), kwargs={"n_trials": 30, "n_jobs": 2}
    )
    ours.start()
    run_python(
        OPEN
        + """
def objective(trial):
    return trial.suggest_float("x", -5, 5) ** 2 + trial.suggest_int("n", 1, 9)
study.optimize(objective, n_trials=10)
""",
        tmp_path,
        server.database,
    )
    ours.join(120)
    study.tell(study.ask(), 100.0)  # what was written last is taken in

    trials = study.trials
    seen = json.loads(
        run_python(
            OPEN + "import json; print(json.dumps([[t.number, t.value] for t in study.trials]))",
            tmp_path,
            server.database,
        )
    )
    assert len(trials) == 41
    assert seen == [[t.number, t.value] for t in trials]
    assert [t.number for t in trials] == list(range(41))


def test_what_optuna_enqueues_is_handed_out(start_server, tmp_path):
    server = start_server()
    study = make_shared(server)
    run_python(OPEN + 'study.enqueue_trial({"x": 1.25, "n": 7})', tmp_path, server.database)

    assert study.ask().params == {"x": 1.25, "n": 7}


def blocks():
    text = (REPOSITORY / "doc/optuna.md").read_text()
    return re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)


def test_the_manual_reads_a_study_that_is_served(start_server, tmp_path):
    pytest.importorskip("matplotlib")
    server = start_server()
    space = {"threshold_1src": studyhall.FloatDistribution(0.28, 0.42)}
    study = studyhall.create_study("heat_signature", space, server=server.url)
    study.optimize(lambda t: t.params["threshold_1src"], n_trials=12)
    live, by_31, _ = blocks()

    said = run_python("import optuna\n" + by_31, tmp_path)
    assert float(said) == study.best_value
    if OPTUNA5:
        run_python(live, tmp_path)
        assert study.ask().params == {"threshold_1src": 0.33}


def test_the_manual_moves_a_study_in(tmp_path):
    run_python(
        """
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(storage="sqlite:///optuna.db", study_name="old", direction="maximize")
def objective(trial):
    rate = trial.suggest_float("rate", 1e-5, 0.1, log=True)
    depth = trial.suggest_int("depth", 1, 9, step=2)
    mode = trial.suggest_categorical("mode", ["a", None, 3])
    trial.set_user_attr("minutes", 2.5)
    if trial.number == 4:
        raise optuna.TrialPruned()
    return depth - rate
study.optimize(objective, n_trials=12)
""",
        tmp_path,
    )
    run_python(blocks()[2], tmp_path)

    file = json.loads((tmp_path / "study.json").read_text())
    assert file["params"]["rate"] == {"type": "float", "low": 1e-5, "high": 0.1, "log": True}
    assert file["params"]["depth"] == {"type": "int", "low": 1, "high": 9, "step": 2}
    assert file["params"]["mode"] == {"type": "categorical", "choices": ["a", None, 3]}
    database = str(tmp_path / "studies.db")

    def study(*arguments):
        command = [PROGRAM, *arguments, "--db", database, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=clean_environment())
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert study("ask", "moved")["trials"][0]["number"] == 12
    moved = study("trials", "moved")["trials"]
    assert [t["state"] for t in moved] == ["complete"] * 4 + ["pruned"] + ["complete"] * 7 + ["running"]
    assert {t["metrics"]["minutes"] for t in moved[:12]} == {2.5}
    best = max(t["value"] for t in moved if t["state"] == "complete")
    assert study("best", "moved")["best"][0]["value"] == best


def test_optuna_dashboard_shows_a_study_that_is_served(start_server):
    program = shutil.which("optuna-dashboard")
    if program is None:
        pytest.skip("there is no optuna-dashboard")
    server = start_server()
    study = make_shared(server)
    study.tell(study.ask(), 1.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    dashboard = subprocess.Popen(
        [program, f"sqlite:///{server.database}", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                url = f"http://127.0.0.1:{port}/api/studies"
                answer = json.load(urllib.request.urlopen(url, timeout=5))
                break
            except OSError:
                assert time.monotonic() < deadline and dashboard.poll() is None
                time.sleep(0.2)
    finally:
        dashboard.terminate()
        dashboard.wait(30)
    assert "shared" in [s["study_name"] for s in answer["study_summaries"]]
