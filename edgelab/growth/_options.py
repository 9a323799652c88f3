"""What to look for when a layer grows, and the published presets."""

from dataclasses import dataclass

_COUNTING = ("compute_delta", "use_projection", "use_covariance", "use_fisher")
_SOLVING = (*_COUNTING, "alpha_zero", "omega_zero", "ignore_singular_values")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateOptions:
    """What `compute_optimal_updates` looks for, and hence what `init_computation` counts.

    Attributes:
        compute_delta: Change the layer's own weights too.
        use_covariance: Whiten what new neurons read by its second moment.
        alpha_zero: New neurons read nothing at first; the function is kept.
        omega_zero: New neurons say nothing at first; the function is kept.
        use_projection: New neurons explain only what the change of the layer's own weights cannot.
        ignore_singular_values: Every new neuron is equally long.
        use_fisher: Whiten outputs by the empirical Fisher information.
    """

    compute_delta: bool = True
    use_covariance: bool = True
    alpha_zero: bool = False
    omega_zero: bool = False
    use_projection: bool = True
    ignore_singular_values: bool = False
    use_fisher: bool = False

    def counting(self) -> dict[str, bool]:
        """Return the arguments of `init_computation`."""
        return {name: getattr(self, name) for name in _COUNTING}

    def solving(self) -> dict[str, bool]:
        """Return the arguments of `compute_optimal_updates`."""
        return {name: getattr(self, name) for name in _SOLVING}


TINY_AND_DELTA = UpdateOptions()
"""The best change of the weights, and the best neurons for what it leaves."""
TINY = UpdateOptions(compute_delta=False)
"""The same neurons without the change (Verbockhaven et al. 2024)."""
GRADMAX = UpdateOptions(
    compute_delta=False,
    use_covariance=False,
    alpha_zero=True,
    use_projection=False,
    ignore_singular_values=True,
)
"""Neurons that read nothing and get the largest gradient (Evci et al. 2022)."""
