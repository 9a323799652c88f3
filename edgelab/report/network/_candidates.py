"""The prior network and the best candidate edges as one graph."""

import math
from typing import Any

import networkx as nx
import pandas as pd
from torch_geometric.data import HeteroData

from edgelab.checks import check_integer
from edgelab.errors import TableError, close_names, shorten
from edgelab.graphs import edges_of, function_names
from edgelab.table import (
    COLUMNS,
    NAME_COLUMNS,
    check_columns,
    check_pairs,
    sort_edge_table,
)

_SCORES = ("score", "p_value", "q_value", "sign")


def top_candidates(table: pd.DataFrame, top: int) -> pd.DataFrame:
    """The best rows of an edge table that are no edges of the prior network.

    Args:
        table: An edge table in any order.
        top: How many rows to return at most.

    Returns:
        Rows with a score, best first, names as plain text.

    Raises:
        ConfigError: If `top` is not a positive integer.
        TableError: If a column or name is missing, a pair has two rows, or no candidate has a
            score.

    Example:
        >>> rows = [
        ...     ("b", "c", 1, 2, 0.3, False, 0.2, 0.4),
        ...     ("a", "b", 0, 1, 0.9, True, 0.1, float("nan")),
        ... ]
        >>> top_candidates(pd.DataFrame(rows, columns=list(COLUMNS)), top=5)["src_func"].tolist()
        ['b']
    """
    check_integer("top", top, why="it is a number of edges")
    check_columns(table, COLUMNS)
    check_pairs(table)
    candidates = table[~table["has_edge"].astype(bool) & table["score"].notna()]
    candidates = candidates[
        candidates["src_func"].astype(str) != candidates["dst_func"].astype(str)
    ]
    if candidates.empty:
        raise TableError(
            f"none of the {len(table)} rows is a candidate edge with a score; there is nothing to "
            "show. Pass a table that has rows with has_edge=False and a score that is not NaN."
        )
    names = {column: candidates[column].astype(str) for column in NAME_COLUMNS}
    return sort_edge_table(candidates.assign(**names)).head(top)


def candidate_network(table: pd.DataFrame, data: HeteroData, top: int = 50) -> nx.DiGraph:
    """All functions with the edges of the prior network and the best candidate edges.

    Args:
        table: An edge table.
        data: The prior network.
        top: How many candidate edges to add.

    Returns:
        Nodes are named as the functions. Edges have `kind` (`"prior"` or `"candidate"`), `sign`
        where it is known, the prior's `weight`, and `score`, `p_value`, `q_value` where the table
        has numbers for them: what is NaN or infinite is left out, so that every program can read
        the file. Candidates also have their `rank`, from 1.

    Raises:
        ConfigError: If `top` is not a positive integer.
        TableError: If the table has no candidates, lacks a column, or names a function that the
            network lacks.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> data = build_graph(
        ...     [("raf", "mek")], input_edges=[("egf", "raf")], output_edges=[("mek", "level")]
        ... )
        >>> row = ("mek", "raf", 1, 0, 0.7, False, float("nan"), float("nan"))
        >>> graph = candidate_network(pd.DataFrame([row], columns=list(COLUMNS)), data)
        >>> list(graph.edges(data=True))
        [('raf', 'mek', {'kind': 'prior'}), ('mek', 'raf', {'kind': 'candidate', 'score': 0.7,
        'rank': 1})]
    """
    candidates = top_candidates(table, top)
    graph = nx.DiGraph()
    graph.add_nodes_from(function_names(data))
    _check_known(candidates, graph)
    prior = edges_of(data)
    for edge in prior.to_dict("records"):
        graph.add_edge(
            edge["source"], edge["target"], kind="prior", **_attributes(edge, ("sign", "weight"))
        )
    for edge in _rows_of_prior(table, graph).to_dict("records"):
        known = graph.edges[edge["src_func"], edge["dst_func"]]
        # Whether a known edge inhibits is for the prior to say, and not for a scorer.
        known |= {
            name: value
            for name, value in _attributes(edge, _SCORES).items()
            if name not in {*known, "sign"}
        }
    for rank, edge in enumerate(candidates.to_dict("records"), start=1):
        source = edge["src_func"]
        target = edge["dst_func"]
        if graph.has_edge(source, target):
            raise TableError(
                f"{source!r} -> {target!r} is an edge of the prior network, but the table has it "
                "as a candidate. Pass the graph from which the table was made."
            )
        graph.add_edge(source, target, kind="candidate", **_attributes(edge, _SCORES), rank=rank)
    return graph


def _check_known(candidates: pd.DataFrame, graph: nx.DiGraph) -> None:
    named = {name for column in NAME_COLUMNS for name in candidates[column]}
    unknown = sorted(named - set(graph))
    if unknown:
        raise TableError(
            f"{len(unknown)} functions of the table are not in the network: {shorten(unknown)} "
            f"({close_names(unknown[0], graph)}). Pass the graph from which the table was made."
        )


def _rows_of_prior(table: pd.DataFrame, graph: nx.DiGraph) -> pd.DataFrame:
    rows = table[table["has_edge"].astype(bool)]
    rows = rows.assign(**{column: rows[column].astype(str) for column in NAME_COLUMNS})
    known = pd.MultiIndex.from_frame(rows[list(NAME_COLUMNS)]).isin(list(graph.edges))
    return rows[known]


def _attributes(edge: dict[Any, Any], names: tuple[str, ...]) -> dict[str, float | int]:
    """Those of an edge that are known: finite numbers, and a sign that is not 0, as an integer."""
    known = {name: edge[name] for name in names if name in edge and not pd.isna(edge[name])}
    numbers = {name: float(value) for name, value in known.items() if math.isfinite(value)}
    sign = int(numbers.pop("sign", 0))
    return {"sign": sign, **numbers} if sign else {**numbers}
