"""Units of a benchmark spread over processes, with the same result as in one."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from edgelab.errors import ConfigError
from edgelab.inference.progress import tracked
from edgelab.jobs.benchmark_units import Plan, Unit, run_unit


def processor_count() -> int:
    """How many processes can work at the same time.

    Returns:
        The processors that this process may use, at least 1.

    Example:
        >>> processor_count() >= 1
        True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_units(plan: Plan, units: Sequence[Unit], n_processes: int, progress: bool = True) -> list[dict[str, Any]]:
    """Do all units.

    Every unit computes with one thread, whichever process it runs in: sums then come out the same to the last bit.

    Args:
        plan: What all units share.
        units: What to do; the order does not matter.
        n_processes: How many processes; 1 works in this one. New ones import the calling script anew, so a script that
            asks for more keeps its own work under `if __name__ == "__main__":`.
        progress: Show a bar when standard error is a terminal.

    Returns:
        The methods that were skipped and why, in the order of the units.

    Raises:
        ConfigError: If there is not at least one process.
    """
    if not (isinstance(n_processes, int) and n_processes > 0):
        raise ConfigError(f"the number of processes must be a positive integer, got {n_processes!r}")
    if n_processes == 1 or len(units) <= 1:
        done = [_one_thread_each(plan, unit) for unit in tracked(units, "benchmark", shown=progress)]
        return [row for rows in done for row in rows]
    # Spawned, not forked: a fork copies the locks of threads that it does not copy.
    with ProcessPoolExecutor(min(n_processes, len(units)), mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_one_thread_each, plan, unit) for unit in units]
        try:
            for _ in tracked(_finished(futures), "benchmark", shown=progress):
                pass
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [row for future in futures for row in future.result()]


def _finished(futures: Sequence[Future]) -> Iterator[Future]:
    for future in as_completed(futures):
        future.result()  # an error ends the benchmark now, and not after all the other units
        yield future


def _one_thread_each(plan: Plan, unit: Unit) -> list[dict[str, Any]]:
    with one_thread():
        return run_unit(plan, unit)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch, NumPy and scikit-learn use one thread while the block runs.

    Yields:
        Nothing.

    Example:
        >>> with one_thread():
        ...     torch.get_num_threads()
        1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        torch.set_num_threads(before)
