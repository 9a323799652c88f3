"""Convolutions as growth sees them: neurons are channels, one image is one sample."""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.grad import conv2d_weight

from edgelab.errors import GrowthError
from edgelab.typing import Float, Tensor

from ._adapter import LayerAdapter, with_ones
from ._outlet import Outlet
from ._solve import projected_target


class ConvAdapter(LayerAdapter):
    """A `torch.nn.Conv2d`; `Conv2dGrowingModule` says what its moments are."""

    layer: nn.Conv2d
    spatial_axes = 2

    @property
    def kernel_area(self) -> int:
        """Taps of the kernel."""
        return self.layer.weight.shape[2:].numel()

    def size_after(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """Height and width of output images."""
        own = self.layer
        axes = zip(size, self._padding(), own.dilation, own.kernel_size, own.stride, strict=True)
        return tuple(
            (pixels + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
            for pixels, pad, dilation, kernel, stride in axes
        )

    def _padding(self) -> tuple[int, ...]:
        padding = self.layer.padding
        if isinstance(padding, str):
            raise GrowthError(f"padding {padding!r} has no fixed number; give it in pixels")
        return tuple(padding)

    def count_of(self, x: Float[Tensor, "batch inputs height width"]) -> int:
        """How many images an input has."""
        return x.shape[0]

    def windows_of(
        self, x: Float[Tensor, "batch inputs height width"]
    ) -> Float[Tensor, "batch in_features out_height out_width"]:
        """A copy, `kernel_area` times as large as the images at stride 1."""
        own = self.layer
        columns = functional.unfold(x, own.kernel_size, own.dilation, self._padding(), own.stride)
        return columns.unflatten(2, self.size_after(tuple(x.shape[-2:])))

    def rows_of(
        self, x: Float[Tensor, "batch inputs height width"]
    ) -> Float[Tensor, "positions in_features"]:
        """A window per position; a copy."""
        return self.windows_of(x).movedim(1, -1).flatten(0, 2)

    def output_rows_of(
        self, values: Float[Tensor, "batch outputs height width"]
    ) -> Float[Tensor, "positions outputs"]:
        """A copy."""
        return values.movedim(1, -1).flatten(0, 2)

    def goal_products(self, before: Outlet, x: Tensor, goal: Tensor) -> Tensor:
        """`[readings, outputs * taps]`."""
        return self._tap_products(self._readings(before, x), goal).transpose(0, 1).flatten(1)

    def input_products(self, before: Outlet, x: Tensor) -> Tensor:
        """`[taps, readings, in_features]`."""
        windows = self.windows_of(x)
        windows = with_ones(windows) if self.has_bias else windows
        return self._tap_products(self._readings(before, x), windows).permute(2, 1, 0)

    def _readings(self, before: Outlet, x: Tensor) -> Tensor:
        """What new channels read, as images that fit the layer's inputs."""
        windows = before.windows()
        if windows is None:
            raise GrowthError(
                f"optimal channels of {self.name} need a growing convolution before it, got "
                f"{before.name}; create random ones instead"
            )
        if windows.shape[-2:] != x.shape[-2:]:
            raise GrowthError(
                f"{before.name} makes images of {tuple(windows.shape[-2:])}, {self.name} gets them "
                f"as {tuple(x.shape[-2:])}; optimal channels need a function between them that "
                "keeps the size"
            )
        return with_ones(windows) if before.has_bias else windows

    def _tap_products(
        self,
        x: Float[Tensor, "batch readings height width"],
        goal: Float[Tensor, "batch outputs out_height out_width"],
    ) -> Float[Tensor, "outputs readings taps"]:
        """Sum over images and positions of x, at every tap, times the goal."""
        own = self.layer
        shape = torch.Size((goal.shape[1], x.shape[1], *own.kernel_size))
        weight = conv2d_weight(x, shape, goal, own.stride, own.padding, own.dilation)
        return weight.flatten(2)

    def target(self, goal_moment: Tensor, cross_covariance: Tensor, delta: Tensor) -> Tensor:
        """N = −M_X + P δᵀ, tap by tap."""
        by_tap = goal_moment.unflatten(1, (self.out_features, -1)).permute(2, 0, 1)
        targets = projected_target(by_tap, cross_covariance, delta.expand(len(by_tap), -1, -1))
        return targets.permute(1, 2, 0).flatten(1)

    def fisher_of_target(self, fisher: Tensor) -> Tensor:
        """The same at every tap, none between taps."""
        return torch.kron(
            fisher, torch.eye(self.kernel_area, dtype=fisher.dtype, device=fisher.device)
        )

    def _allocated(self, n_outputs: int, n_inputs: int, has_bias: bool) -> nn.Conv2d:
        own = self.layer
        return torch.nn.utils.skip_init(
            nn.Conv2d, n_inputs, n_outputs, own.kernel_size, own.stride, own.padding, own.dilation,
            bias=has_bias,
        )  # fmt: skip

    def _note_sizes(self) -> None:
        self.layer.out_channels, self.layer.in_channels = self.layer.weight.shape[:2]
