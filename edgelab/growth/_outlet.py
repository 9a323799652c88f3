"""Where the next layer docks: new neurons read before an outlet and arrive behind it."""

from abc import ABC, abstractmethod

import torch
from torch import nn

from edgelab.typing import Float, Int, Num, Tensor

from ._resize import Growable, Insertion
from ._tensor_statistic import TensorStatistic


class Outlet(ABC):
    """What new neurons can be put behind: a growing layer, or a merge of several."""

    name: str  # for messages

    # What new neurons would read.

    @property
    @abstractmethod
    def has_bias(self) -> bool:
        """Whether new neurons have a bias."""

    @property
    @abstractmethod
    def second_moment(self) -> TensorStatistic:
        """S_X of what new neurons would read."""

    @abstractmethod
    def start_recording(self) -> None:
        """Keep inputs, for the next layer."""

    @abstractmethod
    def stop_recording(self) -> None:
        """Keep inputs for the next layer no longer."""

    @abstractmethod
    def rows(self) -> Float[Tensor, "samples readings"]:
        """What new neurons would read, ones left out."""

    @abstractmethod
    def windows(self) -> Float[Tensor, "batch readings height width"] | None:
        """The same as images, where there are windows."""

    @abstractmethod
    def blocks(self) -> list[Int[Tensor, " inputs"] | None]:
        """Which inputs one new neuron may read: None for all, else indices, block by block."""

    # New neurons that are tried.

    @abstractmethod
    def store(self, alpha: Float[Tensor, "neurons readings"]) -> None:
        """Store new neurons, one row each, the bias last."""

    @abstractmethod
    def layers(self) -> list[Growable]:
        """The stored neurons as layers; none if there are none."""

    @abstractmethod
    def select(self, kept: Int[Tensor, " neurons"]) -> None:
        """Keep some of the stored neurons."""

    @abstractmethod
    def drop(self) -> None:
        """Forget the stored neurons."""

    @abstractmethod
    def apply(self) -> list[Insertion]:
        """Make the stored neurons, times `scaling`, part of the network."""

    @abstractmethod
    def slots(self, count: int) -> list[tuple[int, Int[Tensor, " neurons"]]]:
        """Where new neurons arrive: behind how many present ones, and which; positions rise."""

    @property
    @abstractmethod
    def scaling(self) -> Float[Tensor, " 1"]:
        """Factor of the stored neurons."""

    @scaling.setter
    @abstractmethod
    def scaling(self, value: float | Tensor) -> None: ...

    # What they pass through.

    @abstractmethod
    def function(self) -> nn.Module:
        """What neurons pass through on their way to the next layer, norms included."""

    @abstractmethod
    def constant_lift(self) -> Float[Tensor, ""]:
        """A small pre-activation that brings a neuron past a kink at 0; 0 without a bias for it."""

    @abstractmethod
    def reading_length(self) -> Float[Tensor, ""]:
        """Mean norm of the weights of a neuron."""


def as_scaling(value: float | Num[Tensor, "..."], like: Tensor) -> Float[Tensor, " 1"]:
    """A tensor of one number; a tensor keeps its graph, so that scalings can be learnt."""
    return torch.as_tensor(value, dtype=like.dtype, device=like.device).reshape(1)
