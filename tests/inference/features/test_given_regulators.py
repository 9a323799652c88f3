"""What the other known regulators do not explain."""

import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import Dataset
from edgelab.inference.features import given_regulators_features
from edgelab.tasks import perturbation_task


def chain(n_samples=400, seed=0):
    """a -> b -> c, every one perturbed in some samples and measured."""
    rng = np.random.default_rng(seed)
    names = ["a", "b", "c"]
    x = np.zeros((n_samples, 3))
    for node in range(3):
        x[node * 20 : (node + 1) * 20, node] = 1.0
    a = np.where(x[:, 0] == 1, -4.0, rng.normal(size=n_samples))
    b = np.where(x[:, 1] == 1, -4.0, a + 0.3 * rng.normal(size=n_samples))
    c = np.where(x[:, 2] == 1, -4.0, b + 0.3 * rng.normal(size=n_samples))
    edges = pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"]})
    own = pd.DataFrame({"source": names, "target": names})
    return Dataset(
        name="chain",
        source="simulated",
        edges=edges,
        input_edges=own,
        output_edges=own,
        x=pd.DataFrame(x, columns=names),
        y=pd.DataFrame(np.stack([a, b, c], axis=1), columns=names),
        condition=pd.Series(["any"] * n_samples, dtype="category"),
    )


def adjacency(*edges):
    matrix = np.zeros((3, 3), dtype=bool)
    for edge in edges:
        matrix[edge] = True
    return matrix


A, B, C = range(3)


def test_a_known_regulator_explains_its_own_regulators_away():
    task = perturbation_task(chain())
    blind = given_regulators_features(task, adjacency())["partial_association"]
    knowing = given_regulators_features(task, adjacency((B, C)))["partial_association"]
    assert blind[A, C] > 0.7
    assert knowing[A, C] < 0.2


def test_a_known_edge_is_described_as_if_it_were_unknown():
    task = perturbation_task(chain())
    for edge in ((B, C), (A, B), (A, C)):
        unknown = given_regulators_features(task, adjacency((A, C), (B, A)) & ~adjacency(edge))
        known = given_regulators_features(task, adjacency((A, C), (B, A)) | adjacency(edge))
        for name in unknown:
            assert known[name][edge] == pytest.approx(unknown[name][edge]), (name, edge)


def test_partial_association_is_the_correlation_of_remainders():
    task = perturbation_task(chain())
    rows = task.x.numpy()[:, C] == 0
    y = task.y.numpy().astype(float)[rows]
    left = [y[:, node] - np.polyval(np.polyfit(y[:, B], y[:, node], 1), y[:, B]) for node in (A, C)]
    expected = abs(np.corrcoef(left[0], left[1])[0, 1])
    found = given_regulators_features(task, adjacency((B, C)))["partial_association"][A, C]
    assert found == pytest.approx(expected, rel=1e-4)


def test_what_is_explained_completely_is_associated_with_nothing():
    """Rounding leaves something of c = 2 b, which must not be correlated with a."""
    data = chain()
    data.y["c"] = 2 * data.y["b"]
    features = given_regulators_features(perturbation_task(data), adjacency((B, C)))
    assert features["partial_association"][A, C] == 0.0
