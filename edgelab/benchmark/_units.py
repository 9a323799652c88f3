"""The units of a benchmark: what one process does in one go, and the file that each finished cell
leaves.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgelab._version import __version__
from edgelab.datasets import Dataset
from edgelab.errors import EdgelabError
from edgelab.methods import METHODS
from edgelab.plain_json import plain_json, write_json
from edgelab.provenance import frame_hash
from edgelab.training import ModelSettings

from ._judge import judged, make_hold_out
from ._variants import top_edges, variant_evidence

HOLD_OUT = "hold-out"
"""The variant in which known edges are hidden and scorers are judged by finding them."""

# Where and how visibly a model is trained does not change what is being measured.
_NOT_IDENTITY = frozenset({"device", "progress", "checkpoint_every", "seed"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What all units of a benchmark share.

    Attributes:
        fraction: Share of the edges that every hold-out hides.
        settings: How models are built and trained.
        top_k: For which k `top@k` is reported.
        folder: Where finished cells are stored.
    """

    fraction: float
    settings: ModelSettings
    top_k: tuple[int, ...]
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unit:
    """One data set in one variant: a model is trained at most once in it.

    Attributes:
        dataset: The data set.
        variant: `"hold-out"`, or a variant of the whole data set; see `edgelab.benchmark.VARIANTS`.
        seed: Which hold-out, or which draw of the variant.
        methods: Names in `METHODS`.
    """

    dataset: Dataset
    variant: str
    seed: int
    methods: tuple[str, ...]


def cell_path(plan: Plan, unit: Unit, method: str) -> Path:
    """The file of one finished cell.

    Args:
        plan: Names the folder.
        unit: Data set, variant and seed.
        method: The scorer.

    Returns:
        A path in the folder of the plan.
    """
    return plan.folder / (
        re.sub(r"[^\w.-]", "_", f"{unit.dataset.name}.{unit.variant}.{unit.seed}.{method}")
        + ".json"
    )


def identity(plan: Plan, unit: Unit) -> str:
    """Fingerprint of everything that decides the cells of a unit, the method and the seed aside.

    Args:
        plan: Fraction, settings and the k.
        unit: The data set.

    Returns:
        Hexadecimal digits.
    """
    dataset, settings = unit.dataset, asdict(plan.settings)
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
        [frame_hash(one) for one in tables],
    ]
    return hashlib.sha256(json.dumps(plain_json(content)).encode()).hexdigest()[:16]


def run_unit(plan: Plan, unit: Unit) -> list[dict[str, Any]]:
    """Do a unit: let its methods rank the candidates, and store one file per method as it finishes.

    A method that cannot be used on the data, such as a masked model where outputs are missing, is
    skipped and says why; it leaves no file and is tried again next time.

    Args:
        plan: What all units share.
        unit: What to do.

    Returns:
        One row per skipped method: `dataset, variant, seed, scorer, reason`.
    """
    cell_of, skipped = _cell_maker(plan, unit), []
    for method in unit.methods:
        key = {
            "dataset": unit.dataset.name,
            "variant": unit.variant,
            "seed": unit.seed,
            "scorer": method,
        }
        started = time.perf_counter()
        try:
            cell = cell_of(method)
        except EdgelabError as error:
            skipped.append({**key, "reason": str(error)})
            continue
        cell["seconds"] = time.perf_counter() - started
        write_json(cell_path(plan, unit, method), {"identity": identity(plan, unit), **key, **cell})
    return skipped


def _cell_maker(plan: Plan, unit: Unit) -> Callable[[str], dict[str, Any]]:
    """What makes the content of a cell; all cells of a unit share one model."""
    if unit.variant == HOLD_OUT:
        hold_out = make_hold_out(unit.dataset, plan.fraction, unit.seed, plan.settings)

        def judge(method: str) -> dict[str, Any]:
            ((_, _, metrics),) = judged(hold_out, [method], plan.top_k)
            return {"metrics": metrics | {"n_reversed": hold_out.n_reversed}}

        return judge
    evidence = variant_evidence(unit.dataset, unit.variant, unit.seed, plan.settings)
    count = len(unit.dataset.edges)  # as many as the network has, as others count them too
    return lambda method: {"top": top_edges(METHODS[method].table(evidence, None), count)}
