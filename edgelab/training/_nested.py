"""Nested state to flat tensors plus JSON and back, so that nothing ever needs pickle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from edgelab.errors import CheckpointError
from edgelab.typing import Tensor

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class FlatState:
    """A nested state in two parts that files can hold.

    Attributes:
        tree: JSON in which each container is `{kind: content}` and each tensor `{"tensor": name}`.
        tensors: The tensors by name; names spell the path to where the tensor belongs.
    """

    tree: Json
    tensors: dict[str, Tensor] = field(default_factory=dict)


def flatten_state(state: object) -> FlatState:
    """Part a nested state into JSON and tensors.

    Args:
        state: Tensors, None, bools, integers, floats, strings, and lists, tuples and mappings of
            them; the keys of a mapping are strings, integers, floats, bools or None, and keep their
            type.

    Returns:
        What `unflatten_state` turns back into an equal state; floats and tensors keep every bit.

    Raises:
        CheckpointError: If the state holds anything else; the message says where.

    Example:
        >>> import torch
        >>> flat = flatten_state({"step": 3, "moments": [torch.ones(2)]})
        >>> flat.tree
        {'mapping': [['step', 3], ['moments', {'list': [{'tensor': 'moments/0'}]}]]}
        >>> list(flat.tensors)
        ['moments/0']
    """
    tensors: dict[str, Tensor] = {}
    return FlatState(_encode(state, "", tensors), tensors)


def unflatten_state(flat: FlatState) -> Any:
    """Put a nested state together again.

    Args:
        flat: What `flatten_state` returned, possibly by way of a file.

    Returns:
        An equal state; every mapping is a dict.

    Raises:
        CheckpointError: If the tree names a tensor that is missing or has an unknown form.

    Example:
        >>> unflatten_state(flatten_state({0: (1.5, None), "names": ["a"]}))
        {0: (1.5, None), 'names': ['a']}
    """
    return _decode(flat.tree, flat.tensors)


def _encode(value: object, path: str, tensors: dict[str, Tensor]) -> Json:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Tensor):
        return {"tensor": _store(value, path, tensors)}
    if isinstance(value, Mapping):
        return {
            "mapping": [
                [_check_key(key, path), _encode(item, _join(path, key), tensors)]
                for key, item in value.items()
            ]
        }
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_encode(item, _join(path, i), tensors) for i, item in enumerate(value)]}
    raise CheckpointError(
        f"the state at {path!r} is a {type(value).__name__}; a checkpoint holds tensors, numbers, "
        "strings, None, and lists, tuples and dicts of them. Convert it in state_dict and back in "
        "load_state_dict."
    )


def _check_key(key: object, path: str) -> object:
    if key is None or isinstance(key, bool | int | float | str):
        return key
    raise CheckpointError(
        f"the state at {path!r} has the key {key!r}, a {type(key).__name__}; keys must be strings "
        "or numbers. Convert them in state_dict and back in load_state_dict."
    )


def _join(path: str, key: object) -> str:
    return f"{path}/{key}" if path else str(key)


def _store(tensor: Tensor, path: str, tensors: dict[str, Tensor]) -> str:
    name = path
    while name in tensors:  # {"a/b": …, "a": {"b": …}} spells one path twice
        name += "'"
    tensors[name] = tensor
    return name


def _decode(tree: Json, tensors: Mapping[str, Tensor]) -> Any:
    if not isinstance(tree, dict):
        return tree
    kind, content = next(iter(tree.items()))
    if kind == "tensor" and content in tensors:
        return tensors[content]
    if kind == "mapping":
        return {key: _decode(item, tensors) for key, item in content}
    if kind in {"list", "tuple"}:
        items = [_decode(item, tensors) for item in content]
        return items if kind == "list" else tuple(items)
    raise CheckpointError(
        f"the state holds the unknown part {kind!r}: {content!r}. Start afresh with overwrite=True."
    )
