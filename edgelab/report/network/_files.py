"""Networks as files for Cytoscape and other programs: GraphML and SIF."""

from pathlib import Path

import networkx as nx

from edgelab.atomic import replacing
from edgelab.errors import GraphError, shorten

_VERBS = {1: "activates", -1: "inhibits", 0: "regulates"}

SIF_WORDS: dict[str, int] = {
    prefix + verb: sign for prefix in ("", "candidate-") for sign, verb in _VERBS.items()
}
"""The interactions that `write_sif` writes and their signs: `read_edges(path, signs=SIF_WORDS)`
reads such a file.
"""


def write_graphml(path: str | Path, graph: nx.DiGraph) -> Path:
    """Write a network with all attributes as GraphML, replacing the file in one step.

    Args:
        path: Where to; its folder must exist.
        graph: What `candidate_network` makes.

    Returns:
        The path.

    Raises:
        GraphError: If an attribute is neither text nor a number.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> graph = nx.DiGraph()
        >>> graph.add_edge("raf", "mek", kind="candidate", score=0.7)
        >>> with TemporaryDirectory() as folder:
        ...     path = write_graphml(Path(folder) / "network.graphml", graph)
        ...     nx.read_graphml(path).edges["raf", "mek"]
        {'kind': 'candidate', 'score': 0.7}
    """
    path = Path(path)
    with replacing(path) as draft:
        try:
            nx.write_graphml(graph, draft)
        except (TypeError, nx.NetworkXError) as error:
            raise GraphError(
                f"cannot write {str(path)!r}: {error}. Attributes must be text or numbers."
            ) from error
    return path


def write_sif(path: str | Path, graph: nx.DiGraph) -> Path:
    """Write the edges of a network as SIF, replacing the file in one step.

    A line is source, interaction and target. The interaction is `activates`, `inhibits` or
    `regulates` (sign unknown) for prior edges, and the same with `candidate-` in front for
    candidates. Functions without an edge are not in the file.

    Args:
        path: Where to; its folder must exist.
        graph: What `candidate_network` makes.

    Returns:
        The path.

    Raises:
        GraphError: If a name contains a tab or a line break.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> graph = nx.DiGraph()
        >>> graph.add_edge("raf", "mek", kind="candidate", sign=1)
        >>> with TemporaryDirectory() as folder:
        ...     write_sif(Path(folder) / "network.sif", graph).read_text().split()
        ['raf', 'candidate-activates', 'mek']
    """
    path = Path(path)
    broken = [name for name in graph if len(str(name).splitlines()) != 1 or "\t" in str(name)]
    if broken:
        raise GraphError(
            f"names with a tab or a line break do not fit into SIF: {shorten(broken)}. Rename them."
        )
    lines = [
        f"{source}\t{_interaction(edge)}\t{target}\n"
        for source, target, edge in graph.edges(data=True)
    ]
    with replacing(path) as draft:
        draft.write_text("".join(lines), encoding="utf-8")
    return path


def _interaction(edge: dict[str, object]) -> str:
    verb = _VERBS[int(str(edge.get("sign", 0)))]
    return f"candidate-{verb}" if edge.get("kind") == "candidate" else verb
