"""Options that several commands share, written once."""

from typing import Annotated

import typer

Force = Annotated[
    bool, typer.Option("--force", help="Overwrite the results of an earlier run in the folder.")
]
Seed = Annotated[
    int, typer.Option(help="Seed of every random choice; equal seeds give equal results on a CPU.")
]
Device = Annotated[
    str, typer.Option(help="'auto' (a GPU when there is one), 'cpu', 'cuda', 'cuda:1', …")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Progress = Annotated[bool, typer.Option(help="Show progress bars (only ever on a terminal).")]
Splits = Annotated[
    int,
    typer.Option(
        min=0, help="How many times known edges are hidden to judge the ranking; 0 skips it."
    ),
]
Fraction = Annotated[
    float, typer.Option(help="Share of the known edges that is hidden each time, in (0, 1).")
]
Top = Annotated[
    int, typer.Option(min=1, help="How many candidate edges are printed, drawn and exported.")
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, help="Processor threads; chosen by the size of the graph when left out."),
]
