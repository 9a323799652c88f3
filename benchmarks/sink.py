"""Can a method find the hidden parents of the sink of the convergence graph?

    python -m benchmarks.sink --seeds 6

The sink adds up 24 functions; half of them are hidden parents, and a third of all hidden edges.
Scores of a trained model find the sink's column, but within it they are at chance. Prints, per
method, MRR and AUC on the hidden parents of the sink, and MRR, AUC and average precision on all
hidden edges; ranks are filtered.
"""

import argparse
from collections import Counter
from dataclasses import replace

import pandas as pd
from rich.console import Console
from rich.progress import track

from edgelab.datasets import convergence
from edgelab.evaluation import evaluate_against
from edgelab.graphs import split_edges
from edgelab.methods import METHODS, Evidence
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings

CHOSEN = (
    "gsnn",
    "consensus",
    "mei",
    "mei_partial",
    "edge_growth",
    "regressor",
    "pearson",
    "out_degree",
    "random",
)


def recovery(n, seed, methods):
    """One record per method."""
    data = convergence(n, n_train=2000, n_test=500, noise_scale=0.15, seed=seed)
    split = split_edges(graph_of(data.train), data.graph.held_out_pairs())
    hidden = sorted(split.held_out_pairs)
    sink, _ = Counter(target for _, target in hidden).most_common(1)[0]
    parents = [pair for pair in hidden if pair[1] == sink]
    settings = ModelSettings(layers=6)
    training = replace(settings.training, epochs=10, batch_size=64, progress=False)
    evidence = Evidence(data.train, split.train, replace(settings, training=training), seed)
    for method in methods:
        table = METHODS[method].table(evidence, None)
        of_sink = evaluate_against(table, parents, known_edges=hidden)
        of_all = evaluate_against(table, hidden)
        yield {
            "method": method,
            "sink MRR": of_sink["mrr"],
            "sink AUC": of_sink["auc"],
            "MRR": of_all["mrr"],
            "AUC": of_all["auc"],
            "AUPRC": of_all["auprc"],
        }


def main():
    """Print means and standard deviations over the seeds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--n", type=int, default=25, help="size of the graph")
    parser.add_argument("--methods", nargs="+", default=list(CHOSEN))
    args = parser.parse_args()
    seeds = track(range(args.seeds), "seeds", console=Console(stderr=True))
    records = pd.DataFrame([row for seed in seeds for row in recovery(args.n, seed, args.methods)])
    table = records.groupby("method", sort=False).agg(["mean", "std"]).round(3)
    Console(width=160).print(table.to_string())


if __name__ == "__main__":
    main()
