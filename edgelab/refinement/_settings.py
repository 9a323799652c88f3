"""Settings of a refinement: of the graph, and of the models that judge it."""

from dataclasses import dataclass

from edgelab.checks import check_choice, check_integer, check_share
from edgelab.errors import ConfigError
from edgelab.training import ModelSettings, TrainingConfig

STARTS = ("prior", "erdos-renyi")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefineSettings:
    """Settings of `GraphSparsity`.

    Attributes:
        rounds: Rounds of training, pruning and growing; a last round prunes only. Growing ends
            earlier when a round no longer lowers the validation loss by the share `min_gain`.
        budget: Function→function edges that the graph may have at most; None for as many as the
            prior has.
        start: The first graph: `"prior"`, or `"erdos-renyi"`, which draws `budget` allowed edges at
            random.
        min_support: An edge goes when removing it raises the validation loss of no output by this
            share. In early rounds, when missing edges still blur the losses, a part of it:
            1/(rounds + 1), 2/(rounds + 1), ….
        min_support_new: The same for edges that are not in the prior, which have to prove more.
        prior_bonus: Edges of the prior that were pruned return more easily: their growth score
            rises by this factor.
        min_gain: Least relative fall of the validation loss for another round of growing.
        decay: Weight decay during the rounds: edges that the data do not need fade.
        round_epochs: Epochs of every round after the first, which continue the last one's weights.
        validation_fraction: Share of the samples that supports and rounds are judged by, in (0, 1).

    Raises:
        ConfigError: If a value breaks its rule.

    Example:
        >>> RefineSettings(rounds=2).min_support
        0.1
        >>> RefineSettings(start="priors")
        Traceback (most recent call last):
        ...
        edgelab.errors.ConfigError: start must be one of ['prior', 'erdos-renyi'], got 'priors' ...
    """

    rounds: int = 4
    budget: int | None = None
    start: str = "prior"
    min_support: float = 0.1
    min_support_new: float = 0.3
    prior_bonus: float = 1.5
    min_gain: float = 0.01
    decay: float = 0.3
    round_epochs: int = 20
    validation_fraction: float = 0.2

    def __post_init__(self) -> None:
        check_integer("rounds", self.rounds)
        check_integer("round_epochs", self.round_epochs)
        if self.budget is not None:
            check_integer("budget", self.budget)
        for name in ("min_support", "min_support_new", "min_gain", "decay", "prior_bonus"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise ConfigError(f"{name} must be a finite number, at least 0, got {value!r}")
        check_share("validation_fraction", self.validation_fraction)
        check_choice("start", self.start, STARTS)

    def support_needed(self, position: int) -> tuple[float, float]:
        """Least support that edges need to stay after a round.

        Args:
            position: The round, from 0; `rounds` is the last one.

        Returns:
            The least support of edges of the prior, and of other edges.

        Example:
            >>> RefineSettings(rounds=1, min_support=0.2, min_support_new=0.5).support_needed(0)
            (0.1, 0.25)
        """
        part = (position + 1) / (self.rounds + 1)
        return self.min_support * part, self.min_support_new * part


def refinement_model() -> ModelSettings:
    """How models are built and trained for refinement: on responses to interventions, to the end.

    Returns:
        Settings of models and training.

    Example:
        >>> refinement_model().task
        'perturbation'
    """
    training = TrainingConfig(epochs=30, batch_size=128, lr=1e-2, schedule="cosine")
    return ModelSettings(task="perturbation", channels=4, layers=4, training=training)
