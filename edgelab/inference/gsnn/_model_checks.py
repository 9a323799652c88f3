"""What a scorer asks of a model: the functions of its graph, and values that keep magnitudes."""

from typing import Literal

from torch import nn
from torch_geometric.data import HeteroData

from edgelab.errors import ConfigError, GraphError
from edgelab.models import NORMS


def check_same_functions(model: nn.Module, data: HeteroData) -> None:
    """Refuse a graph whose functions are not those of the model; one without names passes."""
    names = getattr(model, "function_names", None)
    expected = list(data["function"].node_names)
    if names is not None and list(names) != expected:
        raise GraphError(
            f"the model has {len(names)} functions and `data` {len(expected)}, or in another "
            "order; pass the graph that the model was built from"
        )


def stage_with_magnitudes(model: nn.Module, use_pre_norm: bool) -> Literal["pre_norm", "post_norm"]:
    """Which stage of a model to capture; ConfigError for one whose norm removes magnitudes."""
    if use_pre_norm:
        return "pre_norm"
    norm = getattr(model, "norm_name", "none")
    if not NORMS[norm].keeps_magnitude:
        keeping = [name for name in NORMS if NORMS[name].keeps_magnitude]
        raise ConfigError(
            f"use_pre_norm=False needs a norm among {keeping}, the model has {norm!r}, which takes "
            "the magnitude out of the values; use use_pre_norm=True"
        )
    return "post_norm"
