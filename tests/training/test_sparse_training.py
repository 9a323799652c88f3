"""Sparse training by a callback: exact density and resume, and the course of an explicit loop."""

import pytest
import torch
from torch import nn

from edgelab.errors import CaptureError, ConfigError
from edgelab.graphs import build_graph
from edgelab.models import GSNN
from edgelab.sparsity import CosineDecay, Masking
from edgelab.training import SparseTraining, TrainingConfig, fit


def make_masking(optimizer, growth="absolute-gradient"):
    return Masking(
        optimizer,
        CosineDecay(0.3, T_max=60),
        density=0.3,
        sparse_init="erdos-renyi-kernel",
        growth_mode=growth,
        redistribution_mode="none",
    )


def make_model(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.Linear(20, 3))


def samples(rows=64):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(rows, 12, generator=generator)
    return x, x[:, :3] * 2 - x[:, 3:6]


def config(epochs=8, **changes):
    return TrainingConfig(
        epochs=epochs, batch_size=16, lr=0.01, device="cpu", progress=False, **changes
    )


class Watch(SparseTraining):
    def __init__(self, **options):
        super().__init__(make_masking, **options)
        self.patterns = []

    def after_step(self, info):
        super().after_step(info)
        masks = self.masking.mask_dict
        weights = self.masking.weights
        assert all((weights[name][~mask] == 0).all() for name, mask in masks.items())
        self.patterns.append(torch.cat([mask.flatten() for mask in masks.values()]).clone())


def test_density_is_exact_after_every_step_and_the_pattern_moves_when_told():
    watch = Watch(interval=5, last_step=20)
    fit(make_model(), *samples(), config(), callbacks=[watch])
    assert {int(pattern.sum()) for pattern in watch.patterns} == {watch.masking.baseline_nonzero}
    moved = [
        step
        for step, (old, new) in enumerate(
            zip(watch.patterns, watch.patterns[1:], strict=False), start=2
        )
        if not torch.equal(old, new)
    ]
    assert moved == [5, 10, 15, 20]
    assert watch.masking.mask_step == len(watch.patterns)


def test_sparse_training_learns():
    model = make_model()
    history = fit(
        model, *samples(), config(epochs=60), callbacks=[SparseTraining(make_masking, interval=10)]
    )
    assert history.records[-1].train_loss < 0.3 * history.records[0].train_loss


def test_a_resumed_run_equals_one_never_interrupted(tmp_path):
    x, y = samples()
    whole, parts = make_model(), make_model()
    fit(whole, x, y, config(8), callbacks=[SparseTraining(make_masking, interval=5)])
    for epochs in (3, 8):
        fit(
            parts if epochs == 3 else (again := make_model(7)),
            x,
            y,
            config(epochs),
            callbacks=[SparseTraining(make_masking, interval=5)],
            checkpoint_dir=tmp_path,
            resume=epochs == 8,
        )
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_edges_of_a_gsnn_can_be_masked_weight_by_weight():
    graph = build_graph(
        [("a", "b"), ("b", "c")], input_edges=[("i", "a")], output_edges=[("c", "o")]
    )
    model = GSNN.from_data(graph, channels=4, layers=3)
    x = torch.randn(40, 1)
    sparse = SparseTraining(make_masking, interval=4)
    fit(model, x, x, config(epochs=3), callbacks=[sparse])
    assert sparse.masking.stats.total_nonzero == sparse.masking.baseline_nonzero


def test_refuses_what_makes_no_sense():
    with pytest.raises(ConfigError, match="interval must be a positive integer, got 0"):
        SparseTraining(make_masking, interval=0)
    with pytest.raises(CaptureError, match="before training begins"):
        _ = SparseTraining(make_masking).masking
