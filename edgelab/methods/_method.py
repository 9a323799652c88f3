"""One way to rank candidate edges."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from ._evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to rank candidate edges, and what a user should know of it.

    Attributes:
        label: What tables and figures call it, in a few letters.
        description: One paragraph for users: what it looks at, what it needs, when to trust it,
            and where it comes from.
        needs_model: Whether it reads the one GSNN that is trained on the whole known graph.
        is_baseline: Whether it is what others have to beat: a simple or a published way, on data or
            topology alone.
        table: Makes the edge table; keeps the best `top` per target if a number is given.
    """

    label: str
    description: str
    needs_model: bool = False
    is_baseline: bool = False
    table: Callable[[Evidence, int | None], pd.DataFrame]
