"""Realised beside nominal false discovery proportions, where the truth is known.

    python -m benchmarks.honesty --seeds 24
    python -m benchmarks.honesty --dream4 path/to/network_1 path/to/network_2

Truth for the estimand `total` is a directed path, for `direct` an edge. Simulated screens: random
acyclic networks with weights of 0.4 to 1 and knockouts that lower a gene by 8 standard deviations
of its own noise. Every line of the tables is a kind of q-value:

    mirror        halves of the interventions that agree in sign (the default of `edgelab infer`)
    method        the same with pairs ordered by a scorer that is refitted on each half
    association   Benjamini-Hochberg on the p-value of a scorer

The GSNN comes trained and untrained: a score that looks at an untrained network must not call more
than promised.
"""

import argparse
from dataclasses import replace

import numpy as np
import pandas as pd

from edgelab.confidence import (
    LEVELS,
    QSettings,
    SplitEvidence,
    check_levels,
    pair_q_values,
    realised_proportions,
    true_pairs,
)
from edgelab.datasets import Dataset, read_dream4, simulate
from edgelab.graphs import FUNCTION_EDGES
from edgelab.methods import Evidence
from edgelab.report import CALIBRATION_HEADING, calibration_rows
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings, TrainingConfig

KNOCKOUT, NOISE = -4.0, 0.5
SCREENS = {
    "4 replicates, 12 controls": {"genes": 40, "replicates": 4, "controls": 12},
    "2 replicates, 2 controls": {"genes": 40, "replicates": 2, "controls": 2},
    "knockout and knockdown": {"genes": 60, "replicates": 1, "controls": 1, "doses": (1.0, 0.5)},
    "11 genes, 10 replicates": {"genes": 11, "replicates": 10, "controls": 20},
    "skewed noise": {"genes": 40, "replicates": 4, "controls": 12, "skewed": True},
    "random inputs": {"genes": 20, "replicates": 0, "controls": 150},
}


def random_network(genes, seed):
    """Edges of a random acyclic network with two parents per gene on average, with weights."""
    generator = np.random.default_rng(seed)
    source, target = np.nonzero(np.triu(generator.random((genes, genes)) < 4 / (genes - 1), 1))
    weight = generator.uniform(0.4, 1.0, source.size) * generator.choice([-1, 1], source.size)
    names = np.array([f"g{number}" for number in range(genes)])
    return pd.DataFrame({"source": names[source], "target": names[target], "weight": weight}), names


def design(genes, replicates, controls, doses=(1.0,), seed=0):
    """Samples of a screen; without replicates every input is drawn at random in every sample."""
    if not replicates:
        return np.random.default_rng([seed, 7]).standard_normal((controls, genes)) / KNOCKOUT
    treated = [dose * np.eye(genes) for dose in doses for _ in range(replicates)]
    return np.concatenate([np.zeros((controls, genes)), *treated])


def screen(seed, genes, replicates, controls, doses=(1.0,), skewed=False, effects=True):
    """A simulated screen, the edges it was made with, and a prior that holds a third of them."""
    edges, names = random_network(genes, seed)
    x = pd.DataFrame(
        design(genes, replicates, controls, doses, seed),
        columns=[f"{name} knockout" for name in names],
    )
    inputs = pd.DataFrame({"source": x.columns, "target": names, "weight": KNOCKOUT})
    outputs = pd.DataFrame({"source": names, "target": [f"{name} level" for name in names]})
    made = simulate(
        edges,
        input_edges=inputs,
        output_edges=outputs,
        x=x if effects else x * 0,
        noise_scale=NOISE,
        seed=seed,
    )
    y = np.exp(made.y / 2) if skewed else made.y
    known = edges.sample(frac=1 / 3, random_state=seed).reset_index(drop=True)[["source", "target"]]
    given = inputs[["source", "target"]]
    data = Dataset(
        name="screen",
        source="simulated",
        edges=known,
        input_edges=given,
        output_edges=outputs,
        x=x,
        y=y,
        condition=made.condition,
        functions=tuple(names),
    )
    return data, edges if effects else edges.iloc[:0]


def truth(data, edges, estimand):
    """Which pairs are true, in the order of the graph's nodes."""
    names = {name: number for number, name in enumerate(data["function"].node_names)}
    index = np.array(
        [[names[name] for name in edges[column]] for column in ("source", "target")], dtype=int
    )
    return true_pairs(index.reshape(2, -1), len(names), estimand)


def q_values(dataset, way, method, seed, settings=None, splits=20):
    """Q-values of all pairs by one way."""
    whole = Evidence(dataset, graph_of(dataset), settings, seed)
    return pair_q_values(SplitEvidence(whole, QSettings(way=way, splits=splits)), method)


def judged(dataset, edges, q_value, estimand):
    """Realised proportions among the candidates."""
    data = graph_of(dataset)
    candidate = ~np.eye(len(q_value), dtype=bool)
    candidate[tuple(data[FUNCTION_EDGES].edge_index.numpy())] = False
    return realised_proportions(q_value[candidate], truth(data, edges, estimand)[candidate], LEVELS)


def show(title, records):
    """Print a table: one line per kind of q-value and level."""
    lines = []
    for name, part in records.items():
        lines += [(name, *row) for row in calibration_rows(check_levels(pd.concat(part)))]
    print(f"\n{title}")
    print(
        pd.DataFrame(lines, columns=["q-value", *CALIBRATION_HEADING]).to_string(index=False),
        flush=True,
    )


def simulations(seeds, ways):
    """Every kind of screen."""
    for title, options in SCREENS.items():
        records = {}
        for seed in range(seeds):
            dataset, edges = screen(seed, **options)
            for name, (way, method, estimand) in ways.items():
                q_value = q_values(dataset, way, method, seed)
                records.setdefault(name, []).append(judged(dataset, edges, q_value, estimand))
        show(f"{title}: {seeds} simulated screens", records)


def noise(seeds, ways):
    """Responses that nothing moves: what is realised is the share of runs with calls."""
    records = {}
    for seed in range(seeds):
        dataset, edges = screen(seed, **SCREENS["2 replicates, 2 controls"], effects=False)
        shuffled = dataset.y.sample(frac=1, random_state=seed).reset_index(drop=True)
        columns = {
            name: shuffled[name].sample(frac=1, random_state=n).to_numpy()
            for n, name in enumerate(shuffled)
        }
        dataset = replace(dataset, y=pd.DataFrame(columns))
        for name, (way, method, estimand) in ways.items():
            records.setdefault(name, []).append(
                judged(dataset, edges, q_values(dataset, way, method, seed), estimand)
            )
    show(f"Pure noise: {seeds} screens", records)


def untrained(seeds):
    """A GSNN as it was initialised, and a trained one, on screens with effects and on noise."""
    training = TrainingConfig(epochs=30, batch_size=32, lr=3e-3, progress=False, device="cpu")
    kinds = {"untrained": replace(training, epochs=1, lr=1e-12), "trained": training}
    for effects in (True, False):
        records = {}
        for seed in range(seeds):
            dataset, edges = screen(seed, genes=20, replicates=4, controls=12, effects=effects)
            for kind, config in kinds.items():
                settings = ModelSettings(task="perturbation", channels=4, training=config)
                for way in ("method", "association"):
                    q_value = q_values(dataset, way, "mei_partial", seed, settings, splits=3)
                    records.setdefault(f"{kind} GSNN, {way}", []).append(
                        judged(dataset, edges, q_value, "total")
                    )
        show(
            f"GSNN (partial MEI), {seeds} screens of {'20 genes' if effects else 'pure noise'}",
            records,
        )


def dream4(folders, ways):
    """Networks of the challenge; the scorer knows one edge only, for a graph needs one."""
    records = {}
    for folder in folders:
        dataset = read_dream4(folder)
        blind = replace(dataset, edges=dataset.edges.iloc[:1], functions=dataset.functions)
        for name, (way, method, estimand) in ways.items():
            realised = judged(blind, dataset.edges, q_values(blind, way, method, 0), estimand)
            records.setdefault(name, []).append(realised)
            columns = ["nominal", "n_called", "realised", "power"]
            print(f"{folder}, {name}:", realised[columns].round(3).values.tolist())
    show(f"DREAM4: {len(folders)} networks", records)


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--model-seeds", type=int, default=20)
    parser.add_argument("--dream4", nargs="*", default=[], metavar="FOLDER")
    args = parser.parse_args()
    ways = {
        "mirror, total": ("mirror", "interventional_z", "total"),
        "method (interventional z), total": ("method", "interventional_z", "total"),
        "association (Pearson), total": ("association", "pearson", "total"),
        "mirror, but direct": ("mirror", "interventional_z", "direct"),
    }
    if args.dream4:
        dream4(args.dream4, ways)
        return
    simulations(args.seeds, ways)
    noise(max(args.seeds, 40), {name: way for name, way in ways.items() if "direct" not in name})
    untrained(args.model_seeds)


if __name__ == "__main__":
    main()
