"""Natural order: runs of digits count as numbers, whatever surrounds them."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from edgelab.naming import natural_key, natural_order, natural_pair_key

NAMES = st.text("af19.²٣-", max_size=6)


def test_numbers_inside_names_count_as_numbers():
    assert natural_order(["f10", "f9", "F1", "9", "²", "f9"]) == ["9", "F1", "f9", "f10", "²"]
    # Equal as numbers, different as names: 7 and 07 keep a fixed order.
    assert natural_order(["x7", "x07"]) == natural_order(["x07", "x7"]) == ["x07", "x7"]


@given(NAMES, NAMES)
def test_only_equal_names_have_equal_keys(first, second):
    assert (natural_key(first) == natural_key(second)) == (first == second)


def test_pairs_go_by_their_source_first():
    pairs = [("f10", "f1"), ("f2", "f10"), ("f2", "f9")]
    assert sorted(pairs, key=natural_pair_key) == [("f2", "f9"), ("f2", "f10"), ("f10", "f1")]


def test_nothing_heavy_is_imported():
    """The command line imports it for its help text."""
    script = (
        "import sys, importlib.util as u; s = u.spec_from_file_location('naming', sys.argv[1]);"
        "m = u.module_from_spec(s); s.loader.exec_module(m);"
        "print(sorted({'numpy', 'pandas', 'torch', 'edgelab'} & set(sys.modules)))"
    )
    file = sys.modules[natural_key.__module__].__file__
    found = subprocess.run(
        [sys.executable, "-c", script, file], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
