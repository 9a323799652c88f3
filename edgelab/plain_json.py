"""Results as JSON: numbers of every library become plain ones, and what does not fit is refused.

NumPy, pandas and torch are loaded only for values that are none of Python's own, so that a command
that writes none of theirs starts without them.
"""

import json
import math
import sys
from collections.abc import Mapping
from collections.abc import Set as AnySet
from dataclasses import fields, is_dataclass
from enum import Enum
from numbers import Real
from pathlib import Path
from typing import Any

from edgelab.atomic import replacing
from edgelab.errors import DataError


def plain_json(value: object, where: str = "value") -> Any:
    """The same content in types that JSON knows.

    Args:
        value: Nested mappings, dataclasses, sequences, sets (sorted), arrays, tensors, tables (a
            list of rows), numpy numbers, paths and plain values.
        where: What the value is, for the message.

    Returns:
        Dicts, lists, strings, numbers, booleans and None. NaN and infinities, which JSON lacks,
        become None.

    Raises:
        DataError: If something has another type, or a key is neither text nor a number.

    Example:
        >>> import numpy as np
        >>> plain_json({"mrr": np.float32(0.5), "p": float("nan"), "top": (1, np.int64(3))})
        {'mrr': 0.5, 'p': None, 'top': [1, 3]}
    """
    if value is None:
        return None
    if isinstance(value, Enum):
        return plain_json(value.value, where)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str | Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {
            _key(key, where): plain_json(item, f"{where}[{key!r}]") for key, item in value.items()
        }
    if isinstance(value, AnySet):
        value = sorted(value, key=str)
    if isinstance(value, list | tuple):
        return [plain_json(item, f"{where}[{position}]") for position, item in enumerate(value)]
    return _from_library(value, where)


def _from_library(value: object, where: str) -> Any:
    import numpy as np
    import pandas as pd

    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.floating):
        return plain_json(float(value), where)
    if isinstance(value, np.ndarray | pd.Series | pd.Index):
        return plain_json(value.tolist(), where)
    if isinstance(value, pd.DataFrame):
        return [plain_json(row, where) for row in value.to_dict("records")]
    torch = sys.modules.get("torch")  # whoever has a tensor has loaded it
    if torch is not None and isinstance(value, torch.Tensor):
        return plain_json(value.detach().cpu().tolist(), where)
    raise DataError(
        f"{where} is a {type(value).__name__}, which cannot be written as JSON. Pass numbers, "
        "text, lists, dicts, arrays, tables or dataclasses."
    )


def _key(key: object, where: str) -> str:
    if isinstance(key, str | Real | Path):  # numbers of NumPy are among the real ones
        return str(key)
    raise DataError(
        f"{where} has the key {key!r}, but keys of JSON are text. Use its name instead."
    )


def write_json(path: str | Path, value: object) -> Path:
    """Write a value as indented JSON, replacing the file in one step.

    Args:
        path: Where to; its folder must exist.
        value: What `plain_json` takes.

    Returns:
        The path.

    Raises:
        DataError: If a part of the value cannot be written as JSON; an earlier file then stays as
            it was.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     write_json(Path(folder) / "metrics.json", {"auc": float("nan")}).read_text().split()
        ['{', '"auc":', 'null', '}']
    """
    path = Path(path)
    text = json.dumps(plain_json(value, path.name), indent=2, ensure_ascii=False, allow_nan=False)
    with replacing(path) as draft:
        draft.write_text(text + "\n", encoding="utf-8")
    return path
