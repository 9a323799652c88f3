import pytest

from edgelab.datasets import data_path
from edgelab.datasets.bundled import _location as location
from edgelab.errors import DataError


def test_a_file_inside_the_package_is_found_before_one_beside_it(monkeypatch, tmp_path):
    inside, beside = tmp_path / "inside", tmp_path / "beside"
    for folder in (inside, beside):
        (folder / "sachs").mkdir(parents=True)
    (beside / "sachs" / "a.tsv").write_text("beside")
    monkeypatch.setattr(location, "_FOLDERS", (inside, beside))
    assert data_path("sachs/a.tsv").read_text() == "beside"
    (inside / "sachs" / "a.tsv").write_text("inside")
    assert data_path("sachs/a.tsv").read_text() == "inside"


def test_a_missing_file_names_itself_the_places_and_the_cure():
    with pytest.raises(
        DataError, match=r"'sachs/nothing.tsv' was not found in .*datasets.*reinstall"
    ):
        data_path("sachs/nothing.tsv")
