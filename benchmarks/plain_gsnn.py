"""A GSNN step done the plain way, by message passing: the baseline of `benchmarks.gsnn_step`.

Index lists are repeated once per sample (and kept), one message per (sample, weight) is gathered,
multiplied and scatter-added: what most graph code does for this model.
"""

import torch
from torch import Tensor


def random_graph(n_nodes: int, degree: int = 5, seed: int = 0) -> Tensor:
    """`[2, edges]` without self edges, in-degrees heavy-tailed as in regulatory networks."""
    generator = torch.Generator().manual_seed(seed)
    source = torch.randint(n_nodes, (n_nodes * degree,), generator=generator)
    weight = (1 - torch.rand(n_nodes, generator=generator)).pow(-1 / 1.5)
    target = torch.multinomial(weight, n_nodes * degree, replacement=True, generator=generator)
    pairs = torch.unique(torch.stack([source, target]), dim=1)
    return pairs[:, pairs[0] != pairs[1]]


def edge_index_dict(pairs: Tensor, n_nodes: int) -> dict[tuple[str, str, str], Tensor]:
    """The graph with one input and one output for every tenth of the functions."""
    ends = torch.arange(n_nodes // 10)
    return {
        ("function", "to", "function"): pairs,
        ("input", "to", "function"): torch.stack([ends, ends]),
        ("function", "to", "output"): torch.stack([n_nodes - 1 - ends, ends]),
    }


class PlainGSNN(torch.nn.Module):
    """The same as `GSNN(norm="none", bias=False, share_layers=False)`, residual weights being 1.

    Edges are numbered as there: function→function, input→function, function→output, self.
    """

    def __init__(self, pairs: Tensor, n_nodes: int, channels: int, layers: int) -> None:
        super().__init__()
        self.n_nodes, self.channels, self.n_ends = n_nodes, channels, n_nodes // 10
        ends, loops = torch.arange(self.n_ends), torch.arange(n_nodes)
        source = torch.cat([pairs[0], ends + n_nodes, n_nodes - 1 - ends, loops])
        target = torch.cat([pairs[1], ends, ends + n_nodes + self.n_ends, loops])
        edge, self.n_edges = torch.arange(len(source)), len(source)
        into, out_of, lanes = target < n_nodes, source < n_nodes, torch.arange(channels)
        self.inward = (
            edge[into].repeat_interleave(channels),
            (target[into, None] * channels + lanes).flatten(),
        )
        self.outward = (
            (source[out_of, None] * channels + lanes).flatten(),
            edge[out_of].repeat_interleave(channels),
        )
        self.input_edges = edge[source >= n_nodes]
        self.output_edges = edge[target >= n_nodes]
        self.w_in = torch.nn.ParameterList(
            0.3 * torch.randn(len(self.inward[0])) for _ in range(layers)
        )
        self.w_out = torch.nn.ParameterList(
            0.3 * torch.randn(len(self.outward[0])) for _ in range(layers)
        )
        self._repeated: dict[tuple[str, int], tuple[Tensor, Tensor]] = {}

    def forward(self, x: Tensor) -> Tensor:
        """Responses `[batch, outputs]`."""
        state = x.new_zeros(len(x), self.n_edges).index_copy(1, self.input_edges, x)
        for w_in, w_out in zip(self.w_in, self.w_out, strict=True):
            hidden = torch.nn.functional.elu(
                self._product("inward", state, w_in, self.n_nodes * self.channels)
            )
            state = state + self._product("outward", hidden, w_out, self.n_edges)
        return state[:, self.output_edges] / len(self.w_in) ** 0.5

    def _product(self, side: str, values: Tensor, weight: Tensor, size: int) -> Tensor:
        batch = len(values)
        gather, scatter = self._batched(side, batch, values.shape[1], size)
        messages = values.reshape(-1, 1).index_select(0, gather) * weight.expand(batch, -1).reshape(
            -1, 1
        )
        summed = values.new_zeros(batch * size, 1).scatter_add(0, scatter.unsqueeze(1), messages)
        return summed.view(batch, size)

    def _batched(self, side: str, batch: int, n_from: int, n_to: int) -> tuple[Tensor, Tensor]:
        if (side, batch) not in self._repeated:
            source, target = getattr(self, side)
            sample = torch.arange(batch).repeat_interleave(len(source))
            self._repeated[side, batch] = (
                source.repeat(batch) + sample * n_from,
                target.repeat(batch) + sample * n_to,
            )
        return self._repeated[side, batch]
