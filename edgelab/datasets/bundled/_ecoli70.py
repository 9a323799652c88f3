"""A network of 46 genes with known parameters, for simulated screens whose truth is known."""

import json

import numpy as np

from edgelab.datasets._dataset import Dataset
from edgelab.datasets.simulation import GaussianNetwork, screen_doses, simulate_interventions

from ._location import data_path
from ._registry import BUNDLED

ECOLI70_SOURCE = (
    "Schaefer and Strimmer (2005), A shrinkage approach to large-scale covariance matrix "
    "estimation and implications for functional genomics, Statistical Applications in Genetics and "
    "Molecular Biology 4:32"
)


def ecoli70_network() -> GaussianNetwork:
    """The network `ecoli70`: 46 genes of *Escherichia coli*, 70 edges, fitted parameters.

    Returns:
        The network; its levels are logarithms of ratios.

    Source:
        Schaefer and Strimmer (2005), SAGMB 4:32. `datasets/ecoli70/README.md` tells where the file
        comes from.

    Example:
        >>> network = ecoli70_network()
        >>> len(network.functions), len(network.edges), (network.edges["sign"] < 0).sum().item()
        (46, 70, 24)
    """
    stored = json.loads(data_path("ecoli70/ecoli70.json").read_text())
    nodes = stored["nodes"]
    laws = stored["cpds"]
    position = {name: number for number, name in enumerate(nodes)}
    coefficients = np.zeros((len(nodes), len(nodes)))
    for source, target in stored["arcs"]:
        coefficients[position[source], position[target]] = laws[target]["coefficients"][source][0]
    return GaussianNetwork(
        name="ecoli70",
        source=ECOLI70_SOURCE,
        functions=tuple(nodes),
        intercept=np.array([laws[name]["coefficients"]["(Intercept)"][0] for name in nodes]),
        coefficients=coefficients,
        spread=np.sqrt([laws[name]["variance"][0] for name in nodes]),
    )


@BUNDLED.register("ecoli70")
def ecoli70(
    *,
    n_observed: int = 10,
    n_knockouts: int = 1,
    n_knockdowns: int = 1,
    depth: float = 3.0,
    seed: int = 0,
) -> Dataset:
    """Simulate a screen of `ecoli70`: every gene knocked out and down, and observed cells.

    Args:
        n_observed: Samples without any intervention.
        n_knockouts: Samples of every knockout.
        n_knockdowns: Samples of every knockdown, which goes half as deep.
        depth: Standard deviations below its mean at which a knockout holds its gene.
        seed: Seed of the noise.

    Returns:
        A data set with the true network, signs included, as its edges.

    Example:
        >>> data = ecoli70(seed=1)
        >>> data.y.shape, data.condition.iloc[[0, 10]].tolist(), data.edges.columns.tolist()
        ((102, 46), ['observed', 'aceB knockout'], ['source', 'target', 'sign'])
    """
    network = ecoli70_network()
    doses = screen_doses(
        network.functions, n_observed=n_observed, n_knockouts=n_knockouts, n_knockdowns=n_knockdowns
    )
    return simulate_interventions(network, doses, depth=depth, seed=seed)
