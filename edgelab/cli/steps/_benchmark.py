"""What a benchmark of several data sets leaves behind: printed, and as files."""

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE

from edgelab.benchmark import Benchmark
from edgelab.provenance import environment
from edgelab.report import (
    ResultsFolder,
    format_benchmark,
    format_differences,
    format_stability,
    plot_benchmark,
    to_markdown_table,
)

from .._console import err
from ._files import write_parquet
from ._tables import LABELS, OURS, print_scorers

_COMPARED = ("mrr", "auprc", "top@1")
# What fits a terminal of 80 characters; all metrics are in the files.
_SHOWN_METRICS = ("mrr", "top@1", "auprc", "auc_matched")


def show_benchmark(benchmark: Benchmark, reference: str) -> None:
    """Print the recovery, the differences from the reference, stability, and what was skipped."""
    records = benchmark.records
    n_datasets = records["dataset"].nunique()
    n_splits = records["seed"].nunique()
    several = "s" if n_datasets > 1 else ""
    print_scorers(
        f"Recovery of held-out edges: {n_datasets} data set{several}, {n_splits} hold-outs of "
        f"{benchmark.fraction:.0%} each, mean ± sd",
        format_benchmark(records, _SHOWN_METRICS, labels=LABELS),
        box=SIMPLE,
    )
    differences = benchmark.differences(reference, _COMPARED[:1])
    if not differences.empty:
        print_scorers(
            "Paired differences with 95 % intervals (* leaves zero out)",
            format_differences(differences, LABELS),
            box=SIMPLE,
        )
    if not benchmark.stability.empty:
        print_scorers(
            "Best candidates that stay the same",
            format_stability(benchmark.stability, LABELS),
            box=SIMPLE,
        )
    for (dataset, scorer), rows in benchmark.skipped.groupby(["dataset", "scorer"], sort=False):
        err.print(
            f"{scorer} was skipped on {dataset}: {rows['reason'].iloc[0]}",
            highlight=False,
            soft_wrap=True,
        )


def write_benchmark(
    folder: ResultsFolder, benchmark: Benchmark, reference: str, arguments: Mapping[str, Any]
) -> None:
    """Write the tables, the same as text, the figure and the configuration."""
    differences = benchmark.differences(reference, _COMPARED)
    texts = [format_benchmark(benchmark.records, labels=LABELS)]
    write_parquet(folder, "results.parquet", benchmark.records)
    if not differences.empty:
        texts.append(format_differences(differences, LABELS))
        write_parquet(folder, "differences.parquet", differences)
    if not benchmark.stability.empty:
        texts.append(format_stability(benchmark.stability, LABELS))
        write_parquet(folder, "stability.parquet", benchmark.stability)
    text = "\n\n".join(to_markdown_table(rows) for rows in texts)
    folder.file("benchmark.md").write_text(f"{text}\n", encoding="utf-8")
    ours = [name for name in OURS if name in set(benchmark.records["scorer"])]
    folder.write_figure(
        "benchmark.png", plot_benchmark(benchmark.records, highlight=ours, labels=LABELS)
    )
    folder.write_json(
        "config.json",
        {
            "arguments": dict(arguments),
            "environment": environment(),
            "skipped": benchmark.skipped.to_dict("records"),
        },
    )
