"""What Optuna's PED-ANOVA says of random studies: prints tests/data/importance_optuna5.json.

    PYTHONPATH=OPTUNA python3 tests/sampler/importance_reference.py > tests/data/importance_optuna5.json

needs Optuna 5 (a checkout of its repository as OPTUNA). A case holds the parameters as a study file
writes them, the trials by column (null: inactive), and what came out: "variance", the evaluator's
numbers, and "importance", those divided by their sum. In a case with a "focus" only the trials
inside its ranges were evaluated, with these ranges as the distributions.
"""

import json
import math
import random
import sys
import warnings

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

MIXED = {
    "x": {"type": "float", "low": -5, "high": 10},
    "lr": {"type": "float", "low": 1e-5, "high": 0.1, "log": True},
    "q": {"type": "float", "low": 0, "high": 1, "step": 0.1},
    "fine": {"type": "float", "low": 0, "high": 10, "step": 0.02},
    "k": {"type": "int", "low": 2, "high": 9},
    "even": {"type": "int", "low": 0, "high": 20, "step": 2},
    "wide": {"type": "int", "low": 0, "high": 1000},
    "width": {"type": "int", "low": 1, "high": 1024, "log": True},
    "kind": {"type": "categorical", "choices": ["a", "b", "c", "d"]},
    "flag": {"type": "categorical", "choices": [True, False]},
}
SMALL = {name: MIXED[name] for name in ("x", "lr", "k", "kind")}
ONE_VALUE = {
    "x": MIXED["x"],
    "one": {"type": "int", "low": 3, "high": 3},
    "only": {"type": "categorical", "choices": ["a"]},
}
CONDITIONAL = {
    "kind": MIXED["kind"],
    "x": MIXED["x"],
    "depth": {"type": "int", "low": 1, "high": 6, "when": {"kind": ["a", "b"]}},
    "rate": {"type": "float", "low": 0.001, "high": 1, "log": True, "when": {"kind": ["c"]}},
}


def distribution(param):
    if param["type"] == "categorical":
        return CategoricalDistribution(param["choices"])
    options = {k: v for k, v in param.items() if k in ("low", "high", "log", "step")}
    return (IntDistribution if param["type"] == "int" else FloatDistribution)(**options)


def draw(rng, param):
    if param["type"] == "categorical":
        return rng.choice(param["choices"])
    if param.get("log"):
        value = math.exp(rng.uniform(math.log(param["low"]), math.log(param["high"])))
        return round(value) if param["type"] == "int" else float("%.3g" % value)
    if "step" in param or param["type"] == "int":
        step = param.get("step", 1)
        k = rng.randint(0, round((param["high"] - param["low"]) / step))
        return round(param["low"] + k * step, 9)
    return round(rng.uniform(param["low"], param["high"]), 3)


def score(rng, params, noise):
    """Some parameters matter much, some a little, some not at all."""
    parts = {
        "x": lambda v: 0.02 * (v - 2) ** 2,
        "lr": lambda v: 0.3 * (math.log10(v) + 3) ** 2,
        "q": lambda v: 0.5 * v,
        "k": lambda v: 0.1 * abs(v - 6),
        "width": lambda v: 0.1 * math.log2(v),
        "kind": lambda v: {"a": 0.0, "b": 0.5, "c": 0.2, "d": 1.0}[v],
        "depth": lambda v: 0.2 * v,
        "rate": lambda v: -0.1 * math.log(v),
    }
    total = sum(part(params[name]) for name, part in parts.items() if params.get(name) is not None)
    return total + rng.gauss(0, noise)


def inside(trial, focus):
    for name, part in focus.items():
        value = trial[name]
        if value is None:
            continue
        if "choices" in part and value not in part["choices"]:
            return False
        if "low" in part and not part["low"] <= value <= part["high"]:
            return False
    return True


def evaluate(space, trials, values, direction, names, options):
    study = optuna.create_study(direction=direction)
    for params, value in zip(trials, values):
        active = {name: params[name] for name in space if params[name] is not None}
        study.add_trial(
            optuna.trial.create_trial(
                params=active,
                distributions={name: distribution(space[name]) for name in active},
                value=value,
            )
        )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(**options)
    variance = evaluator.evaluate(study, params=names)
    total = sum(variance.values())
    equal = 1 / len(names)
    return {
        "variance": {name: variance[name] for name in names},
        "importance": {name: variance[name] / total if total else equal for name in names},
    }


def case(name, space, count, seed, direction="minimize", digits=2, noise=0.1, focus=None, **options):
    rng = random.Random(seed)
    trials = []
    for _ in range(count):
        params = {}
        for key, param in space.items():
            [(parent, allowed)] = param.get("when", {None: None}).items()
            idle = parent is not None and params[parent] not in allowed
            params[key] = None if idle else draw(rng, param)
        trials.append(params)
    sign = 1 if direction == "minimize" else -1
    values = [round(sign * score(rng, params, noise), digits) + 0.0 for params in trials]
    narrowed = dict(space)
    for key, part in (focus or {}).items():
        narrowed[key] = {**space[key], **part}
    chosen = [i for i, params in enumerate(trials) if inside(params, focus or {})]
    result = evaluate(
        narrowed,
        [trials[i] for i in chosen],
        [values[i] for i in chosen],
        direction,
        list(focus or space),
        options,
    )
    return {
        "name": name,
        "params": space,
        "direction": direction,
        **({"focus": focus} if focus else {}),
        **options,
        "trials": {key: [params[key] for params in trials] for key in space},
        "values": values,
        **result,
    }


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    cases = [
        case("mixed 50", MIXED, 50, 1),
        case("mixed 51 maximize", MIXED, 51, 2, "maximize"),
        case("mixed 400", MIXED, 400, 3),
        case("small 2000 with ties", SMALL, 2000, 4, digits=1),
        case("small 70 with ties", SMALL, 70, 5, "maximize", digits=0),
        case("small 2", SMALL, 2, 6),
        case("small 7", SMALL, 7, 7),
        case("all equal", SMALL, 12, 8, digits=-3),
        case("noise only", SMALL, 200, 9, noise=100),
        case("one value", ONE_VALUE, 60, 10),
        case("conditional 300", CONDITIONAL, 300, 11),
        case("conditional 30", CONDITIONAL, 30, 12, "maximize"),
        case("quantiles", SMALL, 200, 13, target_quantile=0.2, region_quantile=0.5),
        case("quantiles close", SMALL, 90, 14, target_quantile=0.3, region_quantile=0.31),
        case(
            "narrowed",
            SMALL,
            500,
            15,
            focus={
                "x": {"low": 0, "high": 4.5},
                "lr": {"low": 1e-4, "high": 1e-2},
                "k": {"low": 3, "high": 7},
                "kind": {"choices": ["a", "c", "d"]},
            },
        ),
        case(
            "narrowed conditional",
            CONDITIONAL,
            250,
            16,
            focus={"depth": {"low": 2, "high": 5}, "x": {}},
            target_quantile=0.15,
        ),
    ]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    sys.stdout.write(
        '{"made_with":{"optuna":"%s"},"cases":[\n%s\n]}\n' % (optuna.__version__, lines)
    )


if __name__ == "__main__":
    main()
