"""Sparse training of any module: masks whose pattern moves while the number of weights stays."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from edgelab.errors import ConfigError, close_names
from edgelab.sparsity.funcs import (
    GROWERS,
    INITIAL_PATTERNS,
    KEEPS_WEIGHTS,
    NETWORK_PRUNERS,
    PRUNERS,
    REDISTRIBUTIONS,
    Decay,
)
from edgelab.typing import Float, Tensor

from ._layers import (
    MaskMultipliers,
    laid_out_like,
    maskable_weights,
    moments_of,
)
from ._patterns import check_density
from ._rescaling import rescale_for_mask
from ._signals import momentum_of, signal_of
from ._state import restore, stored_state
from ._statistics import count_active
from ._update import update_masks

logger = logging.getLogger(__name__)


class Masking:
    """Train a module with a fixed share of its weights, and let which ones they are change.

    Use it in place of the optimizer: after every backward call either `step`, or now and then
    `update_connections`, which prunes the weakest weights, shares out what was freed among the
    layers, and grows it anew elsewhere.

    Args:
        optimizer: Holds the module's parameters.
        prune_rate_decay: How much an update prunes; `CosineDecay`, `LinearDecay`,
            `MagnitudePruneDecay` or another `Decay`. An update prunes this share of every layer's
            active weights.
        density: Share of active weights.
        sparse_init: Initial pattern, one of `INITIAL_PATTERNS`.
        dense_gradients: Let the optimizer gather momentum for inactive weights too. None does so
            exactly when weights grow by momentum, which would otherwise be 0 wherever something can
            grow.
        prune_mode: What is pruned, one of `PRUNERS` or `NETWORK_PRUNERS`.
        growth_mode: What is grown, one of `GROWERS`.
        redistribution_mode: How layers share what is grown, one of `REDISTRIBUTIONS`.
        sparse_aware_init: Multiply each layer's weights by the inverse root of its density when
            masks are laid. For fresh weights; patterns that belong to given weights ("resume",
            "lottery-ticket") leave them alone.
        seed: Of initial pattern and random growth; None draws one from torch's global generator.

    Raises:
        ConfigError: If a mode is unknown or the density lies outside (0, 1].

    Attributes:
        mask_dict: A bool mask for every masked weight, by name.
        weights: These weights.
        stats: Counts per layer, and what the last update did.
        name2prune_rate: The last update's prune rate of every layer.
        mask_step: Steps and updates so far.
        baseline: Counts when the masks were laid.
        generator: The source of randomness.

    Example:
        >>> from edgelab.sparsity import CosineDecay
        >>> _ = torch.manual_seed(0)
        >>> model = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 2))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        >>> masking = Masking(
        ...     optimizer,
        ...     CosineDecay(prune_rate=0.3, T_max=100),
        ...     density=0.2,
        ...     sparse_init="erdos-renyi-kernel",
        ...     growth_mode="absolute-gradient",
        ...     redistribution_mode="none",
        ... )
        >>> masking.add_module(model)
        >>> for step in range(20):
        ...     optimizer.zero_grad()
        ...     model(torch.randn(8, 20)).square().sum().backward()
        ...     masking.update_connections() if step % 5 == 4 else masking.step()
        >>> masking.stats.total_nonzero, masking.total_params
        (132, 660)
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        prune_rate_decay: Decay,
        density: float = 0.1,
        sparse_init: str = "random",
        dense_gradients: bool | None = None,
        prune_mode: str = "magnitude",
        growth_mode: str = "momentum",
        redistribution_mode: str = "momentum",
        *,
        sparse_aware_init: bool = True,
        seed: int | None = None,
    ) -> None:
        check_density(density)
        if prune_mode not in NETWORK_PRUNERS and prune_mode not in PRUNERS:
            choices = [*PRUNERS, *NETWORK_PRUNERS]
            raise ConfigError(
                f"unknown prune mode {prune_mode!r} ({close_names(prune_mode, choices)}); "
                f"choose one of {choices}"
            )
        grows_by_momentum = signal_of(GROWERS[growth_mode]) == "momentum"
        if grows_by_momentum and dense_gradients is False:
            logger.warning(
                "momentum growth with dense_gradients=False is arbitrary: "
                "inactive weights have no momentum"
            )
        if prune_rate_decay.mode == "cumulative" and growth_mode != "none":
            logger.warning(
                "growth_mode=%r grows back all that %s prunes",
                growth_mode,
                type(prune_rate_decay).__name__,
            )
        self.optimizer = optimizer
        self.prune_rate_decay = prune_rate_decay
        self.density = density
        self.sparse_init = sparse_init
        self.initial_pattern = INITIAL_PATTERNS[sparse_init]
        self.dense_gradients = grows_by_momentum if dense_gradients is None else dense_gradients
        self.prune_mode = prune_mode
        self.growth_mode = growth_mode
        self.redistribution_mode = redistribution_mode
        self.redistribution = REDISTRIBUTIONS[redistribution_mode]
        self.sparse_aware_init = sparse_aware_init
        self.generator = torch.Generator().manual_seed(
            int(torch.randint(2**62, ())) if seed is None else seed
        )
        self.module: nn.Module | None = None
        self.mask_dict: dict[str, Tensor] = {}
        self.weights: dict[str, Tensor] = {}
        self.name2prune_rate: dict[str, float] = {}
        self.stats = self.baseline = count_active({})
        self.mask_step = 0
        self._multipliers = MaskMultipliers()

    @property
    def prune_rate(self) -> float:
        """Prune rate of the whole network, now."""
        return self.prune_rate_decay.get_dr()

    @property
    def baseline_nonzero(self) -> int:
        """Active weights when the masks were laid."""
        return self.baseline.total_nonzero

    @property
    def total_params(self) -> int:
        """Weights under masks, active or not."""
        return self.baseline.total_nonzero + self.baseline.total_zero

    def add_module(self, module: nn.Module, lottery_mask_path: str | Path | None = None) -> None:
        """Lay the initial masks over a module and set everything outside them to 0.

        Args:
            module: Already on its device. Its weights of two dimensions or more are masked, biases
                and norms are not.
            lottery_mask_path: The file of a lottery ticket, for the patterns that read one.

        Raises:
            ConfigError: If there is a module already, or nothing to mask.
        """
        if self.module is not None:
            raise ConfigError(
                "this Masking has a module already; make another Masking for another module"
            )
        weights = dict(maskable_weights(module))
        if not weights:
            raise ConfigError(
                f"{type(module).__name__} has no trainable weight of two dimensions or more, so "
                "there is nothing to mask. Pass the whole model, and freeze parameters only "
                "afterwards."
            )
        self.module = module
        self.weights.update(weights)
        self.set_masks(
            {name: torch.ones_like(weight, dtype=torch.bool) for name, weight in weights.items()}
        )
        ticket = None if lottery_mask_path is None else Path(lottery_mask_path)
        self.initial_pattern(self, lottery_mask_path=ticket)
        if self.sparse_aware_init and self.sparse_init not in KEEPS_WEIGHTS:
            for name, mask in self.mask_dict.items():
                rescale_for_mask(self.weights[name], mask)
        self.apply_mask()
        logger.info(
            "masked %d of %d weights", self.total_params - self.baseline_nonzero, self.total_params
        )

    def set_masks(self, masks: Mapping[str, Tensor]) -> None:
        """Replace masks and take the number of active weights that results as the new baseline.

        Weights are left as they are; call `apply_mask` to set what lies outside to 0.

        Args:
            masks: For some layers or all; nonzero where active.

        Raises:
            ConfigError: If a name is not that of a maskable weight.
        """
        for name, mask in masks.items():
            if name not in self.weights:
                raise ConfigError(
                    f"{name!r} is not a masked weight ({close_names(name, self.weights)}); "
                    f"choose from {list(self.weights)}"
                )
            self.mask_dict[name] = laid_out_like(mask, self.weights[name])
        self._count_anew()

    def remove_weight(self, name: str) -> None:
        """Leave a layer out: its mask is dropped and the whole of it trains.

        Args:
            name: Of the weight, `"layer.weight"`, or of its layer, `"layer"`.

        Raises:
            ConfigError: If nothing masked has this name.
        """
        full_name = name if name in self.mask_dict else f"{name}.weight"
        if full_name not in self.mask_dict:
            raise ConfigError(
                f"{name!r} is not a masked weight ({close_names(name, self.mask_dict)}); "
                f"choose from {list(self.mask_dict)}"
            )
        del self.mask_dict[full_name], self.weights[full_name]
        self._count_anew()

    def remove_weight_partial_name(self, partial_name: str) -> None:
        """Leave out every layer whose name contains a text.

        Args:
            partial_name: The text.

        Raises:
            ConfigError: If no masked weight's name contains it.
        """
        self._remove_where(lambda name: partial_name in name, f"name containing {partial_name!r}")

    def remove_type(self, kind: type[nn.Module]) -> None:
        """Leave out every layer of a class.

        Args:
            kind: For example `nn.Linear`.

        Raises:
            ConfigError: If no masked weight belongs to such a layer.
        """
        modules = dict(self.module.named_modules()) if self.module is not None else {}
        self._remove_where(
            lambda name: isinstance(modules[name.rpartition(".")[0]], kind), f"layer of type {kind}"
        )

    def step(self) -> None:
        """Make the optimizer's step, set what is outside the masks to 0, move the prune rate on."""
        self.optimizer.step()
        self.after_optimizer_step()

    def after_optimizer_step(self) -> None:
        """Do what `step` does after the optimizer's step, for loops that make this themselves."""
        self.apply_mask()
        if not self.dense_gradients:
            self.reset_momentum()
        if self.prune_rate_decay.mode == "cumulative":
            self.prune_rate_decay.step(self.mask_step, 1 - self.stats.total_density)  # type: ignore[call-arg]
        else:
            self.prune_rate_decay.step(self.mask_step)
        self.mask_step += 1

    def update_connections(self) -> None:
        """Move the pattern: prune, share out, grow; call it between backward and zero_grad.

        Makes no optimizer step. The number of active weights is the same afterwards, to the last
        one, unless nothing is grown. Layers without the gradient or momentum that a mode reads are
        left as they are, with a warning.
        """
        self.stats = update_masks(self)
        self.apply_mask()
        if not self.dense_gradients:
            self.reset_momentum()
            self.apply_mask_gradients()
        self.mask_step += 1

    def apply_mask(self) -> None:
        """Set the weights outside the masks to 0."""
        self._multiply([self.weights[name] for name in self.mask_dict])

    def apply_mask_gradients(self) -> None:
        """Set the gradients outside the masks to 0."""
        self._multiply([self.weights[name].grad for name in self.mask_dict])

    def reset_momentum(self) -> None:
        """Set the optimizer's moments outside the masks to 0."""
        for moments in moments_of(self.optimizer, [self.weights[name] for name in self.mask_dict]):
            self._multiply(moments)

    def get_momentum_for_weight(self, weight: Float[Tensor, "..."]) -> Float[Tensor, "..."] | None:
        """Return the direction in which the optimizer moves a weight.

        Args:
            weight: One of its parameters.

        Returns:
            The direction, or None before the first step.
        """
        return momentum_of(self.optimizer, weight)

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a run needs to go on, beside the states of module and optimizer.

        Returns:
            Masks, counts, step, prune rate, random state and the settings, as tensors, numbers,
            strings and dicts.
        """
        return stored_state(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up an earlier run; call it after `add_module`.

        Load the states of the module and of the optimizer too.

        Args:
            state: What `state_dict` returned.
        """
        restore(self, state)
        self.apply_mask()

    def _multiply(self, targets: list[Tensor] | list[Tensor | None]) -> None:
        self._multipliers.apply(self.mask_dict, self.weights, targets)

    def _remove_where(self, matches: Callable[[str], bool], rule: str) -> None:
        names = [name for name in self.mask_dict if matches(name)]
        if not names:
            raise ConfigError(f"no masked weight has a {rule}; masked are {list(self.mask_dict)}")
        for name in names:
            self.remove_weight(name)

    def _count_anew(self) -> None:
        self.stats = self.baseline = count_active(self.mask_dict)
