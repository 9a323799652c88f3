import numpy as np
import pytest
import torch

from edgelab.datasets import convergence, sachs
from edgelab.errors import ConfigError, GraphError
from edgelab.graphs import (
    FUNCTION_EDGES,
    INPUT_EDGES,
    build_graph,
    edges_of,
    hold_out_edges,
    prior_pairs,
    split_edges,
)
from edgelab.tasks import HideMeasurements, graph_of, masked_task, perturbation_task


@pytest.fixture(scope="module")
def dataset():
    return sachs()


def other_graph(dataset, **changes):
    tables = {
        "edges": dataset.edges,
        "input_edges": dataset.input_edges,
        "output_edges": dataset.output_edges,
        "functions": dataset.functions,
    }
    return build_graph(**(tables | changes))


def test_the_perturbation_task_holds_the_data_set(dataset):
    task = perturbation_task(dataset)
    assert task.name == "sachs perturbation" and task.corruption is None
    inputs, outputs = (task.data[kind].node_names for kind in ("input", "output"))
    assert (inputs, outputs) == (sorted(dataset.inputs), sorted(dataset.outputs))
    assert task.data["function"].node_names == sorted(dataset.functions)
    np.testing.assert_array_equal(task.x, dataset.x[inputs])
    np.testing.assert_allclose(task.y, dataset.y[outputs], rtol=1e-6)
    assert task.x.dtype == task.y.dtype == torch.float32
    assert task.condition.tolist() == dataset.condition.tolist()


def test_columns_follow_the_nodes_of_the_graph(dataset):
    inputs, outputs = dataset.inputs[::-1], sorted(dataset.outputs)
    task = perturbation_task(
        dataset,
        other_graph(dataset, inputs=inputs, outputs=outputs, functions=dataset.functions[::-1]),
    )
    np.testing.assert_array_equal(task.x, dataset.x[inputs])
    np.testing.assert_allclose(task.y, dataset.y[outputs], rtol=1e-6)


def test_held_out_edges_stay_hidden_from_the_task(dataset):
    split = hold_out_edges(graph_of(dataset), 0.25, seed=1)
    task = masked_task(dataset, split.train)
    assert len(split.held_out) == 5
    assert prior_pairs(task.data) == prior_pairs(graph_of(dataset)) - split.held_out_pairs


def test_the_standard_split_of_the_convergence_graph_can_be_taken_out():
    data = convergence(25, n_train=20, n_test=5)
    test, validation = (data.graph.held_out_pairs(kind) for kind in ("test", "validation"))
    split = split_edges(graph_of(data.train), test, validation)
    assert (len(split.held_out), len(split.validation)) == (18, 17)
    kept = data.graph.kept_edges
    task = perturbation_task(data.train, split.train)
    assert prior_pairs(task.data) == set(zip(kept["source"], kept["target"], strict=True))
    # The nodes are in the standard order, so that ids mean the same everywhere.
    assert task.data["function"].node_names == [f"f{i}" for i in range(50)]


@pytest.mark.parametrize("make", [perturbation_task, masked_task])
def test_a_training_graph_keeps_its_gaps(dataset, make):
    kept = dataset.edges.iloc[5:]
    task = make(dataset, other_graph(dataset, edges=kept))
    assert prior_pairs(task.data) == set(zip(kept["source"], kept["target"], strict=True))
    assert task.data[FUNCTION_EDGES].edge_index.shape == (2, 15)


def test_the_masked_task_shows_each_function_its_own_measurement(dataset):
    task = masked_task(dataset)
    wires = edges_of(task.data, INPUT_EDGES).set_index("source")["target"]
    reads = dataset.output_edges.set_index("target")["source"]
    assert task.x.shape == (7466, 20) and task.data["input"].num_nodes == 20
    for output in dataset.outputs:
        assert wires[f"measured:{output}"] == reads[output]
    batch = task.batch(seed=3)
    for position, output in enumerate(task.data["output"].node_names):
        column = task.data["input"].node_names.index(f"measured:{output}")
        visible = batch.weight[:, position] == 0
        assert torch.equal(batch.x[visible, column], task.y[visible, position])
        assert (batch.x[~visible, column] == 0).all()


def test_without_its_corruption_the_masked_task_gives_nothing_away(dataset):
    task = masked_task(dataset)
    assert (task.x[:, 9:] == 0).all() and torch.equal(task.x[:, :9], perturbation_task(dataset).x)


def test_batches_repeat_with_their_seed(dataset):
    task = masked_task(dataset, hidden_fraction=0.2)
    assert task.corruption == HideMeasurements(0.2, tuple(range(9, 20)))
    one, again, other = task.batch(1), task.batch(1), task.batch(2)
    assert torch.equal(one.x, again.x) and not torch.equal(one.x, other.x)
    assert one.weight.mean().item() == pytest.approx(0.2, abs=0.01)
    assert perturbation_task(dataset).batch().weight is None


def test_both_tasks_take_the_convergence_data():
    data = convergence(5, n_train=30, n_test=6)
    graph = other_graph(data.train, edges=data.graph.kept_edges)
    for make, n_inputs in ((perturbation_task, 5), (masked_task, 10)):
        task = make(data.test, graph)
        assert task.x.shape == (6, n_inputs) and task.y.shape == (6, 5)
        assert not prior_pairs(task.data) & set(data.graph.held_out_pairs())


def test_a_graph_of_other_nodes_is_refused(dataset):
    fewer = build_graph([("a", "b")], input_edges=[("PMA", "a")], output_edges=[("b", "Raf_level")])
    with pytest.raises(
        GraphError,
        match=r"the inputs of the graph are not those of data set 'sachs'.*lacks 'Akt-inhibitor'",
    ):
        perturbation_task(dataset, fewer)
    more = other_graph(dataset, functions=[*dataset.functions, "STAT3"])
    with pytest.raises(
        GraphError, match=r"the functions of the graph.*lacks none, only it has 'STAT3'"
    ):
        masked_task(dataset, more)


def test_a_bad_fraction_is_refused(dataset):
    with pytest.raises(ConfigError, match="hidden_fraction"):
        masked_task(dataset, hidden_fraction=1.0)
