"""A growing `torch.nn.Conv2d`."""

import math

import torch
from torch import nn
from torch.nn import functional
from torch.nn.grad import conv2d_weight

from edgelab.errors import GrowthError
from edgelab.typing import Float, Tensor

from ._growing_module import GrowingModule
from ._module_layer import Growable
from ._solve import projected_target


class Conv2dGrowingModule(GrowingModule):
    """A growing convolution; neurons are channels. One image is one sample, and sums run over its
    positions.

    A new channel reads a window of the image before the previous convolution, and speaks through
    the whole kernel of this one: M_X and N have one block of outputs per tap of the kernel, so that
    what it says is found for all taps jointly. Two positions of a new channel are taken as
    uncorrelated, which makes S_X one window's.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        kernel_size: As for `torch.nn.Conv2d`.
        stride: Likewise.
        padding: Likewise, in numbers.
        dilation: Likewise.
        use_bias: Adds a bias.
        post_layer_function: What follows the layer; between two growing convolutions it must keep
            the size of images.
        extended_post_layer_function: See `GrowingModule`.
        previous_module: The convolution before.
        next_module: The one after.
        allow_growing: See `GrowingModule`.
        input_size: Height and width of images, if known.
        device: Where the parameters live.
        dtype: Their type.
        name: For messages.
        target_in_neurons: See `GrowingModule`.
        initial_in_neurons: See `GrowingModule`.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> first = Conv2dGrowingModule(3, 4, 3, padding=1, post_layer_function=nn.Tanh())
        >>> second = Conv2dGrowingModule(4, 5, 3, previous_module=first)
        >>> second.init_computation()
        >>> second(first(torch.randn(8, 3, 6, 6))).exp().sum().backward()
        >>> second.update_computation()
        >>> alpha, bias = second.compute_optimal_updates(maximum_added_neurons=2)
        >>> alpha.shape, second.extended_input_layer.weight.shape
        (torch.Size([2, 27]), torch.Size([5, 2, 3, 3]))
    """

    layer: nn.Conv2d

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        use_bias: bool = True,
        post_layer_function: nn.Module | None = None,
        extended_post_layer_function: nn.Module | None = None,
        previous_module: nn.Module | None = None,
        next_module: nn.Module | None = None,
        allow_growing: bool = True,
        input_size: tuple[int, int] | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        name: str | None = None,
        target_in_neurons: int | None = None,
        initial_in_neurons: int | None = None,
    ) -> None:
        layer = nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            bias=use_bias,
            device=device,
            dtype=dtype,
        )
        super().__init__(
            layer=layer,
            post_layer_function=post_layer_function,
            extended_post_layer_function=extended_post_layer_function,
            allow_growing=allow_growing,
            previous_module=previous_module,
            next_module=next_module,
            name=name,
            target_in_neurons=target_in_neurons,
            initial_in_neurons=initial_in_neurons,
        )
        self._input_size = input_size

    @property
    def kernel_area(self) -> int:
        """Taps of the kernel."""
        return math.prod(self.layer.kernel_size)

    @property
    def in_features(self) -> int:
        """Numbers in one window: input channels times taps."""
        return self.in_neurons * self.kernel_area

    @property
    def out_features(self) -> int:
        """Output channels."""
        return self.layer.weight.shape[0]

    @property
    def in_neurons(self) -> int:
        """Input channels."""
        return self.layer.weight.shape[1]

    @property
    def out_channels(self) -> int:
        """Output channels."""
        return self.out_features

    @property
    def in_channels(self) -> int:
        """Input channels."""
        return self.in_neurons

    @property
    def input_volume(self) -> int:
        """Numbers in one input image."""
        return self.in_neurons * math.prod(self.input_size)

    @property
    def output_volume(self) -> int:
        """Numbers in one output image."""
        return self.out_features * math.prod(self.output_size)

    @property
    def output_size(self) -> tuple[int, int]:
        """Height and width of output images."""
        return self._size_after(self.input_size)

    def _size_after(self, size: tuple[int, ...]) -> tuple[int, int]:
        height, width = (
            (pixels + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
            for pixels, pad, dilation, kernel, stride in zip(
                size,
                self._padding(),
                self.layer.dilation,
                self.layer.kernel_size,
                self.layer.stride,
                strict=True,
            )
        )
        return height, width

    def _padding(self) -> tuple[int, ...]:
        padding = self.layer.padding
        if isinstance(padding, str):
            raise GrowthError(f"padding {padding!r} has no fixed number; give it in pixels")
        return tuple(padding)

    def _observed_input_size(self, compute_from_previous: bool) -> tuple[int, ...] | None:
        if self._input is not None:
            return tuple(self._input.shape[-2:])
        if compute_from_previous and isinstance(self.previous_module, Conv2dGrowingModule):
            return self.previous_module.output_size
        return None

    def get_fan_in_from_layer(
        self, layer: Growable | None = None, num_neurons: int | None = None
    ) -> int:
        """Return the fan-in of a convolution (this one by default), or of this one with so many
        input channels.
        """
        if num_neurons is not None:
            return num_neurons * self.kernel_area
        return (layer or self.layer).weight[0].numel()

    def layer_of_tensor(
        self,
        weight: Float[Tensor, "outputs inputs height width"],
        bias: Float[Tensor, " outputs"] | None = None,
        force_bias: bool = True,
    ) -> nn.Conv2d:
        """Return a convolution with the given weight and bias, and stride, padding and dilation of
        this one.

        Args:
            weight: Its weight.
            bias: Its bias.
            force_bias: Gives it a bias of zeros if this layer has a bias and none is given.

        Returns:
            A layer that nothing trains.
        """
        has_bias = bias is not None or (force_bias and self.use_bias)
        own = self.layer
        layer = nn.utils.skip_init(
            nn.Conv2d, weight.shape[1], weight.shape[0], own.kernel_size, own.stride, own.padding, own.dilation,
            bias=has_bias,
        )  # fmt: skip
        layer.weight = nn.Parameter(weight.detach(), requires_grad=False)
        if has_bias:
            values = weight.new_zeros(weight.shape[0]) if bias is None else bias.detach()
            layer.bias = nn.Parameter(values, requires_grad=False)
        return layer

    def _note_sizes(self) -> None:
        self.layer.out_channels, self.layer.in_channels = self.layer.weight.shape[:2]

    def _windows(self, x: Tensor) -> Tensor:
        # [batch, in_features, output height, output width]
        own = self.layer
        columns = functional.unfold(x, own.kernel_size, own.dilation, self._padding(), own.stride)
        return columns.unflatten(2, self._size_after(tuple(x.shape[-2:])))

    def rows_of(
        self, x: Float[Tensor, "batch inputs height width"]
    ) -> Float[Tensor, "samples features"]:
        """Return the windows of images as a matrix, one row per position.

        Args:
            x: Images.

        Returns:
            A copy, `kernel_area` times as large as the images at stride 1.
        """
        return self._windows(x).movedim(1, -1).flatten(0, 2)

    def output_rows_of(
        self, values: Float[Tensor, "batch outputs height width"]
    ) -> Float[Tensor, "samples outputs"]:
        """Return output images as a matrix, one row per position.

        Args:
            values: Pre-activations, or gradients.

        Returns:
            A copy.
        """
        return values.movedim(1, -1).flatten(0, 2)

    def count_of(self, x: Float[Tensor, "batch inputs height width"]) -> int:
        """Return how many images an input has."""
        return x.shape[0]

    def _previous_map(self) -> Tensor:
        """What new channels read, as images: `[batch, window (+ 1), height, width]` of this layer's
        input.
        """
        previous = self._previous()
        if not isinstance(previous, Conv2dGrowingModule):
            raise GrowthError(
                f"optimal channels of {self.name} need a growing convolution before it, got {type(previous).__name__}; "
                "create random ones instead"
            )
        windows = previous._windows(previous.input)
        if windows.shape[-2:] != self.input.shape[-2:]:
            raise GrowthError(
                f"{previous.name} makes images of {tuple(windows.shape[-2:])}, {self.name} gets them as "
                f"{tuple(self.input.shape[-2:])}; optimal channels need a function between them that keeps the size"
            )
        return _with_ones(windows) if previous.use_bias else windows

    def _tap_products(self, x: Tensor, goal: Tensor) -> Tensor:
        """Sum over images and positions of x, at every tap, times the goal: `[goal channels, x
        channels, taps]`.
        """
        own = self.layer
        shape = torch.Size((goal.shape[1], x.shape[1], *own.kernel_size))
        weight = conv2d_weight(x, shape, goal, own.stride, own.padding, own.dilation)
        return weight.flatten(2)

    def compute_m_prev_update(
        self, desired_activation: Float[Tensor, "batch outputs height width"] | None = None
    ) -> tuple[Tensor, int]:
        """Return the sum of X dAᵀ over the kept batch, for every tap, and its number of images.

        Args:
            desired_activation: Takes the place of dA.

        Returns:
            The sum, `[window of the previous layer + bias, out_channels * taps]` with taps
            innermost, and the number.
        """
        products = self._tap_products(self._previous_map(), self._goal(desired_activation))
        return products.transpose(0, 1).flatten(1), self.count_of(self.input)

    def compute_cross_covariance_update(self) -> tuple[Tensor, int]:
        """Return the sum of X Bᵀ over the kept batch, `[taps, window of the previous layer + bias,
        window + bias]`.
        """
        windows = self._windows(self.input)
        windows = _with_ones(windows) if self.use_bias else windows
        return self._tap_products(self._previous_map(), windows).permute(2, 1, 0), self.count_of(
            self.input
        )

    @property
    def tensor_n(self) -> Tensor:
        """N = −M_X + P δᵀ, `[window of the previous layer + bias, out_channels * taps]`."""
        by_tap = self.tensor_m_prev().unflatten(1, (self.out_features, -1)).permute(2, 0, 1)
        target = projected_target(
            by_tap, self.cross_covariance(), self._known_delta().expand(len(by_tap), -1, -1)
        )
        return target.permute(1, 2, 0).flatten(1)

    def _fisher_of_targets(self) -> Tensor:
        taps = torch.eye(self.kernel_area, dtype=torch.float64, device=self.weight.device)
        return torch.kron(self.covariance_loss_gradient(), taps)


def _with_ones(images: Tensor) -> Tensor:
    return torch.cat([images, torch.ones_like(images[:, :1])], dim=1)
