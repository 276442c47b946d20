# Every target sets up what it needs: a virtual environment in .venv with the project installed in it, editable.
# make PYTHON=python3.12 ...     another interpreter
# make digit ARGS="--epochs 3"   arguments for the command behind the target

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help digit draw test lint bench docs clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

digit: .venv/examples.stamp ## train the digit network
	$(BIN)/python -m examples.train_digit $(ARGS)

draw: .venv/draw.stamp ## draw digits in the browser
	$(BIN)/python -m examples.draw_digit $(ARGS)

test: .venv/test.stamp ## run all tests
	$(BIN)/python -m pytest --numprocesses=auto $(ARGS)

lint: .venv/test.stamp ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/bench.stamp ## measure speed and memory against NumPy, PyTorch and JAX
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks $(ARGS)

docs: .venv/docs.stamp ## build the site in docs/_build/html
	rm -rf docs/generated docs/_build
	$(BIN)/python -m sphinx -W --keep-going -q -j auto -b html docs docs/_build/html

clean: ## remove the environment, caches and build products (keeps runs/ and data)
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist docs/_build docs/generated
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each extra of pyproject.toml, so that an installation is repeated only when that file changes.
.venv/%.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

# A half-made environment is removed, for make would take it for a whole one.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'tinygrad_np needs Python >= 3.11; "$(PYTHON)" is' "$$($(PYTHON) --version 2>&1)." \
		'Name a newer one: make PYTHON=python3.12' >&2; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
