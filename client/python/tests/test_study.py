"""Creating, asking, telling, reading."""

import datetime
import threading
import time

import pytest

import studyhall
from studyhall import CategoricalDistribution, FloatDistribution, IntDistribution, TrialState


def test_creates_the_space_it_was_given(make_study):
    study = make_study(
        {
            "rate": FloatDistribution(1e-4, 1e-1, log=True, default=1e-3),
            "ratio": FloatDistribution(0, 1, step=0.25),
            "layers": IntDistribution(1, 9, step=2),
            "mode": CategoricalDistribution(["fast", None, True, 3], default="fast"),
            "depth": {"type": "int", "low": 1, "high": 3, "when": {"mode": ["fast"]}},
        },
        direction="maximize",
        limits={"trials": 7},
    )

    spec = study.info()["spec"]
    assert spec["params"] == {
        "rate": {"type": "float", "low": 1e-4, "high": 1e-1, "log": True, "default": 1e-3},
        "ratio": {"type": "float", "low": 0.0, "high": 1.0, "step": 0.25},
        "layers": {"type": "int", "low": 1, "high": 9, "step": 2},
        "mode": {"type": "categorical", "choices": ["fast", None, True, 3], "default": "fast"},
        "depth": {"type": "int", "low": 1, "high": 3, "when": {"mode": ["fast"]}},
    }
    assert spec["limits"]["trials"] == 7
    assert study.direction == studyhall.StudyDirection.MAXIMIZE


def test_names_every_problem_of_a_study(make_study):
    with pytest.raises(studyhall.InvalidError) as failure:
        make_study({"x": {"type": "flot"}, "y": FloatDistribution(2, 1)})

    assert [p["path"] for p in failure.value.details] == ["/params/x/type", "/params/y/high"]
    assert isinstance(failure.value, ValueError)


def test_a_name_that_is_taken(make_study, server):
    study = make_study()
    params = {"x": FloatDistribution(-10, 10)}

    with pytest.raises(studyhall.DuplicatedStudyError, match=study.study_name):
        studyhall.create_study(study.study_name, params, server=server.url)
    again = studyhall.create_study(
        study.study_name, params, server=server.url, load_if_exists=True
    )
    assert again.info() == study.info()


def test_a_study_that_is_not_there(server):
    with pytest.raises(studyhall.NotFoundError, match="no study"):
        studyhall.load_study("nobody", server=server.url)


def test_asks_and_tells(make_study):
    study = make_study(constraints=[{"metric": "runtime_min", "max": 60}])
    trial = study.ask(worker="W1")

    told = study.tell(trial, 1.12, metrics={"runtime_min": 57.1}, usage={"cost_usd": 0.5})

    assert (told.number, told.state, told.already, told.new_best) == (
        0, TrialState.COMPLETE, False, True,
    )
    frozen = study.trial(0)
    assert frozen.value == 1.12 and frozen.params == trial.params
    assert frozen.metrics == frozen.user_attrs == {"runtime_min": 57.1}
    assert frozen.worker == "W1" and frozen.feasible
    assert frozen.duration >= datetime.timedelta(0)
    assert study.best_trial.number == 0
    assert (study.best_value, study.best_params) == (1.12, trial.params)
    assert [row["number"] for row in study.leaderboard()] == [0]


def test_an_infeasible_result_does_not_lead(make_study):
    study = make_study(constraints=[{"metric": "runtime_min", "max": 60}])
    study.tell(study.ask(), 1.0, metrics={"runtime_min": 61})

    assert not study.trial(0).feasible
    with pytest.raises(ValueError, match="no feasible complete trial"):
        study.best_trial


def test_telling_twice(make_study):
    study = make_study()
    trial = study.ask()
    study.tell(trial, 1.0)

    assert study.tell(trial, 1.0).already
    with pytest.raises(studyhall.ConflictError, match="another result"):
        study.tell(trial, 2.0)
    assert study.best_value == 1.0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_no_result(make_study, value):
    study = make_study()
    trial = study.ask()

    with pytest.raises(ValueError, match="is no result"):
        study.tell(trial, value)
    assert study.trial(trial.number).state == TrialState.RUNNING


def test_tells_failures_with_their_reason(make_study):
    study = make_study()
    config = study.tell(study.ask(), state=TrialState.FAIL, reason="config", note="out of memory")
    infra = study.tell(study.ask(), state=TrialState.FAIL, reason="infra", cause="rate_limit")

    assert (config.state, config.requeued) == (TrialState.FAIL, False)
    assert study.trial(0).record["note"] == "out of memory"
    assert infra.requeued and study.ask().number == infra.number


def test_two_objectives(make_study):
    study = make_study(directions=["minimize", "maximize"])
    for values in [(1, 5), (2, 9), (3, 4)]:
        study.tell(study.ask(), values)

    assert [t.values for t in study.best_trials] == [[1, 5], [2, 9]]
    with pytest.raises(ValueError, match="several objectives"):
        study.best_trial
    with pytest.raises(ValueError, match="1 values, the study has 2"):
        study.tell(study.ask(), 1.0)


def test_reports_and_the_pruner(make_study):
    study = make_study(pruner={"name": "median", "n_startup_trials": 1})
    first = study.ask()
    first.report(step=1, value=0.0)
    assert not first.should_prune()
    study.tell(first, 0.0)

    second = study.ask()
    second.report(1, 10.0)

    assert second.should_prune()
    study.tell(second, 10.0, TrialState.PRUNED)
    assert study.trial(1).intermediate_values == {1: 10.0}
    assert [t.number for t in study.get_trials(states=[TrialState.PRUNED])] == [1]
    with pytest.raises(ValueError, match="Optuna's order"):
        second.report(0.75, 10)


def test_enqueued_trials_come_first(make_study):
    study = make_study({"x": FloatDistribution(-10, 10), "n": IntDistribution(1, 5)})
    later = study.enqueue_trial({"x": 0.25}, title="a guess")
    sooner = study.enqueue_trial({"x": 0.5, "n": 2}, priority="high")

    trials = [study.ask(), study.ask()]

    assert [[t.number] for t in trials] == [sooner, later]
    assert trials[0].params == {"x": 0.5, "n": 2}
    assert trials[1].params["x"] == 0.25 and trials[1].title == "a guess"
    assert trials[0].purpose == "enqueued"


def test_says_why_there_is_no_trial(make_study):
    study = make_study(limits={"trials": 1})
    trial = study.ask()
    with pytest.raises(studyhall.NoTrialNow) as nothing:
        study.ask()
    assert nothing.value.retry_after_s > 0

    study.tell(trial, 1.0)
    with pytest.raises(studyhall.StudyFinished, match="limits.trials"):
        study.ask()
    assert study.state == "finished"


def test_an_exhausted_space(make_study):
    study = make_study({"mode": CategoricalDistribution(["a", "b"])})
    assert {study.ask().params["mode"], study.ask().params["mode"]} == {"a", "b"}
    with pytest.raises(studyhall.SpaceExhausted):
        study.ask()


def test_an_ask_that_waits_gets_what_comes_free(make_study):
    study = make_study(limits={"trials": 1})
    trial = study.ask()
    got = []
    waiting = threading.Thread(target=lambda: got.append(study.ask(wait_s=None).number))
    waiting.start()

    trial.release()
    waiting.join(30)

    assert got == [trial.number]


def test_heartbeats_make_a_short_lease_last(make_study):
    study = make_study()
    trial = study.ask(lease_s=1.5)
    first = study.trial(0).record["lease_expires"]

    with study.running(trial, every_s=0.2) as running:
        deadline = time.monotonic() + 30
        while study.trial(0).record["lease_expires"] == first and time.monotonic() < deadline:
            time.sleep(0.05)
        assert running is trial

    assert study.trial(0).record["lease_expires"] > first
    assert study.tell(trial, 1.0).number == 0


def test_a_trial_that_is_taken_away_is_told_to_stop(make_study):
    study = make_study()
    trial = study.ask()
    trial.release()
    study.ask()

    trial.heartbeat()

    assert trial.should_stop()


def test_stop_resume_edit_and_void(make_study):
    study = make_study()
    study.tell(study.ask(), 1.0)
    study.stop("enough")
    with pytest.raises(studyhall.StudyFinished, match="enough"):
        study.ask()
    study.resume()
    study.edit(limits={"trials": 5}, reason="a longer night")
    assert study.info()["spec"]["limits"]["trials"] == 5

    study.void(0, "the machine was overloaded")
    assert study.trial(0).state == TrialState.FAIL
    study.add_insight("small x is fast", trial=0)
    assert study.ask().insights == ["small x is fast"]


def test_values_of_numpy_are_numbers(make_study):
    numpy = pytest.importorskip("numpy")
    study = make_study({"x": FloatDistribution(-10, 10), "n": IntDistribution(1, 5)})
    study.enqueue_trial({"x": numpy.float64(0.5), "n": numpy.int64(2)})
    trial = study.ask()
    assert trial.params == {"x": 0.5, "n": 2}
    study.tell(trial, numpy.float32(0.25), metrics={"m": numpy.int64(3)})
    assert study.trial(0).metrics == {"m": 3.0}


def test_the_dataframe_has_optunas_columns(make_study):
    pandas = pytest.importorskip("pandas")
    study = make_study({"x": FloatDistribution(-10, 10), "mode": CategoricalDistribution(["a"])})
    study.tell(study.ask(worker="W1"), 1.5, metrics={"rmse": 0.5})
    study.tell(study.ask(), state=TrialState.FAIL, reason="config")

    table = study.trials_dataframe()

    assert list(table.columns) == [
        "number", "value", "datetime_start", "datetime_complete", "duration", "params_mode",
        "params_x", "user_attrs_rmse", "state", "worker", "feasible",
    ]  # fmt: skip
    assert list(table["state"]) == ["COMPLETE", "FAIL"]
    assert table["value"][0] == 1.5 and pandas.isna(table["value"][1])
    assert table["user_attrs_rmse"][0] == 0.5
    assert str(table["duration"].dtype) == "timedelta64[ns]"


def test_many_trials_come_in_pages(make_study):
    study = make_study()
    study.enqueue_trial({"x": 1.0}, count=1000)
    study.enqueue_trial({"x": 2.0}, count=5)

    trials = study.trials

    assert [t.number for t in trials] == list(range(1005))
    assert {t.state for t in trials} == {TrialState.WAITING}


def test_importances_name_the_parameter_that_matters(make_study):
    study = make_study({"x": FloatDistribution(-10, 10), "noise": FloatDistribution(0, 1)})
    study.optimize(lambda trial: trial.params["x"] ** 2, n_trials=40)

    shares = study.get_param_importances()

    assert list(shares) == ["x", "noise"] and shares["x"] > 0.5
    assert sum(shares.values()) == pytest.approx(1)


def test_lists_and_deletes_studies(make_study, server):
    name = make_study().study_name
    assert name in studyhall.get_all_study_names(server=server.url)
    studyhall.delete_study(name, server=server.url)
    assert name not in studyhall.get_all_study_names(server=server.url)
