"""Whether the promise of a level was kept, over repeated experiments."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


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
        """Whether realised <= nominal + 2 standard errors: the promise fits what was seen."""
        return not self.realised > self.nominal + 2 * np.nan_to_num(self.standard_error)


def check_levels(realised: pd.DataFrame) -> list[LevelCheck]:
    """Compare realised with nominal over experiments.

    Args:
        realised: Rows of `realised_proportions` of several experiments, one below the other.

    Returns:
        One check per level, smallest level first.

    Example:
        >>> experiment = {"nominal": 0.1, "n_called": 10, "power": 0.5}
        >>> realised = pd.DataFrame([experiment | {"realised": share} for share in (0.1, 0.2, 0.0)])
        >>> check = check_levels(realised)[0]
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
