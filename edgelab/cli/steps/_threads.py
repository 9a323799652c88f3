"""How many threads a job should use."""

import torch

# A step on a smaller graph takes so little work that threads wait for each other longer than they
# compute.
_FUNCTIONS_WORTH_THREADS = 500


def use_threads(threads: int | None, n_functions: int) -> int:
    """Set torch's number of threads.

    Args:
        threads: What the user asked for; None chooses: one for small graphs, else what torch would
            use.
        n_functions: Size of the graph.

    Returns:
        The number in use from now on.

    Example:
        >>> before = torch.get_num_threads()
        >>> use_threads(None, n_functions=11)
        1
        >>> use_threads(before, n_functions=11) == before
        True
    """
    if threads is not None:
        torch.set_num_threads(threads)
    elif n_functions < _FUNCTIONS_WORTH_THREADS:
        torch.set_num_threads(1)
    return torch.get_num_threads()
