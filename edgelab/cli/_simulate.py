"""`edgelab simulate`: a data set with known missing edges, as files that `edgelab infer` reads."""

from typing import Annotated

import typer

from . import _options as options
from ._console import one_clear_line, out


def simulate(
    out_dir: options.OutDir,
    size: Annotated[
        int, typer.Option(min=3, help="Number of chains n: the graph has 2n functions.")
    ] = 25,
    samples: Annotated[int, typer.Option(min=1, help="Number of samples.")] = 2000,
    noise: Annotated[
        float, typer.Option(min=0, help="Standard deviation of the noise of every node.")
    ] = 0.15,
    seed: options.Seed = 0,
    force: options.Force = False,
    debug: options.Debug = False,
) -> None:
    """Simulate responses of the convergence graph, with known edges left out of the prior.

    n chains merge pairwise and then in one sink. The prior in `edges.csv` lacks the standard
    held-out edges, which are in `held_out.csv`.

    [bold]Example[/]: edgelab simulate --size 12 --out toy && edgelab infer --edges toy/edges.csv
    --input-edges toy/input_edges.csv --output-edges toy/output_edges.csv --x toy/x.csv --y
    toy/y.csv --out found
    """
    with one_clear_line(debug):
        from edgelab.datasets import convergence
        from edgelab.report import ResultsFolder

        data = convergence(size, n_train=samples, n_test=1, noise_scale=noise, seed=seed)
        tables = {
            "edges": data.graph.kept_edges,
            "input_edges": data.graph.input_edges,
            "output_edges": data.graph.output_edges,
            "held_out": data.graph.held_out,
            "x": data.train.x,
            "y": data.train.y,
        }
        with ResultsFolder(out_dir, force=force) as folder:
            for name, table in tables.items():
                table.to_csv(folder.file(f"{name}.csv"), index=False)
        out.print(
            f"{samples} samples of {2 * size} functions in {out_dir}; "
            f"{len(data.graph.held_out)} edges left out"
        )
