"""Time an update of the connections beside full sorts, and a masked step beside a bare one.

    python benchmarks/sparse_updates.py [--rounds 15] [--threads 1]

Both updates choose the same weights, which is checked before they are timed. They run in one
process, taking turns, so that a machine shared with others disturbs both alike.
"""

import argparse
import itertools
import math
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

from edgelab.sparsity import CosineDecay, Masking

ARCHITECTURES = {"784-300-100-10": (784, 300, 100, 10), "1024x3": (1024, 1024, 1024)}


def main() -> None:
    options = parse_options()
    torch.set_num_threads(options.threads)
    print(
        f"{'network':<16}{'weights':>10}{'sorts ms':>10}{'ours ms':>9}{'ratio':>7}"
        f"{'step ms':>10}{'masks ms':>10}"
    )
    for name, widths in ARCHITECTURES.items():
        masking = trained(widths)
        reset = restorer(masking)
        check_same_choice(masking, reset)
        sorts, ours = take_turns(
            [lambda m=masking: sorted_masks(m), lambda m=masking: m.update_connections()],
            options.rounds,
            reset,
        )
        step, masks = take_turns(
            [masking.optimizer.step, masking.after_optimizer_step], 10 * options.rounds
        )
        print(
            f"{name:<16}{masking.total_params:>10,}{sorts:>10.2f}{ours:>9.2f}{sorts / ours:>6.1f}x"
            f"{step:>10.3f}{masks:>10.3f}"
        )


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def trained(widths: tuple[int, ...]) -> Masking:
    torch.manual_seed(0)
    pairs = itertools.pairwise(widths)
    model = nn.Sequential(
        *[part for n_in, n_out in pairs for part in (nn.Linear(n_in, n_out), nn.ReLU())][:-1]
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    masking = Masking(
        optimizer,
        CosineDecay(0.3, 10**9),
        density=0.1,
        sparse_init="erdos-renyi-kernel",
        growth_mode="absolute-gradient",
        redistribution_mode="none",
    )
    masking.add_module(model)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(64, widths[0])).square().mean().backward()
        masking.step()
    optimizer.zero_grad()
    model(torch.randn(64, widths[0])).square().mean().backward()
    return masking


def sorted_masks(masking: Masking) -> dict[str, torch.Tensor]:
    """Prune and grow by sorting the whole of every layer, twice."""
    masks = {}
    for name, mask in masking.mask_dict.items():
        weight = masking.weights[name]
        n_removed = math.ceil(masking.prune_rate * int(mask.sum()))
        n_zero = mask.numel() - int(mask.sum())
        flat = mask.flatten().clone()
        flat[
            (weight.detach().abs() * mask).flatten().sort(stable=True).indices[: n_zero + n_removed]
        ] = False
        score = (weight.grad * ~flat.reshape(mask.shape)).abs().flatten()
        flat[score.sort(descending=True, stable=True).indices[:n_removed]] = True
        masks[name] = flat.reshape(mask.shape)
    return masks


def check_same_choice(masking: Masking, reset: Callable[[], None]) -> None:
    expected = sorted_masks(masking)
    masking.update_connections()
    if not all(torch.equal(masking.mask_dict[name], mask) for name, mask in expected.items()):
        raise RuntimeError("the two updates choose different weights")
    reset()


def restorer(masking: Masking) -> Callable[[], None]:
    state = {name: tensor.clone() for name, tensor in masking.module.state_dict().items()}
    masks = {name: mask.clone() for name, mask in masking.mask_dict.items()}
    gradients = {name: weight.grad.clone() for name, weight in masking.weights.items()}

    def restore() -> None:
        masking.module.load_state_dict(state)
        masking.set_masks(masks)
        for name, weight in masking.weights.items():
            weight.grad.copy_(gradients[name])

    return restore


def take_turns(
    jobs: list[Callable[[], object]], rounds: int, reset: Callable[[], None] = lambda: None
) -> list[float]:
    """Median milliseconds of CPU time of every job."""
    times: list[list[float]] = [[] for _ in jobs]
    for _ in range(rounds + 1):
        for job, seen in zip(jobs, times, strict=True):
            reset()
            start = time.process_time()
            job()
            seen.append(1e3 * (time.process_time() - start))
    return [statistics.median(seen[1:]) for seen in times]


if __name__ == "__main__":
    main()
