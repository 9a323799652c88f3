"""Recovery of hidden edges by the growth of edges, beside other scores of the same models.

    python -m benchmarks.edge_growth [--seeds 6]
    python -m benchmarks.edge_growth --dream4 FOLDER [FOLDER ...]

Without folders: the standard held-out edges of the convergence graph, as in
`benchmarks.convergence`. With folders of the DREAM4 challenge (see `edgelab.datasets.read_dream4`):
20 % of the edges are hidden, five times each; all pairs that are no edge of the model's graph are
candidates.
"""

import argparse

import pandas as pd

from benchmarks.convergence import REGRESSOR, prepare, recovery, shown, train
from edgelab.benchmark import run_benchmark
from edgelab.datasets import read_dream4
from edgelab.inference import (
    EdgeGrowthScorer,
    MagnitudeEdgeInferer,
    MagnitudeEdgeRegressor,
)
from edgelab.training import ModelSettings, TrainingConfig, iterate_batches

METHODS = (
    "edge_growth",
    "mei",
    "mei_partial",
    "regressor",
    "interventional_z",
    "out_degree",
    "random",
)
METRICS = ["auc", "auprc", "mrr", "top@1", "top@3", "top@5"]


def on_convergence(args):
    """Mean and standard deviation over seeds."""
    parts = []
    for seed in range(args.seeds):
        graph, task, model, validation, test = prepare(args.n, seed)
        regressor = MagnitudeEdgeRegressor(model, graph, **REGRESSOR)
        train(model, task, [regressor.callback(validation_edges=validation)], args, seed)
        batches = list(iterate_batches(task.x, task.y, 500))
        inferer = MagnitudeEdgeInferer(model, graph)
        growths = {to: EdgeGrowthScorer(model, graph, relative_to=to) for to in ("target", "all")}
        for scorer in (inferer, *growths.values()):
            scorer.fit(batches, progress=False)
        tables = {
            **{
                f"edge growth, relative to {to}": growth.evaluate()
                for to, growth in growths.items()
            },
            "MEI corr, pooled": inferer.evaluate(layer_agg="pooled"),
            "MEI partial, pooled": inferer.evaluate(layer_agg="pooled", score="partial"),
            "regressor, final": regressor.evaluate(),
        }
        regressor.load_best()
        tables["regressor, best validation"] = regressor.evaluate()
        parts.append(pd.DataFrame(recovery(tables, test, validation)))
        print(f"seed {seed} done", flush=True)
    print(shown(pd.concat(parts)))


def on_dream4(args):
    """One table per folder, and paired differences to the growth of edges."""
    training = TrainingConfig(epochs=args.epochs, batch_size=32, lr=args.lr, progress=False)
    settings = ModelSettings(task="perturbation", channels=8, layers=4, training=training)
    for folder in args.dream4:
        data = read_dream4(folder)
        benchmark = run_benchmark(
            [data], METHODS, seeds=range(args.seeds), fraction=0.2, settings=settings
        )
        print(f"\n{data.name}")
        print(benchmark.records.groupby("scorer", sort=False)[METRICS].mean().round(3).to_string())
        print(benchmark.differences("edge_growth").round(3).to_string())


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=25)
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--lr", type=float)
    parser.add_argument("--dream4", nargs="+", metavar="FOLDER")
    args = parser.parse_args()
    args.seeds = args.seeds or (5 if args.dream4 else 6)
    args.lr = args.lr or (3e-3 if args.dream4 else 1e-4)
    (on_dream4 if args.dream4 else on_convergence)(args)


if __name__ == "__main__":
    main()
