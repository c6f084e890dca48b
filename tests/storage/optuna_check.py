"""Looks at a study file through Optuna, or changes it as an Optuna user would.

    optuna_check.py DATABASE STUDY COMMAND

Run by optuna_interop_test.cc, which wrote the study "kinds" that `trials` expects. Works with
Optuna 3.1 and with Optuna 5. Exits with status 1 and the failed assertion if something differs.
"""

import datetime
import math
import sys

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.distributions import FloatDistribution
from optuna.distributions import IntDistribution
from optuna.trial import TrialState

DISTRIBUTIONS = {
    "x": FloatDistribution(-1, 2),
    "rate": FloatDistribution(1e-5, 0.1, log=True),
    "ratio": FloatDistribution(0, 1, step=0.25),
    "depth": IntDistribution(1, 9, step=2),
    "width": IntDistribution(1, 1024, log=True),
    "mode": CategoricalDistribution(["fast", None, True, 4, 2.5, "ü\"x"]),
    "extra": FloatDistribution(0, 10),
}
EPOCH_S = 1_790_000_000
INF = math.inf


def params(x, mode, **more):
    return {"x": x, "rate": 0.001, "ratio": 0.25, "depth": 3, "width": 64, "mode": mode, **more}


def local_time(second):
    return datetime.datetime.fromtimestamp(EPOCH_S + second)


def shown(value):
    """Tells 1, 1.0 and True apart, but not the order of a dict."""
    return repr(sorted(value.items()) if isinstance(value, dict) else value)


def equal(found, wanted, what):
    assert shown(found) == shown(wanted), f"{what}: {found!r}, not {wanted!r}"


def check_trials(study):
    trials = study.get_trials()
    equal([t.number for t in trials], list(range(9)), "numbers")
    equal(
        [t.state.name for t in trials],
        ["COMPLETE"] * 3 + ["PRUNED", "FAIL", "RUNNING", "WAITING", "COMPLETE", "COMPLETE"],
        "states",
    )
    equal(trials[0].params, params(0.5, "fast", extra=2.5), "params of 0")
    for number, mode in [(1, None), (2, True), (3, 4), (4, 2.5), (5, "ü\"x")]:
        equal(trials[number].params, params(0.125 * number, mode), f"params of {number}")
    equal(trials[6].params, {}, "params of a waiting trial")
    equal(trials[6].system_attrs["fixed_params"], {"x": 0.75, "depth": 5, "mode": None}, "enqueued")
    for trial in trials:
        for name, distribution in trial.distributions.items():
            equal(distribution, DISTRIBUTIONS[name], f"distribution of {name}")
    equal([t.values for t in trials[:5]], [[0.25], [INF], [-INF], [0.5], None], "values")
    equal(trials[3].intermediate_values, {0: 0.125, 10: 1e300, 20: INF, 30: -INF}, "intermediate")
    assert math.isnan(trials[5].intermediate_values[1])
    equal(trials[0].user_attrs, {"runtime_min": 57.1, "worker": "W1", "rows": 3.0}, "attributes")
    equal(trials[0].datetime_start, local_time(0.25), "start")
    equal(trials[0].datetime_complete, local_time(60.5), "end")
    equal(trials[5].datetime_complete, None, "end of a running trial")
    equal(trials[6].datetime_start, None, "start of a waiting trial")
    for trial in trials:
        if trial.state != TrialState.WAITING:
            trial._validate()


def check_edited(study):
    """Trials of before and after an edit, each with the distributions of its time."""
    before, after = study.get_trials()
    equal(before.params, params(1.5, "fast", extra=2.5), "params of before")
    equal(before.distributions["mode"], DISTRIBUTIONS["mode"], "choices of before")
    equal(before.distributions["x"], DISTRIBUTIONS["x"], "range of before")
    equal(
        after.params,
        {"x": 0.5, "rate": 0.001, "ratio": 0.25, "width": 64, "mode": "new", "n": 3},
        "params of after",
    )
    equal(after.distributions["x"], FloatDistribution(-1, 1), "range of after")
    equal(
        after.distributions["mode"], CategoricalDistribution([4, "new", "fast"]), "choices of after"
    )
    for trial in (before, after):
        trial._validate()


def add_trial(study):
    study.add_trial(
        optuna.trial.create_trial(
            params={"x": 1.5, "mode": True, "unknown": 3.0},
            distributions={
                "x": FloatDistribution(-5, 5),
                "mode": DISTRIBUTIONS["mode"],
                "unknown": FloatDistribution(0, 10),
            },
            value=-INF,
            user_attrs={"runtime_min": 12.5, "memo": "by hand", "worker": "laptop"},
            intermediate_values={3: 0.5},
        )
    )


def take_waiting(study):
    """Asks, so that the waiting trial is taken, and tells it."""
    trial = study.ask()
    equal(trial.suggest_float("x", -1, 2), 0.75, "enqueued x")
    equal(trial.suggest_int("depth", 1, 9, step=2), 5, "enqueued depth")
    equal(trial.suggest_categorical("mode", DISTRIBUTIONS["mode"].choices), None, "enqueued mode")
    study.tell(trial, 0.875)
    print(trial.number)


def ask_over(study):
    """A whole trial with Optuna's own sampler over the stored history."""
    def objective(trial):
        trial.suggest_float("x", -1, 2)
        trial.suggest_float("rate", 1e-5, 0.1, log=True)
        trial.suggest_int("width", 1, 1024, log=True)
        return trial.params["x"]

    study.sampler = optuna.samplers.TPESampler(seed=1, n_startup_trials=1, multivariate=True)
    study.optimize(objective, n_trials=2)


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    database, name, command = sys.argv[1:4]
    url = f"sqlite:///{database}"
    if command == "create":
        optuna.create_study(storage=url, study_name=name)
        return
    study = optuna.load_study(storage=url, study_name=name)
    if command == "trials":
        check_trials(study)
    elif command == "edited":
        check_edited(study)
    elif command == "best":
        print(study.best_trial.number)
    elif command == "front":
        print([d.name for d in study.directions], sorted(t.number for t in study.best_trials))
    elif command == "count":
        print(len(study.trials))
    elif command == "add":
        add_trial(study)
    elif command == "copy":
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        copied = optuna.create_study(study_name="copy")
        copied.add_trials(study.get_trials())
        print(*(f"{t.state.name} {t.values}" for t in copied.trials))
    elif command == "enqueue":
        study.enqueue_trial({"x": -0.5, "mode": "fast", "width": 9999})
    elif command == "tell-running":
        study.tell(int(sys.argv[4]), 0.625)
    elif command == "take-waiting":
        take_waiting(study)
    elif command == "optimize":
        ask_over(study)
    elif command == "delete":
        optuna.delete_study(storage=url, study_name=name)
    else:
        raise SystemExit(f"no command {command}")


if __name__ == "__main__":
    main()
