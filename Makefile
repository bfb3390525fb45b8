# make run: open the playground. make test: check the layout of the code, then run the whole suite.
# Both prepare .venv first.

PYTHON ?= python3
PIP_ARGS ?=
BIN := .venv/bin

.PHONY: run test test-ray bench clean

run: .venv/.run
	$(BIN)/python -m app

test: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# With Ray, which is not needed otherwise: 240 MB, and each start takes some seconds.
test-ray: .venv/.ray
	$(BIN)/python -m pytest tests/app/live/ray

# What `make bench` compares with: the state before the pages were made light.
AGAINST ?= 7e79973

bench: .venv/.test
	$(BIN)/python -m tests.benchmarks.against $(AGAINST)
	$(BIN)/python -m tests.benchmarks.vat.speed
	$(BIN)/python -m tests.benchmarks.vat.quality
	$(BIN)/python -m tests.benchmarks.page

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Saddle needs Python 3.11 or newer: try make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/.run: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) -r requirements.txt
	@touch $@

.venv/.test: tests/requirements.txt .venv/.run
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) -r tests/requirements.txt
	@touch $@

.venv/.ray: requirements-ray.txt .venv/.test
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) -r requirements-ray.txt
	@touch $@

clean:
	rm -rf .venv
