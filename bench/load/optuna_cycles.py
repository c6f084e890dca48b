#!/usr/bin/env python3
"""Ask + tell cycles a second of Optuna, nine parameters, random sampler, beside bench_load.

    optuna_cycles.py sqlite|journal PROCESSES SECONDS

Each process opens the storage itself, as Optuna's own documentation has it. Prints one JSON object:
{"optuna": version, "storage": ..., "processes": ..., "cycles": ..., "cycles_per_s": ...}
"""
import json
import multiprocessing
import os
import sys
import tempfile
import time

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

SPACE = {
    "threshold_1src": FloatDistribution(0.28, 0.42),
    "threshold_2src": FloatDistribution(0.38, 0.55),
    "fallback_sigma": FloatDistribution(0.05, 0.5, log=True),
    "init_strategy": CategoricalDistribution(["smart", "random", "triangulation", "grid"]),
    "refine_iters": IntDistribution(2, 5),
    "refine_top": IntDistribution(1, 3),
    "fallback_fevals": IntDistribution(14, 24),
    "fevals_1src": IntDistribution(8, 24),
    "fevals_2src": IntDistribution(32, 44),
}


def open_storage(kind, folder):
    if kind == "sqlite":
        return optuna.storages.RDBStorage(f"sqlite:///{folder}/optuna.db")
    path = os.path.join(folder, "journal.log")
    try:
        from optuna.storages.journal import JournalFileBackend
        return optuna.storages.JournalStorage(JournalFileBackend(path))
    except ImportError:  # Optuna 3
        return optuna.storages.JournalStorage(optuna.storages.JournalFileStorage(path))


def work(kind, folder, seed, end, counts):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(
        study_name="load",
        storage=open_storage(kind, folder),
        sampler=optuna.samplers.RandomSampler(seed=seed),
    )
    cycles = 0
    while time.monotonic() < end:
        trial = study.ask(SPACE)
        study.tell(trial, (trial.number * 7919 % 10007) / 100)
        cycles += 1
    counts.put(cycles)


def main():
    kind, processes, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        optuna.create_study(study_name="load", storage=open_storage(kind, folder),
                            direction="maximize")
        counts = multiprocessing.Queue()
        begin = time.monotonic()
        workers = [
            multiprocessing.Process(target=work, args=(kind, folder, i, begin + seconds, counts))
            for i in range(processes)
        ]
        for worker in workers:
            worker.start()
        cycles = sum(counts.get() for _ in workers)
        took = time.monotonic() - begin
        for worker in workers:
            worker.join()
    print(json.dumps({"optuna": optuna.__version__, "storage": kind, "processes": processes,
                      "cycles": cycles, "cycles_per_s": cycles / took}))


if __name__ == "__main__":
    main()
