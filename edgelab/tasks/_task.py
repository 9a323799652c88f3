"""What a model is asked to learn: a graph, its samples and what weighs or hides measurements."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch_geometric.data import HeteroData

from edgelab.errors import DataError
from edgelab.ops import Batch
from edgelab.typing import Float, Tensor

from ._corruption import Corruption


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """A graph and samples that fit it, column by column.

    Attributes:
        name: Short name, for tables and file names.
        data: The graph that the model sees.
        x: What the input nodes are set to, in the order of the graph's inputs.
        y: What the output nodes showed, in the order of the graph's outputs.
        condition: The experimental condition of each sample.
        corruption: What hides measurements, or None when the inputs are used as they are.

    Raises:
        DataError: If the columns are not as many as the graph's inputs and outputs, or the numbers
            of samples differ.
    """

    name: str
    data: HeteroData
    x: Float[Tensor, "samples inputs"]
    y: Float[Tensor, "samples outputs"]
    condition: pd.Series
    corruption: Corruption | None = None

    def __post_init__(self) -> None:
        for role, matrix, kind in (("x", self.x, "input"), ("y", self.y, "output")):
            n_nodes = len(self.data[kind].node_names)
            if not (matrix.ndim == 2 and matrix.shape[1] == n_nodes):
                raise DataError(
                    f"{role} has shape {tuple(matrix.shape)}, but the graph has {n_nodes} {kind}s. "
                    "Align it."
                )
        if not len(self.x) == len(self.y) == len(self.condition):
            raise DataError(
                f"x has {len(self.x)} samples, y {len(self.y)} and condition "
                f"{len(self.condition)}. Pass equally many."
            )

    def batch(self, seed: int = 0) -> Batch:
        """Return all samples as the model sees them, corrupted with a fixed seed.

        Args:
            seed: Decides what is hidden; the same seed hides the same.

        Returns:
            All samples in their order; `weight` is None without a corruption.
        """
        if self.corruption is None:
            return Batch(self.x, self.y)
        return self.corruption(self.x, self.y, torch.Generator().manual_seed(seed))

    def samples(self, rows: np.ndarray) -> "Task":
        """Return the same task on some of the samples.

        Args:
            rows: Positions, or one boolean per sample.

        Returns:
            A new task with the chosen samples; graph and corruption are shared. Its rows are
            numbered anew, so the same seed hides other values than in the whole task.
        """
        index = torch.as_tensor(np.arange(len(self.x))[rows])
        return Task(
            name=self.name,
            data=self.data,
            x=self.x[index],
            y=self.y[index],
            condition=self.condition.iloc[rows].reset_index(drop=True),
            corruption=self.corruption,
        )
