"""Networks of the DREAM4 in-silico challenge: single knockouts and knockdowns, and the truth."""

from pathlib import Path

import numpy as np
import pandas as pd

from edgelab.datasets._conditions import KNOCKDOWN, KNOCKOUT, condition_labels, screen_style
from edgelab.datasets._dataset import Dataset
from edgelab.errors import DataError, close_names, shorten
from edgelab.graphs import read_cells
from edgelab.typing import Array, Float

from ._registry import READERS, Reader

DREAM4_SOURCE = (
    "DREAM4 in-silico network challenge; Marbach, Prill, Schaffter, Mattiussi, Floreano and "
    "Stolovitzky (2010), Revealing strengths and weaknesses of methods for gene network inference, "
    "PNAS 107:6286-6291"
)
_STYLE = screen_style(untreated="wildtype")
_GOLD = "gold_edges"


def read_dream4(folder: str | Path) -> Dataset:
    r"""Read a network of the DREAM4 in-silico challenge.

    Args:
        folder: Holds `knockouts.tsv` (row i: gene i knocked out) and `gold_edges.tsv` (the true
            network), perhaps `knockdowns.tsv` and `wildtype.tsv`. The names of the challenge itself
            are understood too, such as `insilico_size100_1_knockouts.tsv` and
            `DREAM4_GoldStandard_InSilico_Size100_1.tsv`; a folder holds one network.

    Returns:
        One input, one function and one output per gene, all three by the gene's name. An input is 1
        in the sample in which its gene was knocked out, 0.5 where it was knocked down (half of its
        transcription is left) and 0 elsewhere; responses are the expression levels as they are.
        Samples: wild type, knockouts, knockdowns.

    Raises:
        DataError: If a file is missing, malformed or there twice, or the files do not name the same
            genes.

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
    levels = [knockouts]
    doses = [_doses_of_each_gene(knockouts, KNOCKOUT, folder)]
    wildtype_path = _find(folder, "wildtype")
    if wildtype_path is not None:
        wildtype = _expression(wildtype_path, genes)
        levels = [wildtype, *levels]
        doses = [np.zeros(wildtype.shape), *doses]
    knockdowns_path = _find(folder, "knockdowns")
    if knockdowns_path is not None:
        knockdowns = _expression(knockdowns_path, genes)
        levels = [*levels, knockdowns]
        doses = [*doses, _doses_of_each_gene(knockdowns, KNOCKDOWN, folder)]
    x = pd.DataFrame(np.concatenate(doses), columns=genes)
    y = pd.concat(levels, ignore_index=True)
    return _as_dataset(folder, x, y, condition_labels(x, _STYLE))


def read_dream4_duals(folder: str | Path) -> Dataset:
    r"""Read the double knockouts of a DREAM4 network, its test of prediction.

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
    y = _double_knockouts(_required(folder, "dualknockouts"), genes)
    path = _required(folder, "dualknockouts_indexes")
    header, *rows = read_cells(path, "\t")
    pairs = _numbers(rows, len(header), path)
    is_number = np.isin(pairs, np.arange(1, len(genes) + 1))
    if not (pairs.shape == (len(y), 2) and is_number.all()):
        raise DataError(
            f"{path}: needs two gene numbers from 1 to {len(genes)} for each of the {len(y)} "
            f"double knockouts, got {pairs.shape[0]} rows of {pairs.shape[1]}. Correct the file."
        )
    positions = pairs.astype(int) - 1
    doses = np.zeros(y.shape)
    np.put_along_axis(doses, positions, KNOCKOUT, axis=1)
    # Named in the order of the file.
    knocked_out = [dict.fromkeys([genes[i], genes[j]], KNOCKOUT) for i, j in positions.tolist()]
    labels = [_STYLE.label(pair) for pair in knocked_out]
    condition = pd.Categorical(labels, categories=list(dict.fromkeys(labels)))
    x = pd.DataFrame(doses, columns=genes)
    return _as_dataset(folder, x, y, pd.Series(condition, name="condition"))


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
    return bool(_matching(Path(folder), "knockouts"))


def _as_dataset(folder: Path, x: pd.DataFrame, y: pd.DataFrame, condition: pd.Series) -> Dataset:
    genes = list(x.columns)
    by_name = pd.DataFrame({"source": genes, "target": genes})
    return Dataset(
        name=folder.resolve().name,
        source=DREAM4_SOURCE,
        edges=_gold(_required(folder, _GOLD), genes),
        input_edges=by_name.assign(sign=-1),
        output_edges=by_name,
        x=x,
        y=y,
        condition=condition,
        functions=tuple(genes),
    )


def _matching(folder: Path, kind: str) -> list[Path]:
    # The challenge's own names carry the network's: insilico_size100_1_knockouts.tsv.
    theirs = "*GoldStandard*.tsv" if kind == _GOLD else f"*_{kind}.tsv"
    return sorted({*folder.glob(f"{kind}.tsv"), *folder.glob(theirs)})


def _find(folder: Path, kind: str) -> Path | None:
    paths = _matching(folder, kind)
    if len(paths) > 1:
        names = shorten(path.name for path in paths)
        raise DataError(
            f"{folder}: {len(paths)} files hold {kind}: {names}. One network is read at a time: "
            "move the files of each into a folder of its own."
        )
    return paths[0] if paths else None


def _required(folder: Path, kind: str) -> Path:
    path = _find(folder, kind)
    if path is None:
        raise DataError(
            f"{folder}: no '{kind}.tsv' and no file whose name ends so. A DREAM4 folder holds "
            "'knockouts.tsv' and 'gold_edges.tsv', perhaps 'knockdowns.tsv' and 'wildtype.tsv'. "
            "Pass such a folder."
        )
    return path


def _expression(path: Path, genes: list[str] | None = None) -> pd.DataFrame:
    """Samples by genes; `genes` are what the header must say."""
    header, *rows = read_cells(path, "\t")
    if genes is not None and header != genes:
        differing = (name for name, gene in zip(header, genes, strict=False) if name != gene)
        wrong = next(differing, "nothing more")
        raise DataError(
            f"{path}: the {len(header)} columns are not the {len(genes)} genes of the knockouts in "
            f"their order, first difference: {wrong!r} ({close_names(wrong, genes)}). Correct the "
            "file."
        )
    return pd.DataFrame(_numbers(rows, len(header), path), columns=header)


def _double_knockouts(path: Path, genes: list[str]) -> pd.DataFrame:
    rows = read_cells(path, "\t")
    # The challenge gives this table without a header.
    if rows[0] == genes or len(rows[0]) != len(genes):
        return _expression(path, genes)
    return pd.DataFrame(_numbers(rows, len(genes), path), columns=genes)


def _numbers(rows: list[list[str]], width: int, path: Path) -> Float[Array, "rows columns"]:
    try:
        return np.array(rows, dtype=str).astype(float).reshape(len(rows), width)
    except ValueError as error:
        raise DataError(
            f"{path}: only numbers are allowed below the names of the genes: {error}."
        ) from error


def _doses_of_each_gene(
    table: pd.DataFrame, dose: float, folder: Path
) -> Float[Array, "samples genes"]:
    """Doses of a table in whose row i gene i was hit, samples by genes."""
    n_rows, n_genes = table.shape
    if n_rows != n_genes:
        kind = _STYLE.words[dose]
        raise DataError(
            f"{folder}: {n_rows} {kind}s of {n_genes} genes; row i is the {kind} of gene i, so the "
            "table must be square. Correct the file."
        )
    return dose * np.eye(n_genes)


def _gold(path: Path, genes: list[str]) -> pd.DataFrame:
    rows = read_cells(path, "\t")
    if rows[0][:2] == ["source", "target"]:
        rows = rows[1:]
    # The challenge's file lists every pair and says in a third column whether it is an edge.
    edges = [row[:2] for row in rows if len(row) == 2 or (len(row) > 2 and _is_one(row[2]))]
    if not edges:
        raise DataError(
            f"{path}: no edge found; it needs rows of source and target, and perhaps 1 or 0. "
            "Correct it."
        )
    known = set(genes)
    unknown = [name for edge in edges for name in edge if name not in known]
    if unknown:
        raise DataError(
            f"{path}: {len(unknown)} names are not among the genes of the knockouts: "
            f"{shorten(unknown)}. Correct them."
        )
    return pd.DataFrame(edges, columns=["source", "target"])


def _is_one(cell: str) -> bool:
    try:
        return float(cell) == 1
    except ValueError:
        return False


READERS.register("dream4")(
    Reader(
        description="DREAM4: a folder with knockouts.tsv and gold_edges.tsv",
        recognises=is_dream4,
        read=read_dream4,
    )
)
