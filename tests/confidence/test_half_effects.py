"""What one half says of pairs: total effects, what parents leave unexplained, ranks of a method."""

import numpy as np

from edgelab.confidence import QSettings, SplitEvidence
from edgelab.confidence._half_effects import ranked_effects, total_effects, unexplained
from edgelab.methods import METHODS, Evidence
from edgelab.tasks import graph_of

NAN = float("nan")


def test_what_a_parent_explains_is_taken_out_by_hand():
    parent = np.array([0.0, 1.0, 2.0, 3.0])
    residual = unexplained(np.stack([parent, 3 * parent + 1], axis=1), np.array([[0], [1]]))
    np.testing.assert_allclose(residual[:, 1], 0, atol=1e-9)
    np.testing.assert_array_equal(residual[:, 0], parent)


def test_residuals_are_orthogonal_to_the_parents():
    responses = np.random.default_rng(0).standard_normal((20, 3))
    residual = unexplained(responses, np.array([[0, 1], [2, 2]]))
    np.testing.assert_allclose(residual[:, 2] @ responses[:, :2], 0, atol=1e-9)
    np.testing.assert_array_equal(residual[:, :2], responses[:, :2])


def test_unmeasured_parents_and_loops_take_no_part():
    responses = np.array([[NAN, 1.0], [NAN, 2.0], [NAN, 5.0]])
    residual = unexplained(responses, np.array([[0, 1], [1, 1]]))
    np.testing.assert_array_equal(residual[:, 1], [1.0, 2.0, 5.0])


def test_nothing_is_left_where_parents_are_as_many_as_samples():
    responses = np.array([[0.0, 1.0], [1.0, 5.0]])
    assert np.isnan(unexplained(responses, np.array([[0], [1]]))[:, 1]).all()


def test_ranks_of_a_method_take_the_signs_of_the_effects(chain_screen):
    dataset = chain_screen(0)
    evidence = SplitEvidence(Evidence(dataset, graph_of(dataset)), QSettings())
    rows = np.flatnonzero(evidence.halves[0])
    ranks = ranked_effects(evidence, rows, "interventional_z")
    effects = total_effects(evidence, rows)
    known = ~np.isnan(ranks)
    np.testing.assert_array_equal(np.sign(ranks)[known], np.sign(effects)[known])
    # Of 131 candidates the best has size log 132. Inputs and functions are numbered alike here.
    table = METHODS["interventional_z"].table(evidence.whole.samples(rows), None)
    best = table[~table["has_edge"]].iloc[0]
    size = np.abs(ranks[best["src_idx"], best["dst_idx"]])
    assert size == np.nanmax(np.abs(ranks)) and np.isclose(size, np.log(132))
