"""Time a budgeted perturbation of E undirected edges, forward and backward, beside gradnet's.

    python -m benchmarks.perturbation [--rounds 7] [--threads 1] [--largest 1000000]

Three losses: a weighted sum of the entries of the matrix; the same of the edge values, without a
matrix; and Σ (A x)² for one vector x. What is compared runs in one process and takes turns, so that
a machine shared with others disturbs all alike; before it is timed, it must give the same gradient.
Bytes are what the tensors made during one more call hold at most at once, over the number of edges.
gradnet's Σ (A x)² goes through `torch.sparse.mm`, which forms a dense N × N gradient: it is left
out above 100,000 edges, where that no longer fits.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable

import torch

from edgelab.ops import sparse_matmul
from edgelab.perturbation import SparseParameterization

try:
    from gradnet.gradnet import SparseParameterization as Reference
except ImportError:
    Reference = None

Loss = Callable[[torch.nn.Module], torch.Tensor]
SIZES = (10_000, 100_000, 1_000_000)
LARGEST_DENSE = 100_000
STEPS = 3


def main() -> None:
    options = parse_options()
    torch.set_num_threads(options.threads)
    print(f"{'edges':>9}  {'loss':<12}{'gradnet ms':>11}{'ours ms':>9}{'ratio':>7}", end="")
    print(f"{'gradnet B/edge':>16}{'ours B/edge':>13}")
    for n_edges in (size for size in SIZES if size <= options.largest):
        ours, theirs = parameterizations(n_edges)
        for name, our_loss, their_loss in losses(n_edges, ours):
            dense = name == "Σ (A x)²" and n_edges > LARGEST_DENSE
            compare(
                n_edges,
                name,
                (ours, our_loss),
                None if theirs is None or dense else (theirs, their_loss),
                options,
            )


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    return parser.parse_args()


def parameterizations(n_edges: int) -> tuple[torch.nn.Module, torch.nn.Module | None]:
    torch.manual_seed(0)
    arguments = {
        "num_nodes": n_edges // 5,
        "budget": 1.0,
        "edge_index": random_edges(n_edges // 5, n_edges),
        "cost_p_sum": torch.rand(n_edges) + 0.5,
        "strict_budget": True,
    }
    ours = SparseParameterization(**arguments)
    theirs = None if Reference is None else Reference(**arguments)
    if theirs is not None:
        theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def random_edges(n_nodes: int, n_edges: int) -> torch.Tensor:
    """Distinct pairs i < j in random order."""
    pairs = torch.randint(0, n_nodes, (2, 2 * n_edges))
    key = (pairs.amin(0) * n_nodes + pairs.amax(0))[pairs[0] != pairs[1]].unique()
    key = key[torch.randperm(len(key))[:n_edges]]
    return torch.stack([key // n_nodes, key % n_nodes])


def losses(n_edges: int, ours: SparseParameterization) -> list[tuple[str, Loss, Loss]]:
    per_edge = torch.rand(n_edges)
    per_entry = per_edge[ours.pattern.edge_of_entry]
    x = torch.rand(n_edges // 5)
    matrix: Loss = lambda change: torch.dot(change().values(), per_entry)  # noqa: E731
    return [
        ("Σ G ∘ A", matrix, matrix),
        ("edge values", lambda change: 2 * torch.dot(change.edge_values(), per_edge), matrix),
        (
            "Σ (A x)²",
            lambda change: sparse_matmul(change.pattern, change.edge_values(), x).square().sum(),
            lambda change: torch.sparse.mm(change(), x.unsqueeze(1)).square().sum(),
        ),
    ]


Job = tuple[torch.nn.Module, Loss]


def compare(
    n_edges: int, name: str, ours: Job, theirs: Job | None, options: argparse.Namespace
) -> None:
    jobs = [lambda job=job: step(*job) for job in (ours, theirs) if job is not None]
    for job in jobs:
        job()
    if theirs is not None:
        torch.testing.assert_close(
            ours[0].delta_adj_raw.grad, theirs[0].delta_adj_raw.grad, rtol=1e-3, atol=1e-4
        )
    our_time, *their_time = take_turns(jobs, options.rounds)
    our_bytes, *their_bytes = [peak_growth(job) / n_edges for job in jobs]
    reference = f"{their_time[0]:>11.2f}" if their_time else f"{'-':>11}"
    ratio = f"{their_time[0] / our_time:>6.1f}x" if their_time else f"{'-':>7}"
    reference_bytes = f"{their_bytes[0]:>16.0f}" if their_bytes else f"{'-':>16}"
    times = f"{reference}{our_time:>9.2f}{ratio}"
    print(f"{n_edges:>9,}  {name:<12}{times}{reference_bytes}{our_bytes:>13.0f}", flush=True)


def step(change: torch.nn.Module, loss: Loss) -> None:
    change.delta_adj_raw.grad = None
    loss(change).backward()


def take_turns(jobs: list[Callable[[], None]], rounds: int) -> list[float]:
    """Median milliseconds of CPU time of every job, for steps in a row."""
    times: list[list[float]] = [[] for _ in jobs]
    for _ in range(rounds):
        for job, seen in zip(jobs, times, strict=True):
            # The other has emptied the caches, which steps of a training that follow each other
            # find full.
            job()
            start = time.process_time()
            for _ in range(STEPS):
                job()
            seen.append(1e3 * (time.process_time() - start) / STEPS)
    return [statistics.median(seen) for seen in times]


def peak_growth(job: Callable[[], None]) -> int:
    """Largest number of bytes that the tensors made during a call hold at once."""
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True
    ) as profile:
        job()
    events = [
        event for event in profile.profiler.kineto_results.events() if event.name() == "[memory]"
    ]
    sizes = [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]
    return max(itertools.accumulate(sizes), default=0)


if __name__ == "__main__":
    main()
