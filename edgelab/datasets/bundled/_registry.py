"""The bundled data sets by name."""

from collections.abc import Callable

from edgelab.datasets._dataset import Dataset
from edgelab.registry import Registry

BUNDLED: Registry[Callable[[], Dataset]] = Registry("data set")
"""Data sets that travel with edgelab, by the name that a user types; each file adds its own."""
