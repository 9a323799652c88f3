"""Names as they are drawn: shortened, measured, and never read as formulas."""

from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import TextToPath

# Longer names make boxes that no longer fit beside each other.
_LONGEST_NAME = 16


def shown_name(name: str) -> str:
    """The name as drawn: the end of one that is longer than 16 characters is left out."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def text_width(text: str, size: float) -> float:
    """Width in inches of a line of text in the default font, its size in points."""
    font = FontProperties(size=size)
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def plain(text: Text) -> None:
    """Show a name as it is, even if it contains dollar signs, which would start a formula."""
    text.set_parse_math(False)
