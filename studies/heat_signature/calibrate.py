#!/usr/bin/env python3
"""Measures what README.md says of the problem: noise between seeds, what each parameter does, how
many configurations keep to the budget. Standard library only.

    calibrate.py replicates [--seeds 12] [--set name=value ...]
    calibrate.py effects    [--seeds 4]
    calibrate.py random     [--count 300] [--first 0]
"""
import argparse
import concurrent.futures
import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
VALUES = {
    "threshold_1src": (0.28, 0.30, 0.33, 0.37, 0.39, 0.42),
    "threshold_2src": (0.38, 0.41, 0.48, 0.51, 0.55),
    "fallback_sigma": (0.05, 0.1, 0.3, 0.5),
    "init_strategy": ("random", "triangulation", "grid"),
    "refine_iters": (2, 4, 5),
    "refine_top": (1, 3),
    "fallback_fevals": (14, 16, 20, 24),
    "fevals_1src": (8, 12, 16, 24),
    "fevals_2src": (32, 40, 44),
}


def run(params, seed):
    """The result of one trial, as the program writes it."""
    with tempfile.TemporaryDirectory() as folder:
        config, out = os.path.join(folder, "config.json"), os.path.join(folder, "result.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump(params, file)
        subprocess.run(
            [FOLDER / "run.sh", "--config", config, "--seed", str(seed), "--out", out],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with open(out, encoding="utf-8") as file:
            return json.load(file)


def run_all(jobs, processes):
    with concurrent.futures.ThreadPoolExecutor(processes) as pool:
        return list(pool.map(lambda job: run(*job), jobs))


def mean(results, field):
    return statistics.mean(result[field] for result in results)


def replicates(arguments):
    params = {}
    for item in arguments.set:
        name, text = item.split("=", 1)
        params[name] = text
    results = run_all([(params, seed) for seed in range(1, arguments.seeds + 1)], arguments.jobs)
    for field in ("score", "runtime_min", "rmse_1src", "rmse_2src", "candidates", "fallbacks"):
        values = [result[field] for result in results]
        print(f"{field:12} mean {statistics.mean(values):.4f} sd {statistics.stdev(values):.4f} "
              f"min {min(values):.4f} max {max(values):.4f}")


def effects(arguments):
    seeds = range(1, arguments.seeds + 1)
    changes = [{}] + [{name: value} for name, values in VALUES.items() for value in values]
    results = run_all([(change, seed) for change in changes for seed in seeds], arguments.jobs)
    groups = [results[k : k + len(seeds)] for k in range(0, len(results), len(seeds))]
    for change, group in zip(changes, groups):
        score, runtime = mean(group, "score"), mean(group, "runtime_min")
        print(f"{score:.4f} ({score - mean(groups[0], 'score'):+.4f})  {runtime:.2f} "
              f"({runtime - mean(groups[0], 'runtime_min'):+.2f})  {change or 'defaults'}")


def draw(rng):
    """Uniform over the study's space, `require` included."""
    while True:
        params = {
            "threshold_1src": rng.uniform(0.28, 0.42),
            "threshold_2src": rng.uniform(0.38, 0.55),
            "fallback_sigma": math.exp(rng.uniform(math.log(0.05), math.log(0.5))),
            "init_strategy": rng.choice(["smart", "random", "triangulation", "grid"]),
            "refine_iters": rng.randint(2, 5),
            "refine_top": rng.randint(1, 3),
            "fallback_fevals": rng.randint(14, 24),
            "fevals_1src": rng.randint(8, 24),
            "fevals_2src": rng.randint(32, 44),
        }
        if params["fallback_fevals"] <= params["fevals_1src"] + 6:
            return params


def random_configurations(arguments):
    numbers = range(arguments.first, arguments.first + arguments.count)
    configurations = [draw(random.Random(number)) for number in numbers]
    results = run_all([(params, 1000 + n) for n, params in zip(numbers, configurations)],
                      arguments.jobs)
    for number, params, result in zip(numbers, configurations, results):
        print(json.dumps({"number": number, **result, "params": params}))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["replicates", "effects", "random"])
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    {"replicates": replicates, "effects": effects, "random": random_configurations}[arguments.what](
        arguments)


if __name__ == "__main__":
    main()
