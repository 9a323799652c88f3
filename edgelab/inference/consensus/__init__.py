"""One ranking from all evidence."""

from ._consensus import ConsensusScorer as ConsensusScorer
