#!/usr/bin/env python3
"""CMA-ES alone beside the cmaes package, in one run: candidates a second and candidates needed.

    PYTHONPATH=CMAES bench/cma_beside_cmaes.py [--bench build/release/bench/bench_cma]

CMAES is a checkout of the package's repository. Functions, start and end are those of bench/cma.cc;
the figures are means of processor time over the runs.
"""

import argparse
import json
import subprocess
import time

import numpy as np
from cmaes import CMA

FUNCTIONS = {
    "sphere": lambda x: float(x @ x),
    "ellipsoid": lambda x: float(1e6 ** (np.arange(len(x)) / (len(x) - 1)) @ x**2),
}


def package(function, d, runs):
    """Candidates a second, and candidates a run."""
    candidates = 0
    begin = time.process_time()
    for seed in range(runs):
        optimizer = CMA(mean=np.full(d, 0.5), sigma=0.3, seed=seed)
        best = 1.0
        while best >= 1e-8:
            told = []
            for _ in range(optimizer.population_size):
                x = optimizer.ask()
                told.append((x, function(x)))
            best = min(value for _, value in told)
            optimizer.tell(told)
            candidates += len(told)
    return candidates / (time.process_time() - begin), candidates / runs


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--bench", default="build/release/bench/bench_cma", help="the program bench_cma")
parser.add_argument("--runs", type=int, default=3, help="of the package for each function")
arguments = parser.parse_args()

output = subprocess.run([arguments.bench, "--benchmark_format=json"], check=True, capture_output=True, text=True)
print("| function | d | candidates/s | needed | cmaes: candidates/s | needed | times as fast |")
print("|---|---:|---:|---:|---:|---:|---:|")
for case in json.loads(output.stdout)["benchmarks"]:
    name, d = case["name"].split("/")
    speed, needed = package(FUNCTIONS[name], int(d), arguments.runs)
    ours = case["items_per_second"]
    print(f"| {name} | {d} | {ours:,.0f} | {case['evaluations']:,.0f} | {speed:,.0f} | {needed:,.0f} | {ours / speed:.0f} |")
