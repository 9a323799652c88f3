"""The versions that are promised are those that are tested."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]


def lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8").splitlines()
    return [line for line in text if line and not line.startswith("#")]


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def floors(dependencies: list[str]) -> dict[str, Version]:
    """The version after >= of every dependency."""
    found = {}
    for dependency in dependencies:
        requirement = Requirement(dependency)
        (floor,) = requirement.specifier
        found[requirement.name] = Version(floor.version)
    return found


def test_the_lowest_versions_that_are_tested_are_those_that_are_promised():
    oldest = [Requirement(line) for line in lines(ROOT / "tests" / "lowest.txt")]
    tested = {
        pin.name: Version(str(pin.specifier).removeprefix("=="))
        for pin in oldest
        if pin.marker is None or pin.marker.evaluate({"python_version": "3.11"})
    }
    assert tested == floors(project()["dependencies"])


@pytest.mark.parametrize("group", ["dependencies", "test", "dev"])
def test_what_is_installed_is_pinned(group):
    declared = project()
    wanted = (
        declared["dependencies"]
        if group == "dependencies"
        else declared["optional-dependencies"][group]
    )
    pinned = {canonicalize_name(Requirement(line).name) for line in lines(ROOT / "constraints.txt")}
    names = {canonicalize_name(Requirement(dependency).name) for dependency in wanted} - {"edgelab"}
    assert names <= pinned
