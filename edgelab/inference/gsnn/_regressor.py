"""Function-to-function candidates by a linear regression that learns while the model trains."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast, get_args

import pandas as pd
import torch
from torch import nn
from torch_geometric.data import HeteroData

from edgelab.checks import check_choice
from edgelab.errors import CaptureError, ConfigError, TrainingError
from edgelab.evaluation import NamedEdges, evaluate_against, named_pairs
from edgelab.inference.table import PairSpace, QFamily, RawScores, edge_table
from edgelab.models import GSNN, ActivationCache, ResBlock
from edgelab.ops import MAGNITUDES, product_dtype, squared_error_and_slope, sum_magnitude
from edgelab.training import Callback, EpochRecord, StartInfo, StepInfo
from edgelab.typing import Float, Tensor

from ._model_checks import check_same_functions, stage_with_magnitudes
from ._recent_samples import RecentSamples
from ._recovery import EdgeRecovery
from ._running_scaler import RunningScaler
from ._shared_regression import t_test
from ._weight_map import map_of, map_weight, pull_back, settled_weight

logger = logging.getLogger(__name__)

ScoreMode = Literal["abs", "relu", "signed"]
_SCORE_OF_WEIGHT = {"abs": torch.abs, "relu": torch.relu, "signed": torch.clone}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressorSettings:
    """Options of `MagnitudeEdgeRegressor`, described there."""

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
        )
        check_choice("score_mode", self.score_mode, get_args(ScoreMode))
        for name, holds, rule in ranges:
            if not holds:
                raise ConfigError(f"{name} must {rule}, got {getattr(self, name)!r}")


class BestState(NamedTuple):
    """The regressor at its best so far: how good it was, its state, what its p-values rest on."""

    metric: float
    state: dict[str, Tensor]
    samples: RecentSamples


class MagnitudeEdgeRegressor(EdgeRecovery, nn.Module):
    """Scores i -> j by what i's activation size adds to predicting j's gradient size a layer later.

    One matrix `weight` [functions, functions] predicts, in every layer pair and from every
    aggregation of the source's channels, the size of the gradient of the loss with respect to
    function j from the sizes of all activations one layer earlier. It takes one AdamW step in each
    `aux_step`, on detached values: nothing flows back into the model.

    Gradients vanish as the model converges, so the ranking is often best early: `maybe_save_best`
    keeps the weights that rank held-out validation edges best. `callback` does all this inside
    `edgelab.training`.

    p-values: beside the learned weights, the last samples are kept (since `forget_samples`, which
    the callback calls at the start of each epoch so that every sample counts once), and `evaluate`
    fits the same model to them by least squares. `p_value` tests that a function's coefficient is
    zero, given all other functions: two-sided for `score_mode="abs"`, one-sided (positive) for
    `"relu"` and `"signed"`. A sample counts once, however many layer pairs and aggregators show it.
    NaN where there are not at least two more samples than functions, the source or the target does
    not vary, or the source is a linear combination of others. The score itself is the learned
    weight, which also depends on the regularisation and the order of the samples.

    Args:
        model: The GSNN in training, with at least two layers. It is not registered as a submodule.
        data: The graph that the model was built from.
        aggregators: How a source's channels become its size: any of `"sum"`, `"max"`, `"mean"`,
            `"l2"`. Targets always use the sum.
        use_pre_norm: Read values before the norm; otherwise after it, and then `aux_step` must be
            given the cache.
        standardize: Centre every column in its batch and divide it by its exponentially forgetting
            standard deviation.
        lr: Step size for `weight`.
        weight_decay: AdamW's, for `weight`.
        dropout: Share of the entries of `weight` left out of a step, in training mode.
        ridge: Factor of the sum of squares of `weight` in the loss.
        score_mode: The score is `|weight|`, its positive part, or `weight`.
        ema_momentum: How fast the standard deviations forget, in (0, 1].
        max_sample_bytes: Room for the samples behind the p-values.
        weight_map: Makes `weight` the matrix of a map in `edgelab.linear.maps`, such as
            `"NonNegativeLinear"` or `"LassoLinear"`, and trains its parameters (from its own
            initial values; `weight_decay` is theirs, `dropout` and `ridge` stay those of the
            matrix). Its `reg_error` joins the loss. p-values rest on free coefficients.
        weight_map_options: Arguments of the map beside its sizes. A lasso wants a small one,
            `{"gamma": 0.01}`: errors are means over samples and functions, its penalty is a sum
            over pairs.

    Attributes:
        weight: `[functions, functions]`, source i -> target j at `[i, j]`; with `weight_map`, the
            map's matrix.

    Raises:
        ConfigError: If an option is out of range or the model has fewer than two layers.
        GraphError: If model and graph name different functions.

    Example:
        >>> from edgelab.graphs import build_graph
        >>> from edgelab.models import GSNN
        >>> rim = {"input_edges": [("drug", "raf")], "output_edges": [("mek", "signal")]}
        >>> graph = build_graph([("raf", "mek")], **rim)
        >>> _ = torch.manual_seed(0)
        >>> model = GSNN.from_data(graph, channels=4, layers=3)
        >>> regressor = MagnitudeEdgeRegressor(model, graph)
        >>> with model.capture():
        ...     model(torch.randn(20, 1)).square().sum().backward()
        ...     metrics = regressor.aux_step()
        >>> metrics["n_terms"], len(regressor.evaluate())
        (4.0, 2)
    """

    weight: nn.Parameter

    def __init__(
        self,
        model: nn.Module,
        data: HeteroData,
        *,
        aggregators: Sequence[str] = ("sum", "max"),
        use_pre_norm: bool = True,
        standardize: bool = True,
        lr: float = 1e-2,
        weight_decay: float = 1e-4,
        dropout: float = 0.0,
        ridge: float = 0.0,
        score_mode: ScoreMode = "abs",
        ema_momentum: float = 0.1,
        max_sample_bytes: int = 2**29,
        weight_map: str | None = None,
        weight_map_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        check_same_functions(model, data)
        self.settings = RegressorSettings(
            aggregators=tuple(aggregators),
            use_pre_norm=use_pre_norm,
            standardize=standardize,
            lr=lr,
            weight_decay=weight_decay,
            dropout=dropout,
            ridge=ridge,
            score_mode=score_mode,
            ema_momentum=ema_momentum,
        )
        # In a tuple: as an attribute it would become a submodule and bring its parameters along.
        self._model = (model,)
        self._pairs = PairSpace.between(data)
        self._layer_pairs = len(_blocks_of(model)) - 1
        if self._layer_pairs < 1:
            raise ConfigError(
                "the regressor relates adjacent layers, but the model has one; build it with more "
                "layers"
            )
        parameter = next(model.parameters())
        nodes = self._pairs.n_sources
        self.weight = nn.Parameter(
            torch.empty(nodes, nodes, dtype=parameter.dtype, device=parameter.device)
        )
        nn.init.xavier_uniform_(self.weight, gain=0.1)
        if weight_map is not None:
            map_weight(self, weight_map, weight_map_options or {})
        shape = (self._layer_pairs, len(self.settings.aggregators), nodes)
        self.source_scaler = RunningScaler(shape, ema_momentum, parameter.device)
        self.target_scaler = RunningScaler((shape[0], nodes), ema_momentum, parameter.device)
        self.optimizer = torch.optim.AdamW(
            list(self.parameters()), lr=lr, weight_decay=weight_decay, fused=True
        )
        self.samples = RecentSamples(max_sample_bytes)
        self.best: BestState | None = None
        self._p_value: Tensor | None = None

    @property
    def model(self) -> nn.Module:
        """The model in training."""
        return self._model[0]

    @property
    def pairs(self) -> PairSpace:
        """The pairs that are scored."""
        return self._pairs

    def aux_step(
        self, cache: ActivationCache | None = None, *, gradient_scale: float = 1.0
    ) -> dict[str, float]:
        """Read the captured activations and gradients, and take one step with `weight`.

        Call it after `loss.backward()`, inside `with model.capture()`.

        Args:
            cache: What `model.capture()` gave; what the model's blocks show when absent.
            gradient_scale: Multiplies the gradients: the size of the batch for a loss that is a
                mean over it, so that batches of different sizes have gradients of the same size.
                With batches of one size it does not matter.

        Returns:
            `aux_loss`, the loss before the step (mean squared errors summed over terms, plus
            penalties), and `n_terms`, the number of layer pairs times aggregators.

        Raises:
            CaptureError: Outside a capture, or before the backward pass.
            TrainingError: If an activation or a gradient is not finite.
        """
        source, target = self._sizes(cache, gradient_scale)
        if not (source.sum() + target.sum()).isfinite():
            raise TrainingError(
                "captured activations or gradients are not finite, and would spoil the regressor "
                "for good. Lower the model's lr or clip its gradients; `weight` is left as it was."
            )
        self.samples.append(source, target)
        self._p_value = None
        self.source_scaler.update(source)
        self.target_scaler.update(target)
        if self.settings.standardize:
            source = self.source_scaler(source)
            target = self.target_scaler(target)
        loss = self._descend(source, target.unsqueeze(1).expand_as(source))
        return {"aux_loss": loss, "n_terms": float(source.shape[0] * source.shape[1])}

    def _sizes(self, cache: ActivationCache | None, gradient_scale: float) -> tuple[Tensor, Tensor]:
        """Sizes of activations `[pairs, aggregators, batch, nodes]` and of gradients, likewise."""
        if cache is not None:
            values = list(cache.activations)
            gradients = list(cache.gradients)
        elif self.settings.use_pre_norm:
            blocks = _blocks_of(self.model)
            values = [block.pre_norm_activation for block in blocks]
            gradients = [block.pre_norm_gradient for block in blocks]
        else:
            raise CaptureError(
                "with use_pre_norm=False blocks do not show their values; "
                "write `with model.capture('post_norm') as cache:` and call aux_step(cache)"
            )
        reductions = [MAGNITUDES[name] for name in self.settings.aggregators]
        source = torch.stack(
            [torch.stack([reduction(layer) for reduction in reductions]) for layer in values[:-1]]
        )
        target = torch.stack([sum_magnitude(layer) for layer in gradients[1:]]) * gradient_scale
        dtype = next(self.parameters()).dtype
        return source.to(dtype), target.to(dtype)

    @torch.no_grad()
    def _descend(self, source: Tensor, target: Tensor) -> float:
        """One AdamW step on the mean squared errors of all terms, and the loss before it."""
        with torch.enable_grad():
            mapped = self.weight  # the parameter itself, or a map's matrix with its history
        weight = mapped.detach()
        dropout = self.settings.dropout
        kept = None
        if self.training and dropout:
            kept = torch.empty_like(weight).bernoulli_(1 - dropout).div_(1 - dropout)
        rows = source.flatten(0, 2)
        loss, slope = squared_error_and_slope(
            rows,
            target.flatten(0, 2),
            weight if kept is None else weight * kept,
            product_dtype(weight.device, weight.dtype, weight.shape[0]),
        )
        entries = source.shape[2] * source.shape[3]
        slope = slope.div_(entries) if kept is None else slope.mul_(kept).div_(entries)
        loss = loss / entries
        if self.settings.ridge:
            loss = loss + self.settings.ridge * weight.flatten().dot(weight.flatten())
            slope.add_(weight, alpha=2 * self.settings.ridge)
        loss = loss + pull_back(mapped, slope, map_of(self))
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.item()

    def forget_samples(self) -> None:
        """Start anew with the samples that p-values rest on; the learned weights stay.

        Call it at the start of each epoch, so that no sample counts twice.
        """
        self.samples.forget()
        self._p_value = None

    def scores(self) -> Float[Tensor, "nodes nodes"]:
        """Scores of all pairs, source i -> target j at `[i, j]`.

        Returns:
            `weight` by `score_mode`; NaN where the source or the target has not varied in any layer
            pair.

        Raises:
            CaptureError: If no step has been taken.
        """
        if not self.source_scaler.batch > 0:
            raise CaptureError(
                "no aux_step has been taken; train with `regressor.callback()` or call aux_step "
                "first"
            )
        weight = settled_weight(self)
        score = _SCORE_OF_WEIGHT[self.settings.score_mode](weight)
        source_varies = self.source_scaler.varies(weight.dtype).flatten(0, 1).any(dim=0)
        target_varies = self.target_scaler.varies(weight.dtype).any(dim=0)
        return score.masked_fill(~(source_varies.unsqueeze(1) & target_varies), torch.nan)

    def p_values(self) -> Float[Tensor, "nodes nodes"]:
        """p-values of all pairs, as described for the class.

        Returns:
            NaN where a coefficient cannot be tested.
        """
        if self._p_value is None:
            fit = self.samples.fit()
            if fit is None:
                self._p_value = torch.full_like(
                    settled_weight(self), torch.nan, dtype=torch.float64
                )
                logger.warning(
                    "%d samples cannot test %d coefficients per target: p-values are NaN",
                    self.samples.count,
                    self.pairs.n_sources,
                )
            else:
                self._p_value = t_test(fit, two_sided=self.settings.score_mode == "abs")
        return self._p_value

    def raw_scores(self, targets: slice) -> RawScores:
        """Scores and p-values of a block of targets.

        Args:
            targets: A range of targets with a start and a stop.

        Returns:
            Matrices `[functions, targets of the block]`.
        """
        return RawScores(score=self.scores()[:, targets], p_value=self.p_values()[:, targets])

    def evaluate(
        self, exclude_self: bool = True, *, top: int | None = None, q_family: QFamily = "candidates"
    ) -> pd.DataFrame:
        """The edge table of the current weights.

        Args:
            exclude_self: Leave out pairs of a node with itself.
            top: Keep only the best `top` candidates of every target.
            q_family: Which rows share the multiple-testing correction; see `edge_table`.

        Returns:
            One row per pair and the fixed columns; what `p_value` tests is described for the class.
        """
        return edge_table(
            self.raw_scores, self.pairs, exclude_self=exclude_self, q_family=q_family, top=top
        )

    def evaluate_against(
        self,
        positive_edges: NamedEdges,
        *,
        top_k: Sequence[int] = (1, 3, 5),
        known_edges: NamedEdges = (),
        filtered: bool = True,
    ) -> dict[str, float]:
        """How well the weights recover held-out edges, by `edgelab.evaluation.evaluate_against`.

        Args:
            positive_edges: The held-out edges, as pairs of names or a table with `source` and
                `target`.
            top_k: For which k to report the fraction of edges ranked at most k within their target.
            known_edges: Further true edges, which are no negatives.
            filtered: False reproduces the pool of the reference: every other source competes.

        Returns:
            `auc`, `auprc`, `mrr`, `top@k` and more.
        """
        scores = self.scores()
        table = edge_table(lambda targets: RawScores(score=scores[:, targets]), self.pairs)
        return evaluate_against(
            table, positive_edges, known_edges=known_edges, top_k=top_k, filtered=filtered
        )

    def maybe_save_best(self, metric: float, mode: Literal["max", "min"] = "max") -> bool:
        """Remember the current weights if they are the best so far.

        Args:
            metric: How good they are; NaN is never the best.
            mode: Whether a larger or a smaller metric is better.

        Returns:
            Whether they were remembered. The first of equals stays.
        """
        if self.best is None:
            better = not math.isnan(metric)
        else:
            better = metric > self.best.metric if mode == "max" else metric < self.best.metric
        if better:
            state = {name: value.detach().clone() for name, value in self.state_dict().items()}
            self.best = BestState(metric, state, self.samples.copy())
        return better

    def load_best(self) -> float:
        """Go back to the best weights, and to the samples that were seen with them.

        Returns:
            Their metric.

        Raises:
            CaptureError: If none were remembered.
        """
        if self.best is None:
            raise CaptureError(
                "no best weights yet; call maybe_save_best(metric), or give the callback "
                "validation edges"
            )
        self.load_state_dict(self.best.state)
        self.samples = self.best.samples.copy()
        self._p_value = None
        return self.best.metric

    def restore(
        self, state: Mapping[str, Tensor], optimizer: dict[str, Any], best: Mapping[str, Any] | None
    ) -> None:
        """Take up a stored state, on the device where the regressor is.

        Args:
            state: A `state_dict`.
            optimizer: The `state_dict` of `optimizer`.
            best: `metric` and `state` of the best weights, or None.
        """
        self.load_state_dict(state)
        self.optimizer.load_state_dict(optimizer)
        if best is not None:
            device = next(self.parameters()).device
            placed = {name: value.to(device) for name, value in best["state"].items()}
            self.best = BestState(best["metric"], placed, RecentSamples(self.samples.max_bytes))
        self.forget_samples()

    def callback(
        self,
        validation_edges: NamedEdges = (),
        *,
        metric: str = "auc",
        known_edges: NamedEdges = (),
    ) -> "RegressorCallback":
        """What trains this regressor along with the model: one of the callbacks of `training.fit`.

        Args:
            validation_edges: Held-out edges on which the best epoch is chosen; none: no choice is
                made. Call `load_best` after training to go back to it.
            metric: What is compared: `auc`, `auprc`, `mrr`, `top@1`, ...; larger is better.
            known_edges: Further true edges, which are no negatives.

        Returns:
            The callback.
        """
        return RegressorCallback(self, validation_edges, metric=metric, known_edges=known_edges)


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
        regressor: MagnitudeEdgeRegressor,
        validation_edges: NamedEdges = (),
        *,
        metric: str = "auc",
        known_edges: NamedEdges = (),
    ) -> None:
        self.regressor = regressor
        self.validation_edges = named_pairs(validation_edges)
        self.known_edges = named_pairs(known_edges)
        self.metric = metric
        self.history: list[float] = []
        self._epoch = 0
        self._cache: ActivationCache | None = None

    @property
    def work_per_sample(self) -> float:  # type: ignore[override]
        """A number for every pair of functions."""
        return float(self.regressor.weight.numel())

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
        """What a resumed run needs; the samples behind p-values are not stored.

        Returns:
            Weights, optimizer, best weights and history.
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
        self.history = list(state["history"])
        self._epoch = state["epoch"]


def _blocks_of(model: nn.Module) -> list[ResBlock]:
    return cast(list[ResBlock], list(cast(nn.ModuleList, model.blocks)))
