"""What a command was given: as the record of a run holds it, and the seeds that follow from it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgelab.checks import SEEDS, check_seed
from edgelab.errors import ConfigError

# Options that do not change the results.
_NOT_RECORDED = frozenset({"out_dir", "progress", "force", "debug"})


def recorded(command: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a command as plain values, those that bear on the results."""
    arguments: dict[str, Any] = {"command": command}
    for name, value in parameters.items():
        if name not in _NOT_RECORDED:
            arguments[name] = str(value) if isinstance(value, Path) else value
    return arguments


def hold_out_seeds(seed: int, splits: int) -> range:
    """One seed for each time that edges are hidden; tables name the hold-outs by them."""
    check_seed(seed)
    if seed + splits > SEEDS:
        raise ConfigError(
            f"seed {seed} leaves no seeds for {splits} hold-outs: they are numbered from the seed "
            f"on, and the last number is 2**63 - 1. Lower --seed or --splits."
        )
    return range(seed, seed + splits)
