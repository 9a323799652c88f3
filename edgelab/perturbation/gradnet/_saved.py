"""Perturbed graphs in files: arguments and parameters, tensors and JSON, no pickle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from edgelab.errors import CheckpointError
from edgelab.training import FlatState, flatten_state, load_model, save_model, unflatten_state
from edgelab.typing import Tensor

_KIND = "perturbed graph"


def write_graph_file(
    path: str | Path, config: Mapping[str, Any], state: Mapping[str, Tensor]
) -> None:
    """Write the arguments and the parameters of a net to one file, atomically.

    Args:
        path: Where to; its folder must exist.
        config: Arguments, among them dense and sparse tensors.
        state: Parameters by name.

    Raises:
        CheckpointError: If the file cannot be written.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = f"{folder.name}/net.safetensors"
        >>> write_graph_file(path, {"mask": torch.eye(2).to_sparse()}, {"raw": torch.ones(2)})
        >>> config, state = read_graph_file(path)
        >>> config["mask"].is_sparse, state["raw"].tolist()
        (True, [1.0, 1.0])
        >>> folder.cleanup()
    """
    flat = flatten_state(
        {"config": {name: _plain(value) for name, value in config.items()}, "state": dict(state)}
    )
    save_model(path, flat.tensors, {"kind": _KIND, "tree": flat.tree})


def read_graph_file(path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read what `write_graph_file` wrote.

    Args:
        path: The file.

    Returns:
        Arguments and parameters, on the CPU.

    Raises:
        CheckpointError: If the file is missing, damaged or of another kind.
    """
    tensors, metadata = load_model(path)
    if metadata.get("kind") != _KIND:
        raise CheckpointError(
            f"{path} holds no perturbed graph. Choose a file that GradNet.save or fit wrote."
        )
    content = unflatten_state(FlatState(metadata["tree"], tensors))
    return {name: _restored(value) for name, value in content["config"].items()}, content["state"]


def _plain(value: Any) -> Any:
    if not (isinstance(value, Tensor) and value.is_sparse):
        return value
    return {"indices": value.indices(), "values": value.values(), "size": list(value.shape)}


def _restored(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    with torch.sparse.check_sparse_tensor_invariants():
        return torch.sparse_coo_tensor(**value, is_coalesced=True)
