"""Chance, reproducibly."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from edgelab.inference.table import PairSpace, RawScores
from edgelab.tasks import Task
from edgelab.typing import Array, Float, UInt64

from ._scorer import BASELINES, BaselineScorer


@BASELINES.register("random")
def random_scores(task: Task, *, seed: int = 0) -> BaselineScorer:
    """Score i -> j by a number in [0, 1) that depends on the two names and the seed only.

    The order of nodes and samples, and the other nodes, do not matter. No p-value.

    Args:
        task: Graph and samples.
        seed: Another seed gives independent scores.

    Returns:
        A scorer; never NaN.

    Example:
        >>> from edgelab.datasets import sachs
        >>> from edgelab.tasks import perturbation_task
        >>> scorer = random_scores(perturbation_task(sachs()), seed=1)
        >>> scorer.raw_scores(slice(0, 1)).score[:2, 0].round(2).tolist()
        [0.95, 0.19]
    """
    pairs = PairSpace.between(task.data)
    source = _hashes(pairs.sources, f"{seed} source")
    target = _hashes(pairs.targets, f"{seed} target")

    def block(targets: slice) -> RawScores:
        return RawScores(score=_uniform(source[:, None] ^ target[targets]))

    return BaselineScorer(pairs, block)


def _hashes(names: Sequence[str], salt: str) -> UInt64[Array, " names"]:
    digests = b"".join(blake2b(f"{salt} {name}".encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _uniform(bits: UInt64[Array, "sources targets"]) -> Float[Array, "sources targets"]:
    # The finaliser of SplitMix64 (Steele, Lea and Flood 2014, OOPSLA): without it, pairs that share
    # a node would be related through the exclusive or. The upper 53 bits fill a double.
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
