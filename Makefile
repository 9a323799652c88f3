# Everything a newcomer needs: `make demo` and `make test`. Each sets up .venv by itself, once.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test lint format bench clean

demo: $(READY)
	$(BIN)/edgelab demo --out results/demo --force

test: $(READY)
	$(BIN)/pytest -q --jaxtyping-packages=edgelab,beartype.beartype

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv results dist build .pytest_cache .mypy_cache .ruff_cache

# torch goes first and by itself: edgelab only asks for a range, the tested version is pinned.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'edgelab needs Python 3.11 or newer; try: make PYTHON=python3.12')"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet torch==2.13.0 -c constraints.txt
	$(BIN)/pip install --quiet --editable ".[dev]" -c constraints.txt
	touch $(READY)
