"""Test error against parameters: a GSNN grown in closed form, at random, or wide everywhere.

    python -m benchmarks.growing_gsnn [--seeds 3] [--law product]

Responses of the convergence graph (25 inputs, 2,000 samples) are learned through the whole graph by
GSNNs of 6 layers, 30 epochs of AdamW at a learning rate of 1e-3. Grown ones start with 2 channels
and grow after epochs 3, 6, 9 and 12; `share` is that of the parameters of the model with 8 channels
everywhere. By default every function adds its parents, so that few channels suffice and what
differs is how fast a model learns. `--law product` multiplies the parents of every third function
of the middle tier instead.
"""

import argparse
from collections import Counter
from itertools import chain

import pandas as pd
import torch
from rich.console import Console
from rich.progress import track

from edgelab.datasets import convergence_graph, simulate
from edgelab.growth import grow_gsnn, mean_loss
from edgelab.models import GSNN
from edgelab.seeds import seed_for
from edgelab.tasks import graph_of, perturbation_task
from edgelab.training import iterate_batches

N, N_TRAIN, N_TEST, NOISE = 25, 2000, 1000, 0.15
START, WIDE = 2, 8
GROW_AFTER = (3, 6, 9, 12)
SHARES = (0.4, 0.5)


def prepare(law, seed):
    """The graph, training and test samples; responses standardised by the training samples."""
    graph = convergence_graph(N)
    products = [f"f{N + k}" for k in range(0, N - 1, 3)] if law == "product" else []
    data = simulate(
        graph.edges,
        input_edges=graph.input_edges,
        output_edges=graph.output_edges,
        n_samples=N_TRAIN + N_TEST,
        noise_scale=NOISE,
        laws=dict.fromkeys(products, lambda parents: pd.DataFrame(parents).prod(axis=1).to_numpy()),
        seed=seed,
    )
    task = perturbation_task(data, graph_of(data))
    y = (task.y - task.y[:N_TRAIN].mean(0)) / task.y[:N_TRAIN].std(0)
    return task.data, (task.x[:N_TRAIN], y[:N_TRAIN]), (task.x[N_TRAIN:], y[N_TRAIN:])


def build(graph, channels, seed):
    torch.manual_seed(seed)
    return GSNN.from_data(graph, channels=channels, layers=6, share_layers=False, norm="none")


def grow_at_random(model, graph, budget, optimizer, seed):
    """New channels for random functions and layers, with weights like those of a new model."""
    generator = torch.Generator().manual_seed(seed)
    counts = model.channel_counts
    wanted = counts.clone()
    degree = torch.zeros(model.n_functions, dtype=torch.int64)
    ends = Counter(chain.from_iterable(model.edges))
    for number, name in enumerate(model.function_names):
        degree[number] = ends[name]
    left = budget
    for unit in torch.randperm(counts.numel(), generator=generator).tolist():
        layer, node = divmod(unit, model.n_functions)
        if degree[node] + 1 <= left:
            wanted[layer, node] += 1
            left -= int(degree[node]) + 1
    model.widen(wanted, optimizer)
    fresh = build(graph, wanted, seed)
    with torch.no_grad():
        for mine, theirs, old in zip(model.blocks, fresh.blocks, counts, strict=True):
            for name in ("lin_in", "lin_out"):
                layer, drawn = getattr(mine, name), getattr(theirs, name)
                width = layer.weight.shape[1]
                new = torch.arange(width) >= old[layer.node_of_edge].unsqueeze(1)
                wide = torch.zeros_like(layer.weight)
                wide[:, : drawn.weight.shape[1]] = drawn.weight
                layer.weight.copy_(torch.where(new, wide, layer.weight))


def run(graph, train, test, *, channels, seed, epochs, lr, growth=None, budget=0):
    """Train, growing on the way, and return parameters and test error per entry."""
    model = build(graph, channels, seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.0)
    generator = torch.Generator().manual_seed(seed)
    for epoch in range(epochs):
        if growth and epoch in GROW_AFTER:
            part = (budget - model.n_parameters) // (len(GROW_AFTER) - GROW_AFTER.index(epoch))
            if growth == "closed form":
                grow_gsnn(model, [train], part, optimizer=optimizer)
            else:
                drawn = seed_for(seed, f"growth after epoch {epoch}")
                grow_at_random(model, graph, part, optimizer, drawn)
        for batch in iterate_batches(*train, 64, generator=generator, drop_last=True):
            optimizer.zero_grad()
            (model(batch.x) - batch.y).square().mean().backward()
            optimizer.step()
    return model.n_parameters, mean_loss(model, [test]) / test[1].shape[1]


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--law", choices=["sum", "product"], default="sum")
    args = parser.parse_args()
    rows = []
    for seed in track(range(args.seeds), "seeds", console=Console(stderr=True)):
        graph, train, test = prepare(args.law, seed)
        wide = build(graph, WIDE, seed).n_parameters
        plans = [(f"{c} channels everywhere", {"channels": c}) for c in (START, 3, 4, WIDE)]
        for share in SHARES:
            plans += [
                (
                    f"grown: {kind}, ≤ {share:.0%}",
                    {"channels": START, "growth": kind, "budget": int(share * wide)},
                )
                for kind in ("closed form", "random")
            ]
        for name, plan in plans:
            n_parameters, error = run(
                graph, train, test, seed=seed, epochs=args.epochs, lr=args.lr, **plan
            )
            rows.append({"model": name, "seed": seed, "share": n_parameters / wide, "error": error})
            print(f"seed {seed}: {name}: {n_parameters} parameters, error {error:.4f}", flush=True)
    table = pd.DataFrame(rows)
    wide_error = table[table["model"] == f"{WIDE} channels everywhere"].set_index("seed")["error"]
    table["to wide"] = table["error"] - table["seed"].map(wide_error)
    summary = table.drop(columns="seed").groupby("model", sort=False).agg(["mean", "std"])
    print(summary.round(4).to_string())


if __name__ == "__main__":
    main()
