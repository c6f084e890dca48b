"""What scikit-learn's Gaussian process predicts with given kernels: prints tests/data/gp_sklearn.json.

    python3 tests/sampler/gp_reference.py > tests/data/gp_sklearn.json

needs scikit-learn. Each case has points X and probes P (rows), values y, the kernel (w: inverse squared length scales by
axis; scale; noise), and, of GaussianProcessRegressor with that kernel and no search for another, the means and standard
deviations at the probes and the log marginal likelihood. A column of choices (is_choice) is given to scikit-learn as one
column per choice, each 1 / sqrt(2) where the choice is that one, so that two different choices are 1 apart.
"""

import json
import random
import sys

import numpy
import sklearn
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

CHOICES = 3


def expanded(rows, is_choice, w):
    """Columns as scikit-learn takes them, and their length scales."""
    columns, lengths = [], []
    for c, choice in enumerate(is_choice):
        values = [row[c] for row in rows]
        if choice:
            for k in range(CHOICES):
                columns.append([0.5**0.5 if v == k else 0.0 for v in values])
                lengths.append(w[c] ** -0.5)
        else:
            columns.append(values)
            lengths.append(w[c] ** -0.5)
    return numpy.array(columns).T, lengths


def case(seed, n, is_choice, scale, noise, repeated=0):
    rng = random.Random(seed)
    draw = lambda: [float(rng.randrange(CHOICES)) if c else rng.random() for c in is_choice]
    X = [draw() for _ in range(n)]
    X += [X[0]] * repeated
    y = [rng.gauss(0, 1) for _ in X]
    P = [draw() for _ in range(8)] + [X[0]]
    w = [10 ** rng.uniform(-1.5, 1.5) for _ in is_choice]
    columns, lengths = expanded(X, is_choice, w)
    kernel = ConstantKernel(scale) * Matern(length_scale=lengths, nu=2.5)
    process = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None).fit(columns, y)
    mean, sd = process.predict(expanded(P, is_choice, w)[0], return_std=True)
    return {
        "is_choice": is_choice, "X": X, "y": y, "P": P,
        "w": w, "scale": scale, "noise": noise,
        "mean": mean.tolist(), "sd": sd.tolist(),
        "log_likelihood": process.log_marginal_likelihood_value_,
    }


def main():
    cases = [
        case(1, 1, [False], 1.0, 1e-6),
        case(2, 7, [False, False], 0.7, 1e-3),
        case(3, 30, [False, True, False, True], 1.6, 0.02),
        case(4, 60, [False] * 8, 2.5, 1e-4),
        case(5, 12, [True, True], 1.0, 0.1),
        case(6, 5, [False, True], 1.2, 0.3, repeated=20),
    ]
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    made_with = {"sklearn": sklearn.__version__, "numpy": numpy.__version__}
    sys.stdout.write('{"made_with":%s,"cases":[\n%s\n]}\n' % (json.dumps(made_with), lines))


if __name__ == "__main__":
    main()
