"""The notebooks of studies/notebooks, cell by cell, on a table that `study export` wrote."""

import json
import subprocess
import sys

import pytest

import studyhall
from conftest import PROGRAM, REPOSITORY, clean_environment


def test_the_notebook_draws_an_exported_table(make_study, server, tmp_path):
    pytest.importorskip("pandas")
    pytest.importorskip("matplotlib")
    study = make_study(
        {
            "x": studyhall.FloatDistribution(-10, 10),
            "n": studyhall.IntDistribution(1, 5),
            "flag": studyhall.CategoricalDistribution([True, False]),
            "mode": studyhall.CategoricalDistribution(["a", "b"]),
            "size": {"type": "float", "low": 0, "high": 1, "when": {"mode": ["a"]}},
        },
        direction="maximize",
    )
    study.optimize(lambda trial: -trial.params["x"] ** 2, n_trials=15, worker="W1")
    study.enqueue_trial(study.best_params, count=2)
    study.optimize(lambda trial: -trial.params["x"] ** 2 + 1, n_trials=2)
    study.tell(study.ask("W2"), state=studyhall.TrialState.FAIL, reason="config")
    export = [PROGRAM, "export", study.study_name, "--server", server.url, "-o", "trials.csv"]
    subprocess.run(export, cwd=tmp_path, check=True, capture_output=True, env=clean_environment())

    notebook = json.loads((REPOSITORY / "studies/notebooks/trials.ipynb").read_text())
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", "\n".join(cells)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=clean_environment(MPLBACKEND="Agg", MPLCONFIGDIR=str(tmp_path)),
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "history.svg").stat().st_size > 5000
    assert (tmp_path / "slice.svg").stat().st_size > 5000
    assert all(c["outputs"] == [] for c in notebook["cells"] if c["cell_type"] == "code")
