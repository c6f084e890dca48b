#!/usr/bin/env python3
"""Ask and tell of TPE beside Optuna's, in one run: 10 mixed parameters, 24 candidates, one core.

    bench/tpe_beside_optuna.py [--bench build/release/bench/bench_tpe] [--most 10000]

Optuna is the one that Python finds (PYTHONPATH=CHECKOUT for another): in memory, its TPESampler as
constructed by default, the space of bench/tpe.cc. The figures are medians of processor time.
"""

import argparse
import json
import statistics
import subprocess
import time
import warnings

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

SIZES = [100, 1000, 10_000, 100_000, 1_000_000]


def space():
    distributions = {}
    for kind in range(10):
        log = kind in (3, 7)
        low = 1 if log else 0
        if kind < 4:
            distributions[f"p{kind}"] = FloatDistribution(low, 10, log=log)
        elif kind < 8:
            distributions[f"p{kind}"] = IntDistribution(low, 40, log=log)
        else:
            distributions[f"p{kind}"] = CategoricalDistribution(["a", "b", "c", "d"])
    return distributions


def random_trials(count):
    import random

    draws = random.Random(1)
    trials = []
    for _ in range(count):
        params = {}
        for name, distribution in space().items():
            if isinstance(distribution, CategoricalDistribution):
                params[name] = draws.choice(distribution.choices)
            elif isinstance(distribution, IntDistribution):
                params[name] = draws.randint(distribution.low, distribution.high)
            else:
                params[name] = draws.uniform(distribution.low, distribution.high)
        trials.append(
            optuna.trial.create_trial(params=params, distributions=space(), value=draws.gauss(0, 1))
        )
    return trials


def optuna_ask_and_tell(count, repeats):
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
    study.add_trials(random_trials(count))
    seconds = []
    for _ in range(repeats):
        before = time.process_time()
        trial = study.ask(space())
        study.tell(trial, 0.0)
        seconds.append(time.process_time() - before)
    return statistics.median(seconds)


def our_ask_and_tell(program):
    output = subprocess.run(
        [program, "--benchmark_format=json", "--benchmark_repetitions=5", "--benchmark_min_time=0.1"],
        check=True, capture_output=True, text=True).stdout
    found = {}
    for run in json.loads(output)["benchmarks"]:
        if run.get("aggregate_name") != "median":
            continue
        _, mode, trials, *_ = run["run_name"].split("/")
        found[mode, int(trials.split(":")[1])] = run["cpu_time"] * 1e-6
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", default="build/release/bench/bench_tpe")
    parser.add_argument("--most", type=int, default=10_000, help="largest history for Optuna")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")

    ours = our_ask_and_tell(arguments.bench)
    name = f"Optuna {optuna.__version__}"
    print(f"| trials | default | mode optuna5 | {name} | {name} / default |")
    print("|---:|---:|---:|---:|---:|")
    for size in SIZES:
        default = ours["default", size]
        exact = ours.get(("optuna5", size))
        theirs = optuna_ask_and_tell(size, 5) if size <= arguments.most else None
        cells = [f"{size:,}", f"{1e3 * default:.3f} ms", f"{1e3 * exact:.2f} ms" if exact else "",
                 f"{1e3 * theirs:.1f} ms" if theirs else "",
                 f"{theirs / default:.0f}" if theirs else ""]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
