"""Runs that are killed by a real SIGKILL, at moments chosen and at random, end as if nothing had
happened.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch

from edgelab.training import load_model

CHILD = """
import json, os, signal, sys, time
import torch
from edgelab.ops import Batch
from edgelab.training import Callback, TrainingConfig, fit, save_model
import edgelab.training._storage as storage

torch.set_num_threads(1)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Deadly(Callback):
    def __init__(self, die_at):
        self.die_at, self.here = die_at, 0
    def after_backward(self, info):
        self.here += 1
        if self.here == self.die_at:
            die()

def hide(x, y, generator):
    return Batch(x, y, (torch.rand(y.shape, generator=generator) < 0.5).to(y.dtype))

def run(folder, die_at=None, die_in=None, count=1):
    calls = [0]
    def deadly(function, before):
        def wrapped(*arguments, **options):
            calls[0] += 1
            if before and calls[0] == count:
                die()
            result = function(*arguments, **options)
            if calls[0] == count:
                die()
            return result
        return wrapped
    if die_in == "half-written":
        def half(tensors, path, metadata):
            calls[0] += 1
            save(tensors, path, metadata=metadata)
            if calls[0] == count:
                os.truncate(path, os.path.getsize(path) // 2)
                die()
        save = storage.save_file
        storage.save_file = half
    elif die_in:
        name, before = die_in.split()
        setattr(os, name, deadly(getattr(os, name), before == "before"))
    torch.manual_seed(0)
    x = torch.randn(60, 3)
    model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Dropout(0.2), torch.nn.Linear(5, 2))
    config = TrainingConfig(
        epochs=12, batch_size=8, validation_fraction=0.2, patience=11, device="cpu", progress=False
    )
    options = dict(corruption=hide, callbacks=[Deadly(die_at)], checkpoint_dir=folder, resume=True)
    history = fit(model, x, x[:, :2] * 2, config, **options)
    losses = [[record.train_loss, record.validation_loss] for record in history.records]
    result = {"losses": losses, "stop": history.stop_reason}
    save_model(folder + "/result.safetensors", model.state_dict(), result)

# One import of torch serves many runs: each is a forked process of its own, and dies alone.
print("ready", flush=True)
for line in sys.stdin:
    arguments = json.loads(line)
    killed_after = arguments.pop("killed_after", None)
    pid = os.fork()
    if pid == 0:
        run(**arguments)
        os._exit(0)
    if killed_after is not None:
        time.sleep(killed_after)
        # Never another process: this one is not reaped before the next line.
        os.kill(pid, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Runner:
    def __init__(self):
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self.process.stdout.readline() == "ready\n"

    def run(self, **arguments):
        self.process.stdin.write(json.dumps(arguments) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def runner():
    runner = Runner()
    yield runner
    runner.process.stdin.close()
    runner.process.wait(timeout=60)
    runner.process.stdout.close()


@pytest.fixture(scope="module")
def undisturbed(runner, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    started = time.perf_counter()
    assert runner.run(folder=str(folder)) == 0
    return load_model(folder / "result.safetensors"), time.perf_counter() - started


def assert_same_result(folder, undisturbed):
    (tensors, metadata), (expected, expected_metadata) = (
        load_model(folder / "result.safetensors"),
        undisturbed[0],
    )
    assert metadata == expected_metadata
    assert all(torch.equal(tensors[name], value) for name, value in expected.items())
    assert not list(folder.glob(".unfinished*"))


@pytest.mark.parametrize(
    "death",
    [
        {"die_at": 1},
        {"die_at": 20},
        {"die_in": "half-written", "count": 1},
        {"die_in": "half-written", "count": 4},
        {"die_in": "fsync before", "count": 5},
        {"die_in": "fsync after", "count": 6},
        {"die_in": "replace before", "count": 3},
        {"die_in": "replace after", "count": 3},
        {"die_in": "replace after", "count": 12},
    ],
    ids=str,
)
def test_death_at_a_chosen_moment(runner, undisturbed, tmp_path, death):
    assert runner.run(folder=str(tmp_path), **death) == -signal.SIGKILL
    assert runner.run(folder=str(tmp_path)) == 0
    assert_same_result(tmp_path, undisturbed)


def test_many_deaths_at_random_moments(runner, undisturbed, tmp_path):
    moments = random.Random(0)
    ends = [
        runner.run(folder=str(tmp_path), killed_after=moments.uniform(0, 0.6 * undisturbed[1]))
        for _ in range(6)
    ]
    assert -signal.SIGKILL in ends
    assert runner.run(folder=str(tmp_path)) == 0
    assert_same_result(tmp_path, undisturbed)
