"""Nominal beside realised, in words and numbers."""

from collections.abc import Sequence

import numpy as np

from edgelab.confidence import LevelCheck

CALIBRATION_HEADING = ("promised", "realised", "± 2 SE", "calls", "power", "verdict")
"""Columns of `calibration_rows`."""


def calibration_rows(checks: Sequence[LevelCheck]) -> list[tuple[str, ...]]:
    """A row of text per level, under `CALIBRATION_HEADING`.

    Args:
        checks: Nominal beside realised.

    Returns:
        Rows of equal length.

    Example:
        >>> check = LevelCheck(
        ...     nominal=0.1,
        ...     realised=0.04,
        ...     standard_error=0.02,
        ...     mean_calls=7.5,
        ...     power=0.25,
        ...     n_experiments=20,
        ... )
        >>> calibration_rows([check])
        [('0.1', '0.040', '0.040', '7.5', '0.25', 'holds')]
    """
    return [
        (
            f"{check.nominal:g}",
            f"{check.realised:.3f}",
            "–" if np.isnan(check.standard_error) else f"{2 * check.standard_error:.3f}",
            f"{check.mean_calls:.1f}",
            "–" if np.isnan(check.power) else f"{check.power:.2g}",
            _verdict(check),
        )
        for check in checks
    ]


def calibration_sentence(checks: Sequence[LevelCheck]) -> str:
    """One sentence that says whether q-values can be taken at their word.

    Args:
        checks: Nominal beside realised, at least one.

    Returns:
        A sentence; where a level broke its promise it names the realised proportion.

    Example:
        >>> check = LevelCheck(
        ...     nominal=0.1,
        ...     realised=0.4,
        ...     standard_error=0.02,
        ...     mean_calls=7.5,
        ...     power=0.25,
        ...     n_experiments=20,
        ... )
        >>> calibration_sentence([check])
        'On edges planted in these data, calls at q <= 0.1 were false in 40 % instead of 10 %: do
        not trust q there.'
    """
    broken = [check for check in checks if not check.holds]
    planted = "On edges planted in these data"
    if broken:
        cases = "; ".join(
            f"q <= {check.nominal:g} were false in {100 * check.realised:.0f} % "
            f"instead of {100 * check.nominal:.0f} %"
            for check in broken
        )
        return f"{planted}, calls at {cases}: do not trust q there."
    if all(check.mean_calls == 0 for check in checks):
        return f"{planted} nothing was called: q keeps its promise, but these data prove no edge."
    return f"{planted}, q kept its promise at every level looked at."


def _verdict(check: LevelCheck) -> str:
    if not check.holds:
        return "BROKEN"
    return "holds" if check.mean_calls else "no calls"
