r"""Closed forms of growth from a few second moments, batched over leading axes, always safe.

With B the inputs of a layer (a column of ones last when there is a bias), A its pre-activation, dA
= ∂loss/∂A per sample of a *summed* loss, X the inputs of the layer before, and E the mean over
samples:

    S = E[B Bᵀ]    M = E[B dAᵀ]    S_X = E[X Xᵀ]    M_X = E[X dAᵀ]    P = E[X Bᵀ]

* the best change of the layer's own weights is W ← W − γ δ with δ = (S⁺ M)ᵀ, see `optimal_delta`;
* what is then left to explain is N = −M_X + P δᵀ, see `projected_target`;
* the best new neurons are the singular triplets of S_X^{−1/2} N, see `extension`.

Results are float64 whatever comes in.

Source: Verbockhaven, Rudkiewicz, Chevallier & Charpiat (2024), "Growing Tiny Networks", TMLR; Evci
    et al. (2022), "GradMax", ICLR.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from scipy import linalg

from edgelab.typing import Float, Int, Tensor

RELATIVE_CUT = 1e-6
"""Directions of a correlation-scaled second moment below this share of its largest eigenvalue are
left alone: float32 statistics are noise there (about 1e-7), and a step along one is noise divided
by almost nothing."""

# Rows and columns from which a few triplets are found by way of products.
_LARGE = 64


class Extension(NamedTuple):
    """New neurons, best first.

    Attributes:
        alpha: What each of them reads; the bias last, if the inputs had a column of ones.
        omega: What each of them adds to every output.
        singular_values: How much of the target each explains, falling; 0 where nothing is left.
    """

    alpha: Float[Tensor, "*lead neurons inputs"]
    omega: Float[Tensor, "*lead outputs neurons"]
    singular_values: Float[Tensor, "*lead neurons"]

    def first(self, count: int) -> "Extension":
        """Return the best neurons.

        Args:
            count: How many.

        Returns:
            That many, or all if there are fewer.
        """
        return Extension(
            self.alpha[..., :count, :], self.omega[..., :count], self.singular_values[..., :count]
        )


class Root(NamedTuple):
    """A root W of a pseudo-inverse, `W @ Wᵀ = S⁺`, in factors: products with it are cheap."""

    unit: Float[Tensor, "*lead inputs"]  # diagonal scaling of the rows of W
    factor: Float[Tensor, "*lead inputs inputs"]  # Cholesky factor of the scaled S, or a root
    triangular: bool  # the former: nothing was cut; the latter is of the pseudo-inverse

    def of(
        self, values: Float[Tensor, "*lead inputs columns"]
    ) -> Float[Tensor, "*lead inputs columns"]:
        """Return `W @ values`."""
        if self.triangular:
            solved = torch.linalg.solve_triangular(self.factor.mT, values, upper=True)
        else:
            solved = self.factor @ values
        return self.unit.unsqueeze(-1) * solved

    def transposed_of(
        self, values: Float[Tensor, "*lead inputs columns"]
    ) -> Float[Tensor, "*lead inputs columns"]:
        """Return `Wᵀ @ values`."""
        values = self.unit.unsqueeze(-1) * values
        if self.triangular:
            return torch.linalg.solve_triangular(self.factor, values, upper=False)
        return self.factor.mT @ values


def root_of_inverse(
    second_moment: Float[Tensor, "*lead inputs inputs"], relative_cut: float = RELATIVE_CUT
) -> Root:
    """A root of the pseudo-inverse of a second moment in factors; see `whitening`."""
    moment = second_moment.to(torch.float64)
    unit = _reciprocal_root(moment.diagonal(dim1=-2, dim2=-1), moment.new_zeros(()))
    scaled = moment * unit.unsqueeze(-1) * unit.unsqueeze(-2)
    # S - c I has a Cholesky factor exactly if every eigenvalue exceeds c. If that holds for a bound
    # on the largest eigenvalue, nothing will be cut, and a triangular root, several times cheaper
    # than eigenvectors, is as good.
    cut = max(relative_cut, scaled.shape[-1] * torch.finfo(scaled.dtype).eps)
    shift = cut * torch.linalg.matrix_norm(scaled)
    shifted = scaled.clone()
    shifted.diagonal(dim1=-2, dim2=-1).sub_(shift.unsqueeze(-1))
    if not torch.linalg.cholesky_ex(shifted).info.any():
        return Root(unit, torch.linalg.cholesky(scaled), True)
    values, vectors = torch.linalg.eigh(scaled)
    lengths = _reciprocal_root(values, cut * values[..., -1:])
    return Root(unit, vectors * lengths.unsqueeze(-2), False)


def _reciprocal_root(values: Tensor, cut: Tensor) -> Tensor:
    # A matrix of zeros may have a largest eigenvalue just below zero.
    kept = values > cut.clamp(min=0.0)
    return torch.where(kept, values, 1.0).rsqrt() * kept


def whitening(
    second_moment: Float[Tensor, "*lead inputs inputs"], relative_cut: float = RELATIVE_CUT
) -> Float[Tensor, "*lead inputs inputs"]:
    """A root of the pseudo-inverse: `W` with `W @ Wᵀ = S⁺`.

    S is first scaled to a unit diagonal, so that no result depends on the units of the inputs; then
    the eigenvalues not above `relative_cut` times the largest are dropped. Duplicated, dead and
    linearly dependent inputs are therefore harmless.

    Args:
        second_moment: S, symmetric without negative eigenvalues (beyond rounding).
        relative_cut: In [0, 1); never less than the rounding of float64.

    Returns:
        W, float64; triangular when nothing is dropped.

    Example:
        >>> root = whitening(torch.diag(torch.tensor([4.0, 0.0])))
        >>> root @ root.mT
        tensor([[0.2500, 0.0000],
                [0.0000, 0.0000]], dtype=torch.float64)
    """
    root = root_of_inverse(second_moment, relative_cut)
    identity = torch.eye(root.unit.shape[-1], dtype=root.unit.dtype, device=root.unit.device)
    return root.of(identity.expand(root.factor.shape))


def optimal_delta(
    second_moment: Float[Tensor, "*lead inputs inputs"],
    cross_moment: Float[Tensor, "*lead inputs outputs"],
    *,
    fisher: Float[Tensor, "*lead outputs outputs"] | None = None,
    relative_cut: float = RELATIVE_CUT,
) -> Float[Tensor, "*lead outputs inputs"]:
    """The change of weights that explains the gradient best: `(S⁺ M)ᵀ`.

    It minimises `E‖dA − δ B‖²`; the loss per sample falls by `γ · first_order_decrease(M, δ)` along
    `W ← W − γ δ`.

    Args:
        second_moment: S.
        cross_moment: M.
        fisher: `E[dA dAᵀ]`; then the change is `F⁺ Mᵀ S⁺`, preconditioned on the side of the
            outputs too.
        relative_cut: See `whitening`.

    Returns:
        δ, float64, shaped like a weight; the bias is its last column if the inputs had a column of
        ones.

    Example:
        >>> optimal_delta(torch.diag(torch.tensor([2.0, 4.0])), torch.tensor([[2.0], [2.0]]))
        tensor([[1.0000, 0.5000]], dtype=torch.float64)
    """
    root = root_of_inverse(second_moment, relative_cut)
    delta = root.of(root.transposed_of(cross_moment.to(torch.float64))).mT
    if fisher is None:
        return delta
    fisher_root = root_of_inverse(fisher, relative_cut)
    return fisher_root.of(fisher_root.transposed_of(delta))


def first_order_decrease(
    cross_moment: Float[Tensor, "*lead inputs outputs"],
    delta: Float[Tensor, "*lead outputs inputs"],
) -> Float[Tensor, "*lead"]:
    """How fast the loss per sample falls along a change of weights: `tr(M δ)`.

    Args:
        cross_moment: M.
        delta: The change, taken off the weights.

    Returns:
        The negative slope at 0; never negative for `optimal_delta`.

    Example:
        >>> first_order_decrease(torch.tensor([[2.0], [2.0]]), torch.tensor([[1.0, 0.5]]))
        tensor(3., dtype=torch.float64)
    """
    return (cross_moment.to(torch.float64).mT * delta.to(torch.float64)).sum(dim=(-2, -1))


def projected_target(
    cross_moment: Float[Tensor, "*lead inputs outputs"],
    cross_covariance: Float[Tensor, "*lead inputs own"] | None = None,
    delta: Float[Tensor, "*lead outputs own"] | None = None,
) -> Float[Tensor, "*lead inputs outputs"]:
    """N, what new neurons should explain: `−M_X + P δᵀ`, the descent direction less δ's part.

    Args:
        cross_moment: M_X.
        cross_covariance: P; without it, nothing is taken off.
        delta: δ of the layer's own weights.

    Returns:
        N, float64.

    Example:
        >>> projected_target(torch.tensor([[2.0]]), torch.tensor([[1.0]]), torch.tensor([[0.5]]))
        tensor([[-1.5000]], dtype=torch.float64)
    """
    target = -cross_moment.to(torch.float64)
    if cross_covariance is None or delta is None:
        return target
    return target + cross_covariance.to(torch.float64) @ delta.to(torch.float64).mT


def extension(
    second_moment: Float[Tensor, "*lead inputs inputs"] | None,
    target: Float[Tensor, "*lead inputs outputs"],
    *,
    n_neurons: int | None = None,
    fisher: Float[Tensor, "*lead outputs outputs"] | None = None,
    ignore_singular_values: bool = False,
    relative_cut: float = RELATIVE_CUT,
) -> Extension:
    """The neurons that explain a target best to first order.

    Among all `k` neurons, `Σ ωⱼ αⱼ X` with the singular triplets `U s V` of `S_X^{−1/2} N` is
    closest to the target in the mean over samples: `α = √s Uᵀ S_X^{−1/2}`, `ω = V √s`. Each pair
    has a free joint sign; here the entry of ω of the largest magnitude is positive.

    Args:
        second_moment: S_X of the inputs of the new neurons; None stands for the identity (GradMax).
        target: N.
        n_neurons: How many at most; by default as many as the target's rank may have.
        fisher: `E[dA dAᵀ]`; then outputs are whitened by it and `ω = F^{−1/2} V √s`.
        ignore_singular_values: Puts 1 in place of √s: every neuron equally long.
        relative_cut: See `whitening`.

    Returns:
        `min(inputs, outputs, n_neurons)` neurons, float64, those of no use included with a singular
        value of 0; `count_significant` says how many are worth having.

    Example:
        >>> new = extension(torch.eye(2), torch.tensor([[0.0, -4.0], [1.0, 0.0]]), n_neurons=1)
        >>> new.alpha, new.omega.flatten(), new.singular_values
        (tensor([[-2., 0.]], dtype=torch.float64), tensor([0., 2.], dtype=torch.float64),
         tensor([4.], dtype=torch.float64))
    """
    target = target.to(torch.float64)
    root = None if second_moment is None else root_of_inverse(second_moment, relative_cut)
    fisher_root = None if fisher is None else root_of_inverse(fisher, relative_cut)
    whitened = target if root is None else root.transposed_of(target)
    whitened = whitened if fisher_root is None else fisher_root.transposed_of(whitened.mT).mT
    left, values, right = _leading_triplets(whitened, n_neurons)
    length = torch.ones_like(values) if ignore_singular_values else values.sqrt()
    alpha = (left if root is None else root.of(left)) * length.unsqueeze(-2)
    omega = (right if fisher_root is None else fisher_root.of(right)) * length.unsqueeze(-2)
    sign = _joint_sign(omega)
    return Extension((alpha * sign).mT, omega * sign, values)


def blockwise_extension(
    second_moment: Float[Tensor, "inputs inputs"] | None,
    target: Float[Tensor, "inputs outputs"],
    blocks: Sequence[Int[Tensor, " _"] | None],
    *,
    n_neurons: int | None,
    fisher: Float[Tensor, "outputs outputs"] | None,
    ignore_singular_values: bool,
    relative_cut: float,
) -> Extension:
    """The best new neurons, each of which may read the inputs of one block only; None is all."""
    parts = []
    for block in blocks:
        inputs = slice(None) if block is None else block
        moment = second_moment
        if moment is not None and block is not None:
            moment = moment[block][:, block]
        part = extension(
            moment,
            target[inputs],
            n_neurons=n_neurons,
            fisher=fisher,
            ignore_singular_values=ignore_singular_values,
            relative_cut=relative_cut,
        )
        alpha = part.alpha.new_zeros(part.alpha.shape[0], len(target))
        alpha[:, inputs] = part.alpha
        parts.append(Extension(alpha, part.omega, part.singular_values))
    return parts[0] if len(parts) == 1 else _best_of(parts, n_neurons)


def _best_of(parts: Sequence[Extension], n_neurons: int | None) -> Extension:
    alpha = torch.cat([part.alpha for part in parts])
    omega = torch.cat([part.omega for part in parts], dim=1)
    values = torch.cat([part.singular_values for part in parts])
    values, order = values.sort(descending=True, stable=True)
    kept = order[:n_neurons]
    return Extension(alpha[kept], omega[:, kept], values[:n_neurons])


def _leading_triplets(matrix: Tensor, n_neurons: int | None) -> tuple[Tensor, Tensor, Tensor]:
    smaller = min(matrix.shape[-2:])
    if n_neurons is not None and n_neurons <= smaller // 4 and smaller >= _LARGE:
        return _triplets_of_products(matrix, n_neurons)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    kept = slice(n_neurons)
    return left[..., kept], values[..., kept], right[..., kept, :].mT


def _triplets_of_products(matrix: Tensor, n_neurons: int) -> tuple[Tensor, Tensor, Tensor]:
    # Eigenvectors of Nᵀ N cost half as much as the triplets of N. Squaring costs accuracy in
    # proportion to (s₁ / s)²: ten digits are left for a neuron of a thousandth of the first one's
    # use, the least that is kept by default.
    wide = matrix.shape[-1] > matrix.shape[-2]
    matrix = matrix.mT if wide else matrix
    right = _leading_eigenvectors(matrix.mT @ matrix, n_neurons)
    left = matrix @ right
    values = torch.linalg.vector_norm(left, dim=-2)
    left = left / torch.where(values > 0, values, 1.0).unsqueeze(-2)
    return (right, values, left) if wide else (left, values, right)


def _leading_eigenvectors(symmetric: Tensor, count: int) -> Tensor:
    if symmetric.ndim > 2 or symmetric.device.type != "cpu":
        return torch.linalg.eigh(symmetric).eigenvectors[..., -count:].flip(-1)
    # LAPACK can stop after a few vectors, which torch does not offer: less than half of the time.
    size = symmetric.shape[-1]
    _, vectors = linalg.eigh(
        symmetric.numpy(), subset_by_index=[size - count, size - 1], check_finite=False
    )
    return torch.from_numpy(vectors).flip(-1)


def _joint_sign(omega: Tensor) -> Tensor:
    if omega.shape[-2] == 0:
        return omega.new_ones(*omega.shape[:-2], 1, omega.shape[-1])
    largest = omega.gather(-2, omega.abs().argmax(dim=-2, keepdim=True))
    return torch.where(largest < 0, -1.0, 1.0).to(omega.dtype)


def count_significant(
    singular_values: Float[Tensor, "*lead neurons"],
    relative_threshold: float,
    noise: Float[Tensor, "*lead"] | float = 0.0,
) -> Int[Tensor, "*lead"]:
    """How many neurons are worth having.

    Args:
        singular_values: Falling, as in `Extension`.
        relative_threshold: In [0, 1]: the share of the largest that a neuron needs, so that the
            scale of the loss does not matter.
        noise: What rounding alone could give; nothing that small counts.

    Returns:
        How many are at least that large; 0 where nothing is left to explain.

    Example:
        >>> count_significant(torch.tensor([[4.0, 1.0], [0.0, 0.0]]), 0.5)
        tensor([1, 0])
    """
    threshold = relative_threshold * singular_values[..., :1]
    floor = torch.as_tensor(
        noise, dtype=singular_values.dtype, device=singular_values.device
    ).unsqueeze(-1)
    return ((singular_values >= threshold) & (singular_values > floor)).sum(dim=-1)


def rounding_noise(
    cross_moment: Float[Tensor, "inputs outputs"],
    second_moment: Float[Tensor, "inputs inputs"] | None,
    precision: float,
    relative_cut: float,
) -> float:
    """Singular values that rounding may leave of a projected target that is explained in full."""
    # The target is a difference of numbers of the size of M_X; along the weakest directions that
    # are kept, of the eigenvalue `relative_cut`, its rounding is enlarged by the inverse root.
    size = cross_moment.norm()
    if second_moment is not None:
        mean_square = second_moment.diagonal().mean()
        size = torch.where(mean_square > 0, size / mean_square.clamp(min=1e-300).sqrt(), size)
    return 10 * precision * float(size) / max(relative_cut, 1e-12) ** 0.5


def extension_decrease(
    alpha: Float[Tensor, "*lead neurons inputs"],
    omega: Float[Tensor, "*lead outputs neurons"],
    cross_moment: Float[Tensor, "*lead inputs outputs"],
) -> Float[Tensor, "*lead neurons"]:
    """How fast the loss per sample falls as each new neuron is let in: `−αⱼ M_X ωⱼ`.

    This is the true slope with respect to the product of both scalings, for an activation of slope
    1 at 0 that passes through 0. Against `s²`, which TINY reports, it counts what a simultaneous
    step along δ takes away.

    Args:
        alpha: Rows of new neurons.
        omega: Columns of new neurons.
        cross_moment: M_X.

    Returns:
        One number per neuron; negative if the loss would rise.

    Example:
        >>> alpha, omega = torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0]])
        >>> extension_decrease(alpha, omega, torch.tensor([[-3.0], [5.0]]))
        tensor([6.], dtype=torch.float64)
    """
    read = alpha.to(torch.float64) @ cross_moment.to(torch.float64)
    return -(read * omega.to(torch.float64).mT).sum(dim=-1)
