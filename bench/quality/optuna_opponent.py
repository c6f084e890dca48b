#!/usr/bin/env python3
"""Runs a sampler of Optuna on the suite, through `bench_quality serve`, and writes the CSV of `bench_quality run`.

The simulated workers, durations and noise are those of runner.h; the sampler has its constructor's defaults, with
constraints_func on constrained problems. A configuration that breaks "require", which Optuna cannot state, is refused
at no cost (the trial fails, the next one takes its place), up to 100 times in a row, GPSampler's 10; then it is drawn
uniformly.

    python3 optuna_opponent.py --bench build/release/bench/bench_quality --seeds 0-15 --trials 200 -o optuna.csv

GPSampler asks for PyTorch 2; with PyTorch 1 its one use of that (`with torch.device("cpu")`, the default anyway) is
left out.
"""

import argparse
import contextlib
import csv
import heapq
import json
import random
import subprocess
import sys
import time
import warnings

import optuna

BUDGETS = (20, 25, 50, 100, 200, 400, 1000)
COLUMNS = ("problem", "group", "seed", "label", "trials", "regret", "ask_seconds")
MOST_REFUSALS = 100
MOST_REFUSALS_OF_GP = 10  # it does not learn of them either, and an ask takes a tenth of a second


class Suite:
    """The other end of `bench_quality serve`."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def call(self, verb, **request):
        self.process.stdin.write(json.dumps({"verb": verb, **request}) + "\n")
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"{verb}: {answer['error']['message']}")
        return answer


def suggest_one(trial, name, param):
    if param["type"] == "categorical":
        return trial.suggest_categorical(name, param["choices"])
    log = param.get("log", False)
    if param["type"] == "int":
        return trial.suggest_int(name, param["low"], param["high"], step=param.get("step", 1), log=log)
    return trial.suggest_float(name, param["low"], param["high"], step=param.get("step"), log=log)


def suggest(trial, params):
    """Define-by-run: a parameter whose condition does not hold is not suggested. Parents come first in the suite."""
    out = {}
    for name, param in params.items():
        if all(parent in out and out[parent] in values for parent, values in param.get("when", {}).items()):
            out[name] = suggest_one(trial, name, param)
    return out


class UniformTrial:
    """Draws uniformly, in the place of an optuna trial, and remembers the distributions."""

    def __init__(self, rng):
        self.rng = rng
        self.distributions = {}

    def draw(self, name, distribution):
        self.distributions[name] = distribution
        seed = self.rng.getrandbits(31)
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
        return study.ask({name: distribution}).params[name]

    def suggest_categorical(self, name, choices):
        return self.draw(name, optuna.distributions.CategoricalDistribution(choices))

    def suggest_int(self, name, low, high, step, log):
        return self.draw(name, optuna.distributions.IntDistribution(low, high, log=log, step=step))

    def suggest_float(self, name, low, high, step, log):
        return self.draw(name, optuna.distributions.FloatDistribution(low, high, log=log, step=step))


def violations_of(frozen):
    return frozen.user_attrs["violations"]


def make_sampler(name, seed, constrained):
    options = {"seed": seed}
    if constrained and name in ("tpe", "gp", "nsgaii", "nsgaiii"):
        options["constraints_func"] = violations_of
    kinds = {
        "tpe": lambda: optuna.samplers.TPESampler(**options),
        "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        "cmaes": lambda: optuna.samplers.CmaEsSampler(seed=seed),
        "gp": lambda: optuna.samplers.GPSampler(**options),
        "nsgaii": lambda: optuna.samplers.NSGAIISampler(**options),
        "nsgaiii": lambda: optuna.samplers.NSGAIIISampler(**options),
        "qmc": lambda: optuna.samplers.QMCSampler(scramble=True, seed=seed),
    }
    return kinds[name]()


class TorchOfTheSampler:
    """PyTorch 1 as GPSampler's module sees it: torch.device is no context manager there."""

    def __init__(self, torch):
        self.torch = torch

    def __getattr__(self, name):
        return getattr(self.torch, name)

    def device(self, _):
        return contextlib.nullcontext()


def prepare_torch():
    import optuna.samplers._gp.sampler as module
    import torch

    torch.set_num_threads(1)
    if int(torch.__version__.split(".")[0]) < 2:
        module.torch = TorchOfTheSampler(torch)


class Run:
    def __init__(self, suite, problem, seed, args):
        self.suite = suite
        self.problem = problem
        self.seed = seed
        self.label = args.label
        self.trials = args.trials
        self.most_refusals = MOST_REFUSALS_OF_GP if args.sampler == "gp" else MOST_REFUSALS
        self.workers = args.workers or problem["workers"]
        self.budgets = [b for b in BUDGETS if b < args.trials] + [args.trials]
        study_seed = suite.call("study_seed", problem=problem["name"], seed=seed)["seed"]
        self.spare = random.Random(study_seed)
        sampler = make_sampler(args.sampler, study_seed, bool(problem["constraints"]))
        self.study = optuna.create_study(sampler=sampler, direction="minimize")
        self.running = []  # heap of (until, number, trial, answer)
        self.now = 0.0
        self.asked = 0
        self.finished = 0
        self.best = None  # (observed value, regret)
        self.ask_seconds = 0.0
        self.rows = []

    def evaluate(self, params):
        return self.suite.call(
            "evaluate", problem=self.problem["name"], seed=self.seed, number=self.asked, params=params
        )

    def start(self):
        for _ in range(self.most_refusals):
            before = time.process_time()
            trial = self.study.ask()
            params = suggest(trial, self.problem["params"])
            self.ask_seconds += time.process_time() - before
            answer = self.evaluate(params)
            if "refused" not in answer:
                break
            self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
        while "refused" in answer:
            uniform = UniformTrial(self.spare)
            params = suggest(uniform, self.problem["params"])
            answer = self.evaluate(params)
            if "refused" not in answer:
                self.study.enqueue_trial(params)
                trial = self.study.ask()
                suggest(trial, self.problem["params"])
        trial.set_user_attr("violations", answer["violations"])
        heapq.heappush(self.running, (self.now + answer["duration"], self.asked, trial, answer))
        self.asked += 1

    def finish(self):
        self.now, _, trial, answer = heapq.heappop(self.running)
        before = time.process_time()
        self.study.tell(trial, answer["value"])
        self.ask_seconds += time.process_time() - before
        if answer["feasible"] and (self.best is None or answer["value"] < self.best[0]):
            self.best = (answer["value"], answer["regret"])
        self.finished += 1
        if self.finished == self.budgets[len(self.rows)]:
            regret = self.best[1] if self.best else self.problem["no_feasible_regret"]
            self.rows.append(
                (
                    self.problem["name"],
                    self.problem["group"],
                    self.seed,
                    self.label,
                    self.finished,
                    f"{regret:.6g}",
                    f"{self.ask_seconds:.4f}",
                )
            )

    def play(self):
        while self.asked < self.trials or self.running:
            if self.asked < self.trials and len(self.running) < self.workers:
                self.start()
            else:
                self.finish()
        return self.rows


def read_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", default="build/release/bench/bench_quality", help="the program bench_quality")
    parser.add_argument("--sampler", default="tpe", choices=("tpe", "random", "cmaes", "gp", "nsgaii", "nsgaiii", "qmc"))
    parser.add_argument("--label", help="default: optuna-VERSION-SAMPLER")
    parser.add_argument("--seeds", default="0-15", help="one, or the first and last")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--workers", type=int, help="trials that run at once; without it as each problem has it")
    parser.add_argument("--problems", help="only those whose name this regular expression finds")
    parser.add_argument("--group")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--holdout", action="store_true")
    chosen.add_argument("--tuning", action="store_true")
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    args.label = args.label or f"optuna-{optuna.__version__}-{args.sampler}"
    first, _, last = args.seeds.partition("-")
    args.seeds = range(int(first), int(last or first) + 1)
    return args


def main():
    args = read_args()
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    suite = Suite(args.bench)
    selection = {}
    if args.problems:
        selection["regex"] = args.problems
    if args.group:
        selection["group"] = args.group
    if args.holdout or args.tuning:
        selection["holdout"] = args.holdout
    problems = suite.call("problems", **selection)["problems"]
    if args.sampler == "gp":
        prepare_torch()
    # Seed by seed, each run written as soon as it is there.
    with open(args.output, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for seed in args.seeds:
            for problem in problems:
                writer.writerows(Run(suite, problem, seed, args).play())
                file.flush()
            print(f"seed {seed}: {len(problems)} problems", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
