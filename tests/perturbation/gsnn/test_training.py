"""Models with candidate edges opened beside the prior network."""

import pytest
import torch

from edgelab.datasets import convergence
from edgelab.errors import ConfigError
from edgelab.perturbation.gsnn import check_same_edges, train_models
from edgelab.perturbation.gsnn._training import fresh_entries, train_for_edges
from edgelab.seeds import seed_for
from edgelab.tasks import graph_of
from edgelab.training import ModelSettings, TrainingConfig

CANDIDATES = [("f0", "f6"), ("f1", "f6")]


@pytest.fixture(scope="module")
def data():
    return convergence(4, n_train=120, n_test=10, seed=1).train


@pytest.fixture(scope="module")
def settings():
    training = TrainingConfig(
        epochs=3, batch_size=60, lr=1e-2, schedule="cosine", device="cpu", progress=False
    )
    return ModelSettings(task="perturbation", channels=2, layers=3, training=training, min_steps=4)


def test_closed_candidates_leave_the_trained_model_exactly_as_it_is(data, settings):
    plain, _ = train_for_edges(data, [], settings, 0)
    opened, _ = train_for_edges(data, CANDIDATES, settings, 0)
    mask = torch.tensor([0.0 if edge in CANDIDATES else 1.0 for edge in opened.edges])
    x = torch.tensor(data.x.to_numpy(), dtype=torch.float32)
    with torch.no_grad():
        torch.testing.assert_close(opened(x, edge_mask=mask), plain(x), rtol=1e-5, atol=1e-6)
        assert not torch.allclose(
            opened(x), plain(x), atol=1e-6
        )  # the second training gave them weights


def test_fresh_entries_are_those_of_the_new_edges(data, settings):
    plain, _ = train_for_edges(data, [], settings, 0)
    opened, _ = train_for_edges(data, CANDIDATES, settings, 0)
    fresh = fresh_entries(opened, plain)
    assert any(mask.any() for mask in fresh.values())
    rows = fresh["blocks.0.lin_in.weight"].any(1).nonzero().flatten()
    layer = opened.res_blocks()[0].lin_in
    assert {opened.edges[edge] for edge in layer.edges[rows].tolist()} == set(CANDIDATES)


def test_several_models_have_seeds_of_their_own(data, settings):
    models, history = train_models(data, [], settings, 2, 7)
    for member, model in enumerate(models):
        alone, course = train_for_edges(data, [], settings, seed_for(7, f"model {member}"))
        for weight, expected in zip(model.parameters(), alone.parameters(), strict=True):
            assert torch.equal(weight, expected)
        if member == 0:
            lasting = ["epoch", "train_loss", "lr"]
            assert history.frame()[lasting].equals(course.frame()[lasting])


def test_a_model_with_other_candidates_is_refused(data, settings):
    opened, _ = train_for_edges(data, CANDIDATES, settings, 0)
    check_same_edges(opened, graph_of(data), CANDIDATES)
    with pytest.raises(ConfigError, match=r"differ in 1 edges, such as .*\('f1', 'f6'\)"):
        check_same_edges(opened, graph_of(data), CANDIDATES[:1])
