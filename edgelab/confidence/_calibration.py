"""Whether q-values keep their promise on data like the user's: nominal beside realised."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from edgelab.checks import check_choice, check_integer
from edgelab.datasets import Dataset, threads_by_size
from edgelab.methods import METHODS, Evidence
from edgelab.progress import tracked
from edgelab.seeds import seed_for
from edgelab.training import ModelSettings
from edgelab.typing import Array, Float

from ._estimands import ESTIMANDS
from ._level_check import LevelCheck, check_levels
from ._planting import MeasuredData, PlantedData, Planting
from ._q_settings import QSettings
from ._q_values import pair_q_values
from ._realised import LEVELS, realised_proportions
from ._split_evidence import SplitEvidence


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """Nominal beside realised false discovery proportions.

    Attributes:
        records: One row per experiment and level: what `edgelab.confidence.realised_proportions`
            reports, then `true_share` (of all judged pairs: calls at random would be right that
            often), `planted_found` (share of the planted edges that were called) and `seed` (of the
            experiment's `Planting`).
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

    def corrected(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return an edge table whose q-values were realised wherever their promise was broken.

        Args:
            table: An edge table with `q_value`.

        Returns:
            The same rows; `q_value` is, where the smallest level at which the pair is called did
            not hold, the proportion realised at that level if that is larger. `q_nominal` is what
            was promised.
        """
        nominal = table["q_value"].to_numpy()
        return table.assign(q_value=believable_q_values(nominal, self.checks), q_nominal=nominal)


@threads_by_size
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
        q: How q-values are made; without a seed of its own, the halves of every experiment follow
            its seed.
        planting: What is planted; each experiment has its own seed, derived from that of the
            planting.
        estimand: What a call claims: `"total"` or `"direct"`.
        experiments: How many times.
        levels: Nominal false discovery rates.
        settings: How a model is built and trained, for methods that need one.
        progress: Show a bar when standard error is a terminal.

    Returns:
        Realised proportions of all experiments.

    Raises:
        ConfigError: If the method or the estimand is unknown, or there is no experiment.
        DataError: If the outputs do not fit; see `plant_edges`.

    Example:
        >>> from edgelab.datasets import sachs, take_samples
        >>> small = take_samples(sachs(), np.arange(0, 7466, 40))
        >>> calibration = calibrate(small, q=QSettings(splits=5), experiments=3, progress=False)
        >>> [check.nominal for check in calibration.checks], calibration.holds
        ([0.05, 0.1, 0.2], True)
    """
    METHODS[method]  # a misspelt name ends here, and not after the fit
    check_choice("estimand", estimand, ESTIMANDS)
    check_integer("experiments", experiments)
    q = q or QSettings()
    planting = planting or Planting()
    measured = MeasuredData.of(dataset)
    records = []
    for number in tracked(range(experiments), "planted networks", shown=progress):
        seed = seed_for(planting.seed, f"planted network {number}")
        planted = measured.planted(replace(planting, seed=seed))
        whole = Evidence(planted.dataset, planted.data, settings, seed)
        q_value = pair_q_values(SplitEvidence(whole, q), method)
        records.append(_realised(planted, q_value, estimand, levels).assign(seed=seed))
    return Calibration(records=pd.concat(records, ignore_index=True), estimand=estimand, way=q.way)


def _realised(
    planted: PlantedData,
    q_value: Float[Array, "functions functions"],
    estimand: str,
    levels: Sequence[float],
) -> pd.DataFrame:
    """The records of one experiment."""
    judged = planted.judged
    is_true = {"total": planted.total, "direct": planted.direct}[estimand][judged]
    of_planted = q_value[judged & planted.direct]
    return realised_proportions(q_value[judged], is_true, levels).assign(
        true_share=is_true.mean(),
        planted_found=[float((of_planted <= level).mean()) for level in levels],
    )


def believable_q_values(
    q_value: Float[Array, " pairs"], checks: Sequence[LevelCheck]
) -> Float[Array, " pairs"]:
    """Q-values, replaced by what was realised where that is larger and the promise was broken.

    NaN stays NaN. The promise of a pair is that of the smallest level at which it is called.
    """
    believable = q_value.copy()
    is_called_already = np.zeros(q_value.shape, dtype=bool)
    for check in checks:
        is_called = ~is_called_already & (q_value <= check.nominal)
        if not check.holds:
            believable[is_called] = np.maximum(q_value[is_called], check.realised)
        is_called_already |= is_called
    return believable
