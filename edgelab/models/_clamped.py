"""A GSNN whose inputs fix the functions on which they act, instead of nudging them."""

from collections.abc import Mapping
from typing import Any

from edgelab.typing import Float, Tensor

from ._channels import ChannelNumbers
from ._gsnn import GSNN
from ._masks import check_mask


class ClampedGSNN(GSNN):
    """Predicts responses to interventions that fix functions, as Pearl's do() does.

    An input of size d on a function leaves the function's regulators (and its own earlier state)
    the part 1 - d of what they tell it, none from d = 1 on: a knocked-out gene (dose 1) listens to
    the knockout alone, a half knocked-down one (dose .5) half to its regulators. Of several inputs
    on one function the largest counts; inputs on several functions fix all of them.

    Source: Pearl (2009), Causality, 2nd edition, section 3.2.

    Args:
        edge_index_dict: As for `GSNN`.
        node_names_dict: As for `GSNN`.
        channels: As for `GSNN`.
        layers: As for `GSNN`.
        **options: The other arguments of `GSNN`.

    Example:
        >>> import torch
        >>> index = {("function", "to", "function"): torch.tensor([[0], [1]]),
        ...          ("input", "to", "function"): torch.tensor([[0, 1], [0, 1]]),
        ...          ("function", "to", "output"): torch.tensor([[1], [0]])}
        >>> names = {"input": ["KO MEK", "KO ERK"], "function": ["MEK", "ERK"], "output": ["pERK"]}
        >>> model = ClampedGSNN(index, names, channels=4, layers=3, norm="none")
        >>> one, both = model(torch.tensor([[0.0, 1.0], [1.0, 1.0]]))
        >>> torch.allclose(one, both)  # with ERK fixed, MEK says nothing to it
        True
    """

    _acting: Tensor
    _acted_on: Tensor
    _inner: Tensor
    _inner_target: Tensor

    def __init__(
        self,
        edge_index_dict: Mapping[tuple[str, str, str], Tensor],
        node_names_dict: Mapping[str, list[str]],
        channels: ChannelNumbers,
        layers: int,
        **options: Any,
    ) -> None:
        super().__init__(edge_index_dict, node_names_dict, channels, layers, **options)
        source = self.graph.source
        target = self.graph.target
        n_functions = len(self.graph.functions)
        n_inputs = len(self.graph.inputs)
        from_input = (source >= n_functions) & (source < n_functions + n_inputs)
        inner = ((source < n_functions) & (target < n_functions)).nonzero().squeeze(1)
        for name, index in {
            "_acting": source[from_input] - n_functions,
            "_acted_on": target[from_input],
            "_inner": inner,
            "_inner_target": target[inner],
        }.items():
            self.register_buffer(name, index.to(self._input_rows.device), persistent=False)

    def forward(
        self,
        x: Float[Tensor, "batch inputs"],
        node_mask: Tensor | None = None,
        edge_mask: Tensor | None = None,
        return_edges: bool = False,
    ) -> Any:
        """Predict the responses.

        Args:
            x: Doses, 0 for no intervention.
            node_mask: As for `GSNN`.
            edge_mask: As for `GSNN`; multiplies what the interventions leave of every edge.
            return_edges: As for `GSNN`.

        Returns:
            As for `GSNN`.

        Raises:
            DataError: As for `GSNN`.
        """
        self._check_input(x)
        left = self.remaining_influence(x)
        if edge_mask is not None:
            check_mask(edge_mask, len(x), left.shape[1], "edge_mask", "edges")
            left = left * edge_mask.to(left)
        return super().forward(x, node_mask, left, return_edges)

    def remaining_influence(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch edges"]:
        """Which part of every edge the interventions leave.

        Args:
            x: Doses.

        Returns:
            In [0, 1], in the order of `edges`; 1 for edges from inputs and into outputs.
        """
        dose = x.new_zeros(len(x), self.n_functions)
        acting = x.abs().clamp(max=1).index_select(1, self._acting)
        dose = dose.scatter_reduce(1, self._acted_on.expand_as(acting), acting, "amax")
        left = x.new_ones(len(x), len(self.graph.source))
        return left.index_copy(1, self._inner, 1 - dose.index_select(1, self._inner_target))
