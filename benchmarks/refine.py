"""Repair of the convergence graph: a fifth of its edges removed and as many false ones added.

    python -m benchmarks.refine --seeds 5

For every seed: other samples, other edges. `gradient` refines by the gradient of hypothetical
edges; `random` is the same procedure with edges grown at random; `MEI, one shot` trains on the
broken graph once and adds the best candidates of MEI, as many as were removed (which it cannot
know), and removes nothing; `MEI, in rounds` refines with MEI in place of the gradient. Test errors
are those of models trained alike, from the same seed, on the broken graph (before), the refined
graph (after) and the true graph. A merge edge (f_k → tier B) can be told from the data; a sink edge
hardly, since the functions beside it bring the same inputs to the sink.
"""

import argparse
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from edgelab.datasets import convergence
from edgelab.graphs import function_adjacency, function_names, prior_pairs
from edgelab.jobs import infer_edges, refine_edges, refinement_model
from edgelab.ops import Batch
from edgelab.refinement import RefineSettings
from edgelab.tasks import graph_of, perturbation_task
from edgelab.training import ModelSettings, evaluate_loss, fit

FRACTION = 0.2


def broken(dataset, seed):
    """The data set with a fifth of its edges gone and as many false ones, and both sets."""
    graph, rng = graph_of(dataset), np.random.default_rng(seed)
    names, present = function_names(graph), function_adjacency(graph)
    true = [tuple(pair) for pair in np.argwhere(present)]
    absent = [tuple(pair) for pair in np.argwhere(~present & ~np.eye(len(names), dtype=bool))]
    n = round(FRACTION * len(true))
    gone, false = (
        {pairs[i] for i in rng.choice(len(pairs), n, replace=False)} for pairs in (true, absent)
    )
    named = [{(names[i], names[j]) for i, j in pairs} for pairs in (gone, false)]
    edges = sorted((prior_pairs(graph) - named[0]) | named[1])
    return replace(dataset, edges=pd.DataFrame(edges, columns=["source", "target"])), *named


def share(edges, wanted, of):
    """Share of `of` that is in both."""
    return len(edges & wanted) / len(of) if of else float("nan")


def measures(name, before, after, gone, false, sink):
    """Precision and recall of what was added and removed."""
    added, removed = after - before, before - after
    merges = {pair for pair in gone if pair[1] != sink}
    return {
        "way": name,
        "n added": len(added),
        "added precision": share(added, gone, added),
        "added recall": share(added, gone, gone),
        "recall, merges": share(added, merges, merges),
        "n removed": len(removed),
        "removed precision": share(removed, false, removed),
        "removed recall": share(removed, false, false),
    }


def test_error(data, edges, settings, seed):
    """Test error of a model trained from its initial weights on the graph with these edges."""
    dataset = replace(data.train, edges=pd.DataFrame(sorted(edges), columns=["source", "target"]))
    graph = graph_of(dataset)
    train, test = perturbation_task(data.train, graph), perturbation_task(data.test, graph)
    torch.manual_seed(seed)
    model = settings.make_model(train)
    fit(model, train.x, train.y, replace(settings.training, seed=seed))
    return evaluate_loss(model.eval(), [Batch(test.x, test.y)])


def one_shot(dataset, n, settings, seed):
    """The edges of the broken graph and the best candidates of MEI."""
    short = ModelSettings().training
    training = replace(short, device="cpu", progress=False)
    inference = infer_edges(
        dataset, "mei", settings=replace(settings, training=training), seed=seed
    )
    best = inference.candidates.head(n)
    return prior_pairs(graph_of(dataset)) | set(
        zip(best["src_func"], best["dst_func"], strict=True)
    )


def compare(args, seed):
    """All ways on one broken graph."""
    data = convergence(args.n, n_train=2000, n_test=500, noise_scale=0.15, seed=seed)
    dataset, gone, false = broken(data.train, seed)
    settings = refinement_model()
    settings = replace(settings, training=replace(settings.training, device="cpu", progress=False))
    before, true = prior_pairs(graph_of(dataset)), prior_pairs(graph_of(data.train))
    sink = f"f{2 * args.n - 1}"
    refined = {
        name: prior_pairs(
            refine_edges(
                dataset, growth=growth, settings=settings, refining=RefineSettings(), seed=seed
            ).data
        )
        for name, growth in {
            "gradient": "gradient",
            "random": "random",
            "MEI, in rounds": "mei",
        }.items()
    }
    refined["MEI, one shot"] = one_shot(dataset, len(gone), settings, seed)
    errors = {
        "error before": test_error(data, before, settings, seed),
        "true graph": test_error(data, true, settings, seed),
    }
    return [
        {
            **measures(name, before, after, gone, false, sink),
            "error before": errors["error before"],
            "error after": test_error(data, after, settings, seed),
            "true graph": errors["true graph"],
        }
        for name, after in refined.items()
    ]


def shown(rows):
    """Mean ± standard deviation over the seeds."""
    summary = rows.groupby("way", sort=False).agg(["mean", "std"])
    columns = summary.columns.get_level_values(0).unique()
    text = {c: [f"{mean:.3f} ± {sd:.3f}" for mean, sd in summary[c].to_numpy()] for c in columns}
    return pd.DataFrame(text, index=summary.index).T.to_string()


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=25)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    parts = []
    for seed in range(args.seeds):
        parts.append(pd.DataFrame(compare(args, seed)))
        print(f"seed {seed}", parts[-1].round(3).to_string(index=False), sep="\n", flush=True)
    print(f"\nMean ± standard deviation over {args.seeds} seeds")
    print(shown(pd.concat(parts)))


if __name__ == "__main__":
    main()
