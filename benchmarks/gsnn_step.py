"""Time and memory of one GSNN training step beside the plain way, and of building a large model.

    python -m benchmarks.gsnn_step [--runs 7] [--threads 2] [--sizes 1000:6 5000:4]
        [--build-edges 1000000]

Both do the same step (forward, mean square, backward) on the same graph with the same weights, in
turns in one process, so that a machine shared with others disturbs both alike; ratios of medians
are what counts. Memory is the peak of a fresh process that does nothing else, above one that only
imports.
"""

import argparse
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.plain_gsnn import PlainGSNN, edge_index_dict, random_graph
from edgelab.models import GSNN

# What the project promises: for each number of nodes, plain time over ours; and ours over plain
# memory.
LEAST_SPEEDUP = {1000: 20, 5000: 32}
MOST_MEMORY = 1 / 6
MOST_BUILD_SECONDS = 20


def main() -> None:
    options = parse_options()
    torch.set_num_threads(options.threads)
    if options.peak_of is not None:
        print(peak_memory(options.peak_of, *options.sizes[0], options))
        return
    print(
        f"channels {options.channels}, batch {options.batch}, {options.threads} threads, "
        f"{options.runs} runs"
    )
    for nodes, layers in options.sizes:
        print_steps(nodes, layers, options)
        print_memory(nodes, layers, options)
    print_build(options.build_edges)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument(
        "--sizes", nargs="+", type=size, default=[(1000, 6), (5000, 4)], help="nodes:layers"
    )
    parser.add_argument("--build-edges", type=int, default=1_000_000)
    parser.add_argument("--peak-of", choices=["plain", "ours", "imports"], help=argparse.SUPPRESS)
    return parser.parse_args()


def size(text: str) -> tuple[int, int]:
    nodes, layers = text.split(":")
    return int(nodes), int(layers)


def models(nodes: int, layers: int, channels: int) -> tuple[PlainGSNN, GSNN]:
    """Both models with the same weights."""
    plain, ours = plain_model(nodes, layers, channels), our_model(nodes, layers, channels)
    for block, w_in, w_out in zip(ours.blocks, plain.w_in, plain.w_out, strict=True):
        block.lin_in.load_coo(torch.stack(plain.inward), w_in.detach())
        block.lin_out.load_coo(torch.stack(plain.outward), w_out.detach())
    return plain, ours


def plain_model(nodes: int, layers: int, channels: int) -> PlainGSNN:
    torch.manual_seed(0)
    return PlainGSNN(random_graph(nodes), nodes, channels, layers)


def our_model(nodes: int, layers: int, channels: int, degree: int = 5) -> GSNN:
    torch.manual_seed(0)
    ends = range(nodes // 10)
    names = {"input": [f"i{i}" for i in ends], "function": [f"f{i}" for i in range(nodes)]}
    names["output"] = [f"o{i}" for i in ends]
    index = edge_index_dict(random_graph(nodes, degree), nodes)
    return GSNN(index, names, channels, layers, norm="none", bias=False, share_layers=False)


def step_of(model: torch.nn.Module, x: torch.Tensor) -> Callable[[], None]:
    def step() -> None:
        model.zero_grad()
        model(x).square().mean().backward()

    return step


def seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def print_steps(nodes: int, layers: int, options: argparse.Namespace) -> None:
    plain, ours = models(nodes, layers, options.channels)
    x = torch.randn(options.batch, nodes // 10)
    torch.testing.assert_close(ours(x), plain(x), rtol=1e-3, atol=1e-3)
    steps = [step_of(plain, x), step_of(ours, x)]
    times: list[list[float]] = [[], []]
    for run in range(options.runs + 1):
        for own, step in zip(times, steps, strict=True):
            taken = [seconds(step) for _ in range(1 if step is steps[0] else 5)]
            if run:  # the first round warms up
                own.append(statistics.median(taken))
    slow, fast = (statistics.median(own) for own in times)
    ratios = sorted(a / b for a, b in zip(*times, strict=True))
    promised = f"   promised {LEAST_SPEEDUP[nodes]}" if nodes in LEAST_SPEEDUP else ""
    print(
        f"nodes {nodes}, edges {plain.n_edges}, layers {layers}: plain {1e3 * slow:.1f} ms, ours "
        f"{1e3 * fast:.2f} ms, {slow / fast:.1f} x faster "
        f"[{ratios[0]:.1f}, {ratios[-1]:.1f}]{promised}"
    )


def print_memory(nodes: int, layers: int, options: argparse.Namespace) -> None:
    peaks = {
        name: measured_peak(name, nodes, layers, options) for name in ("imports", "plain", "ours")
    }
    plain, ours = (peaks[name] - peaks["imports"] for name in ("plain", "ours"))
    print(
        f"  peak memory above the imports: plain {plain:.0f} MiB, ours {ours:.0f} MiB, "
        f"{ours / plain:.3f} of it   promised {MOST_MEMORY:.3f}"
    )


def measured_peak(name: str, nodes: int, layers: int, options: argparse.Namespace) -> float:
    arguments = {
        "--peak-of": name,
        "--sizes": f"{nodes}:{layers}",
        "--runs": 3,
        "--threads": options.threads,
    }
    arguments |= {"--channels": options.channels, "--batch": options.batch}
    command = [
        sys.executable,
        "-m",
        "benchmarks.gsnn_step",
        *(str(a) for pair in arguments.items() for a in pair),
    ]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peak_memory(name: str, nodes: int, layers: int, options: argparse.Namespace) -> float:
    """Peak resident memory of this process in MiB, after a few steps."""
    if name != "imports":
        make = plain_model if name == "plain" else our_model
        step = step_of(
            make(nodes, layers, options.channels), torch.randn(options.batch, nodes // 10)
        )
        for _ in range(options.runs):
            step()
    # Linux hands getrusage's peak from parent to child; the one in /proc starts anew with the
    # program.
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**20 if sys.platform == "darwin" else 2**10
    )


def print_build(edges: int) -> None:
    """Two sizes, a factor of four apart: the time should grow by as much."""
    for n_edges in (edges // 4, edges):
        pairs = random_graph(n_edges // 5)
        ends = range(n_edges // 50)
        names = {"input": list(map(str, ends)), "function": list(map(str, range(n_edges // 5)))}
        names["output"] = names["input"]
        index = edge_index_dict(pairs, n_edges // 5)
        taken = seconds(lambda index=index, names=names: GSNN(index, names, 8, 2))
        promised = f"   promised {MOST_BUILD_SECONDS} s" if n_edges == 1_000_000 else ""
        print(f"build: {pairs.shape[1]} edges in {taken:.2f} s{promised}")


if __name__ == "__main__":
    main()
