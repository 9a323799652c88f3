"""How many processor threads a command uses."""

import torch

# A step on a smaller graph takes so little work that threads wait for each other longer than they
# compute.
_FUNCTIONS_WORTH_THREADS = 500


def use_threads(threads: int | None, n_functions: int) -> int:
    """Set torch's number of threads to the user's, or by the size of the graph; return it."""
    if threads is not None:
        torch.set_num_threads(threads)
    elif n_functions < _FUNCTIONS_WORTH_THREADS:
        torch.set_num_threads(1)
    return torch.get_num_threads()
