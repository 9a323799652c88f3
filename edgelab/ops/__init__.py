"""Pure tensor mathematics shared by everything above: sparse products, streaming moments, segment sums."""

from .batch import Batch as Batch
