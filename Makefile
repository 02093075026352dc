# Every target does its own set-up; `make` alone tells what there is.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
.DEFAULT_GOAL := help

.PHONY: help demo serve test check fix bench lock docs clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Walkaway needs Python 3.11 or newer; name one: make PYTHON=python3.12 …"; exit 1; }
	@echo "Setting up .venv …"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q layers local clients
	@touch $@

demo: $(STAMP) ## Show the main job, end to end, on this machine
	@$(BIN)/walkaway demo

serve: $(STAMP) ## Run the local stack on 127.0.0.1:8005
	@$(BIN)/walkaway serve

test: $(STAMP) ## Run the tests
	@$(BIN)/python -m pytest -n auto --cov --cov-report=term

check: $(STAMP) ## Check style, types, imports and generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python docs/generate.py --check

fix: $(STAMP) ## Mend what can be mended by a program
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP) ## Measure, as ratios against a control in the same run
	@$(BIN)/python -m benchmarks.turns

docs: $(STAMP) ## Write docs/reference.md and docs/openapi.json from the code
	@$(BIN)/python docs/generate.py

lock: ## Choose the newest versions of all dependencies
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv; }
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
		--extra aws --extra local --group dev --output-file requirements.lock pyproject.toml

clean: ## Remove everything that was made here
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* dist
