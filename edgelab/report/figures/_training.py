"""Figure: the course of a training run."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from edgelab.errors import TableError
from edgelab.report._names import plain
from edgelab.report._style import (
    ACCENT,
    GREY_TEXT,
    LINE_COLOURS,
    SMALL_TEXT_SIZE,
    line_look,
    style_axes,
)
from edgelab.training import History

# Losses that span more than this factor are drawn on a logarithmic axis.
_LOG_SPAN = 30.0


def plot_training(
    history: History,
    recovery: pd.DataFrame | None = None,
    *,
    recovery_label: str = "Recovery of validation edges",
) -> Figure:
    """Training and validation loss by epoch, and below them what was watched beside.

    Args:
        history: What `fit` returned.
        recovery: One row per epoch: a column `epoch` (counted from 1) and one line per other
            column, such as the AUROC of validation edges. None draws the losses only.
        recovery_label: What these lines show.

    Returns:
        A figure with one or two axes; a thin vertical line marks the epoch with the lowest
        validation loss (training loss if nothing was set apart for validation).

    Raises:
        TableError: If the history is empty, or the recovery lacks `epoch` or a numeric column.

    Example:
        >>> from edgelab.training import EpochRecord
        >>> records = tuple(
        ...     EpochRecord(
        ...         epoch=epoch,
        ...         step=epoch,
        ...         train_loss=1 / epoch,
        ...         validation_loss=None,
        ...         lr=0.1,
        ...         seconds=0.0,
        ...     )
        ...     for epoch in (1, 2, 3)
        ... )
        >>> figure = plot_training(History(records=records, stop_reason="all 3 epochs done"))
        >>> figure.axes[0].lines[0].get_xdata().tolist()
        [1, 2, 3]
    """
    if not history.records:
        raise TableError("the history has no epochs; train for at least one before drawing it")
    losses = history.frame()
    n_rows = 1 if recovery is None else 2
    figure = Figure(figsize=(6.4, 3.4 if recovery is None else 5.4), layout="constrained")
    axes = figure.subplots(n_rows, 1, sharex=True, squeeze=False)[:, 0]
    _draw_losses(axes[0], losses)
    axes[0].axvline(history.best_epoch, color=GREY_TEXT, linewidth=0.8, dashes=(4, 3), zorder=1)
    if recovery is not None:
        _draw_recovery(axes[1], recovery)
        axes[1].axvline(history.best_epoch, color=GREY_TEXT, linewidth=0.8, dashes=(4, 3), zorder=1)
        style_axes(axes[1], ylabel=recovery_label)
    axes[-1].set_xlabel("Epoch (passes through the training samples)", fontsize=SMALL_TEXT_SIZE + 1)
    axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if len(losses) == 1:
        axes[-1].set_xlim(0, 2)  # else the axis spans fractions of the only epoch
    return figure


def _draw_losses(axes: Axes, losses: pd.DataFrame) -> None:
    marker = "o" if len(losses) < 40 else ""
    look: dict[str, Any] = {"marker": marker, "markersize": 3.5, "linewidth": 1.8}
    axes.plot(losses["epoch"], losses["train_loss"], color=ACCENT, label="training samples", **look)
    if losses["validation_loss"].notna().any():
        axes.plot(
            losses["epoch"],
            losses["validation_loss"],
            color=LINE_COLOURS[1],
            label="validation samples",
            **look,
        )
    shown = losses[["train_loss", "validation_loss"]].to_numpy()
    shown = shown[~np.isnan(shown)]
    if (shown > 0).all() and shown.max() > _LOG_SPAN * shown.min():
        axes.set_yscale("log")
    style_axes(axes, ylabel="Prediction error (loss)")
    axes.legend(fontsize=SMALL_TEXT_SIZE, frameon=False)


def _draw_recovery(axes: Axes, recovery: pd.DataFrame) -> None:
    columns = [
        name
        for name in recovery.columns
        if name != "epoch" and pd.api.types.is_numeric_dtype(recovery[name])
    ]
    if "epoch" not in recovery.columns or not columns:
        raise TableError(
            "the recovery needs a column 'epoch' and a numeric one, got "
            f"{list(recovery.columns)}; rename or add them"
        )
    for position, name in enumerate(columns):
        colour, style = line_look(position + 2)
        axes.plot(
            recovery["epoch"],
            recovery[name],
            color=colour,
            linestyle=style,
            linewidth=1.8,
            label=str(name),
        )
    legend = axes.legend(fontsize=SMALL_TEXT_SIZE, frameon=False)
    for text in legend.get_texts():
        plain(text)
