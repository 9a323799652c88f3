"""The linear model of the known network: what it was made of is found, and taken out."""

import numpy as np
import pandas as pd

from edgelab.confidence import SplitEvidence
from edgelab.confidence._linear_network import LinearNetwork
from edgelab.datasets import Dataset
from edgelab.methods import Evidence
from edgelab.tasks import graph_of

GENES = ["g0", "g1", "g2"]


def fitted(effect_on_g2=0.0, g1_from_g0=0.8, n=400):
    """g1 follows g0, and the knockout of g0 acts on g2 as well, off its target."""
    generator = np.random.default_rng(0)
    x = np.zeros((n, 1))
    x[n // 2 :] = 1.0
    g0 = generator.standard_normal(n) - 3 * x[:, 0]
    g1 = g1_from_g0 * g0 + generator.standard_normal(n)
    g2 = effect_on_g2 * x[:, 0] + generator.standard_normal(n)
    dataset = Dataset(
        name="three",
        source="simulated",
        edges=pd.DataFrame({"source": ["g0"], "target": ["g1"]}),
        input_edges=pd.DataFrame({"source": ["g0 off"], "target": ["g0"]}),
        output_edges=pd.DataFrame({"source": GENES, "target": [f"{gene} level" for gene in GENES]}),
        x=pd.DataFrame(x, columns=["g0 off"]),
        y=pd.DataFrame(np.stack([g0, g1, g2], axis=1), columns=[f"{gene} level" for gene in GENES]),
        condition=pd.Series(np.where(x[:, 0] > 0, "off", "control"), dtype="category"),
        functions=tuple(GENES),
    )
    evidence = SplitEvidence(Evidence(dataset, graph_of(dataset)))
    return evidence, LinearNetwork.fitted(evidence)


def test_weights_are_those_of_known_edges_in_standard_deviations():
    evidence, network = fitted()
    spread = evidence.responses.std(axis=0)
    assert np.argwhere(network.weights).tolist() == [[0, 1]]
    np.testing.assert_allclose(network.weights[0, 1], 0.8 * spread[0] / spread[1], atol=0.05)
    assert np.ptp(network.drive[:, 0]) > 1 and not network.drive[:, 1:].any()


def test_noise_is_what_no_input_explains():
    """What the knockout does off its target is taken out, for it repeats."""
    evidence, network = fitted(effect_on_g2=5.0)
    centred = evidence.x - evidence.x.mean(axis=0)
    np.testing.assert_allclose(centred.T @ network.residual, 0, atol=1e-6)


def test_values_go_back_to_the_units_of_the_measurements():
    evidence, network = fitted()
    np.testing.assert_allclose(network.values.std(axis=0), 1)
    np.testing.assert_allclose(network.in_units(network.values), evidence.responses)
