"""Initial patterns by name: `function(masking, lottery_mask_path=None)` sets the masks.

Every random pattern has exactly the number of active weights that its densities ask for.
"""

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, TypeAlias

import torch

from edgelab.errors import CheckpointError, ConfigError
from edgelab.registry import Registry
from edgelab.sparsity._layers import check_fit
from edgelab.sparsity._patterns import (
    erdos_renyi_densities,
    kernel_density,
    random_kernel_patterns,
    random_patterns,
    shuffled,
)
from edgelab.typing import Tensor

from ._view import MaskingView

InitialPattern: TypeAlias = Callable[..., None]

INITIAL_PATTERNS: Registry[InitialPattern] = Registry("initial pattern")
"""Every initial pattern by name."""

KEEPS_WEIGHTS = frozenset({"resume", "lottery-ticket"})
"""Patterns of weights that a module already has: sparse-aware initialisation leaves them alone."""


def get_erdos_renyi_dist(masking: MaskingView, is_kernel: bool = True) -> dict[str, float]:
    """Layer densities by Erdős–Rényi, with or without the kernel's dimensions.

    Args:
        masking: Knows the layers and the density of the whole.
        is_kernel: Count the kernel's dimensions (ERK).

    Returns:
        Densities in (0, 1], by layer.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Linear(8, 2))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> masking = Masking(optimizer, CosineDecay(), density=0.5)
        >>> masking.add_module(model)
        >>> {name: round(density, 3) for name, density in get_erdos_renyi_dist(masking).items()}
        {'0.weight': 0.385, '1.weight': 0.962}
    """
    return erdos_renyi_densities(_shapes(masking), masking.density, with_kernel=is_kernel)


def erdos_renyi_init(
    masking: MaskingView, is_kernel: bool = True, *, lottery_mask_path: Path | None = None
) -> None:
    """Lay random masks with the densities of `get_erdos_renyi_dist`.

    Args:
        masking: Knows the layers and the density of the whole, and gets the masks.
        is_kernel: Count the kernel's dimensions (ERK).
        lottery_mask_path: Not used.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Linear(8, 2))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> masking = Masking(optimizer, CosineDecay(), density=0.5)
        >>> masking.add_module(model)
        >>> erdos_renyi_init(masking)
        >>> masking.stats.nonzeros_dict
        {'0.weight': 25, '1.weight': 15}
    """
    densities = get_erdos_renyi_dist(masking, is_kernel)
    masking.set_masks(random_patterns(_shapes(masking), densities, masking.generator))


@INITIAL_PATTERNS.register("erdos-renyi")
def _erdos_renyi(masking: MaskingView, *, lottery_mask_path: Path | None = None) -> None:
    erdos_renyi_init(masking, is_kernel=False)


@INITIAL_PATTERNS.register("erdos-renyi-kernel")
def _erdos_renyi_kernel(masking: MaskingView, *, lottery_mask_path: Path | None = None) -> None:
    erdos_renyi_init(masking, is_kernel=True)


@INITIAL_PATTERNS.register("random")
def random_init(masking: MaskingView, *, lottery_mask_path: Path | None = None) -> None:
    """Lay random masks of the same density in every layer, the first one included.

    Args:
        masking: Knows the layers and the density, and gets the masks.
        lottery_mask_path: Not used.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Linear(8, 2))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> masking = Masking(optimizer, CosineDecay(), density=0.5)
        >>> masking.add_module(model)
        >>> random_init(masking)
        >>> masking.stats.nonzeros_dict
        {'0.weight': 32, '1.weight': 8}
    """
    shapes = _shapes(masking)
    densities = dict.fromkeys(shapes, masking.density)
    masking.set_masks(random_patterns(shapes, densities, masking.generator))


@INITIAL_PATTERNS.register("resume")
def resume_init(masking: MaskingView, *, lottery_mask_path: Path | None = None) -> None:
    """Take the weights that are not 0 as active.

    Args:
        masking: Knows the weights, and gets the masks.
        lottery_mask_path: Not used.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Linear(8, 2))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> masking = Masking(optimizer, CosineDecay(), density=0.5)
        >>> masking.add_module(model)
        >>> resume_init(masking)
        >>> masking.stats.nonzeros_dict
        {'0.weight': 32, '1.weight': 8}
    """
    masking.set_masks({name: masking.weights[name].detach() != 0 for name in masking.mask_dict})


@INITIAL_PATTERNS.register("lottery-ticket")
def lottery_ticket_init(
    masking: MaskingView, lottery_mask_path: Path | None = None, shuffle: bool = False
) -> None:
    """Take the masks of an earlier run from a file.

    Args:
        masking: Knows the layers, and gets the masks.
        lottery_mask_path: A file of `torch.save({"mask": masking.state_dict()}, path)`.
        shuffle: Keep only the layers' densities and permute every mask.

    Raises:
        ConfigError: If no path is given.
        CheckpointError: If the file cannot be read, or its masks do not fit the layers.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Linear(8, 2))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> masking = Masking(optimizer, CosineDecay(), density=0.5)
        >>> masking.add_module(model)
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     torch.save({"mask": masking.state_dict()}, Path(folder, "ticket.pt"))
        ...     lottery_ticket_init(masking, Path(folder, "ticket.pt"), shuffle=True)
        >>> masking.stats.nonzeros_dict
        {'0.weight': 32, '1.weight': 8}
    """
    if lottery_mask_path is None:
        raise ConfigError(
            "a lottery ticket needs the file with its masks; pass lottery_mask_path to add_module"
        )
    masks = _read_masks(Path(lottery_mask_path))
    check_fit(masks, _shapes(masking))
    if shuffle:
        masks = {name: shuffled(mask, masking.generator) for name, mask in masks.items()}
    masking.set_masks(masks)


@INITIAL_PATTERNS.register("lottery-ticket-dist")
def _lottery_ticket_densities(
    masking: MaskingView, *, lottery_mask_path: Path | None = None
) -> None:
    lottery_ticket_init(masking, lottery_mask_path, shuffle=True)


def struct_erdos_renyi_init(
    masking: MaskingView, is_kernel: bool = True, *, lottery_mask_path: Path | None = None
) -> None:
    """Lay random masks of whole kernels with Erdős–Rényi densities.

    Layers without kernels become dense.

    Args:
        masking: Knows the layers and the density of the whole, and gets the masks.
        is_kernel: Count the kernel's dimensions (ERK).
        lottery_mask_path: Not used.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> model = torch.nn.Sequential(torch.nn.Conv1d(2, 4, 3), torch.nn.Linear(3, 2))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> masking = Masking(optimizer, CosineDecay(), density=0.5)
        >>> masking.add_module(model)
        >>> struct_erdos_renyi_init(masking)
        >>> masking.stats.nonzeros_dict
        {'0.weight': 9}
    """
    density = _leave_out_layers_without_kernels(masking)
    shapes = _shapes(masking)
    densities = erdos_renyi_densities(shapes, density, with_kernel=is_kernel)
    masking.set_masks(random_kernel_patterns(shapes, densities, masking.generator))


@INITIAL_PATTERNS.register("struct-erdos-renyi")
def _struct_erdos_renyi(masking: MaskingView, *, lottery_mask_path: Path | None = None) -> None:
    struct_erdos_renyi_init(masking, is_kernel=False)


@INITIAL_PATTERNS.register("struct-erdos-renyi-kernel")
def _struct_erdos_renyi_kernel(
    masking: MaskingView, *, lottery_mask_path: Path | None = None
) -> None:
    struct_erdos_renyi_init(masking, is_kernel=True)


@INITIAL_PATTERNS.register("struct-random")
def struct_random_init(masking: MaskingView, *, lottery_mask_path: Path | None = None) -> None:
    """Lay random masks of whole kernels, of the same density in every layer.

    Layers without kernels become dense.

    Args:
        masking: Knows the layers and the density of the whole, and gets the masks.
        lottery_mask_path: Not used.

    Example:
        >>> from edgelab.sparsity import CosineDecay, Masking
        >>> model = torch.nn.Sequential(torch.nn.Conv1d(2, 4, 3), torch.nn.Linear(3, 2))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> masking = Masking(optimizer, CosineDecay(), density=0.5)
        >>> masking.add_module(model)
        >>> struct_random_init(masking)
        >>> masking.stats.nonzeros_dict
        {'0.weight': 9}
    """
    density = _leave_out_layers_without_kernels(masking)
    shapes = _shapes(masking)
    densities = dict.fromkeys(shapes, density)
    masking.set_masks(random_kernel_patterns(shapes, densities, masking.generator))


def _shapes(masking: MaskingView) -> dict[str, tuple[int, ...]]:
    return {name: tuple(mask.shape) for name, mask in masking.mask_dict.items()}


def _leave_out_layers_without_kernels(masking: MaskingView) -> float:
    """Leave them dense, and return the density that is left for the others."""
    sizes = {name: mask.numel() for name, mask in masking.mask_dict.items()}
    plain = [name for name, mask in masking.mask_dict.items() if mask.ndim < 3]
    n_plain = sum(sizes[name] for name in plain)
    density = kernel_density(masking.density, sum(sizes.values()) - n_plain, n_plain)
    for name in plain:
        masking.remove_weight(name)
    return density


def _read_masks(path: Path) -> dict[str, Tensor]:
    try:
        stored: Any = torch.load(path, map_location="cpu", weights_only=True)
        masks: dict[str, Tensor] = dict(stored["mask"]["masks"])
    except (OSError, UnpicklingError, RuntimeError, EOFError) as error:
        raise CheckpointError(f"cannot read the lottery ticket {path}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} is no lottery ticket: it lacks ['mask']['masks']. "
            'Write it with torch.save({"mask": masking.state_dict()}, path).'
        ) from error
    return {name: mask != 0 for name, mask in masks.items()}
