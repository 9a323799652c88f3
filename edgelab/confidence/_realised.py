"""False discovery proportions as they came out, beside what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from edgelab.errors import ConfigError
from edgelab.typing import Array, Bool, Float, Int

ESTIMANDS = ("total", "direct")
"""What a call may claim: that a directed path leads from source to target, or that an edge does."""

LEVELS = (0.05, 0.1, 0.2)
"""Nominal false discovery rates that are looked at unless others are asked for."""


def true_pairs(
    edge_index: Int[Array, "2 edges"], n_nodes: int, estimand: str
) -> Bool[Array, "nodes nodes"]:
    """Which ordered pairs of distinct nodes are true for an estimand.

    Args:
        edge_index: The true edges: row 0 sources, row 1 targets.
        n_nodes: Number of nodes.
        estimand: `"total"` for a directed path of any length, `"direct"` for an edge.

    Returns:
        True at `[source, target]`; never on the diagonal.

    Raises:
        ConfigError: If the estimand is unknown.

    Example:
        >>> chain = np.array([[0, 1], [1, 2]])
        >>> true_pairs(chain, 3, "total").sum(), true_pairs(chain, 3, "direct").sum()
        (np.int64(3), np.int64(2))
    """
    if estimand not in ESTIMANDS:
        raise ConfigError(f"estimand must be one of {list(ESTIMANDS)}, got {estimand!r}")
    source, target = edge_index.astype(np.int32)  # the searches of scipy 1.12 take no int64
    adjacency = csr_array((np.ones(len(source)), (source, target)), shape=(n_nodes, n_nodes))
    distance = (
        adjacency.toarray() if estimand == "direct" else shortest_path(adjacency, unweighted=True)
    )
    found = (distance > 0) & np.isfinite(distance)
    np.fill_diagonal(found, False)
    return found


def realised_proportions(
    q_value: Float[Array, " pairs"],
    is_true: Bool[Array, " pairs"],
    levels: Sequence[float] = LEVELS,
) -> pd.DataFrame:
    """What calling all pairs with q at most a level would have meant, level by level.

    Args:
        q_value: NaN is never called.
        is_true: Truth for the estimand that q is about.
        levels: Nominal false discovery rates.

    Returns:
        One row per level: `nominal, n_called, n_false, realised` (the share of false calls, 0
        without calls), `low, high` (95 % Clopper-Pearson interval of that share, taking calls for
        independent; NaN without calls) and `power` (share of the true pairs that were called; NaN
        without true pairs).

    Example:
        >>> found = realised_proportions(np.array([0.01, 0.04, 0.3]), np.array([True, False, True]), [0.05])
        >>> found[["n_called", "n_false", "realised", "power"]].values.tolist()
        [[2.0, 1.0, 0.5, 0.5]]
    """
    rows = []
    for level in levels:
        called = q_value <= level
        n_called, n_false = int(called.sum()), int((called & ~is_true).sum())
        low, high = binomial_interval(n_false, n_called)
        n_true = int(is_true.sum())
        rows.append(
            {
                "nominal": level,
                "n_called": n_called,
                "n_false": n_false,
                "realised": n_false / max(1, n_called),
                "low": low,
                "high": high,
                "power": (n_called - n_false) / n_true if n_true else np.nan,
            }
        )
    return pd.DataFrame(rows)


def binomial_interval(n_hits: int, n_trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Clopper-Pearson interval of a proportion.

    Args:
        n_hits: Not more than the trials.
        n_trials: May be 0.
        confidence: In (0, 1).

    Returns:
        Lower and upper end; NaN without trials.

    Example:
        >>> [round(end, 3) for end in binomial_interval(0, 10)]
        [0.0, 0.308]
    """
    if n_trials == 0:
        return np.nan, np.nan
    tail = (1 - confidence) / 2
    low = stats.beta.ppf(tail, n_hits, n_trials - n_hits + 1) if n_hits else 0.0
    high = stats.beta.ppf(1 - tail, n_hits + 1, n_trials - n_hits) if n_hits < n_trials else 1.0
    return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCheck:
    """Realised beside nominal at one level, over repeated experiments.

    Attributes:
        nominal: The promised false discovery rate.
        realised: Mean realised proportion; an experiment without calls counts as 0, as the
            definition of the rate asks.
        standard_error: Of that mean; NaN for a single experiment.
        mean_calls: Mean number of calls.
        power: Mean share of true pairs that were called; NaN where there was none to find.
        n_experiments: How many experiments.
    """

    nominal: float
    realised: float
    standard_error: float
    mean_calls: float
    power: float
    n_experiments: int

    @property
    def low(self) -> float:
        """Two standard errors below the mean, at least 0."""
        return max(0.0, self.realised - 2 * self.standard_error)

    @property
    def high(self) -> float:
        """Two standard errors above the mean, at most 1."""
        return min(1.0, self.realised + 2 * self.standard_error)

    @property
    def holds(self) -> bool:
        """Whether the promise is compatible with what was seen: realised <= nominal + 2 standard
        errors.
        """
        return not self.realised > self.nominal + 2 * np.nan_to_num(self.standard_error)


def check_levels(realised: pd.DataFrame) -> list[LevelCheck]:
    """Compare realised with nominal over experiments.

    Args:
        realised: Rows of `realised_proportions` of several experiments, one below the other.

    Returns:
        One check per level, smallest level first.

    Example:
        >>> rows = [{"nominal": 0.1, "n_called": 10, "realised": share, "power": 0.5} for share in (0.1, 0.2, 0.0)]
        >>> check = check_levels(pd.DataFrame(rows))[0]
        >>> round(check.realised, 3), round(check.standard_error, 3), check.holds
        (0.1, 0.058, True)
    """
    checks = []
    for level, rows in realised.groupby("nominal", sort=True):
        share = rows["realised"].to_numpy(dtype=float)
        error = share.std(ddof=1) / np.sqrt(share.size) if share.size > 1 else np.nan
        checks.append(
            LevelCheck(
                nominal=float(level),  # type: ignore[arg-type]
                realised=float(share.mean()),
                standard_error=float(error),
                mean_calls=float(rows["n_called"].mean()),
                power=float(rows["power"].mean()),
                n_experiments=share.size,
            )
        )
    return checks
