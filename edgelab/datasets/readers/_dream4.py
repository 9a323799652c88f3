"""Networks of the DREAM4 in-silico challenge: every gene knocked out and knocked down once, and the
true network.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from edgelab.datasets._dataset import Dataset
from edgelab.errors import DataError, close_names, shorten

DREAM4_SOURCE = (
    "DREAM4 in-silico network challenge; Marbach, Prill, Schaffter, Mattiussi, Floreano and Stolovitzky (2010), "
    "Revealing strengths and weaknesses of methods for gene network inference, PNAS 107:6286-6291"
)
KNOCKOUT, KNOCKDOWN = 1.0, 0.5
"""Doses: the part of a gene's transcription that is taken away."""


def read_dream4(folder: str | Path) -> Dataset:
    r"""Read a network of the DREAM4 in-silico challenge.

    Args:
        folder: Holds `knockouts.tsv` (row i: gene i knocked out) and `gold_edges.tsv` (the true
            network), perhaps `knockdowns.tsv` and `wildtype.tsv`. The names of the challenge itself
            are understood too, such as `insilico_size100_1_knockouts.tsv` and
            `DREAM4_GoldStandard_InSilico_Size100_1.tsv`.

    Returns:
        One input, one function and one output per gene, all three by the gene's name. An input is 1
        in the sample in which its gene was knocked out, 0.5 where it was knocked down (half of its
        transcription is left) and 0 elsewhere; responses are the expression levels as they are.
        Samples: wild type, knockouts, knockdowns.

    Raises:
        DataError: If a file is missing or malformed, or the files do not name the same genes.

    Source:
        Marbach et al. (2010), PNAS 107:6286.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "wildtype.tsv").write_text("G1\tG2\n0.9\t0.8\n")
        ...     _ = (Path(folder) / "knockouts.tsv").write_text("G1\tG2\n0.0\t0.1\n0.9\t0.0\n")
        ...     _ = (Path(folder) / "gold_edges.tsv").write_text("source\ttarget\nG1\tG2\n")
        ...     data = read_dream4(folder)
        >>> data.condition.tolist(), data.x.iloc[1].tolist(), data.y.iloc[1].tolist()
        (['wildtype', 'G1 knockout', 'G2 knockout'], [1.0, 0.0], [0.0, 0.1])
    """
    folder = Path(folder)
    knockouts = _expression(_required(folder, "knockouts"))
    genes = list(knockouts.columns)
    wild = [] if (path := _find(folder, "wildtype")) is None else [_expression(path, genes)]
    screens = [(knockouts, KNOCKOUT, "knockout")]
    if (path := _find(folder, "knockdowns")) is not None:
        screens.append((_expression(path, genes), KNOCKDOWN, "knockdown"))
    for table, _, kind in screens:
        _check_square(table, folder, kind)
    doses = [
        np.zeros((sum(map(len, wild)), len(genes))),
        *(dose * np.eye(len(genes)) for _, dose, _ in screens),
    ]
    conditions = [
        *["wildtype"] * len(doses[0]),
        *(f"{gene} {kind}" for *_, kind in screens for gene in genes),
    ]
    return _as_dataset(
        folder, genes, np.concatenate(doses), [*wild, *(table for table, *_ in screens)], conditions
    )


def read_dream4_duals(folder: str | Path) -> Dataset:
    r"""Read the double knockouts of a network of the DREAM4 in-silico challenge, which were its
    test of prediction.

    Args:
        folder: Holds `dualknockouts.tsv` (one row per pair), `dualknockouts_indexes.tsv` (the
            numbers of the two genes, from 1) and what `read_dream4` needs.

    Returns:
        Samples with the inputs, functions, outputs and edges of `read_dream4`, two inputs being 1
        in each.

    Raises:
        DataError: If a file is missing or malformed, or the files do not fit together.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "knockouts.tsv").write_text("G1\tG2\n0.0\t0.1\n0.9\t0.0\n")
        ...     _ = (Path(folder) / "gold_edges.tsv").write_text("source\ttarget\nG1\tG2\n")
        ...     _ = (Path(folder) / "dualknockouts.tsv").write_text("0.0\t0.0\n")
        ...     _ = (Path(folder) / "dualknockouts_indexes.tsv").write_text("G_i\tG_j\n1\t2\n")
        ...     data = read_dream4_duals(folder)
        >>> data.condition.tolist(), data.x.to_numpy().tolist()
        (['G1+G2 knockout'], [[1.0, 1.0]])
    """
    folder = Path(folder)
    genes = list(_expression(_required(folder, "knockouts")).columns)
    values = _table(path := _required(folder, "dualknockouts"), header=None)
    named = list(values.iloc[0].astype(str)) == genes
    if not named and values.shape[1] == len(
        genes
    ):  # the challenge gives this table without a header
        values.columns = pd.Index(genes)
    y = _numbers(values, path, genes) if not named else _expression(path, genes)
    path = _required(folder, "dualknockouts_indexes")
    pairs = _table(path).to_numpy()
    if not (pairs.shape == (len(y), 2) and np.isin(pairs, np.arange(1, len(genes) + 1)).all()):
        raise DataError(
            f"{path}: needs two gene numbers from 1 to {len(genes)} for each of the {len(y)} double knockouts, "
            f"got {pairs.shape[0]} rows of {pairs.shape[1]}. Correct the file."
        )
    doses = np.zeros((len(y), len(genes)))
    np.put_along_axis(doses, pairs.astype(int) - 1, KNOCKOUT, axis=1)
    conditions = [
        "+".join(genes[number - 1] for number in pair) + " knockout"
        for pair in pairs.astype(int).tolist()
    ]
    return _as_dataset(folder, genes, doses, [y], conditions)


def _as_dataset(
    folder: Path,
    genes: list[str],
    doses: np.ndarray,
    tables: Sequence[pd.DataFrame],
    conditions: list[str],
) -> Dataset:
    by_name = pd.DataFrame({"source": genes, "target": genes})
    return Dataset(
        name=folder.resolve().name,
        source=DREAM4_SOURCE,
        edges=_gold(folder, genes),
        input_edges=by_name.assign(sign=-1),
        output_edges=by_name,
        x=pd.DataFrame(doses, columns=genes),
        y=pd.concat(tables, ignore_index=True),
        condition=pd.Series(
            pd.Categorical(conditions, categories=list(dict.fromkeys(conditions))), name="condition"
        ),
        functions=tuple(genes),
    )


def is_dream4(folder: str | Path) -> bool:
    """Whether a folder looks like one that `read_dream4` reads.

    Args:
        folder: Any path.

    Returns:
        True if it holds a table of knockouts.

    Example:
        >>> is_dream4("/")
        False
    """
    return _find(Path(folder), "knockouts") is not None


def _find(folder: Path, kind: str) -> Path | None:
    # The challenge's own names carry the network's: insilico_size100_1_knockouts.tsv.
    patterns = (
        ("gold_edges.tsv", "*GoldStandard*.tsv")
        if kind == "gold"
        else (f"{kind}.tsv", f"*_{kind}.tsv")
    )
    return next((path for pattern in patterns for path in sorted(folder.glob(pattern))), None)


def _required(folder: Path, kind: str) -> Path:
    path = _find(folder, kind)
    if path is None:
        wanted = "gold_edges.tsv" if kind == "gold" else f"{kind}.tsv"
        raise DataError(
            f"{folder}: no {wanted!r} and no file whose name ends so. A DREAM4 folder holds 'knockouts.tsv' and "
            "'gold_edges.tsv', perhaps 'knockdowns.tsv' and 'wildtype.tsv'. Pass such a folder."
        )
    return path


def _expression(path: Path, genes: list[str] | None = None) -> pd.DataFrame:
    return _numbers(_table(path), path, genes)


def _numbers(table: pd.DataFrame, path: Path, genes: list[str] | None) -> pd.DataFrame:
    columns = [str(column) for column in table.columns]
    if genes is not None and columns != genes:
        wrong = next(
            (column for column, gene in zip(columns, genes, strict=False) if column != gene),
            "nothing more",
        )
        raise DataError(
            f"{path}: the {len(columns)} columns are not the {len(genes)} genes of the knockouts in their order, first "
            f"difference: {wrong!r} ({close_names(wrong, genes)}). Correct the file."
        )
    try:
        return table.astype(float).set_axis(columns, axis=1)
    except ValueError as error:
        raise DataError(
            f"{path}: only numbers are allowed below the names of the genes: {error}."
        ) from error


def _table(path: Path, header: int | None = 0) -> pd.DataFrame:
    try:
        # A text without any row, or with rows of unequal length, is refused by pandas.
        return pd.read_csv(path, sep="\t", header=header)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is no table separated by tabs: {error}. Correct the file."
        ) from error


def _check_square(table: pd.DataFrame, folder: Path, kind: str) -> None:
    if len(table) != len(table.columns):
        raise DataError(
            f"{folder}: {len(table)} {kind}s of {len(table.columns)} genes; row i is the {kind} of gene i, "
            "so the table must be square. Correct the file."
        )


def _gold(folder: Path, genes: list[str]) -> pd.DataFrame:
    path = _required(folder, "gold")
    table = _table(path, header=None)
    if list(table.iloc[0, :2]) == ["source", "target"]:
        table = table.iloc[1:]
    if (
        table.shape[1] > 2
    ):  # the challenge's file lists every pair and says in a third column whether it is an edge
        table = table[pd.to_numeric(table[2], errors="coerce") == 1]
    if table.shape[1] < 2 or table.empty:
        raise DataError(
            f"{path}: no edge found; it needs rows of source and target, and perhaps 1 or 0. Correct it."
        )
    edges = table[[0, 1]].set_axis(["source", "target"], axis=1).reset_index(drop=True)
    unknown = [name for name in edges.to_numpy().ravel() if name not in set(genes)]
    if unknown:
        raise DataError(
            f"{path}: {len(unknown)} names are not among the genes of the knockouts: {shorten(unknown)}. Correct them."
        )
    return edges
