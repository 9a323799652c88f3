"""Initial patterns: how dense each layer shall be, and which of its weights are active."""

from collections.abc import Mapping

import torch

from edgelab.errors import ConfigError
from edgelab.typing import Bool, Tensor

from ._budgets import share_out
from ._kernels import whole_kernels

Shapes = Mapping[str, tuple[int, ...]]
"""Shape of every layer's weight, by name."""


def erdos_renyi_densities(
    shapes: Shapes, density: float, *, with_kernel: bool = True
) -> dict[str, float]:
    """Layer densities proportional to the sum of a layer's dimensions over their product.

    Small layers become denser than large ones; a layer that would exceed density 1 becomes dense
    and the others pay.

    Args:
        shapes: Shapes of all layers, two dimensions at least.
        density: Density of the whole, in (0, 1].
        with_kernel: Count the kernel's dimensions too (ERK); otherwise only (out, in).

    Returns:
        Densities in (0, 1]; the expected number of active weights is that of the whole, up to
        rounding per layer.

    Raises:
        ConfigError: If the density lies outside (0, 1] or a shape has fewer than two dimensions.

    Source: Mocanu et al. (2018), SET; with kernels Evci et al. (2020), RigL.

    Example:
        >>> shapes = {"first": (300, 784), "second": (100, 300), "last": (10, 100)}
        >>> {name: round(value, 4) for name, value in erdos_renyi_densities(shapes, 0.1).items()}
        {'first': 0.0796, 'second': 0.2302, 'last': 1.0}
    """
    check_density(density)
    size = {name: torch.Size(shape).numel() for name, shape in shapes.items()}
    raw = {
        name: _sum_over_product(shape if with_kernel else shape[:2])
        for name, shape in shapes.items()
    }
    dense: set[str] = set()
    while len(dense) < len(shapes):
        free = [name for name in shapes if name not in dense]
        free_active = sum(int(size[name] * density) for name in free)
        overdrawn = sum(int(size[name] * (1 - density)) for name in dense)
        scale = (free_active - overdrawn) / sum(raw[name] * size[name] for name in free)
        largest = max(raw[name] for name in free)
        if scale * largest <= 1:
            return {name: 1.0 if name in dense else scale * raw[name] for name in shapes}
        dense.update(name for name in free if raw[name] == largest)
    return dict.fromkeys(shapes, 1.0)


def check_density(density: float) -> None:
    """Refuse a density outside (0, 1]."""
    if not 0 < density <= 1:
        raise ConfigError(
            f"density is the share of active weights and must lie in (0, 1], got {density!r}"
        )


def active_counts(sizes: Mapping[str, int], densities: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers of active units (weights or kernels) that realise layer densities exactly."""
    # They add up to the rounded sum of size * density, and each is off by less than one; except
    # that every layer keeps one unit, since it would pass no signal otherwise, at the cost of the
    # largest layer.
    wanted = {name: sizes[name] * densities[name] for name in sizes}
    total = round(sum(wanted.values()))
    if total < len(sizes):
        raise ConfigError(
            f"these densities leave {total} active units for {len(sizes)} layers, and a layer "
            "without any passes no signal. Raise density, or leave layers out with remove_weight."
        )
    shares = {name: value / sum(wanted.values()) for name, value in wanted.items()}
    counts = share_out(total, shares, sizes)
    for name in [name for name, count in counts.items() if count == 0]:
        counts[max(counts, key=counts.__getitem__)] -= 1
        counts[name] = 1
    return counts


def random_pattern(
    shape: tuple[int, ...], count: int, generator: torch.Generator
) -> Bool[Tensor, "..."]:
    """Choose active weights at random.

    Args:
        shape: Shape of the mask.
        count: How many are active.
        generator: A CPU generator.

    Returns:
        A mask on the CPU with exactly `count` entries, every choice equally likely.

    Example:
        >>> random_pattern((2, 3), 4, torch.Generator().manual_seed(0)).sum().item()
        4
    """
    mask = torch.zeros(torch.Size(shape).numel(), dtype=torch.bool)
    mask[torch.randperm(len(mask), generator=generator)[:count]] = True
    return mask.reshape(shape)


def random_patterns(
    shapes: Shapes, densities: Mapping[str, float], generator: torch.Generator
) -> dict[str, Tensor]:
    """Choose the active weights of all layers at random.

    Args:
        shapes: Shapes of all layers.
        densities: Their densities.
        generator: A CPU generator.

    Returns:
        A mask per layer, on the CPU.

    Example:
        >>> masks = random_patterns({"a": (4, 5)}, {"a": 0.5}, torch.Generator().manual_seed(0))
        >>> masks["a"].sum().item()
        10
    """
    counts = active_counts(
        {name: torch.Size(shape).numel() for name, shape in shapes.items()}, densities
    )
    return {name: random_pattern(shape, counts[name], generator) for name, shape in shapes.items()}


def random_kernel_patterns(
    shapes: Shapes, densities: Mapping[str, float], generator: torch.Generator
) -> dict[str, Tensor]:
    """Choose whole active kernels of all layers at random.

    Args:
        shapes: Shapes of all layers, `(out, in, *kernel)`.
        densities: Their densities.
        generator: A CPU generator.

    Returns:
        A mask per layer, on the CPU.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> masks = random_kernel_patterns({"a": (4, 2, 3, 3)}, {"a": 0.5}, generator)
        >>> masks["a"].sum().item()
        36
    """
    counts = active_counts(
        {name: torch.Size(shape[:2]).numel() for name, shape in shapes.items()}, densities
    )
    kernels = {
        name: random_pattern(tuple(shape[:2]), counts[name], generator)
        for name, shape in shapes.items()
    }
    return {name: whole_kernels(kernels[name].flatten(), shape) for name, shape in shapes.items()}


def kernel_density(density: float, n_structured: int, n_other: int) -> float:
    """Density that convolutions need when every other layer stays dense."""
    check_density(density)
    total = n_structured + n_other
    if not (n_structured > 0 and density * total > n_other):
        lowest = n_other / max(total, 1)
        raise ConfigError(
            f"density {density} allows {density * total:.0f} active weights, but the {n_other} "
            "weights outside convolutions stay dense in structured patterns. Choose a density "
            f"above {lowest:.3g} and a network with convolutions, or an unstructured pattern."
        )
    return (density * total - n_other) / n_structured


def shuffled(mask: Bool[Tensor, "*shape"], generator: torch.Generator) -> Bool[Tensor, "*shape"]:
    """Permute a mask at random."""
    order = torch.randperm(mask.numel(), generator=generator)
    return mask.flatten()[order.to(mask.device)].reshape(mask.shape)


def _sum_over_product(shape: tuple[int, ...]) -> float:
    if len(shape) < 2:
        raise ConfigError(
            f"Erdős–Rényi densities need weights of two dimensions or more, got the shape {shape}"
        )
    return sum(shape) / torch.Size(shape).numel()
