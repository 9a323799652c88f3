"""Names of experimental conditions, spelled out from what was done to a sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

KNOCKOUT, KNOCKDOWN = 1.0, 0.5
"""Doses: the part of a gene's transcription that is taken away."""

# Digits at which two doses are usually told apart, and at which any two different doubles are.
_USUAL_DIGITS = 6
_ALL_DIGITS = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionStyle:
    """How conditions are spelled: `PMA=1`, `drug=0.5+EGF=1`, or in words where all doses agree."""

    untreated: str = "control"
    bare_dose: float | None = None  # this dose goes without saying: `EGF`
    words: Mapping[float, str] = field(default_factory=dict)  # `raf knockout`

    def label(self, doses: Mapping[str, float], digits: int = _USUAL_DIGITS) -> str:
        """The condition in which these inputs were given; doses of 0 were not."""
        given = {name: dose for name, dose in doses.items() if dose}
        if not given:
            return self.untreated
        distinct = set(given.values())
        word = self.words.get(distinct.pop()) if len(distinct) == 1 else None
        if word is not None:
            return f"{'+'.join(given)} {word}"
        return "+".join(self._dose(name, dose, digits) for name, dose in given.items())

    def _dose(self, name: str, dose: float, digits: int) -> str:
        return name if dose == self.bare_dose else f"{name}={dose:.{digits}g}"


def screen_style(untreated: str) -> ConditionStyle:
    """Conditions of a screen: `raf knockout`, `raf knockdown`, else `raf=0.3`."""
    words = {KNOCKOUT: "knockout", KNOCKDOWN: "knockdown"}
    return ConditionStyle(untreated=untreated, words=words)


def condition_labels(doses: pd.DataFrame, style: ConditionStyle) -> pd.Series:
    """The condition of each sample (samples × inputs), as categories in order of appearance."""
    named = doses.set_axis([str(name) for name in doses.columns], axis=1)
    distinct = named.drop_duplicates()
    settings = [dict(zip(named.columns, row, strict=True)) for row in distinct.to_numpy().tolist()]
    number = named.groupby(list(named.columns), sort=False, dropna=False).ngroup().to_numpy()
    labels = np.array(_distinct_labels(settings, style), dtype=object)
    return pd.Series(pd.Categorical(labels[number], categories=labels.tolist()), name="condition")


def _distinct_labels(settings: Sequence[Mapping[str, float]], style: ConditionStyle) -> list[str]:
    """Labels of distinct settings, with more digits where two would share one."""
    labels = pd.Series([style.label(setting) for setting in settings], dtype=object)
    for digits in range(_USUAL_DIGITS + 1, _ALL_DIGITS + 1):
        for row in labels.index[labels.duplicated(keep=False)]:
            labels[row] = style.label(settings[row], digits)
    # What is shared even now has names such as 'a+b' beside 'a' and 'b': the settings are numbered.
    for row in labels.index[labels.duplicated(keep=False)]:
        labels[row] = f"{labels[row]} ({row + 1})"
    return labels.tolist()
