"""Joint training: the regressor takes a step after each backward pass of the model."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, cast

from edgelab.evaluation import NamedEdges, named_pairs
from edgelab.models import GSNN, ActivationCache
from edgelab.training import Callback, EpochRecord, StartInfo, StepInfo

from ._correlation_inferer import stage_with_magnitudes

if TYPE_CHECKING:
    from ._regressor import MagnitudeEdgeRegressor


class RegressorCallback(Callback):
    """Trains a `MagnitudeEdgeRegressor` along with its model; made by its `callback` method.

    At the start of each epoch the samples behind the p-values are forgotten, so that they rest on
    one pass over the training rows. After each epoch with validation edges, the metric is recorded
    and the best weights are remembered; when training is over, `regressor.load_best()` goes back to
    them.

    Args:
        regressor: The regressor.
        validation_edges: Held-out edges to choose the best epoch by, or none.
        metric: What is compared; larger is better.
        known_edges: Further true edges, which are no negatives.

    Attributes:
        history: The metric after each epoch.
    """

    def __init__(
        self,
        regressor: "MagnitudeEdgeRegressor",
        validation_edges: NamedEdges = (),
        *,
        metric: str = "auc",
        known_edges: NamedEdges = (),
    ) -> None:
        self.regressor = regressor
        self.validation_edges, self.known_edges = (
            named_pairs(validation_edges),
            named_pairs(known_edges),
        )
        self.metric = metric
        self.history: list[float] = []
        self._epoch = 0
        self._cache: ActivationCache | None = None

    def on_start(self, info: StartInfo) -> None:
        """Move the regressor to the device of the model.

        Args:
            info: The run.
        """
        self.regressor.to(info.device)
        self.regressor.train()

    def step_context(self, epoch: int, step: int) -> AbstractContextManager[object]:
        """Capture the step.

        Args:
            epoch: Counted from 1.
            step: Counted from 1.

        Returns:
            A capture of the model.
        """
        if epoch != self._epoch:
            self._epoch = epoch
            self.regressor.forget_samples()
        return self._capture()

    @contextmanager
    def _capture(self) -> Iterator[None]:
        model = self.regressor.model
        stage = stage_with_magnitudes(model, self.regressor.settings.use_pre_norm)
        with cast(GSNN, model).capture(stage) as self._cache:
            try:
                yield
            finally:
                self._cache = None  # it holds the graph of the step

    def after_backward(self, info: StepInfo) -> None:
        """Let the regressor take its step.

        Args:
            info: The step.
        """
        self.regressor.aux_step(self._cache, gradient_scale=info.counted)

    def after_epoch(self, record: EpochRecord) -> str | None:
        """Compare the epoch with the best one.

        Args:
            record: The epoch.

        Returns:
            None: the regressor never stops training.
        """
        if self.validation_edges:
            recovery = self.regressor.evaluate_against(
                self.validation_edges, known_edges=self.known_edges
            )
            self.history.append(recovery[self.metric])
            self.regressor.maybe_save_best(recovery[self.metric])
        return None

    def state_dict(self) -> Mapping[str, object]:
        """Return weights, optimizer, best weights and history; the samples behind p-values are not
        stored.
        """
        best = self.regressor.best
        return {
            "regressor": self.regressor.state_dict(),
            "optimizer": self.regressor.optimizer.state_dict(),
            "best": None if best is None else {"metric": best.metric, "state": best.state},
            "history": list(self.history),
            "epoch": self._epoch,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up the state of an earlier run.

        Args:
            state: What `state_dict` returned.
        """
        self.regressor.restore(state["regressor"], state["optimizer"], state["best"])
        self.history, self._epoch = list(state["history"]), state["epoch"]
