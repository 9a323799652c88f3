"""Simulated screens of knockouts in which the truth is known."""

import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import Dataset, simulate

GENES = [f"g{number}" for number in range(12)]
CHAIN = [(GENES[i], GENES[i + 1]) for i in range(6)]


def make_screen(edges, prior, x, *, strength, hidden=0.0, silent=False, seed=0):
    """Knockouts of every gene; a hidden cause may move all genes, and knockouts may do nothing."""
    genes = [column.removesuffix(" off") for column in x]
    inputs = pd.DataFrame({"source": x.columns, "target": genes})
    outputs = pd.DataFrame({"source": genes, "target": [f"{gene} level" for gene in genes]})
    made = simulate(
        edges,
        input_edges=inputs.assign(weight=-strength),
        output_edges=outputs,
        x=0 * x if silent else x,
        seed=seed,
    )
    cause = np.random.default_rng(0).standard_normal((len(x), 1))
    return Dataset(
        name="screen",
        source="simulated",
        edges=pd.DataFrame(prior, columns=["source", "target"]),
        input_edges=inputs,
        output_edges=outputs,
        x=x,
        y=made.y + hidden * cause,
        condition=made.condition,
        functions=tuple(genes),
    )


def design(genes, controls, replicates, doses=(1.0,)):
    """Controls, then every gene knocked out as often as there are replicates, dose by dose."""
    identity = np.eye(len(genes))
    treated = [dose * identity for dose in doses for _ in range(replicates)]
    rows = np.concatenate([np.zeros((controls, len(genes))), *treated])
    return pd.DataFrame(rows, columns=[f"{gene} off" for gene in genes])


@pytest.fixture(scope="session")
def chain_screen():
    """Makes a chain of seven genes and five genes apart; the prior knows the first edge only."""

    def make(seed, replicates=6, effects=True, doses=(1.0,), prior=CHAIN[:1]):
        x = design(GENES, 30, replicates, doses)
        return make_screen(CHAIN, prior, x, strength=8.0, silent=not effects, seed=seed)

    return make


@pytest.fixture(scope="session")
def screen():
    """Ten genes that share a hidden cause, two edges, knockouts with 6 replicates, 20 controls."""
    edges = [("g0", "g1"), ("g1", "g2")]
    x = design(GENES[:10], 20, 6)
    return make_screen(edges, edges, x, strength=6.0, hidden=1.0)
