"""What a run was made with: versions, machine, and fingerprints of its data."""

import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from edgelab._version import __version__
from edgelab.errors import DataError

PACKAGES = (
    "torch",
    "torch_geometric",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "statsmodels",
    "networkx",
    "matplotlib",
    "pyarrow",
)
"""The packages whose versions can change a result or its files."""

# Bytes of a file that are read at a time.
_BLOCK = 1 << 20


def environment() -> dict[str, Any]:
    """Versions and machine, for the record of a run.

    Returns:
        `python`, `edgelab`, one entry per name in `PACKAGES` (None if not installed), `platform`,
        `threads` that torch uses, and the names of the CUDA `devices`.

    Example:
        >>> import torch
        >>> record = environment()
        >>> record["torch"] == torch.__version__, "platform" in record
        (True, True)
    """
    import torch  # not at the top: fingerprints of data do without it

    devices = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return {
        "python": platform.python_version(),
        "edgelab": __version__,
        **{name: _installed(name) for name in PACKAGES},
        "torch": str(
            torch.__version__
        ),  # the installed record may lack the build, as in 2.13.0+cpu
        "platform": platform.platform(),
        "threads": torch.get_num_threads(),
        "devices": devices,
    }


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file's bytes.

    Args:
        path: The file.

    Returns:
        64 hexadecimal digits.

    Raises:
        DataError: If the file cannot be read.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "x.csv"
        ...     _ = path.write_bytes(b"abc")
        ...     file_hash(path)[:8]
        'ba7816bf'
    """
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as handle:
            while block := handle.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise DataError(
            f"cannot read {str(path)!r} to fingerprint it: {error.strerror}. Check the path."
        ) from error
    return digest.hexdigest()


def frame_hash(frame: pd.DataFrame | pd.Series) -> str:
    """SHA-256 of a table's content, the same on every machine.

    Column names, the order of columns and rows, and every value count; the index does not. Numbers
    and booleans count as float64, so 1, 1.0 and True are the same; other values count as text,
    categorical or not.

    Args:
        frame: A table or a column of numbers, booleans, text or categories.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> table = pd.DataFrame({"drug": [0, 1], "name": ["a", "b"]})
        >>> frame_hash(table) == frame_hash(table.astype({"drug": float, "name": "category"}))
        True
        >>> frame_hash(table) == frame_hash(table.iloc[::-1])
        False
    """
    table = frame.to_frame() if isinstance(frame, pd.Series) else frame
    digest = hashlib.sha256(
        json.dumps([list(table.shape), [str(name) for name in table.columns]]).encode()
    )
    for position in range(table.shape[1]):
        digest.update(_column_bytes(table.iloc[:, position]))
    return digest.hexdigest()


def _column_bytes(column: pd.Series) -> bytes:
    if pd.api.types.is_numeric_dtype(column):  # booleans included
        # Adding zero turns -0.0 into 0.0; NaN gets one bit pattern.
        number = column.to_numpy(dtype="<f8", na_value=np.nan) + 0.0
        return b"n" + np.where(np.isnan(number), np.nan, number).astype("<f8").tobytes()
    text = [
        None if missing else str(item) for item, missing in zip(column, column.isna(), strict=True)
    ]
    return b"t" + json.dumps(text).encode()
