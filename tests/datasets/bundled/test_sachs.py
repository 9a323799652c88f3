import gzip
import hashlib
import re

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import data_path, sachs
from edgelab.errors import DataError

BLOCKS = {
    "CD3_CD28": 853,
    "CD3_CD28+ICAM-2": 902,
    "CD3_CD28+Akt-inhibitor": 911,
    "CD3_CD28+G06976": 723,
    "CD3_CD28+psitectorigenin": 810,
    "CD3_CD28+U0126": 799,
    "CD3_CD28+LY294002": 848,
    "PMA": 913,
    "b2cAMP": 707,
}


@pytest.fixture(scope="module")
def data():
    return sachs()


def test_the_file_is_the_one_its_readme_describes():
    readme = data_path("sachs/README.md").read_text()
    content = gzip.decompress(data_path("sachs/proteins.csv.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest() in readme
    folder = data_path("sachs")
    described = set(re.findall(r"`([\w.]+\.(?:tsv|csv\.gz|cdt))`", readme))
    assert described == {path.name for path in folder.iterdir()} - {"README.md"}


def test_cells_lie_in_the_nine_blocks(data):
    runs = data.condition.astype(str)
    assert runs[runs != runs.shift()].tolist() == list(BLOCKS)
    assert data.condition.value_counts().to_dict() == BLOCKS
    assert len(data.y) == sum(BLOCKS.values()) == 7466


def test_a_condition_gets_exactly_the_reagents_of_its_name(data):
    assert set(np.unique(data.x)) == {0.0, 1.0}
    for condition in BLOCKS:
        given = data.x[data.condition == condition]
        assert (given == given.iloc[0]).all().all()
        assert set(given.columns[given.iloc[0] == 1]) == set(condition.split("+"))


def test_first_cell_by_hand(data):
    # Raw intensities of the first and last cell, as the source lists them.
    raw = pd.read_csv(data_path("sachs/proteins.csv.gz"))
    assert raw.iloc[0].tolist() == [
        26.4,
        13.2,
        8.82,
        18.3,
        58.8,
        6.61,
        17.0,
        414.0,
        17.0,
        44.9,
        40.0,
    ]
    logs = np.log(raw["p44/42"].to_numpy())
    expected = (logs - logs.mean()) / logs.std()
    np.testing.assert_allclose(data.y["Erk_level"], expected, rtol=1e-12)


def test_every_protein_is_a_function_with_one_output(data):
    assert len(data.functions) == 11
    assert data.output_edges["source"].tolist() == list(data.functions)
    assert data.outputs == [f"{protein}_level" for protein in data.functions]


def test_the_accepted_network_has_twenty_edges_and_no_cycle(data):
    graph = nx.DiGraph(list(zip(data.edges["source"], data.edges["target"], strict=True)))
    assert graph.number_of_edges() == 20 and set(graph) == set(data.functions)
    assert nx.is_directed_acyclic_graph(graph)
    assert (
        graph.has_edge("Raf", "Mek")
        and graph.has_edge("Mek", "Erk")
        and graph.has_edge("PIP2", "PKC")
    )


def test_reagents_act_on_their_published_targets(data):
    rows = set(data.input_edges[["source", "target", "sign"]].itertuples(index=False, name=None))
    assert {
        ("Akt-inhibitor", "Akt", -1),
        ("G06976", "PKC", -1),
        ("psitectorigenin", "PIP2", -1),
        ("U0126", "Mek", -1),
        ("LY294002", "PIP3", -1),
        ("LY294002", "Akt", -1),
        ("PMA", "PKC", 1),
        ("b2cAMP", "PKA", 1),
    } == {row for row in rows if row[0] not in {"CD3_CD28", "ICAM-2"}}


def test_pma_raises_pkc_substrates_and_u0126_lowers_erk(data):
    # Biology as a check that labels and rows belong together: JNK, p38 follow PKC; Erk follows Mek.
    mean = data.y.groupby(data.condition, observed=True).mean()
    assert mean.loc["PMA", "P38_level"] > mean.loc["CD3_CD28", "P38_level"]
    assert mean.loc["CD3_CD28+U0126", "Erk_level"] < mean.loc["CD3_CD28", "Erk_level"]


def test_statistics_come_from_the_training_rows_only(data):
    train = np.arange(0, 7466, 3)
    some = sachs(train_rows=train)
    np.testing.assert_allclose(some.y.iloc[train].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(some.y.iloc[train].std(ddof=0), 1, rtol=1e-12)
    assert abs(some.y.mean()).max() > 1e-4
    mask = np.zeros(7466, dtype=bool)
    mask[train] = True
    pd.testing.assert_frame_equal(sachs(train_rows=mask).y, some.y)


def test_a_row_that_does_not_exist_is_refused():
    with pytest.raises(DataError, match="7466"):
        sachs(train_rows=np.array([0, 7466]))
