"""What the cmaes package's CatCMAwM does: prints tests/data/catcmawm.json.

    PYTHONPATH=CMAES python3 tests/sampler/catcma_reference.py > tests/data/catcmawm.json

needs a checkout of the cmaes package's repository as CMAES. Discrete axes have N values in the
middles of N equal cells of [0, 1]; N is the same for all axes of a case, since the package pads
shorter ones with further thresholds.
"""

import json

import numpy as np
from cmaes import CatCMAwM


def middles(n):
    return [(k + 0.5) / n for k in range(n)]


def categorical_case(seed, values, generations):
    opt = CatCMAwM(c_space=values, x_space=[[0, 1]], seed=seed)
    rng = np.random.RandomState(seed)
    told = []
    for _ in range(generations):
        drawn = [[int(rng.randint(k)) for k in values] for _ in range(opt._mu)]
        onehot = np.zeros((opt._mu, len(values), max(values)))
        for k, row in enumerate(drawn):
            for c, value in enumerate(row):
                onehot[k, c, value] = 1
        opt._update_categorical(onehot)
        told.append({"drawn": drawn, "Delta": opt._Delta, "gamma": opt._gamma, "s": opt._s.tolist(),
                     "q": [opt._q[c, :k].tolist() for c, k in enumerate(values)]})
    return {"values": values, "weights": opt._weights[: opt._mu].tolist(), "generations": told}


def margin_case(seed, values, choices):
    opt = CatCMAwM(z_space=[middles(n) for n in values], c_space=choices or None, seed=seed)
    rng = np.random.RandomState(seed)
    d = len(values)
    root = rng.randn(d, d)
    opt._C = root @ root.T + 0.1 * np.eye(d)
    opt._sigma = 10 ** rng.uniform(-4, 0)
    opt._mean = rng.uniform(-0.2, 1.2, d)
    opt._A = rng.uniform(1, 3, d)
    opt._pmut = rng.uniform(0.05, 0.5, d)
    opt._int_succ = rng.rand(d) < 0.5
    case = {"values": values, "alpha": opt._alpha, "sigma": opt._sigma, "C": opt._C.tolist(),
            "left": opt._int_succ.tolist(),
            "before": {"mean": opt._mean.tolist(), "A": opt._A.tolist(), "p": opt._pmut.tolist()}}
    opt._margin_correction()
    case["after"] = {"mean": opt._mean.tolist(), "A": opt._A.tolist(), "p": opt._pmut.tolist()}
    return case


def sphere_int_com(solution):
    return float(np.sum((solution.x - 0.3) ** 2) + np.sum((solution.z - 0.75) ** 2)
                 + solution.c.shape[0] - np.sum(solution.c[:, 0]))


def evaluations(seed, n, target):
    """Of the sphere over n numbers, n of 10 cells and n choices of 5, until `target`."""
    opt = CatCMAwM(x_space=[[0, 1]] * n, z_space=[middles(10)] * n, c_space=[5] * n, seed=seed)
    count = 0
    while True:
        solutions = []
        for _ in range(opt.population_size):
            solution = opt.ask()
            value = sphere_int_com(solution)
            count += 1
            if value < target:
                return count
            solutions.append((solution, value))
        opt.tell(solutions)


print(json.dumps({
    "categorical": [categorical_case(1, [3, 2, 5], 12), categorical_case(2, [2], 8),
                    categorical_case(3, [10, 4, 4, 3, 2, 7], 20)],
    "margin": [margin_case(s, values, choices) for s, (values, choices) in enumerate(
        4 * [(4 * [5], []), ([8, 8], [3, 3]), (3 * [3], []), (3 * [100], [2])])],
    "sphere": [{"n": n, "target": target, "evaluations": [evaluations(s, n, target)
                                                          for s in range(25)]}
               for n, target in [(2, 1e-8), (4, 1e-8)]],
}, indent=1))
