"""What the cmaes package's SepCMA and CMA(lr_adapt=True) do: prints tests/data/cmaes_variants.json.

    PYTHONPATH=CMAES python3 tests/sampler/cma_variants_reference.py > tests/data/cmaes_variants.json

needs a checkout of the cmaes package's repository as CMAES. Candidates are drawn by the package and
told to it; what a later generation needs of them is recorded, X[k] candidate k.
"""

import json

import numpy as np
from cmaes import CMA, SepCMA


def ellipsoid(x):
    return float(10 ** (3 * np.arange(len(x)) / max(1, len(x) - 1)) @ (x - 0.3) ** 2)


def noisy(x, rng):
    return ellipsoid(x) + 50 * rng.randn()


def run(opt, generations, state, value):
    told = []
    for _ in range(generations):
        X = [opt.ask() for _ in range(opt.population_size)]
        f = [value(x) for x in X]
        opt.tell(list(zip([x.copy() for x in X], f)))
        told.append({"X": [x.tolist() for x in X], "f": f, "mean": opt._mean.tolist(), "sigma": float(opt._sigma),
                     "p_sigma": opt._p_sigma.tolist(), "p_c": opt._pc.tolist(), **state(opt)})
    return told


def separable(d, seed, popsize):
    opt = SepCMA(mean=np.full(d, 0.5), sigma=0.2, seed=seed, population_size=popsize)
    names = {"mu_eff": "_mu_eff", "c_1": "_c1", "c_mu": "_cmu", "c_sigma": "_c_sigma",
             "d_sigma": "_d_sigma", "c_c": "_cc"}
    return {"d": d, "lambda": opt.population_size, "mean0": 0.5, "sigma0": 0.2,
            "constants": {ours: float(getattr(opt, theirs)) for ours, theirs in names.items()},
            "weights": opt._weights.tolist(),
            "generations": run(opt, 15, lambda o: {"variances": o._C.tolist()}, ellipsoid)}


def adaptive(d, seed, generations):
    rng = np.random.RandomState(seed)
    opt = CMA(mean=np.full(d, 0.5), sigma=0.2, seed=seed, lr_adapt=True)
    state = lambda o: {"eta_mean": float(o._eta_mean), "eta_Sigma": float(o._eta_Sigma), "C": o._C.tolist()}
    return {"d": d, "lambda": opt.population_size, "mean0": 0.5, "sigma0": 0.2,
            "generations": run(opt, generations, state, lambda x: noisy(x, rng))}


def evaluations(seed, d, target):
    """Of SepCMA on the ellipsoid until `target`."""
    opt = SepCMA(mean=np.full(d, 0.5), sigma=0.2, seed=seed)
    count = 0
    while True:
        told = [(x, ellipsoid(x)) for x in (opt.ask() for _ in range(opt.population_size))]
        count += len(told)
        if min(value for _, value in told) < target:
            return count
        opt.tell(told)


print(json.dumps({
    "separable": [separable(2, 1, None), separable(7, 2, None), separable(7, 3, 20)],
    "adaptive": [adaptive(2, 4, 20), adaptive(5, 5, 30)],
    "evaluations": [{"d": d, "target": 1e-8, "evaluations": [evaluations(s, d, 1e-8) for s in range(15)]}
                    for d in (10, 60)],
}, separators=(",", ":")))
