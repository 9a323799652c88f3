"""Time every structured linear map beside `torch.nn.Linear`.

Forward and backward, in one process, interleaved.

    python benchmarks/linear_maps.py [--size 256] [--batch 64] [--rounds 100] [--threads 1]

Every round times each map once, with torch.nn.Linear before and after it; the table shows medians
of the ratios. The times are CPU seconds of this process, since on a machine shared with others a
long step is interrupted more often than a short one and wall-clock ratios would say more about the
scheduler.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from edgelab.linear import OrthogonalLinear, maps

# Multiples of torch.nn.Linear that the project promises at size 256, batch 64.
LIMITS = {
    **dict.fromkeys(
        (
            "NonNegativeLinear",
            "LassoLinear",
            "LassoLinearRELU",
            "SplitLinear",
            "RightStochasticLinear",
        ),
        2.5,
    ),
    **dict.fromkeys(
        ("LeftStochasticLinear", "PerronFrobeniusLinear", "SymmetricLinear", "SkewSymmetricLinear"),
        2.5,
    ),
    **dict.fromkeys(("DampedSkewSymmetricLinear", "SymplecticLinear"), 2.5),
    **dict.fromkeys(("ButterflyLinear", "SVDLinear"), 5.0),
    **dict.fromkeys(("SpectralLinear", "SymmetricSpectralLinear"), 17.0),
    "GershgorinLinear": 3.5,
    "OrthogonalLinear": 8.0,
    "SchurDecompositionLinear": 21.0,
}


def main() -> None:
    options = parse_options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    x = torch.randn(options.batch, options.size, requires_grad=True)
    baseline = torch.nn.Linear(options.size, options.size, bias=False)
    steps = {name: step_of(maps[name](options.size, options.size, bias=False), x) for name in maps}
    times, ratios = measure(steps, step_of(baseline, x), options.rounds)
    print_table(times, ratios, options)
    print_orthogonality(options.size)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def step_of(layer: torch.nn.Module, x: torch.Tensor) -> Callable[[], None]:
    cotangent = torch.randn(x.shape[0], x.shape[1])
    inputs = [x, *layer.parameters()]

    def step() -> None:
        torch.autograd.grad(layer(x), inputs, cotangent)

    return step


def measure(
    steps: dict[str, Callable[[], None]], baseline: Callable[[], None], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    for step in (baseline, *steps.values()):
        step()
    times: dict[str, list[float]] = {name: [] for name in ("torch.nn.Linear", *steps)}
    ratios: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        before = seconds(baseline)
        for name, step in steps.items():
            own = seconds(step)
            after = seconds(baseline)
            times[name].append(own)
            ratios[name].append(2 * own / (before + after))
            times["torch.nn.Linear"].append(after)
            before = after
    return times, ratios


def seconds(step: Callable[[], None]) -> float:
    start = time.process_time()
    step()
    return time.process_time() - start


def print_table(
    times: dict[str, list[float]], ratios: dict[str, list[float]], options: argparse.Namespace
) -> None:
    print(
        f"forward + backward, {options.size} x {options.size}, batch {options.batch}, float32, "
        "CPU,",
        end=" ",
    )
    print(f"{options.threads} thread(s), CPU time, medians of {options.rounds} rounds [quartiles]")
    milliseconds = 1e3 * statistics.median(times["torch.nn.Linear"])
    print(f"{'torch.nn.Linear':28}{milliseconds:8.3f} ms     1.00 x")
    for name, of_map in ratios.items():
        low, middle, high = statistics.quantiles(of_map, n=4)
        limit = (
            f"   limit {LIMITS[name]:g}"
            if name in LIMITS and (options.size, options.batch) == (256, 64)
            else ""
        )
        milliseconds = 1e3 * statistics.median(times[name])
        print(f"{name:28}{milliseconds:8.3f} ms {middle:8.2f} x [{low:.2f}, {high:.2f}]{limit}")


def print_orthogonality(size: int) -> None:
    with torch.no_grad():
        matrix = OrthogonalLinear(size, size).effective_W()
        error = (matrix @ matrix.T - torch.eye(size)).abs().max().item()
    print(f"orthogonality error of OrthogonalLinear, float32, size {size}: {error:.1e}")


if __name__ == "__main__":
    main()
