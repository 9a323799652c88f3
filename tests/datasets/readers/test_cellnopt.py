import logging

import numpy as np
import pytest

from edgelab.datasets import read_cellnopt, read_midas, read_midas_table, take_samples
from edgelab.errors import ConfigError, DataError
from edgelab.tasks import graph_of, masked_task

PRIOR = "egf 1 ras\ntnfa\t1\tikk \nras 1 raf pi3k\nraf 1 mek\nmek 1 erk\n\nikk -1 ikb\npi3k 1 akt\n"
HEADER = "TR:HepG2:CellLine,TR:Huh7:CellLine,TR:NOCYTO,TR:EGF,TR:TNFa,TR:MEKi,TR:PI3Ki"
MIDAS = f"""{HEADER},DA:ERK12,DA:AKT,DV:ERK12,DV:AKT (75)
1,,1,,,,,0,0,0.0,0.0
1,,1,,,,,30,30,0.1,0.2
1,,,1,,,,30,30,0.9,0.8
1,,,1,,1,,30,30,NaN,0.7
,1,,,1,,1,30,30,0.3,
,1,,0.5,,,,30,30,0.5,0.4
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "PKN-toy.sif").write_text(PRIOR)
    (tmp_path / "MD-toy.csv").write_text(MIDAS)
    return tmp_path / "PKN-toy.sif", tmp_path / "MD-toy.csv"


def test_the_table_is_read_cell_by_cell(files):
    table = read_midas_table(files[1])
    assert table.treatments.columns.tolist() == ["EGF", "TNFa", "MEKi", "PI3Ki"]
    assert table.treatments.to_numpy().tolist() == [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [1, 0, 0, 0],
        [1, 0, 1, 0],
        [0, 1, 0, 1],
        [0.5, 0, 0, 0],
    ]
    assert table.time.tolist() == [0, 30, 30, 30, 30, 30]
    assert table.cell_line.tolist() == ["HepG2"] * 4 + ["Huh7"] * 2
    np.testing.assert_array_equal(
        table.values, [[0, 0], [0.1, 0.2], [0.9, 0.8], [np.nan, 0.7], [0.3, np.nan], [0.5, 0.4]]
    )
    assert table.values.columns.tolist() == ["ERK12", "AKT"]


def test_kinds_of_treatments_may_be_spelt_out(tmp_path):
    path = tmp_path / "MD.csv"
    path.write_text("TR:EGF:Stimuli,TR:MEK:Inhibitors,TR:ras,DA:ALL,DV:erk\n1,1,0,10,0.5\n")
    (tmp_path / "p.sif").write_text(PRIOR)
    assert read_midas_table(path).is_inhibitor == {"EGF": False, "MEK": True, "ras": None}
    edges = read_midas(tmp_path / "p.sif", path).input_edges
    assert edges.to_numpy().tolist() == [["EGF", "egf", 1], ["MEK", "mek", -1], ["ras", "ras", 1]]


def test_names_find_their_functions(files):
    data = read_midas(*files)
    assert data.input_edges.to_numpy().tolist() == [
        ["EGF", "egf", 1],
        ["TNFa", "tnfa", 1],
        ["MEKi", "mek", -1],
        ["PI3Ki", "pi3k", -1],
    ]
    assert data.output_edges.to_numpy().tolist() == [["erk", "ERK12"], ["akt", "AKT"]]
    assert data.edges.to_numpy().tolist()[:4] == [
        ["egf", "ras", 1],
        ["tnfa", "ikk", 1],
        ["ras", "raf", 1],
        ["ras", "pi3k", 1],
    ]
    assert (data.edges["sign"] == -1).sum() == 1
    assert graph_of(data)["function"].num_nodes == 10


def test_the_latest_time_is_taken_and_missing_values_are_filled(files, caplog):
    with caplog.at_level(logging.INFO):
        data = read_midas(*files)
    assert data.condition.tolist() == ["control", "EGF", "EGF+MEKi", "TNFa+PI3Ki", "EGF=0.5"]
    np.testing.assert_allclose(data.y["ERK12"], [0.1, 0.9, 0.45, 0.3, 0.5])
    np.testing.assert_allclose(data.y["AKT"], [0.2, 0.8, 0.7, 0.525, 0.4])
    assert "{'ERK12': 1, 'AKT': 1}" in caplog.text
    assert data.measured.to_numpy().tolist() == [
        [True] * 2,
        [True] * 2,
        [False, True],
        [True, False],
        [True] * 2,
    ]
    turned = take_samples(data, np.array([4, 2]))
    assert turned.measured.to_numpy().tolist() == [[True] * 2, [False, True]]
    assert read_midas(*files, time=0.0).measured is None
    assert masked_task(data).x.shape == (5, 6)


def test_time_and_cell_line_can_be_chosen(files):
    assert read_midas(*files, time=0.0).y.to_numpy().tolist() == [[0.0, 0.0]]
    assert read_midas(*files, cell_line="Huh7").condition.tolist() == ["TNFa+PI3Ki", "EGF=0.5"]
    with pytest.raises(DataError, match=r"time 5.*\[0.0, 30.0\]"):
        read_midas(*files, time=5.0)
    with pytest.raises(DataError, match=r"in 'K562'.*'HepG2'"):
        read_midas(*files, cell_line="K562")


def test_cell_lines_can_be_inputs_that_act_on_every_function(files):
    plain, told = read_midas(*files), read_cellnopt(files[0].parent, cell_line_inputs=True)
    assert told.inputs == [*plain.inputs, "cell line HepG2", "cell line Huh7"]
    assert told.x["cell line Huh7"].tolist() == [0, 0, 0, 1, 1]
    np.testing.assert_array_equal(told.x.iloc[:, -2:].sum(axis=1), 1)
    assert told.condition.tolist() == plain.condition.tolist()
    acts = told.input_edges.groupby("source")["target"].apply(set)
    assert acts["cell line HepG2"] == set(told.functions) and acts["EGF"] == {"egf"}
    assert read_midas(*files, cell_line="Huh7", cell_line_inputs=True).inputs == plain.inputs


def test_a_folder_is_read_by_its_two_files(files):
    data = read_cellnopt(files[0].parent)
    assert data.name == files[0].parent.name and data.n_samples == 5
    (files[0].parent / "PKN-other.sif").write_text(PRIOR)
    with pytest.raises(DataError, match=r"this one has 2: 'PKN-other.sif', 'PKN-toy.sif'"):
        read_cellnopt(files[0].parent)


def test_missing_values_can_be_refused(files):
    with pytest.raises(DataError, match=r"2 values are missing.*on_missing='mean'"):
        read_midas(*files, on_missing="error")
    with pytest.raises(ConfigError, match="on_missing"):
        read_midas(*files, on_missing="median")


def test_unknown_names_ask_for_an_alias(files):
    files[1].write_text(MIDAS.replace("MEKi", "U0126").replace("ERK12", "p44"))
    with pytest.raises(DataError, match=r"treatment 'U0126'.*aliases={'U0126'"):
        read_midas(*files)
    with pytest.raises(DataError, match=r"readout 'p44'"):
        read_midas(*files, aliases={"U0126": "mek"})
    data = read_midas(*files, aliases={"U0126": "mek", "p44": "erk"})
    # An alias says which function, not what is done to it.
    assert data.input_edges.to_numpy().tolist()[2] == ["U0126", "mek", 1]
    told = read_midas(*files, aliases={"U0126": "mek", "p44": "erk"}, inhibitors=["U0126"])
    assert told.input_edges.to_numpy().tolist()[2] == ["U0126", "mek", -1]
    with pytest.raises(DataError, match="no treatment is called 'U012'"):
        read_midas(*files, inhibitors=["U012"])


@pytest.mark.parametrize(
    ("midas", "message"),
    [
        ("TR:EGF,DV:ERK\n1,2\n", "'TR:', 'DA:' and 'DV:'"),
        ("TR:EGF,DA:ERK,DV:ERK\n", "at least one row"),
        ("TR:EGF,DA:ERK,DV:ERK\n1,30\n", "line 2, has 2"),
        ("TR:EGF,DA:ERK,DV:ERK\n1,30,high\n", "no number"),
        ("TR:EGF,DA:ERK,DA:AKT,DV:ERK,DV:AKT\n1,30,10,1,1\n", "different times"),
        ("TR:EGF,DA:ERK,DV:ERK (1),DV:ERK (2)\n1,30,1,1\n", "one name"),
        ("TR:EGF,DA:ERK,DV:ERK\n1,30,NaN\n", "no value"),
    ],
)
def test_a_table_that_is_none_is_refused(files, midas, message):
    files[1].write_text(midas)
    with pytest.raises(DataError, match=message):
        read_midas(*files)


@pytest.mark.parametrize("sif", ["egf ras\n", "egf activates ras\n", "\n"])
def test_a_network_that_is_none_is_refused(files, sif):
    files[0].write_text(sif)
    with pytest.raises(DataError, match="source sign target"):
        read_midas(*files)
    with pytest.raises(DataError, match="cannot be read"):
        read_midas(files[0].parent / "none.sif", files[1])
