"""The units of a benchmark: what one process does in one go."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from edgelab._version import __version__
from edgelab.datasets import Dataset
from edgelab.errors import EdgelabError
from edgelab.methods import METHODS
from edgelab.plain_json import plain_json
from edgelab.provenance import frame_hash
from edgelab.training import ModelSettings

from ._cells import CellKey, CellStore
from ._hold_out import judge, make_hold_out
from ._variants import top_edges, variant_evidence

HOLD_OUT = "hold-out"
"""The variant in which known edges are hidden and scorers are judged by finding them."""

# Where and how visibly a model is trained does not change what is being measured; the seed of
# training is that of the unit.
_NOT_IDENTITY = frozenset({"device", "progress", "checkpoint_every", "seed"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What all units of a benchmark share."""

    fraction: float
    settings: ModelSettings
    top_k: tuple[int, ...]
    store: CellStore


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unit:
    """Cells of one data set in one variant, which share one model, trained if any asks for it."""

    dataset: Dataset
    # What `identity` makes of the data set and the plan.
    identity: str
    # `HOLD_OUT`, or a name in `VARIANTS`.
    variant: str
    # Which hold-out, or which draw of the variant.
    seed: int
    methods: tuple[str, ...]

    def key(self, method: str) -> CellKey:
        """Which cell a method has in the unit."""
        return CellKey(
            dataset=self.dataset.name, variant=self.variant, seed=self.seed, scorer=method
        )


def identity(plan: Plan, dataset: Dataset) -> str:
    """Fingerprint of everything that decides the cells of a data set, their keys aside."""
    settings = asdict(plan.settings)
    settings["training"] = {
        name: value for name, value in settings["training"].items() if name not in _NOT_IDENTITY
    }
    tables = (
        dataset.edges,
        dataset.input_edges,
        dataset.output_edges,
        dataset.x,
        dataset.y,
        dataset.condition,
    )
    content = [
        __version__,
        plan.fraction,
        plan.top_k,
        settings,
        dataset.functions,
        [frame_hash(table) for table in tables],
    ]
    return hashlib.sha256(json.dumps(plain_json(content)).encode()).hexdigest()[:16]


def run_unit(plan: Plan, unit: Unit) -> list[dict[str, Any]]:
    """Rank by every method, storing each cell as it finishes; returns what was skipped."""
    make_cell = _cell_maker(plan, unit)
    skipped = []
    for method in unit.methods:
        key = unit.key(method)
        started = time.perf_counter()
        try:
            content = make_cell(method)
        except EdgelabError as error:
            # Such as a masked model where outputs are missing: it leaves no file and is tried again
            # next time.
            skipped.append({**asdict(key), "reason": str(error)})
            continue
        content["seconds"] = time.perf_counter() - started
        plan.store.write(key, unit.identity, content)
    return skipped


def _cell_maker(plan: Plan, unit: Unit) -> Callable[[str], dict[str, Any]]:
    if unit.variant == HOLD_OUT:
        return _hold_out_cells(plan, unit)
    return _variant_cells(plan, unit)


def _hold_out_cells(plan: Plan, unit: Unit) -> Callable[[str], dict[str, Any]]:
    hold_out = make_hold_out(unit.dataset, plan.fraction, unit.seed, plan.settings)

    def cell(method: str) -> dict[str, Any]:
        _, metrics = judge(hold_out, method, plan.top_k)
        return {"metrics": metrics | {"n_reversed": hold_out.n_reversed}}

    return cell


def _variant_cells(plan: Plan, unit: Unit) -> Callable[[str], dict[str, Any]]:
    evidence = variant_evidence(unit.dataset, unit.variant, unit.seed, plan.settings)
    count = len(unit.dataset.edges)  # as many as the network has, as others count them too

    def cell(method: str) -> dict[str, Any]:
        return {"top": top_edges(METHODS[method].table(evidence, None), count)}

    return cell
