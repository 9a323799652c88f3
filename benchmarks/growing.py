"""Growing a network on scikit-learn's digits, and the cost of a growth step.

    python -m benchmarks.growing [--seeds 5] [--methods random tiny ...] [--one-split]

A 64-h-10 perceptron grows from 4 to 32 hidden neurons in 7 steps of 4, with 2 epochs of SGD (0.02,
momentum 0.9) after each, 18 epochs in all; `fixed` ones train as long at one width. Test accuracy
and final training loss, mean and standard deviation over seeds; `kept` is the mean rise of the
training loss at a growth step (negative: it fell).

The last lines compare the CPU time of a whole growth step of 512-512 + 512-512 (10,000 samples)
with one forward and backward pass plus the five products of matrices that the statistics need.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from itertools import pairwise

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

from edgelab.growth import GROWTH_METHODS, GrowingChain, LinearGrowingModule, grow

START, END, STEP, EPOCHS_BETWEEN, BATCH_SIZE = 4, 32, 4, 2, 64
# Mean accuracies measured elsewhere with the same recipe, in percent.
ELSEWHERE = {
    "fixed 4": 84.0,
    "fixed 32": 97.02,
    "random": 95.3,
    "pairing": 95.8,
    "tiny": 95.7,
    "tiny_and_delta": 95.8,
    "gradmax": 97.16,
}


@dataclass(frozen=True)
class Run:
    """What one training run gave."""

    accuracy: float
    loss: float
    rise: float
    seconds: float


def main() -> None:
    options = parse_options()
    torch.set_num_threads(1)
    titles = f"{'method':<15} {'accuracy %':>13} {'elsewhere':>10} {'train loss':>11}"
    print(titles + f" {'kept':>8} {'growth s':>9}")
    for method in options.methods:
        runs = [
            digits_run(method, seed, options.batch_size, options.one_split)
            for seed in range(options.seeds)
        ]
        report(method, runs)
    if options.time:
        time_ratio(options.repeats)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--methods", nargs="+", choices=ELSEWHERE, default=list(ELSEWHERE))
    parser.add_argument(
        "--one-split", action="store_true", help="the same test samples for all seeds"
    )
    parser.add_argument("--batch-size", type=int, default=BATCH_SIZE)
    parser.add_argument("--time", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


def report(method: str, runs: list[Run]) -> None:
    accuracies = [100 * run.accuracy for run in runs]
    sd = statistics.stdev(accuracies) if len(runs) > 1 else 0.0
    loss = statistics.mean(run.loss for run in runs)
    rise = statistics.mean(run.rise for run in runs)
    seconds = statistics.mean(run.seconds for run in runs)
    print(
        f"{method:<15} {statistics.mean(accuracies):>7.2f}±{sd:<5.2f} {ELSEWHERE[method]:>10}",
        f"{loss:>11.4f} {rise:>8.3f} {seconds:>9.3f}",
        flush=True,
    )


def digits_run(method: str, seed: int, batch_size: int, one_split: bool = False) -> Run:
    torch.manual_seed(seed)
    x, y, x_test, y_test = digits(0 if one_split else seed)
    width = int(method.removeprefix("fixed ")) if method.startswith("fixed") else START
    network = perceptron([64, width, 10])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
    seconds, rises = 0.0, []
    for _ in range((END - START) // STEP):
        train(network, optimizer, x, y, EPOCHS_BETWEEN, batch_size)
        if method in GROWTH_METHODS:
            start = time.process_time()
            done = grow(
                network, [(x, y)], nn.CrossEntropyLoss(), STEP, method=method, optimizer=optimizer
            )
            seconds += time.process_time() - start
            rises.append(done.loss_after - done.loss_before)
    train(network, optimizer, x, y, 18 - EPOCHS_BETWEEN * ((END - START) // STEP), batch_size)
    with torch.no_grad():
        accuracy = (network(x_test).argmax(1) == y_test).float().mean().item()
        loss = nn.functional.cross_entropy(network(x), y).item()
    return Run(accuracy, loss, statistics.mean(rises) if rises else 0.0, seconds)


def perceptron(widths: list[int]) -> GrowingChain:
    last = len(widths) - 2
    layers = [
        LinearGrowingModule(
            n_in, n_out, post_layer_function=nn.ReLU() if index < last else nn.Identity()
        )
        for index, (n_in, n_out) in enumerate(pairwise(widths))
    ]
    return GrowingChain(layers)


def train(network, optimizer, x, y, epochs: int, batch_size: int) -> None:
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch_size):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x[rows]), y[rows]).backward()
            optimizer.step()


def digits(seed: int) -> list[torch.Tensor]:
    x, y = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.25, random_state=seed, stratify=y)
    scaler = StandardScaler().fit(x)
    x, x_test = (torch.tensor(scaler.transform(part), dtype=torch.float32) for part in (x, x_test))
    return [x, torch.tensor(y), x_test, torch.tensor(y_test)]


def time_ratio(
    repeats: int, width: int = 512, samples: int = 10_000, batch_size: int = 1000
) -> None:
    torch.manual_seed(0)
    x, y = torch.randn(samples, width), torch.randn(samples, width)
    batches = list(zip(x.split(batch_size), y.split(batch_size), strict=True))
    network = perceptron([width, width, width])
    ways = {
        "least (forward, backward, 5 products)": lambda: least(network, batches),
        "growth step, loss.backward()": lambda: growth_step(
            network, batches, lambda loss: loss.backward()
        ),
        "growth step, network.backward(loss)": lambda: growth_step(
            network, batches, network.backward
        ),
    }
    seconds = {name: [] for name in ways}
    for _ in range(repeats):  # interleaved, so that a busy machine slows all
        for name, way in ways.items():
            network = perceptron([width, width, width])
            seconds[name].append(cpu_seconds(way))
    first, *_ = seconds.values()
    for name, values in seconds.items():
        ratio = statistics.median(value / bound for value, bound in zip(values, first, strict=True))
        print(f"{name:<40} {min(values):.3f} s, ratio {ratio:.3f}")


def cpu_seconds(function) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def least(network: GrowingChain, batches) -> None:
    first, second = network.layers
    for x, y in batches:
        network.zero_grad()
        hidden = first(x)
        output = second(hidden)
        output.retain_grad()
        (output - y).square().sum().backward()
        inputs, gradient = hidden.detach(), output.grad
        products = [(inputs, inputs), (inputs, gradient), (x, gradient), (x, inputs), (x, x)]
        for left, right in products:
            left.mT @ right


def growth_step(network: GrowingChain, batches, backward) -> None:
    layer = network.layers[1]
    layer.init_computation()
    for x, y in batches:
        network.zero_grad()
        backward((network(x) - y).square().sum())
        layer.update_computation()
    layer.compute_optimal_updates(maximum_added_neurons=32)
    layer.reset_computation()
    layer.apply_change(scaling_factor=0.5)
    layer.delete_update()


if __name__ == "__main__":
    main()
