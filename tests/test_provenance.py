import hashlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from edgelab.errors import DataError
from edgelab.plain_json import plain_json
from edgelab.provenance import PACKAGES, environment, file_hash, frame_hash


def test_environment_is_plain_and_names_every_package():
    record = environment()
    assert plain_json(record) == record
    assert all(record[name] for name in PACKAGES)
    assert record["edgelab"] and record["python"].startswith("3.")


def test_file_hash_is_sha256_of_the_bytes(tmp_path):
    content = bytes(range(256)) * 8192  # more than one block
    (tmp_path / "x").write_bytes(content)
    assert file_hash(tmp_path / "x") == hashlib.sha256(content).hexdigest()
    with pytest.raises(DataError, match="Check the path"):
        file_hash(tmp_path / "absent")


def base() -> pd.DataFrame:
    return pd.DataFrame({"x": [0.0, 1.0, np.nan], "name": ["a", None, "c"]})


@pytest.mark.parametrize(
    "same",
    [
        base().set_axis([5, 6, 7]),
        base().astype({"name": "category"}),
        base().assign(x=[-0.0, 1.0, np.nan]),
        base().assign(x=pd.array([0, 1, None], dtype="Int64")),
        base().astype({"x": "float32"}),
    ],
)
def test_hash_ignores_storage(same):
    assert frame_hash(same) == frame_hash(base())


@pytest.mark.parametrize(
    "other",
    [
        base().iloc[::-1],
        base()[["name", "x"]],
        base().rename(columns={"x": "y"}),
        base().assign(x=[0.0, 1.0 + 1e-15, np.nan]),
        base().assign(name=["a", "None", "c"]),
        base().head(2),
        pd.DataFrame(),
    ],
)
def test_hash_sees_every_change(other):
    assert frame_hash(other) != frame_hash(base())


def test_hash_is_the_same_for_ever():
    # Written down once: results folders of other versions and machines hold such numbers.
    assert frame_hash(base()).startswith("cf891def091a0700")
    assert frame_hash(base()["x"]) == frame_hash(base()[["x"]])


def test_fingerprints_of_data_need_no_torch():
    script = "import sys; from edgelab.provenance import frame_hash; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
