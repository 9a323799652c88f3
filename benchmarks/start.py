"""Processor seconds and memory until edgelab answers, beside Python and torch.

    python -m benchmarks.start [--runs 5]

Every row is a fresh process; the rows take turns, so that a machine shared with others disturbs all
alike. Processor seconds count user and system time of all threads, so that waiting costs nothing.
"""

import argparse
import os
import statistics
import subprocess
import sys

# What the project promises: seconds of a help text, and of `import edgelab` above those of torch.
MOST_HELP_SECONDS = 0.6
MOST_IMPORT_SECONDS = 1.0

COMMAND_LINE = ["-m", "edgelab"]
ROWS = {
    "python": ["-c", "pass"],
    "import torch": ["-c", "import torch"],
    "import edgelab": ["-c", "import edgelab"],
    "edgelab.infer_edges": ["-c", "import edgelab; edgelab.infer_edges"],
    "edgelab --version": [*COMMAND_LINE, "--version"],
    "edgelab --help": [*COMMAND_LINE, "--help"],
    "edgelab infer --help": [*COMMAND_LINE, "infer", "--help"],
    "completion": [
        "-c",
        "import sys; sys.argv = ['edgelab']; from edgelab.cli import main; main()",
    ],
}
# What bash sets when the tabulator key is pressed after `edgelab infer --met`.
COMPLETION = {
    "_EDGELAB_COMPLETE": "complete_bash",
    "COMP_WORDS": "edgelab infer --met",
    "COMP_CWORD": "2",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    measured = {name: [] for name in ROWS}
    for _ in range(runs):
        for name in ROWS:
            measured[name].append(cost(name))
    print(f"{'':24}{'CPU-s':>8}{'MB':>8}   medians of {runs} runs")
    seconds = {}
    for name, costs in measured.items():
        seconds[name] = statistics.median(second for second, _ in costs)
        memory = statistics.median(megabytes for _, megabytes in costs)
        print(f"{name:24}{seconds[name]:8.2f}{memory:8.0f}")
    slowest = max(seconds[name] for name in ROWS if "--" in name or name == "completion")
    print(f"slowest answer without data {slowest:.2f} CPU-s; promised {MOST_HELP_SECONDS}")
    above = seconds["import edgelab"] - seconds["import torch"]
    print(f"import edgelab above torch {above:+.2f} CPU-s; promised {MOST_IMPORT_SECONDS:+.2f}")


def cost(name: str) -> tuple[float, float]:
    """Processor seconds and the peak of memory, in megabytes, of one fresh process."""
    environment = {**os.environ, **(COMPLETION if name == "completion" else {})}
    process = subprocess.Popen(
        [sys.executable, *ROWS[name]], stdout=subprocess.DEVNULL, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{name!r} ended with exit code {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
