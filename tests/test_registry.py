"""A registry is explicit, loud and listable."""

import pytest

from edgelab.errors import ConfigError
from edgelab.registry import Registry


@pytest.fixture
def colours() -> Registry:
    registry = Registry("colour")
    for name in ("red", "green"):
        registry.register(name)(name.upper())
    return registry


def test_names_come_in_the_order_of_registration(colours):
    assert colours.names() == list(colours) == ["red", "green"]
    assert len(colours) == 2
    assert "red" in colours
    assert "blue" not in colours


def test_entries_are_returned_as_given(colours):
    assert colours["green"] == "GREEN"
    assert Registry("x").register("f")(len) is len


def test_an_unknown_name_lists_what_there_is(colours):
    with pytest.raises(
        ConfigError,
        match=r"unknown colour 'gren' \(close: 'green'\); choose one of \['red', 'green'\]",
    ):
        colours["gren"]


def test_a_name_is_taken_once(colours):
    with pytest.raises(ConfigError, match="colour 'red' is registered already"):
        colours.register("red")
    assert colours["red"] == "RED"


def test_the_list_of_names_is_a_copy(colours):
    colours.names().append("blue")
    assert "blue" not in colours


def test_registries_do_not_share_entries(colours):
    assert Registry("colour").names() == []
