"""Finished cells of a benchmark: one file each, from which an interrupted benchmark goes on."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgelab.errors import ConfigError, DataError
from edgelab.plain_json import write_json


@dataclass(frozen=True, slots=True, kw_only=True)
class CellKey:
    """Which cell: one scorer on one hold-out, or on one draw of a variant, of one data set."""

    dataset: str
    variant: str
    seed: int
    scorer: str

    @property
    def file_name(self) -> str:
        """Different for different keys, and readable; the names of variants are our own."""
        # Only the data set may contain a dot, so that the parts can be told apart from the right.
        dataset = _in_file_name(self.dataset, r"[^\w.-]")
        scorer = _in_file_name(self.scorer, r"[^\w-]")
        variant = self.variant.replace(" ", "_")
        return f"{dataset}.{variant}.{self.seed}.{scorer}.json"


def _in_file_name(name: str, unfit: str) -> str:
    plain = re.sub(unfit, "_", name)
    if plain == name:
        return name
    # Names that look alike now, such as "net 1" and "net_1", differ in the digest; none without
    # one contains a tilde.
    return f"{plain}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class CellStore:
    """A folder of finished cells, each with a fingerprint of all but its key that decides it."""

    folder: Path

    def write(self, key: CellKey, identity: str, content: dict[str, Any]) -> None:
        """Store a finished cell in one step; a run that is killed leaves no part of one."""
        write_json(self._path(key), {"identity": identity, **asdict(key), **content})

    def is_finished(self, key: CellKey, identity: str, *, redo: bool) -> bool:
        """Whether a cell is stored; one of another run is refused, unless it may be replaced."""
        cell = self._load(key)
        if cell is None:
            return False
        is_same = cell["identity"] == identity and _key_of(cell) == key
        if not (is_same or redo):
            raise ConfigError(
                f"{key.file_name} in {str(self.folder)!r} is of a benchmark with other data, other "
                "settings or another version of edgelab. Choose another folder, or pass redo=True "
                "(--redo) to compute such cells anew."
            )
        return is_same

    def read(self, key: CellKey) -> dict[str, Any] | None:
        """The finished cell, or None."""
        cell = self._load(key)
        if cell is not None and _key_of(cell) != key:
            # Possible where a disk ignores case.
            raise DataError(
                f"{str(self._path(key))!r} holds the data set {cell['dataset']!r} instead of "
                f"{key.dataset!r}: on this disk the two share a file. Rename one of them."
            )
        return cell

    def _path(self, key: CellKey) -> Path:
        return self.folder / key.file_name

    def _load(self, key: CellKey) -> dict[str, Any] | None:
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            cell = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(
                f"cannot read the finished cell {str(path)!r}: {error}. Delete it; it is computed "
                "anew."
            ) from error
        is_cell = isinstance(cell, dict) and {"identity", *asdict(key)} <= cell.keys()
        if not is_cell:
            raise DataError(
                f"{str(path)!r} is no finished cell of a benchmark. Delete it; it is computed anew."
            )
        return cell


def _key_of(cell: dict[str, Any]) -> CellKey:
    return CellKey(
        dataset=cell["dataset"],
        variant=cell["variant"],
        seed=cell["seed"],
        scorer=cell["scorer"],
    )
