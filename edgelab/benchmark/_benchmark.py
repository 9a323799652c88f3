"""The benchmark: data sets × scorers × hold-outs, resumable, and whether the rankings stand."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from edgelab.datasets import Dataset
from edgelab.errors import ConfigError, shorten
from edgelab.evaluation import paired_differences
from edgelab.ops import spread
from edgelab.training import ModelSettings

from ._cells import CellStore
from ._hold_out import chosen_methods
from ._units import HOLD_OUT, Plan, Unit, identity, run_unit
from ._variants import REFERENCE, VARIANTS, overlap

# Topology alone, and chance: what every scorer has to beat.
_ALWAYS = ("out_degree", "random")

_STABILITY_COLUMNS = ("dataset", "scorer", "variant", "seed", "overlap", "n_top")
_SKIPPED_COLUMNS = ("dataset", "variant", "seed", "scorer", "reason")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Benchmark:
    """What a benchmark found.

    Attributes:
        records: One row per data set, scorer and hold-out: `dataset, scorer, seed`, the metrics of
            `evaluate_against` and `evaluate_degree_matched`, `n_reversed` and `seconds`. The first
            scorer of a hold-out that reads a model spends the time of training it.
        stability: One row per data set, scorer and draw of a variant: `overlap` of the best `n_top`
            candidates with those of the data as they are. `n_top` is the number of known edges.
        skipped: Methods that could not be used, and why.
        fraction: Share of the edges that every hold-out hid.
    """

    records: pd.DataFrame
    stability: pd.DataFrame
    skipped: pd.DataFrame
    fraction: float

    def differences(
        self, reference: str, metrics: Sequence[str] = ("mrr", "auprc", "top@1")
    ) -> pd.DataFrame:
        """Compare every scorer with one of them, hold-out by hold-out.

        Args:
            reference: A scorer of the benchmark.
            metrics: Which metrics.

        Returns:
            What `edgelab.evaluation.paired_differences` says.
        """
        return paired_differences(self.records, reference, metrics, self.fraction)


def run_benchmark(
    datasets: Sequence[Dataset],
    methods: Sequence[str] | None = None,
    *,
    seeds: Iterable[int] = range(5),
    fraction: float = 0.2,
    n_stability: int = 0,
    settings: ModelSettings | None = None,
    top_k: Sequence[int] = (1, 3, 5),
    folder: str | Path | None = None,
    n_processes: int = 1,
    redo: bool = False,
    progress: bool = True,
) -> Benchmark:
    """Judge scorers on held-out edges of several data sets, and see whether their rankings stand.

    Args:
        datasets: Data sets with different names.
        methods: Names in `METHODS`, at least one; None takes all. The source's out-degree and
            chance are always added.
        seeds: One hold-out of every data set each.
        fraction: Share of the function→function edges that is hidden, in (0, 1).
        n_stability: How many draws of every variant (another seed, one sample less, another order)
            are ranked besides; 0 skips them.
        settings: How models are built and trained.
        top_k: For which k to report the share of hidden edges ranked at most k within their target.
        folder: Where every finished cell is stored, and from where it is taken next time; None
            stores nothing.
        n_processes: How many processes share the work. The result does not depend on it.
        redo: Compute cells anew that were stored by a run with other data, settings or another
            version.
        progress: Show a bar when standard error is a terminal.

    Returns:
        Records, stability, and what was skipped.

    Raises:
        ConfigError: If a method is unknown, a name of a data set comes twice, there is nothing to
            do, or a stored cell is of another run and `redo` is false.
        DataError: If a stored cell is damaged.
        LeakageError: If a hold-out or a table would show its scorer the answers.

    Example:
        >>> from edgelab.datasets import sachs
        >>> found = run_benchmark([sachs()], ["pearson"], seeds=range(2), fraction=0.25)
        >>> found.records[["scorer", "seed"]].values.tolist()
        [['pearson', 0], ['pearson', 1], ['out_degree', 0], ['out_degree', 1], ['random', 0],
        ['random', 1]]
    """
    names = list(dict.fromkeys([*chosen_methods(methods), *_ALWAYS]))
    seeds = list(seeds)
    _check(datasets, seeds)
    with TemporaryDirectory() as temporary:
        place = Path(temporary if folder is None else folder)
        place.mkdir(parents=True, exist_ok=True)
        plan = Plan(
            fraction=fraction,
            settings=settings or ModelSettings(),
            top_k=tuple(top_k),
            store=CellStore(place),
        )
        draws = _draws(seeds, n_stability)
        units = [unit for dataset in datasets for unit in _units(plan, dataset, names, draws)]
        missing = [replace(unit, methods=_missing(plan, unit, redo)) for unit in units]
        to_do = [unit for unit in missing if unit.methods]
        skipped = spread(partial(run_unit, plan), to_do, n_processes, "benchmark", shown=progress)
        cells = _finished_cells(plan.store, units)
    return Benchmark(
        records=_records(cells, names),
        stability=_stability(cells, names),
        skipped=pd.DataFrame(list(chain.from_iterable(skipped)), columns=list(_SKIPPED_COLUMNS)),
        fraction=fraction,
    )


def _check(datasets: Sequence[Dataset], seeds: Sequence[int]) -> None:
    names = [dataset.name for dataset in datasets]
    if not names or not seeds:
        raise ConfigError(
            f"{len(names)} data sets and {len(seeds)} hold-outs leave nothing to do; give at least "
            "one each"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"data sets share the name {shorten(twice)}; give each its own")


def _draws(seeds: Sequence[int], n_stability: int) -> list[tuple[str, int]]:
    """Variants and numbers of draws that every data set is ranked in."""
    hold_outs = [(HOLD_OUT, seed) for seed in seeds]
    if not n_stability:
        return hold_outs
    others = [name for name in VARIANTS if name != REFERENCE]
    return [*hold_outs, (REFERENCE, 0), *product(others, range(n_stability))]


def _units(
    plan: Plan, dataset: Dataset, methods: Sequence[str], draws: Sequence[tuple[str, int]]
) -> list[Unit]:
    made_by = identity(plan, dataset)
    return [
        Unit(dataset=dataset, identity=made_by, variant=variant, seed=seed, methods=tuple(methods))
        for variant, seed in draws
    ]


def _missing(plan: Plan, unit: Unit, redo: bool) -> tuple[str, ...]:
    """Methods of a unit without a stored cell, or with one of another run if it may be replaced."""
    return tuple(
        method
        for method in unit.methods
        if not plan.store.is_finished(unit.key(method), unit.identity, redo=redo)
    )


def _finished_cells(store: CellStore, units: Sequence[Unit]) -> list[dict[str, Any]]:
    cells = [store.read(unit.key(method)) for unit in units for method in unit.methods]
    return [cell for cell in cells if cell is not None]


def _records(cells: Sequence[dict[str, Any]], methods: Sequence[str]) -> pd.DataFrame:
    rows = [
        {"dataset": cell["dataset"], "scorer": cell["scorer"], "seed": cell["seed"]}
        | _metrics(cell)
        | {"seconds": cell["seconds"]}
        for cell in cells
        if cell["variant"] == HOLD_OUT
    ]
    return _in_order(pd.DataFrame(rows), methods)


def _metrics(cell: dict[str, Any]) -> dict[str, float]:
    # JSON has no NaN; it was written as null.
    return {name: math.nan if value is None else value for name, value in cell["metrics"].items()}


def _stability(cells: Sequence[dict[str, Any]], methods: Sequence[str]) -> pd.DataFrame:
    whole = {
        (cell["dataset"], cell["scorer"]): cell["top"]
        for cell in cells
        if cell["variant"] == REFERENCE
    }
    rows = []
    for cell in cells:
        scorer = cell["dataset"], cell["scorer"]
        if cell["variant"] in {HOLD_OUT, REFERENCE} or scorer not in whole:
            continue
        share = overlap(whole[scorer], cell["top"])
        rows.append((*scorer, cell["variant"], cell["seed"], share, len(whole[scorer])))
    return _in_order(pd.DataFrame(rows, columns=list(_STABILITY_COLUMNS)), methods)


def _in_order(table: pd.DataFrame, methods: Sequence[str]) -> pd.DataFrame:
    """Rows by data set, then by method in the order asked for; otherwise as they come."""
    if table.empty:
        return table
    place = {name: number for number, name in enumerate(methods)}
    scorer = table["scorer"].map(place).to_numpy()
    order = np.lexsort((scorer, pd.factorize(table["dataset"])[0]))
    return table.iloc[order].reset_index(drop=True)
