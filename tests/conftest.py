"""Settings of all tests."""

import os
from importlib import import_module

import jaxtyping
import pytest
import torch
from hypothesis import HealthCheck, settings

# The hook that checks shapes compiles anew all that is first imported inside edgelab, thousands of
# files of other packages too. What is here already it leaves alone: a quarter of collecting.
for package in ("scipy.stats", "sklearn.utils", "torch_geometric"):
    import_module(package)

# Time is measured in benchmarks: a busy machine must not fail a property. Where a release is
# tested, the examples are the same every time; at home new ones are tried.
patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("home", **patient)
settings.register_profile("ci", derandomize=True, **patient)
settings.load_profile("ci" if os.environ.get("CI") else "home")

if "PYTEST_XDIST_WORKER" in os.environ:
    # As many workers as cores: threads of one would only wait for those of the others. How many
    # threads edgelab itself takes is tested in processes of their own.
    torch.set_num_threads(1)


@pytest.fixture
def wrong_types(monkeypatch):
    """For arguments of a wrong type on purpose: what a user sees, whose shapes are not checked."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
