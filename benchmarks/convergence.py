"""Recovery of the convergence graph's standard held-out edges, over several seeds.

    python -m benchmarks.convergence --seeds 6

Trains a GSNN (8 channels, 6 layers) for 30 epochs on 2,000 simulated samples, with the online
regressor beside it, and prints AUC and MRR on the test half of the held-out edges. `unfiltered` is
the definition of the reference implementation (every other source competes, the other half of the
held-out edges counts as negative); `filtered` takes other true edges out of negatives and ranks.

    python -m benchmarks.convergence --seeds 6 --weight-maps

compares the regressor's free matrix with structured ones instead. All of them learn side by side
from one training per seed, so their differences are paired.
"""

import argparse
from contextlib import nullcontext

import pandas as pd
import torch
from rich.console import Console
from rich.progress import track

from edgelab.datasets import convergence
from edgelab.evaluation import evaluate_against
from edgelab.graphs import split_edges
from edgelab.inference import (
    MagnitudeEdgeInferer,
    MagnitudeEdgeRegressor,
    RegressorCallback,
)
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
REGRESSOR = {"lr": 1e-3, "weight_decay": 1e-4, "ridge": 1e-2, "dropout": 0.2}
GAMMAS = (0.003, 0.01, 0.03, 0.1)
# A lasso takes the place of the ridge penalty. Its own initial values are six times as large as
# those of the free matrix; a tenth of them makes starts alike, so that penalties are compared
# rather than starts.
WEIGHT_MAPS = {
    "free": {},
    "free, negative scores 0": {"score_mode": "relu"},
    "free, no ridge": {"ridge": 0.0},
    "free, a tenth of its start": {"start": 0.1},
    "NonNegativeLinear": {"weight_map": "NonNegativeLinear"},
    **{
        f"LassoLinear {gamma}": {
            "weight_map": "LassoLinear",
            "weight_map_options": {"gamma": gamma},
            "ridge": 0.0,
            "start": 0.1,
        }
        for gamma in GAMMAS
    },
    "LassoLinear 0.03, own start": {
        "weight_map": "LassoLinear",
        "weight_map_options": {"gamma": 0.03},
        "ridge": 0.0,
    },
}


class Beside(RegressorCallback):
    """Trains a further regressor on the values that the first one's callback captures."""

    def step_context(self, epoch, step):
        """Open nothing."""
        # It forgets the samples of the last epoch; its own capture stays closed.
        super().step_context(epoch, step)
        return nullcontext()


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


def prepare(n, seed):
    """The graph without its held-out edges, the task on it, a fresh model, both held-out halves."""
    data = convergence(n, n_train=2000, n_test=500, noise_scale=0.15, seed=seed)
    validation, test = data.graph.held_out_pairs("validation"), data.graph.held_out_pairs("test")
    split = split_edges(graph_of(data.train), test, validation)
    task = perturbation_task(data.train, split.train)
    torch.manual_seed(seed)
    model = GSNN.from_data(
        split.train, channels=8, layers=6, share_layers=False, norm="none", dropout=0.2
    )
    return split.train, task, model, validation, test


def train(model, task, callbacks, args, seed):
    """Train, and return the last loss."""
    config = TrainingConfig(
        epochs=args.epochs,
        batch_size=64,
        drop_last=True,
        lr=args.lr,
        seed=seed,
        progress=False,
        device="cpu",
    )
    return fit(model, task.x, task.y, config, callbacks=callbacks).records[-1].train_loss


def compare_scorers(args, seed):
    """Train once and score every way."""
    graph, task, model, validation, test = prepare(args.n, seed)
    regressor = MagnitudeEdgeRegressor(model, graph, **REGRESSOR)
    loss = train(model, task, [regressor.callback(validation_edges=validation)], args, seed)
    tables = {"regressor, final": regressor.evaluate()}
    regressor.load_best()
    tables["regressor, best validation"] = regressor.evaluate()
    inferer = MagnitudeEdgeInferer(model, graph)
    inferer.fit(iterate_batches(task.x, task.y, 500), progress=False)
    for score, layer_agg in SCORES:
        tables[f"MEI {score}, {layer_agg}"] = inferer.evaluate(score=score, layer_agg=layer_agg)
    return recovery(tables, test, validation), loss


def compare_weight_maps(args, seed):
    """Train once, with regressors of all kinds side by side."""
    graph, task, model, validation, test = prepare(args.n, seed)
    callbacks = {}
    for name, options in WEIGHT_MAPS.items():
        options = dict(options)
        start = options.pop("start", 1.0)
        regressor = MagnitudeEdgeRegressor(model, graph, **{**REGRESSOR, **options})
        with torch.no_grad():
            for parameter in regressor.parameters():
                parameter.mul_(start)
        callbacks[name] = (Beside if callbacks else RegressorCallback)(regressor, validation)
    loss = train(model, task, list(callbacks.values()), args, seed)
    tables = {
        f"{name} (final)": callback.regressor.evaluate() for name, callback in callbacks.items()
    }
    for name, callback in callbacks.items():
        callback.regressor.load_best()
        tables[f"{name} (best validation)"] = callback.regressor.evaluate()
    return recovery(tables, test, validation), loss


def shown(rows):
    """Mean ± standard deviation of every column over the seeds."""
    summary = rows.groupby("scorer", sort=False).agg(["mean", "std"])
    metrics = summary.columns.get_level_values(0).unique()
    text = {
        m: [f"{mean:+.3f} ± {sd:.3f}".lstrip("+") for mean, sd in summary[m].to_numpy()]
        for m in metrics
    }
    return pd.DataFrame(text, index=summary.index).to_string()


def paired(rows):
    """Differences to the free matrix of the same seed and the same moment."""
    rows = rows.set_index(["seed", "scorer"])
    moment = rows.index.get_level_values("scorer").str.extract(r"(\(.*\))", expand=False)
    free = rows.loc[list(zip(rows.index.get_level_values("seed"), "free " + moment, strict=True))]
    return (rows - free.to_numpy()).reset_index("scorer").reset_index(drop=True)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=25)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--weight-maps", action="store_true")
    args = parser.parse_args()
    compare = compare_weight_maps if args.weight_maps else compare_scorers
    parts = []
    for seed in track(range(args.seeds), "seeds", console=Console(stderr=True)):
        records, loss = compare(args, seed)
        print(f"seed {seed}: training loss {loss:.3f}", flush=True)
        parts.append(pd.DataFrame(records).assign(seed=seed))
    rows = pd.concat(parts)
    print(shown(rows.drop(columns="seed")))
    if args.weight_maps:
        print("\nDifference to the free matrix, same seed")
        print(shown(paired(rows)))


if __name__ == "__main__":
    main()
