"""Changing edges of a GSNN small enough to know the answer."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from edgelab.errors import ConfigError, DataError, GraphError
from edgelab.graphs import build_graph
from edgelab.models import GSNN
from edgelab.perturbation import (
    EdgeGoal,
    EdgeLimits,
    choose_changes,
    edge_response,
    screen_edges,
)

EDGES = [("a", "d"), ("b", "d"), ("c", "d")]
# What arrives at the output over each of the three edges when all inputs are 1.
WEIGHTS = {"a": 3.0, "b": 1.0, "c": -2.0}


def linear_model(weights=WEIGHTS, edges=EDGES):
    """Response = Σ strength of (f → d) · weight of f: one channel, no bias, no nonlinearity, two
    layers.
    """
    graph = build_graph(
        edges, input_edges=[(f"in_{f}", f) for f in "abc"], output_edges=[("d", "out")]
    )
    model = GSNN.from_data(
        graph,
        channels=1,
        layers=2,
        nonlin=torch.nn.Identity,
        bias=False,
        norm="none",
        residual=False,
        add_function_self_edges=False,
        dtype=torch.float64,
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1.0)
        layer = model.res_blocks()[0].lin_in
        for row, edge in enumerate(layer.edges.tolist()):
            source, target = model.edges[edge]
            if target == "d":
                layer.weight[row] = weights[source]
    return model


def respond(models=None, x=None, edges=EDGES, start=(1.0, 1.0, 1.0)):
    models = [linear_model()] if models is None else models
    x = torch.ones(2, 3, dtype=torch.float64) if x is None else x
    return edge_response(models, x, "out", edges, start)


def limits(budget, cost=(1.0, 1.0, 1.0), low=-1.0, high=1.0, max_edges=None):
    cost = torch.tensor(cost, dtype=torch.float64)
    return EdgeLimits(
        cost=cost,
        budget=budget,
        low=torch.full_like(cost, low),
        high=torch.full_like(cost, high),
        max_edges=max_edges,
    )


def solve(goal, within, response=None, n_updates=25):
    response = respond() if response is None else response
    screen = screen_edges(response, within, goal)
    return choose_changes(response, within, goal, screen=screen, n_updates=n_updates)


LOWER, RAISE = EdgeGoal(kind="lower"), EdgeGoal(kind="raise")


def test_the_response_is_the_weighted_sum_of_strengths():
    changes = torch.tensor(
        [[0.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.5, -1.0]], dtype=torch.float64
    )
    assert respond().of_changes(changes).flatten().tolist() == pytest.approx([2.0, -1.0, 4.5])


@pytest.mark.parametrize(
    ("goal", "budget", "cost", "expected"),
    [
        (LOWER, 1.0, (1.0, 1.0, 1.0), [-1.0, 0.0, 0.0]),  # the edge that brings most, 3, goes
        (RAISE, 1.0, (1.0, 1.0, 1.0), [1.0, 0.0, 0.0]),
        (LOWER, 2.0, (1.0, 1.0, 1.0), [-1.0, 0.0, 1.0]),  # then the inhibiting one, 2, is doubled
        (LOWER, 2.5, (1.0, 1.0, 1.0), [-1.0, -0.5, 1.0]),
        (LOWER, 1.0, (4.0, 1.0, 1.0), [0.0, 0.0, 1.0]),  # 3 for 4 is dearer than 2 for 1
        (
            LOWER,
            100.0,
            (1.0, 1.0, 1.0),
            [-1.0, -1.0, 1.0],
        ),  # the limits hold when money does not matter
    ],
)
def test_the_budget_goes_where_it_brings_most(goal, budget, cost, expected):
    assert solve(goal, limits(budget, cost)).tolist() == pytest.approx(expected, abs=0.02)


def test_a_count_of_edges_is_kept_and_the_best_of_them_chosen():
    found = solve(LOWER, limits(3.0, max_edges=1))
    assert found.tolist() == pytest.approx([-1.0, 0.0, 0.0], abs=1e-9)
    assert int((solve(LOWER, limits(3.0, max_edges=2)) != 0).sum()) == 2


def test_a_target_within_reach_is_reached_at_little_cost():
    response, target = respond(), 0.5
    found = solve(EdgeGoal(kind="reach", target=target), limits(2.0), response, n_updates=10)
    assert response.of_changes(found[None]).item() == pytest.approx(target, abs=0.03)
    cheapest = abs(target - 2.0) / 3.0  # with the edge that brings most, 3 for 1
    assert found.abs().sum() <= 1.2 * cheapest


def test_a_target_out_of_reach_is_approached():
    response = respond()
    found = solve(EdgeGoal(kind="reach", target=-50.0), limits(1.0), response)
    assert response.of_changes(found[None]).item() == pytest.approx(-1.0, abs=0.05)


def test_a_closed_candidate_can_only_be_opened():
    response = respond(
        start=(1.0, 1.0, 0.0)
    )  # c → d is closed, and would lower the response by 2 when open
    one = torch.ones(3, dtype=torch.float64)
    within = EdgeLimits(
        cost=one, budget=2.0, low=-response.start, high=2.0 - response.start, max_edges=None
    )
    assert response.baseline() == pytest.approx(4.0)
    found = solve(LOWER, within, response)
    assert found.tolist() == pytest.approx([-1.0, 0.0, 1.0], abs=0.02)
    assert solve(RAISE, within, response)[2] == 0  # it cannot be turned round


def test_several_models_decide_by_their_mean():
    models = [linear_model(), linear_model({"a": -3.0, "b": 1.0, "c": 0.0})]
    response = respond(models)
    assert solve(LOWER, limits(1.0), response).tolist() == pytest.approx([0.0, -1.0, 0.0], abs=1.0)
    assert screen_edges(response, limits(1.0), LOWER).response.shape == (3, 2)


def test_nothing_is_changed_where_nothing_helps():
    silent = respond(x=torch.zeros(1, 3, dtype=torch.float64))
    assert solve(LOWER, limits(1.0), silent).tolist() == [0.0, 0.0, 0.0]


def test_neither_the_order_of_edges_nor_of_samples_matters():
    x = torch.tensor([[1.0, 1.0, 1.0], [2.0, 0.0, 1.0], [1.0, 1.0, 1.0]], dtype=torch.float64)
    expected = solve(LOWER, limits(1.5), respond(x=x), n_updates=6)
    for order in ([2, 0, 1], [1, 0, 2]):  # ties would go to the edge that is listed first
        response = respond(x=x[order], edges=[EDGES[place] for place in order])
        found = solve(LOWER, limits(1.5), response, n_updates=6)
        torch.testing.assert_close(found, expected[order], rtol=0, atol=1e-9)


def test_averages_over_samples_as_often_as_they_occur():
    x = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
    assert respond(x=x).baseline() == pytest.approx((3 + 3 + 1) / 3)


def test_the_models_given_are_left_as_they_are():
    model = linear_model().float().train()
    before = [parameter.clone() for parameter in model.parameters()]
    solve(LOWER, limits(1.0), respond([model]))
    assert model.training and all(parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


@settings(max_examples=10, deadline=None)
@given(
    cost=st.lists(st.floats(0.1, 10), min_size=3, max_size=3),
    budget=st.floats(0.05, 5),
    kind=st.sampled_from(["lower", "raise"]),
    max_edges=st.sampled_from([None, 1, 2]),
)
def test_never_above_the_budget_nor_worse_than_the_best_single_edge(cost, budget, kind, max_edges):
    response, goal = respond(), EdgeGoal(kind=kind)
    within = limits(budget, tuple(cost), max_edges=max_edges)
    screen = screen_edges(response, within, goal)
    found = choose_changes(response, within, goal, screen=screen, n_updates=3)
    assert float((within.cost * found.abs()).sum()) <= budget * (1 + 1e-9)
    assert int((found != 0).sum()) <= (max_edges or 3)
    assert ((found >= within.low) & (found <= within.high)).all()
    best = goal.loss(screen.response.mean(1), 1.0).min()
    assert goal.loss(response.of_changes(found[None]).mean(1), 1.0).item() <= best + 1e-6


@pytest.mark.parametrize(
    ("problem", "error", "message"),
    [
        (lambda: EdgeGoal(kind="lwoer"), ConfigError, "goal must be one of"),
        (lambda: EdgeGoal(kind="lower", target=1.0), ConfigError, "a finite target goes with"),
        (lambda: EdgeGoal(kind="reach"), ConfigError, "a finite target goes with"),
        (lambda: limits(0.0), ConfigError, "budget must be a positive number"),
        (
            lambda: limits(1.0, cost=(1.0, 0.0, 1.0)),
            ConfigError,
            "every cost must be a positive number",
        ),
        (lambda: limits(1.0, low=0.5), ConfigError, "a change of 0 must be allowed"),
        (lambda: limits(1.0, max_edges=0), ConfigError, "max_edges must be"),
        (lambda: respond([]), ConfigError, "give at least one"),
        (lambda: respond(edges=[("a", "b")], start=[1.0]), GraphError, "no function→function edge"),
        (
            lambda: respond(edges=[("in_a", "a")], start=[1.0]),
            GraphError,
            "no function→function edge",
        ),
        (lambda: respond(x=torch.zeros(0, 3, dtype=torch.float64)), DataError, "no sample is left"),
    ],
)
def test_what_cannot_be_is_refused(problem, error, message):
    with pytest.raises(error, match=message):
        problem()


def test_an_unknown_output_is_refused_with_a_close_name():
    with pytest.raises(GraphError, match="close: 'out'"):
        edge_response([linear_model()], torch.ones(1, 3), "outt", EDGES, (1.0, 1.0, 1.0))
