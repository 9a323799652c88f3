"""Building, calling and copying a GSNN: what is accepted, refused and left alone."""

import copy
import pickle

import pytest
import torch

from edgelab.datasets import convergence_graph
from edgelab.errors import ConfigError, DataError, GraphError
from edgelab.graphs import build_graph
from edgelab.models import GSNN, INITIALIZERS, NORMS

FUNCTION_EDGES = ("function", "to", "function")


def n_parameters(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


class TestSizes:
    def test_the_tutorial_model_has_13_980_parameters(self):
        """25 tiers, the 35 held-out edges hidden: 37 edges, 25 + 25 at inputs and outputs, 50 self
        edges.
        """
        graph = convergence_graph(25)
        data = build_graph(
            graph.kept_edges,
            input_edges=graph.input_edges,
            output_edges=graph.output_edges,
            functions=graph.functions,
        )
        model = GSNN.from_data(data, channels=8, layers=6, share_layers=False, norm="none")
        per_layer = 8 * (37 + 25 + 50) + 8 * 50 + 8 * (37 + 25 + 50) + (37 + 25 + 25 + 50) + 1
        assert n_parameters(model) == 6 * per_layer == 13_980

    def test_shared_layers_are_counted_once_and_the_rest_is_per_layer(self, small_model):
        shared, own = (small_model(share_layers=share, layers=4) for share in (True, False))
        sparse = n_parameters(own.blocks[0].lin_in) + n_parameters(own.blocks[0].lin_out)
        assert n_parameters(own) - n_parameters(shared) == 3 * sparse
        assert shared.blocks[0].lin_in is shared.blocks[3].lin_in
        assert shared.blocks[0].norm is not shared.blocks[3].norm
        assert shared.blocks[0].residual_weight is not shared.blocks[3].residual_weight

    def test_edges_are_named_function_input_output_self(self, small_model, names):
        edges = small_model().edges
        assert edges[:5] == [("a", "b"), ("a", "d"), ("b", "d"), ("b", "a"), ("d", "d")]
        assert edges[5:8] == [("i0", "a"), ("i0", "b"), ("i1", "a")]
        assert edges[8:11] == [("d", "o0"), ("c", "o1"), ("b", "o1")]
        assert edges[11:] == [(name, name) for name in names["function"]]
        assert small_model(add_function_self_edges=False).edges == edges[:11]

    def test_the_sizes_are_shown(self, small_model):
        assert "functions=5, outputs=3, edges=16, channels=3, layers=3" in repr(small_model())


class TestWhatIsRefused:
    @pytest.mark.parametrize("columns", [2, 4, 0])
    def test_a_wrong_number_of_columns(self, small_model, columns):
        with pytest.raises(DataError, match=r"\[batch, 3\].*model.input_names"):
            small_model()(torch.zeros(4, columns))

    @pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.int64])
    def test_another_dtype(self, small_model, small_x, dtype):
        # Where shapes are checked, the checker refuses integers first.
        with pytest.raises(Exception, match=r"torch\.float32|Float\["):
            small_model()(small_x.to(dtype))

    @pytest.mark.parametrize("argument", ["node_mask", "edge_mask"])
    @pytest.mark.parametrize("shape", [(4,), (4, 4), (3, 5), (1, 4, 5)])
    def test_a_mask_of_another_shape(self, small_model, small_x, argument, shape):
        with pytest.raises(DataError, match=argument):
            small_model()(small_x, **{argument: torch.ones(shape)})

    def test_a_missing_edge_type(self, edge_index, names):
        incomplete = {kind: index for kind, index in edge_index.items() if kind != FUNCTION_EDGES}
        with pytest.raises(GraphError, match="exactly the edge types"):
            GSNN(incomplete, names, 2, 2)

    def test_an_unknown_edge_type(self, edge_index, names):
        with pytest.raises(GraphError, match="'input', 'to', 'output'"):
            GSNN(
                {**edge_index, ("input", "to", "output"): torch.zeros(2, 1, dtype=torch.int64)},
                names,
                2,
                2,
            )

    @pytest.mark.parametrize("node", [-1, 5])
    def test_a_node_that_does_not_exist(self, edge_index, names, node):
        with pytest.raises(GraphError, match="function outside 0 … 4"):
            GSNN({**edge_index, FUNCTION_EDGES: torch.tensor([[0], [node]])}, names, 2, 2)

    @pytest.mark.parametrize("index", [torch.zeros(0, dtype=torch.int64), torch.zeros(2, 1)])
    def test_an_edge_index_of_another_form(self, edge_index, names, index):
        with pytest.raises(GraphError, match=r"int64 tensor \[2, edges\].*torch.empty\(2, 0"):
            GSNN({**edge_index, FUNCTION_EDGES: index}, names, 2, 2)

    def test_names_without_functions(self, edge_index, names):
        with pytest.raises(GraphError, match=r"lacks \['function'\]"):
            GSNN(edge_index, {"input": names["input"], "output": names["output"]}, 2, 2)
        empty = {kind: torch.zeros(2, 0, dtype=torch.int64) for kind in edge_index}
        with pytest.raises(GraphError, match="no function node"):
            GSNN(empty, {**names, "function": []}, 2, 2)

    @pytest.mark.parametrize("option", ["channels", "layers", "edge_channels", "node_mlp_hidden"])
    @pytest.mark.parametrize("size", [0, -1])
    def test_a_size_below_one(self, small_model, option, size):
        with pytest.raises(ConfigError, match=f"{option} must be a positive integer"):
            small_model(**{option: size})

    @pytest.mark.parametrize("dropout", [1.0, -0.1, float("nan")])
    def test_a_dropout_outside_its_range(self, small_model, dropout):
        with pytest.raises(ConfigError, match="dropout"):
            small_model(dropout=dropout)

    def test_a_misspelt_norm_init_or_option(self, small_model):
        with pytest.raises(ConfigError, match="close: 'layer'"):
            small_model(norm="layers")
        with pytest.raises(ConfigError, match="unknown init"):
            small_model(init="kaiming")
        with pytest.raises(TypeError, match="chanels"):
            small_model(chanels=3)


class TestCall:
    @pytest.mark.parametrize("norm", NORMS.names())
    def test_samples_do_not_see_each_other_in_eval_mode(self, small_model, small_x, norm):
        model = small_model(norm=norm, node_mlp=True, node_attn=True, dropout=0.5)
        model(small_x)
        model.eval()
        one_by_one = torch.cat([model(row) for row in small_x.split(1)])
        torch.testing.assert_close(model(small_x), one_by_one)

    @pytest.mark.parametrize("norm", NORMS.names())
    @pytest.mark.parametrize("training", [True, False])
    def test_an_empty_batch_gives_no_rows_and_leaves_the_statistics(
        self, small_model, small_x, norm, training
    ):
        model = small_model(norm=norm).train(training)
        before = copy.deepcopy(model.state_dict())
        assert model(small_x[:0]).shape == (0, 3)
        model(small_x[:0]).sum().backward()
        assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())

    def test_an_output_without_edges_is_zero(self, small_model, small_x):
        assert (small_model()(small_x)[:, 2] == 0).all()

    def test_an_input_without_edges_has_no_effect(self, small_model, small_x):
        model, moved = small_model(), small_x.clone()
        moved[:, 2] += 1
        assert torch.equal(model(moved), model(small_x))

    def test_edges_are_returned_in_their_order(self, small_model, small_x):
        model = small_model(norm="none", residual=False, layers=1)
        prediction, edges = model(small_x, return_edges=True)
        assert edges.shape == (4, len(model.edges))
        torch.testing.assert_close(prediction[:, 0], edges[:, model.edges.index(("d", "o0"))])
        both = edges[:, [model.edges.index(("c", "o1")), model.edges.index(("b", "o1"))]]
        torch.testing.assert_close(prediction[:, 1], both.sum(1) / 2**0.5)

    def test_edge_channels_repeat_every_edge(self, small_model, small_x):
        model = small_model(edge_channels=3)
        assert model(small_x, return_edges=True)[1].shape == (4, 3 * len(model.edges))
        silenced = torch.ones(len(model.edges))
        silenced[0] = 0
        edges = model(small_x, edge_mask=silenced, return_edges=True)[1].view(4, -1, 3)
        assert (edges[:, 0] == 0).all()
        assert (edges[:, 1:] != 0).any()

    def test_masks_of_ones_change_nothing_and_any_dtype_will_do(self, small_model, small_x):
        model = small_model()
        for dtype in (torch.bool, torch.float64, torch.int8):
            masks = {
                "node_mask": torch.ones(5, dtype=dtype),
                "edge_mask": torch.ones(4, 16, dtype=dtype),
            }
            assert torch.equal(model(small_x, **masks), model(small_x))

    def test_a_masked_function_is_as_good_as_silent(self, small_model, small_x):
        """Without biases nothing but inputs remains, and these enter functions only."""
        assert (small_model(bias=False)(small_x, node_mask=torch.zeros(5)) == 0).all()

    def test_no_signal_travels_further_than_the_layers_reach(self, edge_index, names, small_x):
        """i1 → a → b → d → o0 needs three blocks."""
        for layers, reaches in ((2, True), (1, False)):
            torch.manual_seed(0)
            model = GSNN(edge_index, names, 3, layers, norm="none")
            x = small_x.clone().requires_grad_()
            gradient = torch.autograd.grad(model(x)[:, 0].sum(), x)[0]
            assert (gradient[:, 1] != 0).any() == reaches  # a → d is an edge of its own

    @pytest.mark.parametrize("norm", ["none", "layer", "batch", "ema", "batch++"])
    def test_checkpointing_changes_neither_gradients_nor_statistics(
        self, small_model, small_x, norm
    ):
        plain, saving = (
            small_model(norm=norm, dropout=0.3, checkpoint=c).train() for c in (False, True)
        )
        for model in (plain, saving):
            torch.manual_seed(0)
            model(small_x).square().sum().backward()
        for ours, theirs in zip(saving.parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(ours.grad, theirs.grad)
        for name, value in plain.state_dict().items():
            assert torch.equal(saving.state_dict()[name], value), name


class TestDtypes:
    def test_float64(self, small_model, small_x):
        single, double = small_model(), small_model(dtype=torch.float64)
        double.load_state_dict(single.state_dict())
        y = double(small_x.double())
        assert y.dtype == torch.float64
        torch.testing.assert_close(y.float(), single(small_x), rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("norm", NORMS.names())
    def test_a_bfloat16_model_stays_close(self, small_model, small_x, norm):
        single, half = (
            small_model(norm=norm).eval(),
            small_model(norm=norm, dtype=torch.bfloat16).eval(),
        )
        half.load_state_dict(single.state_dict())
        y = half(small_x.bfloat16())
        assert y.dtype == torch.bfloat16
        torch.testing.assert_close(y.float(), single(small_x), rtol=0.05, atol=0.1)

    @pytest.mark.parametrize("norm", NORMS.names())
    def test_autocast_lowers_the_products_and_keeps_float32_gradients(
        self, small_model, small_x, norm
    ):
        model = small_model(norm=norm, node_mlp=True, node_attn=True).eval()
        with torch.autocast("cpu", torch.bfloat16):
            y = model(small_x)
        torch.testing.assert_close(y.float(), model(small_x), rtol=0.05, atol=0.1)
        y.float().square().sum().backward()
        assert {p.grad.dtype for p in model.parameters() if p.grad is not None} == {torch.float32}
        reduced = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
        model.zero_grad()
        model(small_x).square().sum().backward()
        exact = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
        assert torch.nn.functional.cosine_similarity(reduced, exact, dim=0) > 0.99

    def test_autocast_leaves_a_float64_model_alone(self, small_model, small_x):
        model = small_model(dtype=torch.float64)
        with torch.autocast("cpu", torch.bfloat16):
            y = model(small_x.double())
        torch.testing.assert_close(y, model(small_x.double()))

    @pytest.mark.parametrize("norm", NORMS.names())
    def test_gradients_are_right_in_float64(self, small_model, small_x, norm):
        """Of x and of all parameters, for each norm, in eval mode where norms run on remembered
        statistics.
        """
        model = small_model(
            norm=norm, channels=2, layers=2, node_mlp=True, node_attn=True, dtype=torch.float64
        )
        x = small_x[:2].double()
        model(x)
        assert check_gradients(model.eval(), x)

    @pytest.mark.parametrize("norm", ["batch", "groupbatch", "edgebatch", "batch++"])
    def test_gradients_through_the_statistics_of_the_batch(self, small_model, small_x, norm):
        model = small_model(
            norm=norm, channels=2, layers=2, dtype=torch.float64, nonlin=torch.nn.Tanh
        ).train()
        assert check_gradients(model, small_x[:3].double())


def check_gradients(model: GSNN, x: torch.Tensor) -> bool:
    names, values = zip(*model.named_parameters(), strict=True)

    def predict(x, *parameters):
        return torch.func.functional_call(model, dict(zip(names, parameters, strict=True)), (x,))

    return torch.autograd.gradcheck(predict, (x.requires_grad_(), *values), fast_mode=True)


class TestCopies:
    @pytest.mark.parametrize("norm", ["layer", "batch"])
    def test_deepcopy_and_pickle(self, small_model, small_x, norm):
        model = small_model(norm=norm, share_layers=True).eval()
        model(small_x).sum().backward()
        for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert torch.equal(twin(small_x), model(small_x))
            assert twin.blocks[0].lin_in is twin.blocks[1].lin_in
            with torch.no_grad():
                twin.blocks[0].lin_in.weight.zero_()
            assert not torch.equal(twin(small_x), model(small_x))

    def test_state_dict_round_trip_without_index_tensors(self, small_model, small_x):
        first, second = small_model(seed=0, norm="batch"), small_model(seed=1, norm="batch")
        first(small_x)
        state = first.state_dict()
        assert all(value.is_floating_point() for value in state.values())
        parameters = {name for name, _ in first.named_parameters()}
        assert {name for name in state if "running" not in name} == parameters
        second.load_state_dict(state)
        assert torch.equal(second.eval()(small_x), first.eval()(small_x))

    def test_the_callers_dicts_are_left_alone(self, edge_index, names):
        index = {kind: pairs.clone() for kind, pairs in edge_index.items()}
        mine = {kind: list(values) for kind, values in names.items()}
        model = GSNN(index, mine, 2, 2, edge_channels=3)
        model.function_names.append("new")
        assert mine == names
        assert index.keys() == edge_index.keys()
        assert all(torch.equal(index[kind], edge_index[kind]) for kind in index)

    def test_one_seed_gives_one_model(self, edge_index, names):
        states = []
        for _ in range(2):
            torch.manual_seed(3)
            states.append(GSNN(edge_index, names, 3, 2, node_mlp=True).state_dict())
        assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])

    def test_meta_device_moves_every_tensor(self, small_model):
        model = small_model(norm="batch++", node_mlp=True, node_attn=True).to("meta")
        assert {t.device.type for t in (*model.parameters(), *model.buffers())} == {"meta"}


class TestPrune:
    @pytest.mark.parametrize("share_layers", [True, False])
    def test_small_weights_become_zero_and_stay_so_in_training(
        self, small_model, small_x, share_layers
    ):
        model = small_model(share_layers=share_layers)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        model(small_x).square().sum().backward()
        optimizer.step()  # momentum that could bring pruned weights back
        layers = {block.lin_in for block in model.blocks} | {
            block.lin_out for block in model.blocks
        }
        expected = sum(int((layer.weight.abs() <= 0.2).sum()) for layer in layers)
        assert model.prune(0.2) == expected > 0
        zero = [layer.to_coo()[1] == 0 for layer in layers]
        for _ in range(3):
            optimizer.zero_grad()
            model(small_x).square().sum().backward()
            optimizer.step()
        for layer, was_zero in zip(layers, zero, strict=True):
            assert torch.equal(layer.to_coo()[1] == 0, was_zero)

    def test_predictions_use_the_pruned_weights(self, small_model, small_x, dense_forward):
        model = small_model(norm="none")
        model.prune(0.2)
        torch.testing.assert_close(model(small_x), dense_forward(model, small_x))

    def test_pruned_models_can_be_copied_and_loaded(self, small_model, small_x):
        model = small_model()
        model(small_x).sum().backward()
        model.prune(0.2)
        model(small_x)
        for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert torch.equal(twin(small_x), model(small_x))
        layer = model.blocks[0].lin_in
        index, values, _ = layer.to_coo()
        layer.load_coo(index, torch.ones_like(values))
        model(small_x)
        assert torch.equal(layer.to_coo()[1], (values != 0).float())

    def test_the_state_of_a_pruned_model_fits_a_fresh_one(self, small_model, small_x):
        model, fresh = small_model(seed=0), small_model(seed=1)
        n_zero = model.prune(0.2)
        fresh.load_state_dict(model.state_dict())
        assert torch.equal(fresh(small_x), model(small_x))
        assert fresh.prune(0.0) == n_zero

    def test_pruning_again_never_brings_weights_back(self, small_model):
        model = small_model()
        assert model.prune(0.3) == model.prune(0.0)
        assert model.prune(10.0) == sum(
            b.lin_in.weight.numel() + b.lin_out.weight.numel() for b in model.blocks
        )

    @pytest.mark.parametrize("threshold", [-0.1, float("nan")])
    def test_a_threshold_below_zero_is_refused(self, small_model, threshold):
        with pytest.raises(ConfigError, match="threshold"):
            small_model().prune(threshold)


@pytest.mark.parametrize("init", INITIALIZERS.names())
def test_every_init_gives_a_model_that_runs(small_model, small_x, init):
    assert small_model(init=init)(small_x).isfinite().all()
