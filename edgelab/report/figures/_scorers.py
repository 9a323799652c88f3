"""Scorers as rows of a panel: checked, and named at its left."""

from collections.abc import Collection, Mapping, Sequence

from matplotlib.axes import Axes

from edgelab.errors import ConfigError, close_names
from edgelab.report._names import plain
from edgelab.report._style import ACCENT, TEXT_SIZE


def check_panels(metrics: Sequence[str]) -> None:
    """Refuse a figure without a panel."""
    if not metrics:
        raise ConfigError("metrics is empty; name at least one, such as 'mrr'")


def check_highlight(highlight: Collection[str], scorers: Collection[str]) -> None:
    """Refuse to highlight what is not drawn."""
    for name in highlight:
        if name not in scorers:
            resembling = close_names(name, scorers)
            raise ConfigError(f"cannot highlight {name!r}: no such scorer ({resembling})")


def name_scorers(
    axes: Axes, scorers: Sequence[str], highlight: Collection[str], labels: Mapping[str, str]
) -> None:
    """Name one row per scorer, from 0 on; highlighted ones are bold and blue."""
    axes.set_yticks(
        range(len(scorers)), [labels.get(name, name) for name in scorers], fontsize=TEXT_SIZE
    )
    for name, text in zip(scorers, axes.get_yticklabels(), strict=True):
        plain(text)
        text.set_fontweight("bold" if name in highlight else "normal")
        text.set_color(ACCENT if name in highlight else "black")
