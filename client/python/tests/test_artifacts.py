"""Files kept with trials and tasks."""

import pytest

import studyhall


def test_files_go_with_a_trial_or_a_task_and_come_back_as_they_went(make_study):
    study = make_study()
    trial = study.ask().number
    task = study._post("tasks", body={"title": "Describe it"})["number"]
    content = b"\x00\xff log" * 1000

    put = study.put_artifact("run.log", content, trial=trial)
    study.put_artifact("page.md", "# Page", task=task, type="text/markdown")

    assert put["bytes"] == len(content)
    assert study.artifact("run.log", trial=trial) == content
    assert study.artifact("page.md", task=task) == b"# Page"
    assert [(one["name"], one["type"]) for one in study.artifacts(task=task)] == [
        ("page.md", "text/markdown")
    ]
    study.delete_artifact("page.md", task=task)
    assert study.artifacts(task=task) == []
    with pytest.raises(studyhall.NotFoundError):
        study.artifact("page.md", task=task)
    with pytest.raises(ValueError):
        study.artifacts()
