"""How many processor threads a command may use."""

import torch


def use_threads(threads: int | None) -> None:
    """Let torch use at most so many threads; None leaves its own choice."""
    if threads is not None:
        torch.set_num_threads(threads)
