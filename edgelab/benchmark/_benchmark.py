"""The benchmark: data sets × scorers × hold-outs, resumable, and whether the rankings stand."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from edgelab.datasets import Dataset
from edgelab.errors import ConfigError, DataError, shorten
from edgelab.evaluation import paired_differences
from edgelab.methods import METHODS
from edgelab.ops import spread
from edgelab.training import ModelSettings

from ._units import HOLD_OUT, Plan, Unit, cell_path, identity, run_unit
from ._variants import REFERENCE, VARIANTS, overlap

ALWAYS = ("out_degree", "random")
"""Methods of every benchmark: topology alone, and chance."""

STABILITY_COLUMNS = ("dataset", "scorer", "variant", "seed", "overlap", "n_top")
SKIPPED_COLUMNS = ("dataset", "variant", "seed", "scorer", "reason")


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
        methods: Names in `METHODS`; None takes all. The source's out-degree and chance are always
            added.
        seeds: One hold-out of every data set each.
        fraction: Share of the function→function edges that is hidden, in (0, 1).
        n_stability: How many draws of every variant in `VARIANTS` are ranked besides; 0 skips them.
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
    names = list(dict.fromkeys([*(METHODS if methods is None else methods), *ALWAYS]))
    seeds = list(seeds)
    _check(datasets, names, seeds)
    with TemporaryDirectory() as temporary:
        place = Path(temporary if folder is None else folder)
        place.mkdir(parents=True, exist_ok=True)
        plan = Plan(
            fraction=fraction,
            settings=settings or ModelSettings(),
            top_k=tuple(top_k),
            folder=place,
        )
        units = [
            unit for dataset in datasets for unit in _units(dataset, names, seeds, n_stability)
        ]
        missing = [replace(unit, methods=_missing(plan, unit, redo)) for unit in units]
        to_do = [unit for unit in missing if unit.methods]
        skipped = spread(partial(run_unit, plan), to_do, n_processes, "benchmark", shown=progress)
        cells = _read_cells(plan, units)
    return Benchmark(
        records=_records(cells, names),
        stability=_stability(cells, names),
        skipped=pd.DataFrame(
            [row for rows in skipped for row in rows], columns=list(SKIPPED_COLUMNS)
        ),
        fraction=fraction,
    )


def _check(datasets: Sequence[Dataset], methods: Sequence[str], seeds: Sequence[int]) -> None:
    for method in methods:
        METHODS[method]
    named = [dataset.name for dataset in datasets]
    if not named or not seeds:
        raise ConfigError(
            f"{len(named)} data sets and {len(seeds)} hold-outs leave nothing to do; give at least one each"
        )
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ConfigError(f"data sets share the name {shorten(twice)}; give each its own")


def _units(
    dataset: Dataset, methods: Sequence[str], seeds: Sequence[int], n_stability: int
) -> list[Unit]:
    def unit(variant: str, seed: int) -> Unit:
        return Unit(dataset=dataset, variant=variant, seed=seed, methods=tuple(methods))

    hold_outs = [unit(HOLD_OUT, seed) for seed in seeds]
    if not n_stability:
        return hold_outs
    others = [
        unit(name, draw) for name in VARIANTS if name != REFERENCE for draw in range(n_stability)
    ]
    return [*hold_outs, unit(REFERENCE, 0), *others]


def _missing(plan: Plan, unit: Unit, redo: bool) -> tuple[str, ...]:
    """Methods of a unit without a stored cell, or with one of another run if it may be replaced."""
    wanted, missing = identity(plan, unit), []
    for method in unit.methods:
        path = cell_path(plan, unit, method)
        stored = _read(path)["identity"] if path.is_file() else None
        if stored is not None and stored != wanted and not redo:
            raise ConfigError(
                f"{path.name} in {str(plan.folder)!r} is of a benchmark with other data, other settings or another "
                "version of edgelab. Choose another folder, or pass redo=True (--redo) to compute such cells anew."
            )
        if stored != wanted:
            missing.append(method)
    return tuple(missing)


def _read(path: Path) -> dict[str, Any]:
    try:
        cell = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot read the finished cell {str(path)!r}: {error}. Delete it; it is computed anew."
        ) from error
    if not (
        isinstance(cell, dict)
        and {"identity", "dataset", "scorer", "variant", "seed"} <= cell.keys()
    ):
        raise DataError(
            f"{str(path)!r} is no finished cell of a benchmark. Delete it; it is computed anew."
        )
    return cell


def _read_cells(plan: Plan, units: Sequence[Unit]) -> list[dict[str, Any]]:
    paths = [cell_path(plan, unit, method) for unit in units for method in unit.methods]
    return [_read(path) for path in paths if path.is_file()]


def _records(cells: Sequence[dict[str, Any]], methods: Sequence[str]) -> pd.DataFrame:
    rows = [
        {"dataset": cell["dataset"], "scorer": cell["scorer"], "seed": cell["seed"]}
        | {name: math.nan if value is None else value for name, value in cell["metrics"].items()}
        | {"seconds": cell["seconds"]}
        for cell in cells
        if cell["variant"] == HOLD_OUT
    ]
    return _in_order(pd.DataFrame(rows), methods)


def _stability(cells: Sequence[dict[str, Any]], methods: Sequence[str]) -> pd.DataFrame:
    whole = {
        (cell["dataset"], cell["scorer"]): cell["top"]
        for cell in cells
        if cell["variant"] == REFERENCE
    }
    rows = [
        (*key, cell["variant"], cell["seed"], overlap(whole[key], cell["top"]), len(whole[key]))
        for cell in cells
        if cell["variant"] not in {HOLD_OUT, REFERENCE}
        and (key := (cell["dataset"], cell["scorer"])) in whole
    ]
    return _in_order(pd.DataFrame(rows, columns=list(STABILITY_COLUMNS)), methods)


def _in_order(table: pd.DataFrame, methods: Sequence[str]) -> pd.DataFrame:
    """Rows by data set, then by method in the order asked for, then by seed."""
    if table.empty:
        return table
    place = {name: number for number, name in enumerate(methods)}
    first_seen = {name: number for number, name in enumerate(dict.fromkeys(table["dataset"]))}
    order = table.assign(
        _dataset=table["dataset"].map(first_seen), _scorer=table["scorer"].map(place)
    )
    return order.sort_values(["_dataset", "_scorer"], kind="stable", ignore_index=True).drop(
        columns=["_dataset", "_scorer"]
    )
