"""What every linear map shares: sizes, options, bias, product, eigenvalues, regularisation."""

import inspect
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import nn
from torch.nn import functional

from edgelab.checks import check_integer
from edgelab.errors import ConfigError, DataError
from edgelab.typing import Num, Tensor

from ._initial import fan_in_uniform
from ._precision import at_least_float32

# What every constructor takes; all else is an option of one map or another.
_COMMON = frozenset({"self", "insize", "outsize", "bias", "provide_weights", "device", "dtype"})


class LinearBase(nn.Module, ABC):
    """A linear map `x @ effective_W() + bias` whose matrix keeps what its class promises.

    It does so whatever its parameters are. A subclass turns raw, unconstrained parameters into a
    matrix in `effective_W`; everything else is here. The matrix is `[insize, outsize]`, the
    transpose of `torch.nn.Linear.weight`, and never contains the bias.

    Args:
        insize: Columns of the input, at least 1.
        outsize: Columns of the output, at least 1.
        bias: Adds a trainable bias `[outsize]`; otherwise `self.bias` is None.
        provide_weights: Makes the raw parameter `weight` `[insize, outsize]`, uniform on ±1/√insize
            as in `torch.nn.Linear`.
        device: Where the parameters live.
        dtype: Type of the parameters.
        **shared: Options of other maps, ignored, so that one dict of options can serve several
            maps. A name that no map knows is a `TypeError`.

    Raises:
        ConfigError: If a size is not a positive whole number.

    Example:
        >>> class TanhLinear(LinearBase):
        ...     def effective_W(self):
        ...         return torch.tanh(self.weight)
        >>> layer = TanhLinear(3, 2, bias=True)
        >>> layer, layer(torch.zeros(5, 3)).shape
        (TanhLinear(insize=3, outsize=2, bias=True), torch.Size([5, 2]))
    """

    weight: Tensor
    bias: nn.Parameter | None
    symmetric = False
    """Whether the matrix is symmetric, so that `eig` may take the faster way."""
    shown_options: tuple[str, ...] = ()
    """Attributes that `repr` shows after the sizes."""
    options: ClassVar[frozenset[str]] = frozenset()
    """Options of this map: what its constructor takes beside sizes, bias, device and dtype."""

    _known_options: ClassVar[set[str]] = set()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        parameters = inspect.signature(cls.__init__).parameters.values()
        named = {taken.name for taken in parameters if taken.kind is not taken.VAR_KEYWORD}
        cls.options = frozenset(named - _COMMON)
        LinearBase._known_options |= cls.options

    @staticmethod
    def known_options() -> frozenset[str]:
        """Return the options that one map or another takes.

        Returns:
            Their names; a map ignores those of the others, so that one dict can serve several.
        """
        return frozenset(LinearBase._known_options)

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        provide_weights: bool = True,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        **shared: Any,
    ) -> None:
        unknown = sorted(set(shared) - LinearBase._known_options)
        if unknown:
            raise TypeError(
                f"{type(self).__name__} got an unexpected argument {unknown[0]!r}; "
                "no linear map takes it"
            )
        check_integer("insize", insize)
        check_integer("outsize", outsize)
        super().__init__()
        self.in_features = insize
        self.out_features = outsize
        if provide_weights:
            self.weight = fan_in_uniform(insize, outsize, fan_in=insize, device=device, dtype=dtype)
        self.bias = None
        if bias:
            self.bias = fan_in_uniform(outsize, fan_in=insize, device=device, dtype=dtype)

    @abstractmethod
    def effective_W(self) -> Num[Tensor, "insize outsize"]:
        """Return the matrix that the map multiplies its input with.

        Returns:
            The matrix, in the type and on the device of the parameters.
        """

    def forward(self, x: Num[Tensor, "*batch insize"]) -> Num[Tensor, "*batch outsize"]:
        """Return `x @ effective_W() + bias`.

        Args:
            x: One row, or any number of leading axes, as for `torch.nn.Linear`.

        Returns:
            The image of every row.
        """
        self._check_columns(x)
        return functional.linear(x, self.effective_W().mT, self.bias)

    def reg_error(self) -> Num[Tensor, ""]:
        """Return the map's penalty, to be added to the loss; 0 unless it has one.

        Returns:
            A scalar in the type and on the device of the parameters.
        """
        return torch.zeros((), dtype=self._anchor().dtype.to_real(), device=self.device)

    def eig(
        self, eigenvectors: bool = False
    ) -> Num[Tensor, " insize"] | tuple[Num[Tensor, " insize"], Num[Tensor, "insize insize"]]:
        """Return the eigenvalues of `effective_W()`, in no particular order.

        Args:
            eigenvectors: Also return the right eigenvectors, one per column.

        Returns:
            Complex eigenvalues, or eigenvalues and eigenvectors.

        Raises:
            ConfigError: If the map is not square.
        """
        if self.in_features != self.out_features:
            raise ConfigError(
                f"only a square map has eigenvalues, this one is {self.in_features} x "
                f"{self.out_features}; use torch.linalg.svdvals(effective_W()) instead"
            )
        matrix = at_least_float32(self.effective_W())
        if eigenvectors:
            decompose = torch.linalg.eigh if self.symmetric else torch.linalg.eig
            values, vectors = decompose(matrix)
            return _as_complex(values), _as_complex(vectors)
        eigenvalues = torch.linalg.eigvalsh if self.symmetric else torch.linalg.eigvals
        return _as_complex(eigenvalues(matrix))

    @property
    def device(self) -> torch.device:
        """Device of the parameters."""
        return self._anchor().device

    def extra_repr(self) -> str:
        """Return sizes and options, for `repr`."""
        sizes = (
            f"insize={self.in_features}, outsize={self.out_features}, bias={self.bias is not None}"
        )
        return ", ".join([sizes, *(f"{name}={getattr(self, name)}" for name in self.shown_options)])

    def _anchor(self) -> Tensor:
        """Return a tensor whose type and device stand for those of the whole map."""
        for tensor in self.parameters():
            return tensor
        for buffer in self.buffers():
            return buffer
        return torch.empty(0)

    def _check_columns(self, x: Tensor) -> None:
        if not (x.ndim > 0 and x.shape[-1] == self.in_features):
            raise DataError(
                f"the last axis of x must have insize={self.in_features} entries, "
                f"got shape {tuple(x.shape)}; put the features last"
            )


class SquareLinear(LinearBase):
    """A linear map with as many outputs as inputs.

    Args:
        insize: Columns of the input.
        outsize: Columns of the output, equal to `insize`.
        bias: Adds a trainable bias.
        provide_weights: Makes the raw parameter `weight` `[insize, insize]`.
        **kwargs: `device`, `dtype`, and options of other maps (ignored).

    Raises:
        ConfigError: If the sizes differ.

    Example:
        >>> class ScaledIdentity(SquareLinear):
        ...     def effective_W(self):
        ...         return 2 * torch.eye(self.in_features)
        >>> ScaledIdentity(2, 2)(torch.ones(2))
        tensor([2., 2.])
    """

    def __init__(
        self,
        insize: int,
        outsize: int,
        bias: bool = False,
        provide_weights: bool = True,
        **kwargs: Any,
    ) -> None:
        if insize != outsize:
            raise ConfigError(
                f"Map must be square. insize={insize} and outsize={outsize}; make them equal"
            )
        super().__init__(insize, outsize, bias, provide_weights, **kwargs)


def _as_complex(values: Tensor) -> Tensor:
    return values if values.is_complex() else torch.complex(values, torch.zeros_like(values))
