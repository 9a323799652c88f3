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
    """Write the arguments of a net, among them dense and sparse tensors, and its parameters."""
    arguments = {name: _plain(value) for name, value in config.items()}
    flat = flatten_state({"config": arguments, "state": dict(state)})
    save_model(path, flat.tensors, {"kind": _KIND, "tree": flat.tree})


def read_graph_file(path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read arguments and parameters, on the CPU."""
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
