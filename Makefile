# Everything a newcomer needs: `make demo` and `make test`. Each sets up .venv by itself, once.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# One process per core, and not more than memory holds: each has its own copy of torch.
WORKERS ?= -n auto --maxprocesses 8 --dist worksteal
SHAPES := --jaxtyping-packages=edgelab,beartype.beartype

.PHONY: demo test shapes quick lint format bench lowest newest clean

demo: $(READY)
	$(BIN)/edgelab demo --out results/demo --force

test: $(READY)
	$(BIN)/pytest -q $(WORKERS)

# The same with the shapes and types of all arguments checked at run time, which takes longer.
shapes: $(READY)
	$(BIN)/pytest -q $(WORKERS) $(SHAPES) --ignore tests/test_tutorials.py

quick: $(READY)
	$(BIN)/pytest -q $(WORKERS) -m "not slow" --ignore tests/test_tutorials.py

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	$(BIN)/python -m benchmarks

# The versions that pyproject.toml promises: the oldest that it allows, and the newest there are.
# Elsewhere than in .venv, and with PYTHON=python3.13 for another Python. Both fetch gigabytes.
lowest: build/lowest/.ready
	build/lowest/bin/pytest -q $(WORKERS) --ignore tests/test_tutorials.py

newest: build/newest/.ready
	build/newest/bin/pytest -q $(WORKERS) --ignore tests/test_tutorials.py

build/lowest/.ready: pyproject.toml tests/lowest.txt
	$(PYTHON) -m venv --clear build/lowest
	build/lowest/bin/pip install --quiet -r tests/lowest.txt
	build/lowest/bin/pip install --quiet --editable ".[test]" -c tests/lowest.txt
	touch $@

build/newest/.ready: pyproject.toml
	$(PYTHON) -m venv --clear build/newest
	build/newest/bin/pip install --quiet --upgrade --editable ".[test]"
	touch $@

clean:
	rm -rf .venv results dist build .pytest_cache .mypy_cache .ruff_cache

# torch goes first and by itself: edgelab only asks for a range, the tested version is pinned.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'edgelab needs Python 3.11 or newer; try: make PYTHON=python3.12')"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet torch==2.13.0 -c constraints.txt
	$(BIN)/pip install --quiet --editable ".[dev]" -c constraints.txt
	touch $(READY)
