import json
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from edgelab.errors import DataError
from edgelab.plain_json import plain_json, write_json


class Device(Enum):
    CPU = "cpu"


@dataclass(frozen=True)
class Settings:
    layers: int
    folder: Path


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (float("nan"), None),
        (np.float64("inf"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (np.array([[1.0, float("nan")]]), [[1.0, None]]),
        (torch.tensor([1, 2]), [1, 2]),
        (torch.tensor(0.5), 0.5),
        ({"b", "a"}, ["a", "b"]),
        ((1, (2.0,)), [1, [2.0]]),
        (Settings(layers=2, folder=Path("out")), {"layers": 2, "folder": "out"}),
        (Device.CPU, "cpu"),
        (pd.Series([1.0, float("nan")]), [1.0, None]),
        (
            pd.DataFrame({"scorer": ["mei"], "auc": [float("nan")]}),
            [{"scorer": "mei", "auc": None}],
        ),
        ({1: {"x": None}}, {"1": {"x": None}}),
    ],
)
def test_values_become_plain(value, plain):
    found = plain_json(value)
    assert found == plain
    assert type(found) is type(plain)
    json.dumps(found, allow_nan=False)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_plain_values_are_kept(value):
    assert plain_json(value) == value


def test_what_json_cannot_hold_is_refused_with_its_place(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("old")
    with pytest.raises(DataError, match=r"config.json\['run'\]\[1\] is a function"):
        write_json(path, {"run": [1, plain_json]})
    with pytest.raises(DataError, match="keys of JSON are text"):
        write_json(path, {("a", "b"): 1})
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_are_utf8_json(tmp_path):
    path = write_json(tmp_path / "m.json", {"sd": np.float32("nan"), "name": "PI3K-γ"})
    assert json.loads(path.read_bytes().decode("utf-8")) == {"sd": None, "name": "PI3K-γ"}


def test_values_of_python_need_no_library():
    script = (
        "import sys; from edgelab.plain_json import plain_json;"
        "plain_json({'seed': 0, 'top': [0.5, None], 'path': 'out'});"
        "print(sorted({'numpy', 'pandas', 'torch'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
