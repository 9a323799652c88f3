"""A toy task with interventions, made for every test anew."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch

from edgelab.graphs import build_graph
from edgelab.inference import EdgeScorer, RawScores
from edgelab.tasks import Task

EDGES = [("a", "b"), ("b", "c"), ("a", "d"), ("d", "c")]
INPUTS = [("stimulus", "d"), ("drug", "a"), ("other", "b")]
FUNCTIONS = ["a", "b", "c", "d", "e"]
# x: stimulus, drug, other. Every setting has three samples; the control is the stimulus alone.
SETTINGS = [(1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 0.0, 1.0)]


def toy_task(functions=FUNCTIONS, samples=None, outputs=("c", "a", "d", "b"), seed=0) -> Task:
    """A task whose nodes come in the given order; its numbers belong to the names, not to the
    order.
    """
    graph = build_graph(
        EDGES,
        input_edges=INPUTS,
        output_edges=[(name, f"{name}_level") for name in outputs],
        functions=list(functions),
        outputs=[f"{name}_level" for name in outputs],
        inputs=["stimulus", "drug", "other"],
    )
    x = np.repeat(np.array(SETTINGS), 3, axis=0)
    rng = np.random.default_rng(seed)
    level = dict(zip("abcd", rng.normal(size=(4, len(x))), strict=True))
    level["b"] += 0.8 * level["a"] + 3 * x[:, 1]
    y = np.stack([level[name] for name in outputs], axis=1)
    rows = np.arange(len(x)) if samples is None else np.asarray(samples)
    condition = pd.Series([f"setting {row // 3}" for row in rows], dtype="category")
    as_tensor = [torch.from_numpy(matrix[rows]).float() for matrix in (x, y)]
    return Task(name="toy", data=graph, x=as_tensor[0], y=as_tensor[1], condition=condition)


@pytest.fixture
def make_task() -> Callable[..., Task]:
    return toy_task


@pytest.fixture
def dense() -> Callable[[EdgeScorer], RawScores]:
    return lambda scorer: scorer.raw_scores(slice(0, scorer.pairs.n_targets))
