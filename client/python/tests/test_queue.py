"""What waits, for workers and for people, and results from elsewhere."""

import datetime

import pytest

import studyhall
from studyhall import TrialState


def test_the_terms_of_what_is_enqueued_decide_who_gets_it_and_when(make_study):
    study = make_study()
    held = study.enqueue_trial({"x": 1.0}, hold=True, title="a daring one", author="ann")[0]
    second = study.enqueue_trial({"x": 2.0}, for_="W2", needs=["gpu0"], wave=1)[0]

    items = {item["number"]: item for item in study.queue()}
    assert items[held]["hold"] and items[held]["author"] == "ann"
    assert [one["why"] for one in items[held]["waits_for"]] == ["hold"]
    assert (items[second]["for"], items[second]["needs"], items[second]["wave"]) == ("W2", ["gpu0"], 1)
    assert study.ask(worker="W2").number == second
    study.approve(held, author="bob")
    assert study.ask(worker="W1").number == held


def test_what_waits_is_moved_rejected_and_taken_back(make_study):
    study = make_study()
    first, second, third = (study.enqueue_trial({"x": x})[0] for x in (1.0, 2.0, 3.0))

    study.change_queued(third, priority=5, for_="W7", reason="first")
    assert [item["number"] for item in study.queue()] == [third, first, second]
    study.change_queued(third, for_=None)
    assert "for" not in study.queue()[0]
    study.reject(first, "tried before")
    assert [item["number"] for item in study.queue()] == [third, second]

    trial = study.ask()
    with pytest.raises(studyhall.ConflictError):
        study.approve(trial.number)
    study.requeue(trial.number, "the machine is gone")
    assert study.trial(trial.number).state is TrialState.WAITING
    assert study.ask().number == trial.number
    late, again = study.tell(trial, 1.0), study.trial(trial.number)
    assert (late.state, again.value) == (TrialState.COMPLETE, 1.0)  # what was taken is not lost


def test_a_configuration_once_more(make_study):
    study = make_study()
    trial = study.ask()
    study.tell(trial, 1.0)

    assert study.enqueue_trial(trial.params) == [trial.number]
    assert study.enqueue_trial(trial.params, again=True) == [trial.number + 1]


def test_topics(make_study):
    study = make_study()

    made = study.add_topic("coarse-starts", {"x": 1.0}, trials=2, family="start", hypothesis="enough")
    refused = study.add_topic("starts-coarse", trials=2)

    assert made["created"] and not refused["created"]
    assert refused["similar"][0]["name"] == "coarse-starts"
    trial = study.ask(worker="W1")
    assert (trial.number, trial.topic["index"], trial.topic["of"]) == (made["numbers"][0], 1, 2)
    study.tell(trial, 4.0)
    (topic,) = study.topics()
    assert (topic["best_value"], topic["numbers"], topic["open"]) == (4.0, made["numbers"], True)


def test_an_agent_asks_and_a_person_answers(make_study):
    study = make_study()
    trial = study.ask(worker="W1")
    trial.heartbeat(stage="reading")
    assert study.trial(trial.number).record["stage"] == "reading"

    asked = trial.ask_question("May the cache be kept?")

    (question,) = study.questions()
    assert (question["id"], question["trial"], question["worker"]) == (asked, trial.number, "W1")
    assert study.questions(worker="W2") == []
    study.respond(asked, "No, clear it.", author="ann")
    assert study.questions() == []
    (answered,) = study.questions(open=False)
    assert (answered["answer"], answered["author"]) == ("No, clear it.", "ann")
    with pytest.raises(studyhall.ConflictError):
        study.respond(asked, "Yes.")


def test_results_from_elsewhere(make_study):
    study = make_study(limits={"trials": 3})
    end = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.timezone.utc)

    numbers = study.add_results(
        [
            {"params": {"x": 1.0}, "value": 0.25, "metrics": {"m": 2.0}, "completed": end},
            {"params": {"x": 2.0}, "state": "failed", "note": "out of memory"},
        ],
        author="ann",
    )

    assert [study.trial(n).state for n in numbers] == [TrialState.COMPLETE, TrialState.FAIL]
    first = study.trial(numbers[0])
    assert (first.value, first.metrics, first.datetime_complete) == (0.25, {"m": 2.0}, end)
    assert study.best_value == 0.25
    with pytest.raises(studyhall.InvalidError):
        study.add_results([{"params": {"x": 1.0}, "value": 1.0}, {"params": {"x": 99.0}, "value": 1.0}])
    assert len(study.trials) == 2
