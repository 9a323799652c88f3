"""Least squares with one coefficient matrix for several views of the same samples.

A GSNN shows every sample several times: once per layer pair and way of reducing channels. These
rows are not independent, so counting them as samples would make every standard error too small:
those given here count a sample once.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from scipy.special import stdtr

from edgelab.ops import does_not_vary
from edgelab.typing import Float, Tensor

# Added to the diagonal, relative to it, so that columns that are combinations of others can be
# inverted, and found.
RIDGE = 1e-10
# A source whose variance the others explain up to this share is a combination of them; the ridge is
# far below.
SMALLEST_OWN_SHARE = 1e-8
# Rows times columns of one working block.
BLOCK_NUMBERS = 2**22


class SharedFit(NamedTuple):
    """A fitted coefficient matrix, per standard deviation of each source, and its errors.

    NaN where the target never varies, or the source does not either or is a combination of others.
    `dof` are the degrees of freedom left: samples - sources that vary - 1.
    """

    coefficient: Float[Tensor, "sources targets"]
    standard_error: Float[Tensor, "sources targets"]
    dof: int


def fit_shared_coefficients(
    source: Float[Tensor, "pairs views samples sources"],
    target: Float[Tensor, "pairs samples targets"],
) -> SharedFit | None:
    """Regress targets on all sources jointly, with the same coefficients in every pair and view.

    None when there are too few samples: at least two more than sources are needed.
    """
    # Columns are standardised within their pair and view. With Z = X (X'X)⁻¹ over all rows and e
    # the residuals, the error of the estimate is Σ_samples Σ_rows Z e, so its variance is the sum,
    # over pairs of rows of one sample, of (Σ_samples Z_i Z_i) (mean e_j e_j). That holds for any
    # dependence between the rows of a sample, if residuals are independent of the sources and from
    # sample to sample. Residuals are scaled up by samples / dof, which is exact for one pair and
    # view, where all this is ordinary least squares, and conservative for more.
    x = _Standardised.of(source.flatten(0, 1))
    y = _Standardised.of(target)
    samples, sources = source.shape[2:]
    dof = samples - int(x.varies.sum()) - 1
    if dof < 1:
        return None
    gram = torch.zeros(sources, sources, dtype=torch.float64, device=source.device)
    cross = torch.zeros(sources, target.shape[2], dtype=torch.float64, device=source.device)
    blocks = _blocks(samples, source.shape[0] * source.shape[1] * sources)
    for block in blocks:
        rows_x = x.rows(block)
        rows_y = y.rows(block)
        gram.addmm_(rows_x.flatten(0, 1).mT, rows_x.flatten(0, 1))
        views_summed = rows_x.unflatten(0, source.shape[:2]).sum(dim=1)
        cross.addmm_(views_summed.flatten(0, 1).mT, rows_y.flatten(0, 1))
    diagonal = torch.where(x.varies, gram.diagonal() * (1 + RIDGE), 1.0)
    gram.diagonal().copy_(diagonal)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram))
    identified = x.varies & (inverse.diagonal() * diagonal < 1 / SMALLEST_OWN_SHARE)
    coefficient = inverse @ cross
    variance = _coefficient_variance(x, y, inverse, coefficient, blocks) * (samples / dof)
    undefined = ~(identified.unsqueeze(1) & y.varies)
    error = variance.clamp_(min=0).sqrt_()  # rounding alone can step below 0
    return SharedFit(
        coefficient.masked_fill_(undefined, torch.nan),
        error.masked_fill_(undefined, torch.nan),
        dof,
    )


def _coefficient_variance(
    x: "_Standardised",
    y: "_Standardised",
    inverse: Tensor,
    coefficient: Tensor,
    blocks: list[slice],
) -> Tensor:
    # Products between all rows of a sample, summed over samples; one GEMM then contracts them.
    n_rows = len(x.mean)
    views = n_rows // len(y.mean)
    source_products = inverse.new_zeros(n_rows, n_rows, inverse.shape[0])
    target_products = inverse.new_zeros(n_rows, n_rows, coefficient.shape[1])
    for block in blocks:
        rows_x = x.rows(block)
        influence = rows_x @ inverse
        residual = y.rows(block).repeat_interleave(views, dim=0) - rows_x @ coefficient
        for row in range(n_rows):
            source_products[row] += (influence[row] * influence).sum(dim=1)
            target_products[row] += (residual[row] * residual).sum(dim=1)
    samples = blocks[-1].stop
    return source_products.flatten(0, 1).mT @ target_products.flatten(0, 1) / samples


def _blocks(samples: int, numbers_per_sample: int) -> list[slice]:
    step = max(1, BLOCK_NUMBERS // numbers_per_sample)
    return [slice(start, min(start + step, samples)) for start in range(0, samples, step)]


@dataclass(frozen=True, slots=True, eq=False)
class _Standardised:
    """Columns with mean 0 and variance 1 over samples, 0 where they do not vary, made on demand."""

    # Standardising everything at once would hold all samples in float64.

    values: Tensor
    mean: Tensor
    scale: Tensor

    @classmethod
    def of(cls, values: Tensor) -> "_Standardised":
        mean = values.mean(dim=1, dtype=torch.float64)
        scale = torch.empty_like(mean)
        for row, (columns, centre) in enumerate(zip(values, mean, strict=True)):
            variance = (columns - centre).square_().mean(dim=0)
            constant = does_not_vary(centre, variance.sqrt(), torch.finfo(values.dtype).eps)
            scale[row] = variance.rsqrt().masked_fill_(constant, 0.0)
        return cls(values, mean, scale)

    @property
    def varies(self) -> Tensor:
        return (self.scale > 0).any(dim=0)

    def rows(self, samples: slice) -> Tensor:
        return (self.values[:, samples] - self.mean.unsqueeze(1)).mul_(self.scale.unsqueeze(1))


def t_test(fit: SharedFit, *, two_sided: bool) -> Float[Tensor, "sources targets"]:
    """P-values of Student's t test of every coefficient; one-sided means as large by chance."""
    t = fit.coefficient / fit.standard_error
    tail = -t.abs() if two_sided else -t
    p_value = torch.from_numpy(stdtr(float(fit.dof), tail.cpu().numpy())).to(tail.device)
    return 2 * p_value if two_sided else p_value
