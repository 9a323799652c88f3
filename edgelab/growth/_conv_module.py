"""A growing `torch.nn.Conv2d`."""

import torch
from torch import nn

from ._growing_module import GrowingModule


class Conv2dGrowingModule(GrowingModule):
    """A growing convolution; neurons are channels, one image is one sample.

    Sums run over the positions of an image. A new channel reads a window of the image before the
    previous convolution, and acts through the whole kernel of this one: M_X and N have one block of
    outputs per tap of the kernel, so that its weights are found for all taps jointly. Two positions
    of a new channel are taken as uncorrelated, which makes S_X one window's.

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
        return self.weight.shape[2:].numel()

    @property
    def out_channels(self) -> int:
        """Output channels."""
        return self.out_features

    @property
    def in_channels(self) -> int:
        """Input channels."""
        return self.in_neurons

    @property
    def output_size(self) -> tuple[int, ...]:
        """Height and width of output images."""
        return self.adapter.size_after(self.input_size)
