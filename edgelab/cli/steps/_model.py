"""How a command's model is built and trained."""

from dataclasses import replace
from typing import Any

from edgelab.training import ModelSettings


def with_training(settings: ModelSettings, **changes: Any) -> ModelSettings:
    """The settings with other values of their training configuration."""
    return replace(settings, training=replace(settings.training, **changes))
