"""Does a q-value keep its promise on data like the user's? Planted edges, nominal beside realised."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from edgelab.datasets import Dataset
from edgelab.errors import ConfigError
from edgelab.methods import METHODS, Evidence
from edgelab.progress import tracked
from edgelab.training import ModelSettings
from edgelab.typing import Array, Bool, Float

from ._planting import PlantedData, Planting, plant_edges
from ._q_values import QSettings, pair_verdicts
from ._realised import LEVELS, LevelCheck, check_levels, realised_proportions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """Nominal beside realised false discovery proportions.

    Attributes:
        records: One row per experiment and level: what `edgelab.confidence.realised_proportions`
            reports, then `true_share` (of all judged pairs: calls at random would be right that
            often), `planted_found` (share of the planted edges that were called) and `seed`.
        estimand: What a call claims, `"total"` or `"direct"`.
        way: Where the q-values come from, one of `edgelab.confidence.WAYS`.
    """

    records: pd.DataFrame
    estimand: str
    way: str

    @property
    def checks(self) -> list[LevelCheck]:
        """One check per nominal level, smallest first."""
        return check_levels(self.records)

    @property
    def holds(self) -> bool:
        """Whether every level holds."""
        return all(check.holds for check in self.checks)

    def summary(self) -> list[dict[str, float | bool]]:
        """Return the checks as plain values, for a file."""
        return [
            {**asdict(check), "low": check.low, "high": check.high, "holds": check.holds}
            for check in self.checks
        ]


def calibrate(
    dataset: Dataset,
    method: str = "interventional_z",
    *,
    q: QSettings | None = None,
    planting: Planting | None = None,
    estimand: str = "total",
    experiments: int = 20,
    levels: Sequence[float] = LEVELS,
    settings: ModelSettings | None = None,
    progress: bool = True,
) -> Calibration:
    """Plant edges in the user's data again and again, and see how many of the calls are false.

    Args:
        dataset: Prior network, interventions and responses.
        method: What ranks the pairs, a name in `METHODS`; with `way="mirror"` q-values do not
            depend on it.
        q: How q-values are made.
        planting: What is planted; each experiment has its own seed, counted from that of the
            planting.
        estimand: What a call claims: `"total"` or `"direct"`.
        experiments: How many times.
        levels: Nominal false discovery rates.
        settings: How a model is built and trained, for methods that need one.
        progress: Show a bar when standard error is a terminal.

    Returns:
        Realised proportions of all experiments.

    Raises:
        ConfigError: If there is no experiment.

    Example:
        >>> from edgelab.datasets import sachs, take_samples
        >>> small = take_samples(sachs(), np.arange(0, 7466, 40))
        >>> calibration = calibrate(small, q=QSettings(splits=5), experiments=3, progress=False)
        >>> [check.nominal for check in calibration.checks], calibration.holds
        ([0.05, 0.1, 0.2], True)
    """
    METHODS[method]
    if not (isinstance(experiments, int) and experiments > 0):
        raise ConfigError(f"experiments must be a positive integer, got {experiments!r}")
    q, planting = q or QSettings(), planting or Planting()
    parts = []
    for number in tracked(range(experiments), "planted networks", shown=progress):
        seed = planting.seed + number
        planted = plant_edges(dataset, replace(planting, seed=seed))
        q_value = _q_values(planted, method, replace(q, seed=seed), settings)
        truth = planted.total if estimand == "total" else planted.direct
        judged = planted.judged
        planted_edges = judged & planted.direct
        parts.append(
            realised_proportions(q_value[judged], truth[judged], levels).assign(
                true_share=truth[judged].mean(),
                planted_found=[float((q_value[planted_edges] <= level).mean()) for level in levels],
                seed=seed,
            )
        )
    return Calibration(records=pd.concat(parts, ignore_index=True), estimand=estimand, way=q.way)


def _q_values(
    planted: PlantedData, method: str, q: QSettings, settings: ModelSettings | None
) -> Float[Array, "functions functions"]:
    if q.way != "association":
        return pair_verdicts(
            planted.dataset, planted.data, method=method, q=q, settings=settings
        ).q_value
    table = METHODS[method].table(Evidence(planted.dataset, planted.data, settings, q.seed), None)
    q_value = np.full(planted.judged.shape, np.nan)
    q_value[table["src_idx"], table["dst_idx"]] = table["q_value"]
    return q_value


def believable_q_values(
    q_value: Float[Array, " pairs"], checks: Sequence[LevelCheck]
) -> Float[Array, " pairs"]:
    """Replace q-values by what was realised wherever the promise of their level was not kept.

    Args:
        q_value: Nominal q-values; NaN stays NaN.
        checks: Nominal beside realised, smallest level first.

    Returns:
        Each q-value, or the realised proportion of the smallest level at which the pair is called,
        if that level did not hold and the proportion is larger.

    Example:
        >>> kept = LevelCheck(
        ...     nominal=0.1, realised=0.09, standard_error=0.02, mean_calls=9.0, power=0.5, n_experiments=20
        ... )
        >>> broken = replace(kept, nominal=0.2, realised=0.5)
        >>> believable_q_values(np.array([0.05, 0.15, 0.3]), [kept, broken]).tolist()
        [0.05, 0.5, 0.3]
    """
    believable, undecided = q_value.copy(), ~np.isnan(q_value)
    for check in checks:
        called: Bool[Array, " pairs"] = undecided & (q_value <= check.nominal)
        if not check.holds:
            believable[called] = np.maximum(q_value[called], check.realised)
        undecided &= ~called
    return believable
