"""How every figure looks: colours that colour-blind readers tell apart, sizes, quiet axes."""

from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap

# Okabe and Ito (2008), without its yellow and sky blue, which are too pale for lines on white.
LINE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#000000")
"""Colours of lines, in the order in which they are used."""

LINE_STYLES = ("-", "--", ":")
"""Once the colours are used up they start again with the next style."""

ACCENT = "#0072B2"
BASELINE = "#7A7A7A"
GREY_LINE = "#B4B4B4"
GREY_TEXT = "#555555"
NOT_SCORED = "#EDEDED"

TEXT_SIZE = 9.0
SMALL_TEXT_SIZE = 8.0
TITLE_SIZE = 10.0

# Light to dark in one direction, so that it reads in grey too; starts dark enough to be seen on
# white.
CANDIDATE_COLOURS: Colormap = LinearSegmentedColormap.from_list(
    "edgelab_candidates", ["#F6B26B", "#E6682C", "#B5171D", "#5E0B1B"]
)
SCORE_COLOURS: Colormap = LinearSegmentedColormap.from_list(
    "edgelab_scores", ["#FFFFFF", "#D6E4F0", "#8DB9DB", "#3B83BD", "#0B4A82", "#062A4C"]
)


def line_look(position: int) -> tuple[str, str]:
    """Colour and style of the line at a position of a legend; the first 18 differ."""
    colour = LINE_COLOURS[position % len(LINE_COLOURS)]
    style = LINE_STYLES[position // len(LINE_COLOURS) % len(LINE_STYLES)]
    return colour, style


def style_axes(axes: Axes, *, title: str = "", xlabel: str = "", ylabel: str = "") -> None:
    """Give axes their titles and the common look: no box, small ticks."""
    axes.set_title(title, fontsize=TITLE_SIZE, loc="left")
    axes.set_xlabel(xlabel, fontsize=TEXT_SIZE)
    axes.set_ylabel(ylabel, fontsize=TEXT_SIZE)
    axes.tick_params(labelsize=SMALL_TEXT_SIZE, length=3, color=GREY_TEXT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY_TEXT)
