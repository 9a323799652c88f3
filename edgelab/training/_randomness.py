"""Randomness of a run: seeded, stored, restored, and kept from the caller's generators."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch

from edgelab.errors import CheckpointError
from edgelab.seeds import seed_for
from edgelab.typing import Tensor


def generator_for(seed: int, purpose: str) -> torch.Generator:
    """Make the CPU generator of one purpose.

    `fit` draws from `"split"` (one permutation: which rows validate), `"order"` (per epoch:
    corruption, then one permutation of the training rows) and `"validation"` (corruption of the
    validation rows); torch's global generators, which dropout uses, are seeded with `seed_for(seed,
    "global")`.

    Args:
        seed: Seed of the run.
        purpose: What the numbers are for.

    Returns:
        A fresh generator.

    Example:
        >>> first, second = generator_for(0, "order"), generator_for(0, "order")
        >>> torch.equal(torch.randperm(9, generator=first), torch.randperm(9, generator=second))
        True
    """
    return torch.Generator().manual_seed(seed_for(seed, purpose))


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators inside the block and put them back afterwards.

    Args:
        seed: Seed of the run.
        device: Whose generator is seeded beside the CPU's.

    Yields:
        Nothing.

    Example:
        >>> before = torch.get_rng_state()
        >>> with seeded(0, torch.device("cpu")):
        ...     noise = torch.rand(3)
        >>> torch.equal(before, torch.get_rng_state())
        True
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        # Not torch.manual_seed: it would also seed generators of devices that are not put back.
        torch.default_generator.manual_seed(seed_for(seed, "global"))
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed_for(seed, "global"))
        yield


def random_state(generator: torch.Generator, device: torch.device) -> dict[str, Tensor]:
    """States of all randomness of a run: of its generator, of the CPU's and of the GPU's."""
    state = {"order": generator.get_state(), "cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore_random_state(
    state: Mapping[str, Tensor], generator: torch.Generator, device: torch.device
) -> None:
    """Put back what `random_state` read."""
    # A run that moves from the CPU to a GPU keeps the GPU's seed; one that moves away from it drops
    # its GPU state.
    try:
        generator.set_state(state["order"])
        torch.set_rng_state(state["cpu"])
        if device.type == "cuda" and "cuda" in state:
            torch.cuda.set_rng_state(state["cuda"], device)
    except (KeyError, RuntimeError) as error:
        raise CheckpointError(
            "this torch cannot read the random state of the checkpoint. "
            "Resume with the torch version that wrote it, or start afresh with overwrite=True."
        ) from error
