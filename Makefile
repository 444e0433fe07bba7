# Everything a developer runs. `make` lists it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup demo test kernels quick check torture format bench mutation mutation-sample clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: .venv/ready ## the virtual environment with the package and its tools

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

demo: setup ## run the main job on scenarios/equity-desks into runs/demo
	mkdir -p runs
	$(BIN)/neutralizer run scenarios/equity-desks --out runs/demo --replace
	$(BIN)/neutralizer verify runs/demo

test: setup ## every test
	$(BIN)/python -m pytest -n 2 --dist worksteal

kernels: setup ## every test under three processors' linear algebra
	for k in Haswell Nehalem SkylakeX; do NEUTRALIZER_KERNELS=$$k OPENBLAS_CORETYPE=$$k $(BIN)/python -m pytest -n 2 --dist worksteal || exit 1; done

quick: setup ## the tests that start no other process: no solver, about half a minute
	$(BIN)/python -m pytest -n 2 --quick

check: setup ## format, lint, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist worksteal

torture: setup ## every test with every fault, kill and draw: an hour and more
	NEUTRALIZER_TORTURE=1 $(BIN)/python -m pytest -n 2 --dist worksteal

format: setup ## write the formatting
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## the measurements of benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.measure --large --write

mutation: setup ## small wrong changes in the proof, the readers and the release, each killed by a test
	$(BIN)/python -m tests.tools.mutation

mutation-sample: setup ## sixty of these changes, drawn with a seed: a few minutes
	$(BIN)/python -m tests.tools.mutation --sample 60 --seed $(or $(SEED),1)

clean: ## remove what the above made
	rm -rf .venv runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
