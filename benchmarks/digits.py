"""Compare ways of sparse training on scikit-learn's digits.

Test accuracy: mean and standard deviation over seeds.

    python benchmarks/digits.py [--seeds 5] [--densities 0.01 0.02 0.05 0.1] [--methods set rigl
    ...] [--init both]

A 64-300-100-10 perceptron, 40 epochs; updates every 25 steps during the first three quarters.
`plain` keeps the dense initialisation, `aware` multiplies each layer's by the inverse root of its
density.
"""

import argparse
import statistics
import time
from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from edgelab.sparsity import CosineDecay, Masking

EPOCHS, BATCH_SIZE, INTERVAL, TRAINED_SHARE = 40, 64, 25, 0.75


@dataclass(frozen=True)
class Method:
    """Modes of one way of sparse training; `growth` None never moves the pattern."""

    growth: str | None
    redistribution: str = "none"
    rate: float = 0.3


METHODS = {
    "static": Method(None),
    "set": Method("random"),
    "rigl": Method("absolute-gradient"),
    "rigl+grad": Method("absolute-gradient", "grad"),
    "snfs": Method("momentum", "momentum", 0.5),
}

# Means measured elsewhere with the same recipe and the plain initialisation, in percent.
ELSEWHERE = {
    (0.01, "static"): 16.5,
    (0.01, "set"): 21.6,
    (0.01, "rigl"): 87.4,
    (0.01, "rigl+grad"): 81.7,
    (0.01, "snfs"): 92.8,
    (0.02, "static"): 45.9,
    (0.02, "set"): 65.2,
    (0.02, "rigl"): 93.5,
    (0.02, "rigl+grad"): 93.5,
    (0.02, "snfs"): 95.2,
    (0.05, "static"): 94.5,
    (0.05, "set"): 95.4,
    (0.05, "rigl"): 95.4,
    (0.05, "rigl+grad"): 95.0,
    (0.05, "snfs"): 96.0,
    (0.1, "static"): 96.5,
    (0.1, "set"): 96.4,
    (0.1, "rigl"): 96.7,
    (0.1, "rigl+grad"): 64.4,
    (0.1, "snfs"): 97.2,
    (1.0, "static"): 97.07,
}


def main() -> None:
    options = parse_options()
    torch.set_num_threads(options.threads)
    inits = ("plain", "aware") if options.init == "both" else (options.init,)
    print(
        f"{'density':>7} {'method':<10} {'init':<6} {'accuracy %':>12} {'worst':>6} "
        f"{'elsewhere':>10} {'s/run':>6}"
    )
    for density in options.densities:
        for method in options.methods:
            for init in inits:
                report(density, method, init, options.seeds)
    if options.dense:
        report(1.0, "static", "plain", options.seeds)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--densities", type=float, nargs="+", default=[0.01, 0.02, 0.05, 0.1])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--init", choices=("plain", "aware", "both"), default="both")
    parser.add_argument("--dense", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def report(density: float, method: str, init: str, n_seeds: int) -> None:
    start = time.perf_counter()
    results = [
        100 * accuracy(density, METHODS[method], init == "aware", seed) for seed in range(n_seeds)
    ]
    seconds = (time.perf_counter() - start) / n_seeds
    sd = statistics.stdev(results) if n_seeds > 1 else 0.0
    name = "dense" if density == 1 else method
    elsewhere = ELSEWHERE.get((density, method)) if init == "plain" else None
    print(
        f"{density:>7} {name:<10} {init:<6} {statistics.mean(results):>6.2f}±{sd:<5.2f} "
        f"{min(results):>6.1f} "
        f"{elsewhere or '':>10} {seconds:>6.1f}",
        flush=True,
    )


def accuracy(density: float, method: Method, sparse_aware_init: bool, seed: int) -> float:
    torch.manual_seed(seed)
    x, y, x_test, y_test = digits(seed)
    model = nn.Sequential(
        nn.Linear(64, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    n_steps = EPOCHS * -(-len(x) // BATCH_SIZE)
    last_update = int(TRAINED_SHARE * n_steps)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    masking = Masking(
        optimizer,
        CosineDecay(method.rate, last_update),
        density,
        "erdos-renyi-kernel",
        growth_mode=method.growth or "none",
        redistribution_mode=method.redistribution,
        sparse_aware_init=sparse_aware_init,
    )
    masking.add_module(model)
    for step, rows in enumerate(batches(len(x))):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        if method.growth is not None and step < last_update and (step + 1) % INTERVAL == 0:
            masking.update_connections()
        else:
            masking.step()
        schedule.step()
    if masking.stats.total_nonzero != masking.baseline_nonzero:
        raise RuntimeError(
            f"the density moved: {masking.baseline_nonzero} → {masking.stats.total_nonzero} weights"
        )
    with torch.no_grad():
        return (model(x_test).argmax(1) == y_test).float().mean().item()


def digits(seed: int) -> list[torch.Tensor]:
    x, y = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.25, random_state=seed, stratify=y)
    mean, sd = x.mean(0), x.std(0)
    sd[sd == 0] = 1  # pixels that are always empty
    parts = ((x - mean) / sd, y, (x_test - mean) / sd, y_test)
    return [
        torch.tensor(part, dtype=torch.float32 if part.dtype.kind == "f" else torch.long)
        for part in parts
    ]


def batches(n_samples: int) -> list[torch.Tensor]:
    return [rows for _ in range(EPOCHS) for rows in torch.randperm(n_samples).split(BATCH_SIZE)]


if __name__ == "__main__":
    main()
