"""Options that several commands share, written once."""

from pathlib import Path
from typing import Annotated

import typer

from ._choices import DATASETS, TASKS, WAYS

# The data set: one argument, or tables.
Data = Annotated[
    str | None,
    typer.Argument(
        metavar="[DATASET]",
        help=f"A bundled data set ({', '.join(DATASETS)}) or a folder (DREAM4, CellNOpt, or "
        "edges.csv, x.csv, y.csv); else give --edges, --x and --y.",
        show_default=False,
    ),
]
Edges = Annotated[
    Path | None,
    typer.Option(help="Prior network: CSV, TSV, SIF or Parquet with source,target[,sign]."),
]
X = Annotated[
    Path | None, typer.Option(help="What was done: samples × inputs, names in the header.")
]
Y = Annotated[
    Path | None, typer.Option(help="What was measured: samples × outputs, the same samples.")
]
InputEdges = Annotated[
    Path | None,
    typer.Option(
        help="From input (source) to function (target); else each acts on the one of its name."
    ),
]
OutputEdges = Annotated[
    Path | None,
    typer.Option(
        help="From function (source) to output (target); else each reads the one of its name."
    ),
]

# The model.
Task = Annotated[str, typer.Option(help=f"What a model learns from: {', '.join(TASKS)}.")]
Channels = Annotated[int, typer.Option(min=1, help="Hidden channels of each function.")]
Layers = Annotated[
    int, typer.Option(min=2, help="Layers of the network; a path of k edges needs k + 1.")
]
BatchSize = Annotated[int, typer.Option(min=1, help="Samples per training step, at most.")]
LearningRate = Annotated[float, typer.Option("--lr", help="Learning rate.")]

# Judging a ranking.
Splits = Annotated[
    int,
    typer.Option(
        min=0, help="How many times known edges are hidden to judge the ranking; 0 skips it."
    ),
]
Fraction = Annotated[
    float, typer.Option(help="Share of the known edges that is hidden each time, in (0, 1).")
]
Q = Annotated[str, typer.Option(help=f"Where q comes from: {', '.join(WAYS)}.")]
QSplits = Annotated[int, typer.Option(min=1, help="Splits into sample halves that q aggregates.")]

# The run.
Seed = Annotated[
    int, typer.Option(help="Seed of every random choice; equal seeds give equal results on a CPU.")
]
Device = Annotated[
    str, typer.Option(help="'auto' (a GPU when there is one), 'cpu', 'cuda', 'cuda:1', …")
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, help="Processor threads at most; small graphs take one."),
]
Processes = Annotated[
    int | None,
    typer.Option(min=1, help="Processes that share the work; all processors when left out."),
]

# What is shown and kept.
OutDir = Annotated[
    Path, typer.Option("--out", help="Folder for the results; made if it does not exist.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite the results of an earlier run in the folder.")
]
Top = Annotated[
    int, typer.Option(min=1, help="How many candidate edges are printed, drawn and exported.")
]
Progress = Annotated[bool, typer.Option(help="Show progress bars (only ever on a terminal).")]
Debug = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error, and every warning.")
]
