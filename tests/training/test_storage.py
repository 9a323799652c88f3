import os

import pytest
import torch
from safetensors.torch import save_file

from edgelab.errors import CheckpointError
from edgelab.training import load_model, save_model


def test_every_kind_of_tensor_survives(tmp_path):
    base = torch.arange(12.0).reshape(3, 4)
    tensors = {
        "plain": base,
        "tied": base,
        "view": base[1:, ::2],
        "transposed": base.T,
        "scalar": torch.tensor(2.5, dtype=torch.float64),
        "empty": torch.zeros(0, 3),
        "half": torch.ones(2, dtype=torch.bfloat16),
        "flags": torch.tensor([True, False]),
        "needs_gradient": torch.ones(2, requires_grad=True),
    }
    save_model(
        tmp_path / "model.safetensors", tensors, {"channels": 8, "names": ["a"], "none": None}
    )
    loaded, metadata = load_model(tmp_path / "model.safetensors")
    assert metadata == {"channels": 8, "names": ["a"], "none": None}
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert loaded[name].dtype == tensor.dtype
        assert torch.equal(loaded[name], tensor)
    assert loaded["tied"] is loaded["plain"]
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_damage_anywhere_is_noticed(tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(path, {"weight": torch.randn(20)}, {"channels": 8})
    content = path.read_bytes()
    for position in range(0, len(content), 7):
        path.write_bytes(content[:position])
        with pytest.raises(CheckpointError, match=r"(?s)cannot read .* start afresh"):
            load_model(path)
        path.write_bytes(
            content[:position] + bytes([content[position] ^ 4]) + content[position + 1 :]
        )
        try:
            tensors, metadata = load_model(path)
        except CheckpointError:
            continue
        # A flip that leaves no trace in the content, such as in the header's padding, is no damage.
        path.write_bytes(content)
        assert torch.equal(tensors["weight"], load_model(path)[0]["weight"])
        assert metadata == {"channels": 8}


def test_missing_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="there is no file"):
        load_model(tmp_path / "none.safetensors")
    save_file({"weight": torch.ones(1)}, tmp_path / "foreign.safetensors")
    with pytest.raises(CheckpointError, match="not written by this version of edgelab"):
        load_model(tmp_path / "foreign.safetensors")


def test_a_failed_write_says_so_and_leaves_the_earlier_file(tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    save_model(path, {"weight": torch.ones(1)}, {})

    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(CheckpointError, match=r"No space left.*has space left"):
        save_model(path, {"weight": torch.zeros(1)}, {})
    monkeypatch.undo()
    assert load_model(path)[0]["weight"].item() == 1
    assert os.listdir(tmp_path) == ["model.safetensors"]
    with pytest.raises(CheckpointError, match="cannot write"):
        save_model(tmp_path / "no_such_folder" / "model.safetensors", {}, {})
