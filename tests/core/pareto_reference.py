"""Writes tests/data/pareto_optuna5.json: what Optuna 5 makes of random points and histories.

    PYTHONPATH=OPTUNA5 python3 tests/core/pareto_reference.py > tests/data/pareto_optuna5.json

Not run by the tests. OPTUNA5 is a checkout of Optuna 5.0.0.dev.
"""

import json
import math
import random

import numpy as np
import optuna
from optuna._hypervolume import compute_hypervolume
from optuna._hypervolume.hssp import _solve_hssp
from optuna.distributions import FloatDistribution
from optuna.samplers._tpe import sampler as tpe
from optuna.study._multi_objective import _fast_non_domination_rank, _is_pareto_front
from optuna.trial import TrialState, create_trial

optuna.logging.disable_default_handler()


def number(x):
    return float(x) if math.isfinite(x) else str(x)


def points_of(rng, n, m, grid):
    """Points between -1 and 3, on a grid (equal ones and ties) or not."""
    return [[rng.randrange(-2, 7) / 2 if grid else round(rng.uniform(-1, 3), 6) for _ in range(m)]
            for _ in range(n)]


def front_of(rng, n, m):
    """Points none of which dominates another, of both signs."""
    front = []
    for _ in range(n):
        x = [rng.gauss(0, 1) for _ in range(m)]
        norm = math.sqrt(sum(v * v for v in x))
        front.append([round(1.5 - 2 * abs(v) / norm, 6) for v in x])
    return [p for p, keep in zip(front, _is_pareto_front(np.array(front), False)) if keep]


def ranks():
    rng = random.Random(1)
    cases = []
    for m in (1, 2, 3, 4):
        for grid in (False, True):
            points = points_of(rng, 24, m, grid)
            found = _fast_non_domination_rank(np.array(points))
            cases.append({"points": points, "ranks": [int(r) for r in found]})
    return cases


def volumes():
    rng = random.Random(2)
    cases = []
    for m in (2, 3, 4, 5):
        for grid in (False, True):
            points = points_of(rng, 14, m, grid)
            reference = [3.5] * m
            cases.append({"points": points, "reference": reference,
                          "volume": compute_hypervolume(np.array(points), np.array(reference))})
    return cases


def subsets():
    rng = random.Random(3)
    cases = []
    for m in (2, 3, 4):
        for repeat in (0, 4):
            points = front_of(rng, 22, m)
            points += [points[rng.randrange(len(points))] for _ in range(repeat)]
            values = np.array(points)
            reference = tpe._get_reference_point(values)
            count = len(points) // 2
            chosen = _solve_hssp(values, np.arange(len(points)), count, reference)
            cases.append({"points": points, "reference": [number(x) for x in reference],
                          "chosen": [int(i) for i in chosen]})
    return cases


def history(rng, directions, n, constrained):
    """Trials as the sampler sees them: complete ones, some pruned, infeasible, running."""
    trials = []
    for i in range(n):
        kind = rng.random()
        x = rng.random()
        trial = {"number": i, "state": "complete", "values": [], "constraint": None}
        if kind < 0.05:
            trial["state"] = "running"
        elif kind < 0.12:
            trial["state"] = "pruned"
        else:
            values = [round((x - k / len(directions)) ** 2 + rng.gauss(0, 0.2), 3)
                      for k in range(len(directions))]
            if rng.random() < 0.05:
                values[0] = math.inf if directions[0] == "minimize" else -math.inf
            trial["values"] = values
            if constrained:
                trial["constraint"] = round(rng.gauss(-0.5, 1), 3)
        trials.append(trial)
    return trials


def frozen(trial):
    attrs = {}
    if trial["constraint"] is not None:
        attrs["constraints"] = [trial["constraint"]]
    made = create_trial(
        state=TrialState[trial["state"].upper()],
        values=trial["values"] or None,
        params={} if trial["state"] == "running" else {"x": 0.5},
        distributions={} if trial["state"] == "running" else {"x": FloatDistribution(0, 1)},
        system_attrs=attrs,
    )
    made.number = trial["number"]
    return made


def splits():
    rng = random.Random(4)
    cases = []
    for directions in (["minimize", "minimize"], ["maximize", "minimize"],
                       ["minimize", "maximize", "minimize"]):
        for n, constrained in ((1, False), (7, False), (40, True), (90, False), (300, False)):
            if n == 300 and len(directions) == 3:
                n = 120
            trials = history(rng, directions, n, constrained)
            study = optuna.create_study(directions=directions)
            finished = sum(t["state"] != "running" for t in trials)
            below, above = tpe._split_trials(study, [frozen(t) for t in trials],
                                             tpe.default_gamma_multiobjective(finished))
            cases.append({
                "directions": directions,
                "trials": [[t["state"], [number(v) for v in t["values"]], t["constraint"]]
                           for t in trials],
                "below": [t.number for t in below],
                "above": [t.number for t in above],
            })
    return cases


def lines(name, cases):
    body = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    return f'"{name}":[\n{body}]'


parts = [f'"made_by":"Optuna {optuna.__version__}"', lines("ranks", ranks()),
         lines("volumes", volumes()), lines("subsets", subsets()), lines("splits", splits())]
print("{" + ",\n".join(parts) + "}")
