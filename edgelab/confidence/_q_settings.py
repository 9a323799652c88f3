"""How q-values are made."""

from dataclasses import dataclass

from edgelab.checks import check_choice, check_integer, check_seed

WAYS = ("mirror", "method", "association")
"""Where `q_value` comes from: the interventions alone; the ranks that the method gives in both
halves, with the signs of the interventions' effects; or the Benjamini-Hochberg correction of the
scorer's own p-value, whatever that tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QSettings:
    """How q-values are made.

    Attributes:
        way: One of `WAYS`.
        splits: Splits into halves whose verdicts are aggregated; one is made where all would be
            alike.
        direct: Add the model-based `q_direct`.
        seed: Decides the splits; None takes the seed of the job.

    Raises:
        ConfigError: If the way is unknown, there is no split, or the seed is out of range.

    Example:
        >>> QSettings(splits=10).way
        'mirror'
    """

    way: str = "mirror"
    splits: int = 20
    direct: bool = False
    seed: int | None = None

    def __post_init__(self) -> None:
        check_choice("way", self.way, WAYS)
        check_integer("splits", self.splits)
        if self.seed is not None:
            check_seed(self.seed)
