"""Study.optimize: objectives, threads, failures, interrupts."""

import pathlib
import signal
import subprocess
import sys
import threading

import pytest

import studyhall
from conftest import PACKAGE, clean_environment
from studyhall import FloatDistribution, TrialState


def test_runs_an_objective_written_for_optuna(make_study):
    study = make_study(
        {
            "x": FloatDistribution(-10, 10),
            "n": studyhall.IntDistribution(1, 5),
            "mode": studyhall.CategoricalDistribution(["a", "b"]),
        }
    )

    def objective(trial):
        x = trial.suggest_float("x", -10, 10)
        n = trial.suggest_int("n", 1, 5)
        mode = trial.suggest_categorical("mode", ["a", "b"])
        trial.set_user_attr("n", n)
        return (x - 2) ** 2 + n + (mode == "a")

    study.optimize(objective, n_trials=12)

    assert [t.state for t in study.trials] == [TrialState.COMPLETE] * 12
    for t in study.trials:
        p = t.params
        assert t.value == (p["x"] - 2) ** 2 + p["n"] + (p["mode"] == "a")
        assert t.metrics == {"n": p["n"]}
    assert study.best_value == min(t.value for t in study.trials)


@pytest.mark.parametrize(
    "suggest, message",
    [
        (lambda t: t.suggest_float("y", 0, 1), "no parameter 'y'; it has"),
        (lambda t: t.suggest_float("x", 20, 30), "not from 20 to 30"),
        (lambda t: t.suggest_int("x", -10, 10), "not a whole number"),
        (lambda t: t.suggest_categorical("x", ["a"]), "not one of"),
    ],
)
def test_a_suggest_that_differs_from_the_study(make_study, suggest, message):
    study = make_study()
    with pytest.raises(ValueError, match=message):
        study.optimize(suggest, n_trials=1)


def test_ends_exactly_at_the_studys_limit_with_many_threads(make_study):
    study = make_study(limits={"trials": 25})

    study.optimize(lambda trial: trial.params["x"], n_jobs=6)

    assert [t.state for t in study.trials] == [TrialState.COMPLETE] * 25
    assert study.state == "finished"


def test_threads_run_at_the_same_time_and_share_n_trials(make_study):
    study = make_study()
    together = threading.Barrier(3, timeout=30)

    def objective(trial):
        if trial.number < 3:
            together.wait()
        return trial.params["x"]

    study.optimize(objective, n_trials=7, n_jobs=3)

    assert len(study.trials) == 7


def test_pruned_failed_and_unusable_trials(make_study):
    study = make_study()

    def objective(trial):
        if trial.number == 0:
            trial.report(step=3, value=4.5)
            raise studyhall.TrialPruned()
        if trial.number == 1:
            raise studyhall.TrialFailed("needs a GPU", reason="config")
        if trial.number == 2:
            raise MemoryError("too wide")
        return float("nan") if trial.number == 3 else 1.0

    study.optimize(objective, n_trials=5, catch=MemoryError)

    trials = study.trials
    assert [t.state.name for t in trials] == ["PRUNED", "FAIL", "FAIL", "FAIL", "COMPLETE"]
    assert trials[0].value == 4.5
    assert [t.record.get("note") for t in trials[1:4]] == [
        "needs a GPU",
        "MemoryError: too wide",
        "the objective returned nan",
    ]
    assert {t.record["reason"] for t in trials[1:4]} == {"config"}


@pytest.mark.parametrize("n_jobs", [1, 3])
def test_a_mistake_in_the_objective_is_raised_and_its_trial_waits_for_another(make_study, n_jobs):
    study = make_study()

    def objective(trial):
        raise NameError("epochs")

    with pytest.raises(NameError, match="epochs"):
        study.optimize(objective, n_trials=10, n_jobs=n_jobs)

    assert {t.state for t in study.trials} == {TrialState.WAITING}
    assert study.ask().purpose == "retry"


def test_what_is_no_number_is_a_mistake(make_study):
    study = make_study()
    with pytest.raises(TypeError, match="returned None, expected 1 number"):
        study.optimize(lambda trial: None, n_trials=1)


def test_two_objectives_and_callbacks(make_study):
    study = make_study(directions=["minimize", "minimize"])
    seen = []

    study.optimize(
        lambda trial: (trial.params["x"], -trial.params["x"]),
        n_trials=3,
        callbacks=[lambda s, t: seen.append((s is study, t.number, len(t.values)))],
    )

    assert seen == [(True, 0, 2), (True, 1, 2), (True, 2, 2)]


def test_ends_at_the_timeout(make_study):
    study = make_study()
    study.optimize(lambda trial: trial.params["x"], timeout=0)
    assert study.trials == []


SCRIPT = """
import sys, threading
sys.path.insert(0, {source!r})
import studyhall
study = studyhall.load_study({name!r}, server={url!r})

def objective(trial):
    sys.stdout.write(f"running {{trial.number}}\\n")
    sys.stdout.flush()
    if {endless}:
        threading.Event().wait()
    sys.stdin.readline()
    return 1.0

try:
    study.optimize(objective, n_jobs={n_jobs}, n_trials={n_jobs})
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


class Script:
    def __init__(self, study, server, n_jobs, endless):
        text = SCRIPT.format(
            source=str(pathlib.Path(PACKAGE) / "src"),
            name=study.study_name,
            url=server.url,
            n_jobs=n_jobs,
            endless=endless,
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", text],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )
        for _ in range(n_jobs):
            assert self.process.stdout.readline().startswith("running")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def rest(self, text=""):
        return self.process.communicate(text, timeout=60)


def test_an_interrupt_gives_the_trial_back(make_study, server):
    study = make_study()
    script = Script(study, server, n_jobs=1, endless=True)

    script.interrupt()

    assert script.rest()[0] == "interrupted\n"
    assert study.trial(0).state == TrialState.WAITING
    again = study.ask()
    assert (again.number, again.attempt) == (0, 1)


def test_the_first_interrupt_of_threads_has_their_trials_end(make_study, server):
    study = make_study()
    script = Script(study, server, n_jobs=2, endless=False)

    script.interrupt()
    assert "interrupt again" in script.process.stderr.readline()

    assert script.rest("\n\n")[0] == "interrupted\n"
    assert [t.state for t in study.trials] == [TrialState.COMPLETE] * 2


def test_the_second_interrupt_of_threads_gives_their_trials_back(make_study, server):
    study = make_study()
    script = Script(study, server, n_jobs=2, endless=True)

    script.interrupt()
    assert "interrupt again" in script.process.stderr.readline()
    script.interrupt()

    assert script.rest()[0] == "interrupted\n"
    assert [t.state for t in study.trials] == [TrialState.WAITING] * 2
