"""Recovery of the convergence graph's standard held-out edges, over several seeds.

    python -m benchmarks.convergence --seeds 6

Trains a GSNN (8 channels, 6 layers) for 30 epochs on 2,000 simulated samples, with the online regressor beside it, and
prints AUC and MRR on the test half of the held-out edges. `unfiltered` is the definition of the reference
implementation (every other source competes, the other half of the held-out edges counts as negative); `filtered` takes
other true edges out of negatives and ranks.
"""

import argparse

import pandas as pd
import torch
from rich.console import Console
from rich.progress import track

from edgelab.datasets import convergence
from edgelab.evaluation import evaluate_against
from edgelab.graphs import split_edges
from edgelab.inference import MagnitudeEdgeInferer, MagnitudeEdgeRegressor
from edgelab.models import GSNN
from edgelab.tasks import graph_of, perturbation_task
from edgelab.training import TrainingConfig, fit, iterate_batches

SCORES = [
    ("corr", "mean"),
    ("corr", "max"),
    ("partial", "mean"),
    ("partial", "max"),
    ("spearman", "mean"),
    ("corr", "pooled"),
    ("partial", "pooled"),
    ("spearman", "pooled"),
]


def recovery(tables, test, known):
    """Metrics of several edge tables on the test edges, both definitions."""
    rows = []
    for name, table in tables.items():
        unfiltered = evaluate_against(table, test, filtered=False)
        filtered = evaluate_against(table, test, known_edges=known)
        rows.append(
            {
                "scorer": name,
                "AUC unfiltered": unfiltered["auc"],
                "MRR unfiltered": unfiltered["mrr"],
                "AUC filtered": filtered["auc"],
                "MRR filtered": filtered["mrr"],
                "top@1 filtered": filtered["top@1"],
            }
        )
    return rows


def run(n, seed, epochs, lr):
    """Train once and score every way."""
    data = convergence(n, n_train=2000, n_test=500, noise_scale=0.15, seed=seed)
    validation, test = data.graph.held_out_pairs("validation"), data.graph.held_out_pairs("test")
    split = split_edges(graph_of(data.train), test, validation)
    task = perturbation_task(data.train, split.train)
    torch.manual_seed(seed)
    model = GSNN.from_data(split.train, channels=8, layers=6, share_layers=False, norm="none", dropout=0.2)
    regressor = MagnitudeEdgeRegressor(model, split.train, lr=1e-3, weight_decay=1e-4, ridge=1e-2, dropout=0.2)
    callback = regressor.callback(validation_edges=validation)
    config = TrainingConfig(
        epochs=epochs, batch_size=64, drop_last=True, lr=lr, seed=seed, progress=False, device="cpu"
    )
    history = fit(model, task.x, task.y, config, callbacks=[callback])
    tables = {"regressor, final": regressor.evaluate()}
    regressor.load_best()
    tables["regressor, best validation"] = regressor.evaluate()
    inferer = MagnitudeEdgeInferer(model, split.train)
    inferer.fit(iterate_batches(task.x, task.y, 500), progress=False)
    for score, layer_agg in SCORES:
        tables[f"MEI {score}, {layer_agg}"] = inferer.evaluate(score=score, layer_agg=layer_agg)
    return recovery(tables, test, validation), history.records[-1].train_loss


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=25)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--lr", type=float, default=1e-4)
    args = parser.parse_args()
    rows = []
    for seed in track(range(args.seeds), "seeds", console=Console(stderr=True)):
        found, loss = run(args.n, seed, args.epochs, args.lr)
        print(f"seed {seed}: training loss {loss:.3f}", flush=True)
        rows += found
    summary = pd.DataFrame(rows).groupby("scorer", sort=False).agg(["mean", "std"])
    shown = {
        metric: [f"{mean:.3f} ± {sd:.3f}" for mean, sd in summary[metric].to_numpy()]
        for metric in summary.columns.levels[0]
    }
    print(pd.DataFrame(shown, index=summary.index).to_string())


if __name__ == "__main__":
    main()
