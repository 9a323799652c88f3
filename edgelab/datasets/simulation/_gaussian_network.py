"""Linear Gaussian networks: a node is a weighted sum of its parents plus noise, or clamped."""

from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd

from edgelab.datasets._conditions import KNOCKDOWN, KNOCKOUT, condition_labels, screen_style
from edgelab.datasets._dataset import Dataset
from edgelab.errors import ConfigError, DataError, close_names
from edgelab.typing import Array, Float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GaussianNetwork:
    """A graph without cycles and the parameters of its linear Gaussian model.

    Attributes:
        name: Short name.
        source: Where the network comes from.
        functions: Names of the nodes.
        intercept: What each node is where its parents are 0.
        coefficients: What parent i (row) adds to node j (column) per unit; 0 where there is no
            edge.
        spread: Standard deviation of the noise of each node.

    Raises:
        DataError: If the sizes differ, a spread is not positive or there is a cycle.

    Example:
        >>> network = GaussianNetwork(
        ...     name="toy", source="by hand", functions=("a", "b"), intercept=np.array([1.0, 0.0]),
        ...     coefficients=np.array([[0.0, -2.0], [0.0, 0.0]]), spread=np.array([1.0, 1.0]),
        ... )
        >>> network.mean.tolist(), network.covariance.tolist()
        ([1.0, -2.0], [[1.0, -2.0], [-2.0, 5.0]])
    """

    name: str
    source: str
    functions: tuple[str, ...]
    intercept: Float[Array, " functions"]
    coefficients: Float[Array, "functions functions"]
    spread: Float[Array, " functions"]

    def __post_init__(self) -> None:
        n = len(self.functions)
        if not (
            self.intercept.shape == self.spread.shape == (n,) and self.coefficients.shape == (n, n)
        ):
            raise DataError(
                f"{n} functions need {n} intercepts and spreads and {n} x {n} coefficients. "
                "Correct them."
            )
        if not (self.spread > 0).all():
            raise DataError(
                f"every spread must be positive, got {self.spread.min()!r}. Correct it."
            )
        if not nx.is_directed_acyclic_graph(self._graph()):
            raise DataError(
                "the coefficients have a cycle; a linear Gaussian network has none. Remove an edge."
            )

    @property
    def edges(self) -> pd.DataFrame:
        """The edges; `sign` is +1 where more of the source means more of the target, else -1."""
        source, target = np.nonzero(self.coefficients)
        names = np.array(self.functions, dtype=object)
        sign = np.sign(self.coefficients[source, target]).astype(int)
        return pd.DataFrame({"source": names[source], "target": names[target], "sign": sign})

    @property
    def mean(self) -> Float[Array, " functions"]:
        """Mean of every node without interventions."""
        return self.intercept @ self._total()

    @property
    def covariance(self) -> Float[Array, "functions functions"]:
        """Covariance matrix of the nodes without interventions."""
        total = self._total()
        return total.T @ (self.spread[:, None] ** 2 * total)

    def _graph(self) -> nx.DiGraph:
        return nx.from_numpy_array(self.coefficients != 0, create_using=nx.DiGraph)

    def _total(self) -> Float[Array, "functions functions"]:
        """What one unit more of a node's own noise adds to every node, along all paths."""
        return np.linalg.inv(np.eye(len(self.functions)) - self.coefficients)

    def sample(
        self, clamped: Float[Array, "samples functions"], seed: int = 0
    ) -> Float[Array, "samples functions"]:
        """Draw samples in which some nodes are held at a value, whatever their parents do.

        This is what Pearl's do-operator means.

        Args:
            clamped: The value of each node in each sample, NaN where it is free.
            seed: Seed of the noise; the first samples stay as they are when more are asked for.

        Returns:
            One row per sample.

        Example:
            >>> network = GaussianNetwork(
            ...     name="toy", source="by hand", functions=("a", "b"), intercept=np.zeros(2),
            ...     coefficients=np.array([[0.0, -2.0], [0.0, 0.0]]), spread=np.array([1.0, 1e-9]),
            ... )
            >>> network.sample(np.array([[3.0, np.nan], [np.nan, 7.0]])).round(2).tolist()
            [[3.0, -6.0], [0.64, 7.0]]
        """
        noise = np.random.default_rng(seed).standard_normal(clamped.shape) * self.spread
        values = np.zeros(clamped.shape)
        for node in nx.topological_sort(self._graph()):
            free = self.intercept[node] + values @ self.coefficients[:, node] + noise[:, node]
            values[:, node] = np.where(np.isnan(clamped[:, node]), free, clamped[:, node])
        return values


def screen_doses(
    functions: tuple[str, ...], *, n_observed: int = 1, n_knockouts: int = 1, n_knockdowns: int = 1
) -> pd.DataFrame:
    """Doses of a screen that hits every function by itself.

    Args:
        functions: Names.
        n_observed: Samples without any intervention.
        n_knockouts: Samples of every knockout (dose 1).
        n_knockdowns: Samples of every knockdown (dose 0.5).

    Returns:
        Samples by functions: the observed ones, the knockouts, the knockdowns; replicates follow
        each other.

    Raises:
        ConfigError: If a number is negative or all are 0.

    Example:
        >>> screen_doses(("a", "b"), n_knockdowns=0)
             a    b
        0  0.0  0.0
        1  1.0  0.0
        2  0.0  1.0
    """
    numbers = {"n_observed": n_observed, "n_knockouts": n_knockouts, "n_knockdowns": n_knockdowns}
    if min(numbers.values()) < 0 or not any(numbers.values()):
        raise ConfigError(f"numbers of samples must be at least 0 and not all 0, got {numbers}.")
    each = np.eye(len(functions))
    observed = np.zeros((n_observed, len(functions)))
    knockouts = np.repeat(KNOCKOUT * each, n_knockouts, axis=0)
    knockdowns = np.repeat(KNOCKDOWN * each, n_knockdowns, axis=0)
    doses = np.concatenate([observed, knockouts, knockdowns])
    return pd.DataFrame(doses, columns=list(functions))


def simulate_interventions(
    network: GaussianNetwork, doses: pd.DataFrame, *, depth: float = 3.0, seed: int = 0
) -> Dataset:
    """Simulate a linear Gaussian network under interventions that clamp nodes.

    A dose d holds its function at its mean without interventions less d * `depth` standard
    deviations; the functions below it follow, those above it do not.

    Args:
        network: The truth.
        doses: Samples by functions; 0 leaves a function free. Columns that are left out count as 0
            throughout.
        depth: Standard deviations below the mean at which a knockout (dose 1) holds its function.
        seed: Seed of the noise.

    Returns:
        One input per column of `doses`, one function and one output per node, by the same names.
        The edges carry signs; conditions are named as `observed`, `a knockout`, `a knockdown` and
        otherwise as `a=0.3+b=1`.

    Raises:
        ConfigError: If `depth` is not positive or a column is no function of the network.

    Example:
        >>> network = GaussianNetwork(
        ...     name="toy", source="by hand", functions=("a", "b"), intercept=np.zeros(2),
        ...     coefficients=np.array([[0.0, 2.0], [0.0, 0.0]]), spread=np.ones(2),
        ... )
        >>> data = simulate_interventions(network, screen_doses(network.functions))
        >>> data.condition.tolist()
        ['observed', 'a knockout', 'b knockout', 'a knockdown', 'b knockdown']
    """
    unknown = [name for name in doses.columns if name not in network.functions]
    if unknown:
        raise ConfigError(
            f"doses has the column {unknown[0]!r}, no function of {network.name!r} "
            f"({close_names(unknown[0], network.functions)}). Rename or drop it."
        )
    if not depth > 0:
        raise ConfigError(f"depth must be a positive number of standard deviations, got {depth!r}.")
    given = doses.reindex(columns=list(network.functions), fill_value=0.0).to_numpy(dtype=float)
    floor = network.mean - depth * given * np.sqrt(np.diag(network.covariance))
    values = network.sample(np.where(given == 0, np.nan, floor), seed)
    inputs = pd.DataFrame({"source": doses.columns, "target": doses.columns, "sign": -1})
    return Dataset(
        name=network.name,
        source=f"{network.source}; simulated with depth={depth}, seed={seed}",
        edges=network.edges,
        input_edges=inputs,
        output_edges=pd.DataFrame({"source": network.functions, "target": network.functions}),
        x=doses.reset_index(drop=True).astype(float),
        y=pd.DataFrame(values, columns=list(network.functions)),
        condition=condition_labels(doses, screen_style(untreated="observed")),
        functions=network.functions,
    )
