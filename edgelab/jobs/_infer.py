"""The main job: from a data set to a ranked table of missing edges."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from torch_geometric.data import HeteroData

from edgelab.confidence import (
    Calibration,
    Planting,
    QSettings,
    SplitEvidence,
    add_q_values,
    calibrate,
    can_plant,
)
from edgelab.datasets import Dataset, threads_by_size
from edgelab.methods import METHODS, Evidence
from edgelab.models import GSNN
from edgelab.tasks import graph_of
from edgelab.training import History, ModelSettings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inference:
    """A ranked table of edges and what it came from.

    Attributes:
        table: The edge table, best first; see `edgelab.table.COLUMNS` and
            `edgelab.confidence.with_q_values`, which says what `q_value` is about.
        data: The prior network.
        method: The name of the method in `METHODS`.
        model: The trained GSNN, None for a method that needs none.
        history: Course of its training, likewise.
        calibration: How q-values fared on edges planted in the same data; None if that was not
            asked for.
    """

    table: pd.DataFrame
    data: HeteroData
    method: str
    model: GSNN | None
    history: History | None
    calibration: Calibration | None = None

    @property
    def candidates(self) -> pd.DataFrame:
        """The rows that are no edge of the prior network yet, best first."""
        return self.table[~self.table["has_edge"]].reset_index(drop=True)


@threads_by_size
def infer_edges(
    dataset: Dataset,
    method: str = "consensus",
    *,
    settings: ModelSettings | None = None,
    seed: int = 0,
    top: int | None = None,
    checkpoint_dir: str | Path | None = None,
    q: QSettings | None = None,
    check: int = 0,
    progress: bool = False,
) -> Inference:
    """Rank the edges that a prior network may be missing.

    Args:
        dataset: Prior network, interventions and responses.
        method: A name in `METHODS`.
        settings: How the model is built and trained, for methods that need one.
        seed: Decides initial weights, order of samples and what is hidden. Equal seeds: equal
            tables on a CPU.
        top: Keep only the best `top` candidates of every target; None keeps every pair.
        checkpoint_dir: Where training stores checkpoints and from where it resumes; None stores
            none.
        q: How q-values are made; without a seed of its own, with that of the job.
        check: How many times edges are planted in the data to see whether q-values keep their
            promise; 0 skips it. Where they do not, `q_value` holds what was realised instead, and
            `q_nominal` what was promised. Data that give no q-value, or whose outputs and functions
            do not match one to one, are not checked.
        progress: Show a bar for the check when standard error is a terminal.

    Returns:
        The edge table with its model and history.

    Raises:
        ConfigError: If the method is unknown or the settings do not fit.
        GraphError: If the data set's outputs do not fit the task.

    Example:
        >>> from edgelab.datasets import sachs
        >>> result = infer_edges(sachs(), "pearson")
        >>> result.candidates[["src_func", "dst_func"]].head(2).values.tolist()
        [['Mek', 'Raf'], ['P38', 'PKC']]
    """
    ranking = METHODS[method]
    q = q or QSettings()
    data = graph_of(dataset)
    checkpoints = None if checkpoint_dir is None else Path(checkpoint_dir)
    whole = Evidence(dataset, data, settings, seed, checkpoints)
    table = add_q_values(ranking.table(whole, top), SplitEvidence(whole, q), method)
    calibration = None
    if check and can_plant(dataset) and table["q_value"].notna().any():
        calibration = calibrate(
            dataset,
            method,
            q=q,
            planting=Planting(seed=seed),
            experiments=check,
            settings=settings,
            progress=progress,
        )
        table = calibration.corrected(table)
    trained = whole.trained if ranking.needs_model else None
    return Inference(
        table=table,
        data=data,
        method=method,
        model=None if trained is None else trained.model,
        history=None if trained is None else trained.history,
        calibration=calibration,
    )
