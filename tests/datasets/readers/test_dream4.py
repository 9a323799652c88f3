import numpy as np
import pandas as pd
import pytest

from edgelab.datasets import is_dream4, read_dream4, read_dream4_duals
from edgelab.errors import DataError
from edgelab.tasks import graph_of, perturbation_task

GENES = ["G1", "G2", "G10"]
KNOCKOUTS = [[0.0, 0.1, 0.5], [0.9, 0.0, 0.6], [0.8, 0.7, 0.0]]
KNOCKDOWNS = [[0.4, 0.3, 0.5], [0.9, 0.35, 0.6], [0.8, 0.7, 0.25]]


def write(folder, name, rows, header=GENES):
    pd.DataFrame(rows).to_csv(folder / name, sep="\t", index=False, header=header)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "wildtype.tsv", [[0.85, 0.75, 0.55]])
    write(tmp_path, "knockouts.tsv", KNOCKOUTS)
    write(tmp_path, "knockdowns.tsv", KNOCKDOWNS)
    write(tmp_path, "gold_edges.tsv", [["G1", "G2"], ["G10", "G1"]], ["source", "target"])
    write(tmp_path, "dualknockouts.tsv", [[0.0, 0.05, 0.0], [0.0, 0.0, 0.3]], header=False)
    write(tmp_path, "dualknockouts_indexes.tsv", [[1, 3], [2, 1]], ["G_i", "G_j"])
    return tmp_path


def test_every_number_stands_where_it_belongs(folder):
    data = read_dream4(folder)
    assert data.condition.tolist() == [
        "wildtype",
        *(f"{gene} {kind}" for kind in ("knockout", "knockdown") for gene in GENES),
    ]
    expected = pd.DataFrame(0.0, index=range(7), columns=GENES)
    for row, gene, dose in [
        (1, "G1", 1),
        (2, "G2", 1),
        (3, "G10", 1),
        (4, "G1", 0.5),
        (5, "G2", 0.5),
        (6, "G10", 0.5),
    ]:
        expected.loc[row, gene] = dose
    pd.testing.assert_frame_equal(data.x, expected)
    np.testing.assert_array_equal(data.y, [[0.85, 0.75, 0.55], *KNOCKOUTS, *KNOCKDOWNS])
    assert data.edges.to_numpy().tolist() == [["G1", "G2"], ["G10", "G1"]]
    assert data.functions == tuple(GENES) and data.inputs == data.outputs == GENES


def test_the_data_make_a_task(folder):
    task = perturbation_task(read_dream4(folder))
    assert task.x.shape == task.y.shape == (7, 3)
    assert graph_of(read_dream4(folder))["input", "to", "function"].sign.tolist() == [-1, -1, -1]


def test_knockdowns_and_wild_type_may_be_absent(folder):
    for name in ("wildtype", "knockdowns"):
        (folder / f"{name}.tsv").unlink()
    data = read_dream4(folder)
    np.testing.assert_array_equal(data.x, np.eye(3))
    np.testing.assert_array_equal(data.y, KNOCKOUTS)


def test_the_names_of_the_challenge_are_understood(folder):
    expected = read_dream4(folder)
    for name in ("wildtype", "knockouts", "knockdowns", "dualknockouts"):
        (folder / f"{name}.tsv").rename(folder / f"insilico_size100_1_{name}.tsv")
    (folder / "gold_edges.tsv").unlink()
    every = [
        [a, b, int((a, b) in {("G1", "G2"), ("G10", "G1")})] for a in GENES for b in GENES if a != b
    ]
    write(folder, "DREAM4_GoldStandard_InSilico_Size100_1.tsv", every, header=False)
    data = read_dream4(folder)
    pd.testing.assert_frame_equal(data.y, expected.y)
    pd.testing.assert_frame_equal(data.x, expected.x)
    assert data.edges.to_numpy().tolist() == expected.edges.to_numpy().tolist()


def test_a_gene_may_be_called_na(tmp_path):
    genes = ["NA", "nan", "G3"]
    write(tmp_path, "knockouts.tsv", KNOCKOUTS, genes)
    write(tmp_path, "gold_edges.tsv", [["NA", "nan"], ["G3", "NA"]], ["source", "target"])
    write(tmp_path, "dualknockouts.tsv", KNOCKOUTS[:1], genes)
    write(tmp_path, "dualknockouts_indexes.tsv", [[1, 2]], ["G_i", "G_j"])
    data = read_dream4(tmp_path)
    assert data.functions == tuple(genes)
    assert data.edges.to_numpy().tolist() == [["NA", "nan"], ["G3", "NA"]]
    assert read_dream4_duals(tmp_path).condition.tolist() == ["NA+nan knockout"]


@pytest.mark.parametrize("name", ["knockouts.tsv", "knockdowns.tsv", "wildtype.tsv"])
def test_a_row_longer_than_the_header_shifts_no_column(folder, name):
    """One cell more than the header in every row: the first is no column of names."""
    rows = {"knockouts.tsv": KNOCKOUTS, "knockdowns.tsv": KNOCKDOWNS}.get(name, KNOCKOUTS[:1])
    write(folder, name, [[7.0, *row] for row in rows], header=False)
    text = (folder / name).read_text()
    (folder / name).write_text("G1\tG2\tG10\n" + text)
    with pytest.raises(DataError, match=rf"{name}: the first row has 3 cells.*7\.0"):
        read_dream4(folder)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("insilico_size100_1_knockouts.tsv", "insilico_size100_2_knockouts.tsv"),
        ("knockouts.tsv", "insilico_size100_2_knockouts.tsv"),
        ("gold_edges.tsv", "DREAM4_GoldStandard_InSilico_Size100_1.tsv"),
    ],
)
def test_two_networks_in_one_folder_are_told_apart_by_the_user(folder, first, second):
    original = folder / ("gold_edges.tsv" if "gold" in first else "knockouts.tsv")
    text = original.read_text()
    original.unlink()
    for name in (first, second):
        (folder / name).write_text(text)
    assert is_dream4(folder)
    with pytest.raises(DataError, match=r"2 files.*folder of its own") as caught:
        read_dream4(folder)
    assert f"'{first}'" in str(caught.value) and f"'{second}'" in str(caught.value)


@pytest.mark.parametrize("header", [False, GENES])
def test_double_knockouts_hit_two_genes(folder, header):
    write(folder, "dualknockouts.tsv", [[0.0, 0.05, 0.0], [0.0, 0.0, 0.3]], header=header)
    data = read_dream4_duals(folder)
    np.testing.assert_array_equal(data.x, [[1, 0, 1], [1, 1, 0]])
    np.testing.assert_array_equal(data.y, [[0.0, 0.05, 0.0], [0.0, 0.0, 0.3]])
    assert data.condition.tolist() == ["G1+G10 knockout", "G2+G1 knockout"]
    assert (
        graph_of(data)["function"].node_names
        == graph_of(read_dream4(folder))["function"].node_names
    )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("knockouts.tsv", None, "no 'knockouts.tsv'"),
        ("gold_edges.tsv", None, "no 'gold_edges.tsv'"),
        ("knockouts.tsv", "G1\tG2\tG10\n1\t2\t3\n", "1 knockouts of 3 genes"),
        ("knockdowns.tsv", "G1\tG3\tG10\n1\t2\t3\n", "first difference: 'G3'"),
        ("wildtype.tsv", "G1\tG2\n1\t2\n", "the 2 columns are not the 3 genes"),
        ("wildtype.tsv", "G1\tG2\tG10\n1\tmuch\t3\n", "only numbers"),
        ("wildtype.tsv", "G1\tG2\tG10\n1\t\t3\n", "wildtype.tsv: only numbers.*''"),
        ("wildtype.tsv", "", "wildtype.tsv: the file is empty"),
        ("gold_edges.tsv", "source\ttarget\nG1\tG9\n", "'G9'"),
        ("gold_edges.tsv", "source\ttarget\n", "no edge found"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(folder, name, text, message):
    (folder / name).unlink()
    if text is not None:
        (folder / name).write_text(text)
    with pytest.raises(DataError, match=message):
        read_dream4(folder)


@pytest.mark.parametrize("rows", [[[1, 3]], [[1, 3], [2, 4]], [[1, 3], [0, 1]]])
def test_wrong_pairs_of_a_double_knockout_are_refused(folder, rows):
    write(folder, "dualknockouts_indexes.tsv", rows, ["G_i", "G_j"])
    with pytest.raises(DataError, match="two gene numbers from 1 to 3"):
        read_dream4_duals(folder)
