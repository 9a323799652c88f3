import pytest

from edgelab.atomic import replacing


def test_an_error_leaves_the_earlier_file_and_no_draft(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as draft:
        draft.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_earlier_file_is_seen_until_the_block_ends(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text("old")
    with replacing(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_the_draft_has_the_ending_of_the_file(tmp_path):
    with replacing(tmp_path / "figure.png") as draft:
        assert draft.suffix == ".png"
        draft.write_bytes(b"")
