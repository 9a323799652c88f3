"""Options of the regressor, checked once."""

from dataclasses import dataclass
from typing import Literal, get_args

from edgelab.errors import ConfigError
from edgelab.ops import MAGNITUDES

ScoreMode = Literal["abs", "relu", "signed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressorSettings:
    """Options of `MagnitudeEdgeRegressor`; see there.

    Raises:
        ConfigError: If an option is out of range.

    Example:
        >>> RegressorSettings(dropout=1.0)
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: dropout must lie in [0, 1), got 1.0
    """

    aggregators: tuple[str, ...] = ("sum", "max")
    use_pre_norm: bool = True
    standardize: bool = True
    lr: float = 1e-2
    weight_decay: float = 1e-4
    dropout: float = 0.0
    ridge: float = 0.0
    score_mode: ScoreMode = "abs"
    ema_momentum: float = 0.1

    def __post_init__(self) -> None:
        if not self.aggregators:
            raise ConfigError(
                f"aggregators must name at least one of {MAGNITUDES.names()}, got none"
            )
        for name in self.aggregators:
            MAGNITUDES[name]
        ranges = (
            ("lr", self.lr > 0, "be positive"),
            ("weight_decay", self.weight_decay >= 0, "be at least 0"),
            ("dropout", 0 <= self.dropout < 1, "lie in [0, 1)"),
            ("ridge", self.ridge >= 0, "be at least 0"),
            ("ema_momentum", 0 < self.ema_momentum <= 1, "lie in (0, 1]"),
            (
                "score_mode",
                self.score_mode in get_args(ScoreMode),
                f"be one of {list(get_args(ScoreMode))}",
            ),
        )
        for name, holds, rule in ranges:
            if not holds:
                raise ConfigError(f"{name} must {rule}, got {getattr(self, name)!r}")
