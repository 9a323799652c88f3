import pytest
from matplotlib.figure import Figure


@pytest.fixture
def check_fits():
    """A check that all text and marks of a figure lie inside it."""

    def check(figure: Figure) -> None:
        figure.draw_without_rendering()
        width, height = figure.get_size_inches()
        used = figure.get_tightbbox()
        assert min(used.x0, used.y0, width - used.x1, height - used.y1) > -1e-6, (
            used,
            width,
            height,
        )

    return check
