"""Votes of rankings."""

import numpy as np
import pytest

from edgelab.inference.consensus._fusion import FUSED, fuse_ranks

NAN = np.nan


def test_votes_are_reciprocal_ranks_within_the_target():
    score = np.array([[0.0, 3.0, 5.0], [2.0, 0.0, 7.0], [1.0, 1.0, 0.0]])
    votes = fuse_ranks({"topology": {"out_degree": score}})["topology"]
    np.testing.assert_allclose(votes, [[0, 1 / 6, 1 / 7], [1 / 6, 0, 1 / 6], [1 / 7, 1 / 7, 0]])


def test_ties_share_a_rank_and_the_unknown_get_the_mean_vote():
    score = np.array([[0.0], [2.0], [2.0], [NAN]])
    votes = fuse_ranks({"topology": {"out_degree": np.hstack([score, score, score, score])}})[
        "topology"
    ]
    tied = 1 / 6.5
    assert votes[1, 0] == votes[2, 0] == pytest.approx(tied)
    assert votes[3, 0] == pytest.approx(tied)


def test_a_group_votes_with_its_first_two_known_features_only():
    names = FUSED["association"]
    rng = np.random.default_rng(0)
    matrices = {name: rng.normal(size=(4, 4)) for name in names}
    first = fuse_ranks({"association": {name: matrices[name] for name in names[:2]}})["association"]
    np.testing.assert_array_equal(fuse_ranks({"association": matrices})["association"], first)


def test_votes_depend_on_ranks_only():
    score = np.random.default_rng(1).normal(size=(5, 5))
    votes = [
        fuse_ranks({"association": {"pearson": matrix}})["association"]
        for matrix in (score, np.exp(score) * 7)
    ]
    np.testing.assert_array_equal(*votes)


def test_no_feature_no_vote():
    assert fuse_ranks({"given regulators": {"unexplained_sum": np.ones((2, 2))}}) == {}
