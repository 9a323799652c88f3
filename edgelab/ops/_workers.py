"""Work spread over processes, with the same result as in one."""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context, parent_process
from typing import TypeVar

import torch
from threadpoolctl import ThreadpoolController
from torch import nn

from edgelab.checks import check_integer
from edgelab.progress import tracked

Item = TypeVar("Item")
Result = TypeVar("Result")

# Steps that multiply fewer numbers gain nothing from a second thread. Measured with training steps
# of GSNNs (forward, backward, AdamW) on 4 busy cores, fastest of many: at 3e7 25 ms on two threads
# and 24 ms on one, at 1e8 87 and 92 ms. Below, threads mostly wait for each other: a step of 8e5
# takes 4 ms of processor time on one thread, 67 ms on two and 900 ms on four.
_WORTH_THREADS = 1e8


def processor_count() -> int:
    """How many processes can work at the same time.

    Returns:
        The processors that this process may use, at least 1.

    Example:
        >>> processor_count() >= 1
        True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    n_processes: int,
    label: str,
    *,
    shown: bool = True,
) -> list[Result]:
    """Do the same work on several items, in several processes.

    Every item is computed with one thread, whichever process it is in: sums then come out the same
    to the last bit.

    Args:
        work: A function of a module, or a partial of one.
        items: What it is given, one at a time.
        n_processes: How many processes; 1 works in this one. New ones import the calling script
            anew, so a script that asks for more keeps its own work under `if __name__ ==
            "__main__":`.
        label: What is being done, in a word or two, for the progress bar.
        shown: Show the bar when standard error is a terminal.

    Returns:
        The results in the order of the items.

    Raises:
        ConfigError: If there is not at least one process.

    Example:
        >>> spread(abs, [-1, 2], 1, "counting", shown=False)
        [1, 2]
    """
    check_integer("n_processes", n_processes)
    if n_processes == 1 or len(items) <= 1:
        return [_one_thread_each(work, item) for item in tracked(items, label, shown=shown)]
    # Spawned, not forked: a fork copies the locks of threads that it does not copy.
    workers = ProcessPoolExecutor(
        min(n_processes, len(items)), mp_context=get_context("spawn"), initializer=_end_with_parent
    )
    with workers as pool:
        futures = [pool.submit(_one_thread_each, work, item) for item in items]
        try:
            for future in tracked(_Finished(futures), label, shown=shown):
                future.result()  # an error ends the work now, and not after all the other items
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [future.result() for future in futures]


def _end_with_parent() -> None:
    """End this worker when its parent is killed, which can then no longer tell it to end."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@dataclass(frozen=True, slots=True)
class _Finished:
    """Futures in the order in which they end, with a length for the progress bar."""

    futures: Sequence[Future]

    def __len__(self) -> int:
        return len(self.futures)

    def __iter__(self) -> Iterator[Future]:
        return as_completed(self.futures)


def _one_thread_each(work: Callable[[Item], Result], item: Item) -> Result:
    with one_thread():
        return work(item)


@contextmanager
def threads_for(work: int | float) -> Iterator[None]:
    """Use one thread while the block runs if its steps are too small for several.

    Never more threads than the caller allows: where steps are large, nothing changes. Blocks may be
    nested.

    Args:
        work: About how many numbers one step multiplies: for a pass through a model, its weights
            times the samples of a batch.

    Yields:
        Nothing.

    Example:
        >>> with threads_for(100):
        ...     torch.get_num_threads()
        1
    """
    if work >= _WORTH_THREADS:
        yield
        return
    with one_thread():
        yield


def threads_for_pass(model: nn.Module, n_samples: int) -> AbstractContextManager[None]:
    """`threads_for` passes of samples through a model.

    Args:
        model: Its weights, each used once per sample, say how large a pass is.
        n_samples: Samples of a batch.

    Returns:
        What `threads_for` returns.

    Example:
        >>> with threads_for_pass(nn.Linear(10, 10), 64):
        ...     torch.get_num_threads()
        1
    """
    return threads_for(n_samples * sum(parameter.numel() for parameter in model.parameters()))


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
        with _thread_pools(len(sys.modules)).limit(limits=1):
            yield
    finally:
        torch.set_num_threads(before)


# Looking for the pools takes milliseconds, using those found microseconds. A pool that is not known
# yet came with an import since then.
@lru_cache(maxsize=1)
def _thread_pools(n_modules: int) -> ThreadpoolController:
    """The thread pools of all libraries that are loaded."""
    return ThreadpoolController()
