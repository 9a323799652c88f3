"""Every tutorial runs from top to bottom, and is committed with its outputs."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

TUTORIALS = sorted((Path(__file__).parents[1] / "tutorials").glob("*.ipynb"))
LARGEST_FILE = 400_000  # bytes

every_tutorial = pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def figures(notebook: NotebookNode) -> list[str]:
    return [
        output.data["image/png"]
        for output in outputs(notebook)
        if "image/png" in output.get("data", {})
    ]


def warnings_and_errors(notebook: NotebookNode) -> list[str]:
    return [
        str(output.get("text") or output.get("evalue"))
        for output in outputs(notebook)
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


def test_all_tutorials_are_there():
    assert [path.stem[:2] for path in TUTORIALS] == [
        "01",
        "02",
        "03",
        "04",
        "05",
        "06",
        "07",
        "08",
        "09",
        "10",
    ]


@pytest.mark.slow
@every_tutorial
def test_runs_without_a_warning(path, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # the text describes the numbers of a CPU
    monkeypatch.setenv(
        "JUPYTER_PREFER_ENV_PATH", "1"
    )  # this environment's kernel, whatever else is installed
    notebook = nbformat.read(path, as_version=4)
    stored = len(figures(notebook))
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    assert warnings_and_errors(notebook) == []
    assert len(figures(notebook)) == stored


@every_tutorial
def test_is_stored_with_outputs_and_ends_with_a_figure(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert [cell.execution_count for cell in code_cells(notebook)] == list(
        range(1, len(code_cells(notebook)) + 1)
    )
    assert any("image/png" in output.get("data", {}) for output in code_cells(notebook)[-1].outputs)
    assert warnings_and_errors(notebook) == []


@every_tutorial
def test_stored_file_is_small_and_knows_no_machine(path):
    text = path.read_text(encoding="utf-8")
    assert len(text) < LARGEST_FILE
    # Figures are base64, in which anything may occur.
    outside_figures = re.sub(r'"image/png": "[^"]*"', "", text)
    assert not re.search(r"(/home/|/Users/|/work/|/tmp/|site-packages|[A-Z]:\\\\)", outside_figures)
    assert set(nbformat.read(path, as_version=4).metadata) == {"kernelspec", "language_info"}
