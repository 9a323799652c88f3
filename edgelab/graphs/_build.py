"""From tables of names to a validated graph."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import torch
from torch_geometric.data import HeteroData

from edgelab.errors import GraphError, close_names, shorten

from ._edge_tables import Edges, OnDuplicate, arrows, check_edges, check_names
from ._layout import (
    EDGE_TYPES,
    FUNCTION_EDGES,
    INPUT_EDGES,
    OUTPUT_EDGES,
    EdgeType,
)

_ARGUMENTS: dict[EdgeType, str] = {
    FUNCTION_EDGES: "edges",
    INPUT_EDGES: "input_edges",
    OUTPUT_EDGES: "output_edges",
}
_DTYPES: dict[str, type] = {"sign": np.int8, "weight": np.float32}
# Where the node type of each end stands in an edge type.
_SIDES: dict[str, int] = {"source": 0, "target": 2}


def build_graph(
    edges: Edges,
    *,
    input_edges: Edges,
    output_edges: Edges,
    functions: Iterable[str] | None = None,
    inputs: Iterable[str] | None = None,
    outputs: Iterable[str] | None = None,
    on_duplicate: OnDuplicate = "error",
) -> HeteroData:
    """Validated graph of inputs, functions and outputs from three tables of names.

    Inputs, functions and outputs have name spaces of their own: an output and a function may both
    be called `Akt`.

    Args:
        edges: Function-to-function edges: a table with columns `source`, `target` and perhaps
            `sign` (-1, 0, 1 or a word; missing is 0, unknown) and `weight` (finite), or pairs of
            names.
        input_edges: Input-to-function edges, in the same form.
        output_edges: Function-to-output edges, in the same form.
        functions: The complete list of functions, isolated ones included; any other name is then an
            error. By default functions are the names in the tables. A name that is also an input or
            an output is then believed to be a function only if two tables, or an edge to or from
            its namesake, say so.
        inputs: The complete list of inputs, likewise.
        outputs: The complete list of outputs, likewise.
        on_duplicate: What to do with an edge given twice: `"error"`, or `"drop"` to keep one of
            copies that agree.

    Returns:
        Node types `input`, `function`, `output`, each with `node_names` (the order of the lists, or
        of first appearance) and `num_nodes`; edge types `INPUT_EDGES`, `FUNCTION_EDGES`,
        `OUTPUT_EDGES`, each with `edge_index` (int64, `[2, edges]`, in the order of the table) and,
        where given, `sign` (int8) and `weight`.

    Raises:
        GraphError: If there is no function, or if a name, an edge, a sign or a weight breaks a
            rule.

    Example:
        >>> data = build_graph(
        ...     [("Raf", "Mek"), ("Mek", "Erk")],
        ...     input_edges=[("EGF", "Raf")],
        ...     output_edges=[("Erk", "pErk")],
        ... )
        >>> data["function"].node_names, data["function", "to", "function"].edge_index.tolist()
        (['Raf', 'Mek', 'Erk'], [[0, 1], [1, 2]])
    """
    given: dict[EdgeType, Edges] = {
        FUNCTION_EDGES: edges,
        INPUT_EDGES: input_edges,
        OUTPUT_EDGES: output_edges,
    }
    tables = {
        kind: check_edges(table, _ARGUMENTS[kind], on_duplicate) for kind, table in given.items()
    }
    _refuse_self_loops(tables[FUNCTION_EDGES])
    nodes = {
        "input": _node_names(inputs, "inputs", [tables[INPUT_EDGES]["source"]]),
        "function": _node_names(functions, "functions", _function_columns(tables)),
        "output": _node_names(outputs, "outputs", [tables[OUTPUT_EDGES]["target"]]),
    }
    if nodes["function"].empty:
        raise GraphError(
            "the graph has no function: `edges` is empty and so is `functions`. Give at least one."
        )
    if functions is None:
        _refuse_doubtful_functions(tables, nodes)
    return _assemble(tables, nodes)


def _refuse_self_loops(edges: pd.DataFrame) -> None:
    loops = edges[edges["source"] == edges["target"]]
    if len(loops):
        raise GraphError(
            f"edges: {len(loops)} edges lead from a function to itself: {arrows(loops)}. Remove "
            "them (table[table.source != table.target] in pandas); the model adds self edges of "
            "its own."
        )


def _function_columns(tables: dict[EdgeType, pd.DataFrame]) -> list[pd.Series]:
    between = tables[FUNCTION_EDGES]
    # Row by row, so that the order of appearance is the order of reading.
    in_reading_order = pd.Series(
        between[["source", "target"]].to_numpy(dtype=object).ravel(), dtype=object
    )
    return [in_reading_order, tables[INPUT_EDGES]["target"], tables[OUTPUT_EDGES]["source"]]


def _node_names(
    listed: Iterable[str] | None, argument: str, columns: Sequence[pd.Series]
) -> pd.Index:
    if listed is None:
        return pd.Index(pd.concat(columns, ignore_index=True).drop_duplicates(), dtype=object)
    if isinstance(listed, str):
        raise GraphError(
            f"{argument} must be a list of names, got the text {listed!r}. Write [{listed!r}]."
        )
    in_order = sorted(listed) if isinstance(listed, set | frozenset) else list(listed)
    names = pd.Series(in_order, dtype=object)
    check_names(names, argument)
    twice = names[names.duplicated()].drop_duplicates()
    if len(twice):
        raise GraphError(
            f"{argument}: {len(twice)} names are listed more than once: {shorten(twice)}. "
            "Keep one each."
        )
    return pd.Index(names, dtype=object)


def _refuse_doubtful_functions(
    tables: dict[EdgeType, pd.DataFrame], nodes: dict[str, pd.Index]
) -> None:
    # Without a list of functions, an edge into an input would quietly make a function of its name.
    functions = nodes["function"]
    elsewhere = functions.isin(nodes["input"]) | functions.isin(nodes["output"])
    if not elsewhere.any():
        return
    as_function = pd.concat(
        [pd.Series(column.unique()) for column in _function_columns(tables)], ignore_index=True
    )
    in_two_tables = as_function[as_function.duplicated()]
    namesakes = [
        table.loc[table["source"] == table["target"], "source"] for table in tables.values()
    ]
    believed = pd.concat([in_two_tables, *namesakes])
    _refuse_unknown(tables, nodes | {"function": functions[~elsewhere | functions.isin(believed)]})


def _refuse_unknown(tables: dict[EdgeType, pd.DataFrame], nodes: dict[str, pd.Index]) -> None:
    for kind in EDGE_TYPES:
        for side, position in _SIDES.items():
            known = nodes[kind[position]]
            unknown = tables[kind][~tables[kind][side].isin(known).to_numpy(dtype=bool)]
            if len(unknown):
                raise GraphError(_unknown_message(unknown, kind, side, nodes))


def _unknown_message(
    unknown: pd.DataFrame, kind: EdgeType, side: str, nodes: dict[str, pd.Index]
) -> str:
    argument = _ARGUMENTS[kind]
    wanted = kind[_SIDES[side]]
    name = unknown[side].iloc[0]
    count = (
        f"{argument}: {len(unknown)} edges have a {side} that is no {wanted}: {arrows(unknown)}. "
    )
    actual = next(
        (other for other in ("input", "output", "function") if name in nodes[other]), None
    )
    if actual is None:
        return (
            f"{count}{name!r} is not in `{wanted}s` ({close_names(name, nodes[wanted])}). "
            f"Correct the name, or add it to `{wanted}s`."
        )
    verb = "leads into" if side == "target" else "starts at"
    cure = (
        "Edges run from input to function, between functions, and from function to output: turn it "
        f"round, move it to the right table or remove it. If a {wanted} of that name is meant, "
        f"list every {wanted} in `{wanted}s`."
    )
    return f"{count}The first {verb} the {actual} {name!r}. {cure}"


def _assemble(tables: dict[EdgeType, pd.DataFrame], nodes: dict[str, pd.Index]) -> HeteroData:
    _refuse_unknown(tables, nodes)
    data = HeteroData()
    for node_type, names in nodes.items():
        data[node_type].node_names = names.tolist()
        data[node_type].num_nodes = len(names)
    for kind in (INPUT_EDGES, FUNCTION_EDGES, OUTPUT_EDGES):
        table = tables[kind]
        ids = [
            nodes[kind[position]].get_indexer(pd.Index(table[side]))
            for side, position in _SIDES.items()
        ]
        data[kind].edge_index = torch.from_numpy(np.stack(ids).astype(np.int64))
        for attribute, dtype in _DTYPES.items():
            if attribute in table:
                values = table[attribute].to_numpy(dtype=dtype, copy=True)
                data[kind][attribute] = torch.from_numpy(values)
    return data
