"""Tensors and JSON in one safetensors file that is replaced as a whole or not at all."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from edgelab.atomic import replacing
from edgelab.errors import CheckpointError
from edgelab.typing import Tensor

_KEY = "edgelab"
# Raised when files are laid out otherwise, so that those of another version are refused.
_FORMAT = 1


def save_model(
    path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]
) -> None:
    """Write tensors and metadata to one file, atomically.

    The file is complete on the disk before it takes its name: whoever is killed, or loses power, in
    between leaves the earlier file as it was. Any reader of safetensors can open it; there is no
    pickle in it.

    Args:
        path: Where to; an existing file is replaced. Its folder must exist.
        tensors: By name; any dtype and device, views and shared memory allowed.
        metadata: Anything that JSON can hold.

    Raises:
        CheckpointError: If the file cannot be written.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = f"{folder.name}/model.safetensors"
        >>> save_model(path, {"weight": torch.ones(2)}, {"channels": 8})
        >>> load_model(path)
        ({'weight': tensor([1., 1.])}, {'channels': 8})
        >>> folder.cleanup()
    """
    path = Path(path)
    unique, aliases = _separate(tensors)
    content = json.dumps({"format": _FORMAT, "aliases": aliases, "metadata": metadata})
    header = {_KEY: content, "checksum": _checksum(content, unique)}
    try:
        with replacing(path) as draft:
            save_file(unique, draft, metadata=header)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"cannot write {path}: {error}. Check that its folder exists, is writable and has "
            "space left."
        ) from error


def load_model(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `save_model` wrote.

    Args:
        path: The file.

    Returns:
        The tensors, on the CPU, and the metadata. Tensors that shared one memory share it again.

    Raises:
        CheckpointError: If the file is missing, damaged or of another origin.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(
            f"there is no file {path}. Check the path; files are written by save_model and by fit."
        )
    try:
        return _read(path)
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"cannot read {path}: {error}. It is damaged, or was not written by this version of "
            "edgelab. Put back a copy, or delete it and start afresh."
        ) from error


def _separate(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, str]]:
    # Tensors that are one and the same memory are stored once, which also keeps tied weights tied.
    unique: dict[str, Tensor] = {}
    aliases: dict[str, str] = {}
    names: dict[tuple[object, ...], str] = {}
    for name, tensor in tensors.items():
        place = (tensor.device, tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride())
        if place in names and tensor.numel() > 0:
            aliases[name] = names[place]
        else:
            names[place] = name
            unique[name] = tensor.detach().to("cpu", copy=True).contiguous()
    return unique, aliases


def _checksum(content: str, tensors: Mapping[str, Tensor]) -> str:
    checksum = zlib.crc32(content.encode())
    for name in sorted(tensors):
        checksum = zlib.crc32(name.encode(), checksum)
        checksum = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, checksum)
    return f"{checksum:08x}"


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    with safe_open(path, framework="pt") as file:
        header = file.metadata() or {}
        # Cloned, because the file may be replaced while its tensors are still mapped.
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    if header["checksum"] != _checksum(header[_KEY], tensors):
        raise ValueError("its checksum does not match its content")
    document = json.loads(header[_KEY])
    if document["format"] != _FORMAT:
        raise ValueError(f"it has format {document['format']}, this edgelab reads format {_FORMAT}")
    aliases = {alias: tensors[name] for alias, name in document["aliases"].items()}
    return {**tensors, **aliases}, document["metadata"]
