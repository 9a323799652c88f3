"""The bundled network of 46 genes, and the screen that is simulated from it."""

import hashlib
import json
import re

import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import data_path, ecoli70, ecoli70_network
from edgelab.tasks import perturbation_task


def test_the_file_is_the_one_its_readme_describes():
    readme = data_path("ecoli70/README.md").read_text()
    assert hashlib.sha256(data_path("ecoli70/ecoli70.json").read_bytes()).hexdigest() in readme
    described = set(re.findall(r"`(ecoli70\.json|LICENSE\.pgmpy)`", readme))
    assert described == {path.name for path in data_path("ecoli70").iterdir()} - {"README.md"}


def test_every_number_of_the_file_is_in_the_network():
    ecoli = ecoli70_network()
    stored = json.loads(data_path("ecoli70/ecoli70.json").read_text())
    edges = {(row.source, row.target): row.sign for row in ecoli.edges.itertuples()}
    assert edges.keys() == {tuple(arc) for arc in stored["arcs"]}
    at = ecoli.functions.index
    for name, law in stored["cpds"].items():
        assert ecoli.spread[at(name)] == pytest.approx(law["variance"][0] ** 0.5)
        for parent, (value,) in law["coefficients"].items():
            if parent == "(Intercept)":
                assert ecoli.intercept[at(name)] == value
            else:
                assert ecoli.coefficients[at(parent), at(name)] == value
                assert edges[parent, name] == np.sign(value)


def test_the_bundled_screen_is_a_task_and_follows_its_seed():
    first, again, other = ecoli70(seed=1), ecoli70(seed=1), ecoli70(seed=2)
    pd.testing.assert_frame_equal(first.y, again.y)
    assert not np.allclose(first.y.iloc[:10], other.y.iloc[:10])
    task = perturbation_task(first)
    assert task.x.shape == task.y.shape == (10 + 46 + 46, 46)
