"""What fitting a graph adds to the project's training loop."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from edgelab.training import Callback, EpochRecord, StartInfo, StepInfo, save_model
from edgelab.typing import Tensor

from ._dense_parameterization import DenseParameterization
from ._gradnet import GradNet
from ._saved import write_graph_file
from ._sparse_parameterization import SparseParameterization

# First moments of an optimizer scale as the gradient, second ones as its square.
_FIRST_MOMENTS = ("exp_avg", "momentum_buffer")
_SECOND_MOMENTS = ("exp_avg_sq", "square_avg")


class Updates(Callback):
    """Counts updates, records their losses, and deals the numbers of the next ones.

    Args:
        n_updates: How many there will be in all.
        per_epoch: How many make an epoch; the last epoch may have fewer.

    Attributes:
        losses: One per update made so far, each measured just before it.

    Example:
        >>> updates = Updates(n_updates=5, per_epoch=3)
        >>> list(updates.next_epoch())
        [0, 1, 2]
    """

    def __init__(self, *, n_updates: int, per_epoch: int) -> None:
        self.n_updates, self.per_epoch = n_updates, per_epoch
        self.losses: list[float] = []
        self._n_epochs = 0

    def next_epoch(self) -> Iterator[int]:
        """Return the numbers, from 0, of the updates of the next epoch.

        Returns:
            From the first that is not done to the end of the epoch.
        """
        # Epochs end at multiples of their length, so that a run that is continued for longer keeps
        # their rhythm.
        return iter(
            range(len(self.losses), min((self._n_epochs + 1) * self.per_epoch, self.n_updates))
        )

    def after_step(self, info: StepInfo) -> None:
        """Record the loss.

        Args:
            info: The step.
        """
        self.losses.append(info.loss)

    def after_epoch(self, record: EpochRecord) -> None:
        """Count the epoch.

        Args:
            record: Not used.
        """
        self._n_epochs += 1

    def state_dict(self) -> Mapping[str, object]:
        """Return the losses and the number of epochs."""
        return {
            "losses": torch.tensor(self.losses, dtype=torch.float64),
            "n_epochs": self._n_epochs,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up the state of an earlier run.

        Args:
            state: What `state_dict` returned.
        """
        self.losses, self._n_epochs = state["losses"].tolist(), state["n_epochs"]


class Renormalise(Callback):
    """Brings the raw numbers of every parameterization that wants it back to their usual length
    after each step.

    The loss does not notice, and the optimizer should not either: at c times the length gradients
    are 1/c times as large, so its moments are rescaled with them.

    Example:
        >>> net = GradNet(3, budget=1.0)
        >>> callback = Renormalise()
        >>> callback.on_start(
        ...     StartInfo(model=net, optimizer=torch.optim.SGD(net.parameters()), device=net.device, epochs=1)
        ... )
        >>> with torch.no_grad():
        ...     _ = net.param.delta_adj_raw.mul_(100)
        >>> callback.after_step(StepInfo(epoch=1, step=1, lr=0.1, loss=0.0, counted=1.0))
        >>> round(net.param.delta_adj_raw.norm().item() ** 2, 3)  # the three edges that can change
        3.0
    """

    def __init__(self) -> None:
        self._optimizer: torch.optim.Optimizer | None = None
        self._parts: list[SparseParameterization | DenseParameterization] = []

    def on_start(self, info: StartInfo) -> None:
        """Find the graphs to renormalise.

        Args:
            info: Model and optimizer.
        """
        self._optimizer = info.optimizer
        kinds = SparseParameterization, DenseParameterization
        parts = (module for module in info.model.modules() if isinstance(module, kinds))
        self._parts = [part for part in parts if part.should_renorm_after_step]

    def after_step(self, info: StepInfo) -> None:
        """Renormalise the parameters and the optimizer's memory of their gradients.

        Args:
            info: Not used.
        """
        for part in self._parts:
            raw = part.delta_adj_raw
            before = raw.detach().norm()
            part.renorm_params()
            self._rescale_moments(raw, raw.detach().norm() / before)

    def _rescale_moments(self, parameter: nn.Parameter, scale: Tensor) -> None:
        if self._optimizer is None or not (scale.isfinite() and scale > 0):
            return
        state = self._optimizer.state.get(parameter, {})
        for names, factor in ((_FIRST_MOMENTS, scale), (_SECOND_MOMENTS, scale.square())):
            for name in names:
                if isinstance(state.get(name), Tensor):
                    state[name].div_(factor)


class KeepBest(Callback):
    """Keeps the parameters that gave the lowest loss: those before the step that this loss led to.

    Args:
        path: File to write them to, at the end of every epoch that found better ones; None writes
            none.

    Attributes:
        loss: The lowest so far.
        update: Number, from 0, of the update that began with it.
        state: State of the model then.

    Example:
        >>> best = KeepBest()
        >>> best.offer(2.0, 0, GradNet(3, budget=1.0)), best.offer(2.5, 1, GradNet(3, budget=1.0))
        (True, False)
        >>> best.loss, best.update
        (2.0, 0)
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.loss, self.update = math.inf, -1
        self.state: dict[str, Tensor] = {}
        self._model: nn.Module | None = None
        self._stored_update = -1

    def offer(self, loss: float, update: int, model: nn.Module) -> bool:
        """Keep the state of a model if its loss is the lowest so far.

        Args:
            loss: Of the model as it is.
            update: Number of the update that it begins.
            model: Copied if kept.

        Returns:
            Whether it was kept.
        """
        if not loss < self.loss:
            return False
        self.loss, self.update = loss, update
        self.state = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        return True

    def store(self, model: nn.Module) -> None:
        """Write the best state to the file, if there is one and it does not hold it yet.

        Args:
            model: Whose arguments go with the state.
        """
        if self.path is None or self.update == self._stored_update:
            return
        if isinstance(model, GradNet):
            write_graph_file(self.path, model.export_config(), self.state)
        else:
            save_model(self.path, self.state, {"kind": type(model).__name__})
        self._stored_update = self.update

    def on_start(self, info: StartInfo) -> None:
        """Learn whose parameters to keep.

        Args:
            info: The model.
        """
        self._model = info.model

    def after_backward(self, info: StepInfo) -> None:
        """Offer the parameters that gave this step's loss, which the step has not changed yet.

        Args:
            info: The step.
        """
        if self._model is not None:
            self.offer(info.loss, info.step - 1, self._model)

    def after_epoch(self, record: EpochRecord) -> None:
        """Write the best parameters to the file.

        Args:
            record: Not used.
        """
        if self._model is not None:
            self.store(self._model)

    def state_dict(self) -> Mapping[str, object]:
        """Return the best loss, where it was, and the parameters that gave it."""
        return {"loss": self.loss, "update": self.update, "state": self.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up the state of an earlier run.

        Args:
            state: What `state_dict` returned.
        """
        self.loss, self.update, self.state = state["loss"], state["update"], dict(state["state"])
