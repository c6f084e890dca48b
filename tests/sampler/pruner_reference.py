"""What Optuna's pruners decide in random studies: prints tests/data/pruners_optuna.json.

    PYTHONPATH=OPTUNA python3 tests/sampler/pruner_reference.py > tests/data/pruners_optuna.json

needs Optuna 5 (a checkout of its repository as OPTUNA) and SciPy. Each case is a study of which a
few trials run at a time; its log holds, in order, ["report", trial, step, value, decision] (value
null: NaN) and the end of trials, ["complete", trial, value] and ["pruned", trial]. A trial does
not always end when its pruner says so, as a worker need not either.

Resources are given as numbers: what "auto" means to Optuna depends on when its process began.
"""

import json
import math
import random
import sys
import warnings

import optuna
import scipy

STEPS = 12
RUNNING = 3


def pruner_of(spec):
    spec = dict(spec)
    name = spec.pop("name")
    if name == "patient":
        wrapped = spec.pop("wrapped_pruner", None)
        wrapped = pruner_of(wrapped) if wrapped else None
        return optuna.pruners.PatientPruner(wrapped, **spec)
    classes = {
        "median": optuna.pruners.MedianPruner,
        "percentile": optuna.pruners.PercentilePruner,
        "successive_halving": optuna.pruners.SuccessiveHalvingPruner,
        "hyperband": optuna.pruners.HyperbandPruner,
        "threshold": optuna.pruners.ThresholdPruner,
        "wilcoxon": optuna.pruners.WilcoxonPruner,
    }
    return classes[name](**spec)


def values_of(rng, spec, direction, zero_share):
    """Steps in the order of reporting, and their values."""
    sign = 1 if direction == "minimize" else -1
    if spec["name"] == "wilcoxon":
        steps = list(range(spec.get("instances", STEPS)))
        rng.shuffle(steps)
        offset = rng.gauss(0, 0.6)
        # Values of equal instances are sometimes equal.
        return [
            (s, 2.0 if rng.random() < zero_share else sign * (s % 5 + offset + rng.gauss(0, 1)))
            for s in steps
        ]
    value = rng.uniform(0.5, 1.5)
    slope = rng.uniform(-0.1, 0.05)
    reports = []
    step = rng.choice([0, 0, 0, 1])
    # No value may pass two rungs at once: see sampler/pruner/halving.h.
    careful = 3 if "reduction_factor" in spec else -1
    while step < STEPS:
        value += slope + rng.gauss(0, 0.08)
        shown = math.nan if rng.random() < 0.04 and step > careful else round(sign * value, 2)
        reports.append((step, shown))
        step += 1 if step <= careful else rng.choice([1, 1, 1, 2])
    return reports


def run(spec, direction, seed, trials, zero_share=0.0):
    rng = random.Random(seed)
    options = {k: v for k, v in spec.items() if k != "instances"}
    study = optuna.create_study(
        study_name="study %d" % seed, direction=direction, pruner=pruner_of(options)
    )
    log = []
    running = []
    asked = 0
    while asked < trials or running:
        if asked < trials and len(running) < RUNNING and rng.random() < 0.5:
            running.append((study.ask(), values_of(rng, spec, direction, zero_share)))
            asked += 1
            continue
        if not running:
            continue
        k = rng.randrange(len(running))
        trial, left = running[k]
        if not left:
            values = [v for v in trial._cached_frozen_trial.intermediate_values.values()
                      if not math.isnan(v)]
            value = sum(values) / len(values) if values else 0.0
            study.tell(trial, value)
            log.append(["complete", trial.number, float(value)])
            running.pop(k)
            continue
        step, value = left.pop(0)
        trial.report(value, step)
        decision = bool(trial.should_prune())
        log.append(["report", trial.number, step, None if math.isnan(value) else value, decision])
        if decision and rng.random() < 0.7:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            log.append(["pruned", trial.number])
            running.pop(k)
    return {"study": study.study_name, "direction": direction, "pruner": options, "log": log}


SPECS = [
    {"name": "median"},
    {"name": "median", "n_startup_trials": 2, "n_warmup_steps": 3, "interval_steps": 3},
    {"name": "percentile", "percentile": 25.0, "n_startup_trials": 0},
    {"name": "percentile", "percentile": 70.0, "n_startup_trials": 1, "n_min_trials": 6},
    {"name": "successive_halving", "min_resource": 1, "reduction_factor": 2},
    {"name": "successive_halving", "min_resource": 2, "reduction_factor": 3,
     "min_early_stopping_rate": 1},
    {"name": "successive_halving", "min_resource": 1, "reduction_factor": 4,
     "bootstrap_count": 3},
    {"name": "hyperband", "min_resource": 1, "max_resource": 9, "reduction_factor": 3},
    {"name": "hyperband", "min_resource": 1, "max_resource": 12, "reduction_factor": 2,
     "bootstrap_count": 2},
    {"name": "patient", "patience": 2},
    {"name": "patient", "patience": 1, "min_delta": 0.05,
     "wrapped_pruner": {"name": "median", "n_startup_trials": 1}},
    {"name": "threshold", "lower": -1.0, "upper": 1.0},
    {"name": "threshold", "upper": 0.9, "n_warmup_steps": 2, "interval_steps": 4},
]
WILCOXON = [
    {"name": "wilcoxon"},
    {"name": "wilcoxon", "p_threshold": 0.3, "n_startup_steps": 5},
    {"name": "wilcoxon", "p_threshold": 0.2, "instances": 60},
]


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    cases = []
    for spec in SPECS:
        for direction in ("minimize", "maximize"):
            cases.append(run(spec, direction, len(cases), 24))
    for spec in WILCOXON:
        for direction in ("minimize", "maximize"):
            trials = 8 if "instances" in spec else 16
            cases.append(run(spec, direction, len(cases), trials))
        cases.append(run(spec, "minimize", len(cases), 6, zero_share=0.3))
    made_with = {"optuna": optuna.__version__, "scipy": scipy.__version__}
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    sys.stdout.write('{"made_with":%s,"cases":[\n%s\n]}\n' % (json.dumps(made_with), lines))


if __name__ == "__main__":
    main()
