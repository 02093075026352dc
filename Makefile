# Every target does its own set-up; `make` alone tells what there is.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
SAM_STAMP := .venv-sam/.ready
PEERS_STAMPS := $(foreach name,peers frameworks openai1 openai2 anthropic0 anthropic2,.venv-$(name)/.ready) peers/node/node_modules/.ready .venv/.commands
FUZZ_STAMP := .venv-fuzz/.ready
CHECKOV_STAMP := .venv-checkov/.ready
RUNTIME_STAMP := .venv-runtime/.ready
STACK_STAMP := .venv-stack/.ready
WEB_STAMP := .venv-web/.ready
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} .venv-sam/bin/sam
# As pip does by itself: the certificates of the system's store, where a company's proxy has its own.
export UV_SYSTEM_CERTS ?= 1
# Workers and servers of a test run would compile every file again, each for itself.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help

.PHONY: help demo serve aws-local test test-deep check check-types check-made fix faults peers oracle-dynamodb oracle-stack oracle-runtime oracle-checkov bench cost build console console-dev bubblewrap shells browser sdk-examples deploy lock docs clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Walkaway needs Python 3.11 or newer; name one: make PYTHON=python3.12 …"; exit 1; }
	@echo "Setting up .venv, once, which takes some minutes: $$(grep -c '^[a-z].*==' requirements.lock) libraries are fetched and installed …"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock
	@echo "They are there; Walkaway itself is installed …"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q layers local clients
	@touch $@

$(SAM_STAMP): requirements-sam.lock $(STAMP)
	@echo "Setting up .venv-sam (the SAM CLI) …"
	@$(PYTHON) -m venv --clear .venv-sam
	@$(BIN)/uv pip sync --quiet --python .venv-sam/bin/python --require-hashes requirements-sam.lock
	@touch $@

# Other products' clients.
$(filter .venv-%,$(PEERS_STAMPS)): .venv-%/.ready: requirements-%.lock $(STAMP)
	@echo "Setting up .venv-$* (other products' clients) …"
	@$(PYTHON) -m venv --clear .venv-$*
	@$(BIN)/uv pip sync --quiet --python .venv-$*/bin/python --require-hashes requirements-$*.lock
	@touch $@

# What an operator has installed for commands: where the server's own packages are.
.venv/.commands: requirements-commands.lock $(STAMP)
	@echo "Setting up what commands find (plotly) …"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes --requirement requirements-commands.lock
	@touch $@

peers/node/node_modules/.ready: peers/node/package-lock.json $(WEB_STAMP)
	@echo "Setting up peers/node (other products' clients for node) …"
	@$(BIN)/python -m dev.node npm --prefix peers/node ci --no-audit --no-fund --loglevel=error
	@touch $@

$(FUZZ_STAMP): requirements-fuzz.lock $(STAMP)
	@echo "Setting up .venv-fuzz (schemathesis) …"
	@$(PYTHON) -m venv --clear .venv-fuzz
	@$(BIN)/uv pip sync --quiet --python .venv-fuzz/bin/python --require-hashes requirements-fuzz.lock
	@touch $@

$(CHECKOV_STAMP): requirements-checkov.lock $(STAMP)
	@echo "Setting up .venv-checkov …"
	@$(PYTHON) -m venv --clear .venv-checkov
	@$(BIN)/uv pip sync --quiet --python .venv-checkov/bin/python --require-hashes requirements-checkov.lock
	@touch $@

$(WEB_STAMP): requirements-web.lock clients/typescript/package-lock.json console/package-lock.json $(STAMP)
	@echo "Setting up .venv-web (node) …"
	@$(PYTHON) -m venv --clear .venv-web
	@$(BIN)/uv pip sync --quiet --python .venv-web/bin/python --require-hashes requirements-web.lock
	@for folder in clients/typescript console; do \
		$(BIN)/python -m dev.node npm --prefix $$folder ci --no-audit --no-fund --loglevel=error || exit 1; done
	@touch $@

# These two run what is built, so they have the functions' Python.
$(RUNTIME_STAMP) $(STACK_STAMP): .venv-%/.ready: requirements-%.lock $(STAMP)
	@python=$$($(BIN)/python -m dev.build --find) && echo "Setting up .venv-$* …" && $$python -m venv --clear .venv-$*
	@$(BIN)/uv pip sync --quiet --python .venv-$*/bin/python --require-hashes requirements-$*.lock
	@touch $@

demo: $(STAMP) ## Show the main job, end to end, on this machine
	@$(BIN)/walkaway demo

aws-local: $(STAMP) ## Emulate the deployed stack's account on loopback, to call single functions
	@$(BIN)/python -m dev.aws_local

serve: $(STAMP) ## Run the local stack on 127.0.0.1:8005
	@$(BIN)/walkaway serve

# Not from PyPI, where a package of that name is something else. Where it cannot be installed, tests say that they skip.
bubblewrap:
	@command -v bwrap >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "Installing bubblewrap …" && apt-get update -qq && apt-get install -y -qq bubblewrap >/dev/null; } || \
		echo "bubblewrap is missing and only root can install it: tests of the sandbox will be skipped"

# What completion is tried in. Where one cannot be installed, its test says that it skips.
shells:
	@{ command -v zsh && command -v fish; } >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "Installing zsh and fish …" && apt-get update -qq && apt-get install -y -qq zsh fish >/dev/null; } || \
		echo "zsh or fish is missing and only root can install them: completion will not be tried there"

# What the console is tried in. Where it cannot be installed, tests say that they skip.
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "Installing chromium …" && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
		echo "chromium is missing and only root can install it: tests of the console will be skipped"

# Tests wait for servers, disks and clocks: with one worker more than processors those were idle for a third of the time.
WORKERS = $(shell $(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 2)')
# COVER=yes counts what is covered, which takes a third longer; `.venv/bin/coverage report` shows it.
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(if $(COVER),--cov --cov-report=)

# The SDKs' own examples of the clients that are installed, which their wheels leave out. Where they cannot be had, their tests say that they skip.
sdk-examples: $(STAMP)
	@$(BIN)/python -m dev.sdk_examples

test: $(STAMP) bubblewrap shells browser sdk-examples ## Run the tests: every promise once, in a few minutes
	@$(PYTEST) -m "not deep"
	@echo "That was the quick half. \`make test-deep\` runs the other one: more points, longer histories, both shapes."

test-deep: $(STAMP) $(SAM_STAMP) $(FUZZ_STAMP) $(WEB_STAMP) $(PEERS_STAMPS) bubblewrap browser ## Run the tests that take long, and `make peers`
	@$(PYTEST) -m deep
	@$(MAKE) --no-print-directory peers

check: $(STAMP) $(SAM_STAMP) ## Check style, types, imports and generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(MAKE) --no-print-directory -j 2 check-types check-made

# Side by side, since either takes a minute.
check-types: $(STAMP)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

check-made: $(STAMP) $(SAM_STAMP)
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/python -m dev.unasync --check
	@$(BIN)/python -m dev.typescript --check
	@$(if $(CI),$(MAKE) --no-print-directory $(WEB_STAMP))
	@$(BIN)/python -m dev.console --check
	@$(BIN)/python -m dev.rest_api --check
	@$(BIN)/python -m dev.breaks
	@$(BIN)/python -m dev.folds --check
	@$(BIN)/python -m dev.models --check
	@$(BIN)/python -m dev.bill.page --check
	@$(BIN)/python -m dev.layer --check
	@$(BIN)/cfn-lint template.yaml templates/*.yaml
	@$(SAM) validate --lint >.venv-sam/validate.log 2>&1 || { cat .venv-sam/validate.log; exit 1; }
	@$(BIN)/statelint statemachines/*.json
	@$(BIN)/python -m dev.imports

fix: $(STAMP) ## Mend what can be mended by a program
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

console: $(WEB_STAMP) ## Build the console from console/ into the package that serves it
	@$(BIN)/python -m dev.console

console-dev: $(WEB_STAMP) ## Build it again whenever a source changes, beside `make serve`
	@$(BIN)/python -m dev.console --watch

build: $(STAMP) $(SAM_STAMP) ## Build functions and layer (ARCHITECTURE=x86_64 for that)
	@$(BIN)/python -m dev.build $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE)) $(if $(IF_POSSIBLE),--if-possible)

deploy: $(STAMP) $(SAM_STAMP) ## Deploy into your AWS account; asks at the first time (AGAIN=yes asks again)
	@SAM_CLI_TELEMETRY=0 $(BIN)/python -m dev.deploy $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE)) $(if $(TAGS),--tags "$(TAGS)") $(if $(AGAIN),--again)

faults: $(STAMP) ## Try every fault at every point; writes docs/reliability.md (about half an hour)
	@$(BIN)/python -m tests.faults --write
	@WALKAWAY_TEST_EXAMPLES=2000 $(BIN)/python -m pytest -q tests/faults/test_stateful.py

# A file at a time for each worker: one of them looks for its server at a port that is given.
peers: $(STAMP) $(PEERS_STAMPS) ## Run other products' real clients, unchanged, against a server of this machine
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile peers

# What each of these shows, and what it cannot: docs/reliability.md, what is tried against what.
ORACLE = $(BIN)/python -m pytest -q --no-header

oracle-dynamodb: $(STAMP) ## Try the table against DynamoDB Local (needs Java 17 and npm)
	@$(BIN)/python -m dev.dynamodb_local
	@$(ORACLE) oracles/test_dynamodb.py
	@echo "Not shown: conflicts between transactions, throttles, and more than one machine."

oracle-stack: $(STACK_STAMP) $(SAM_STAMP) ## Build, deploy and use the stack in ministack, an emulator of AWS (needs Python 3.13)
	@$(MAKE) --no-print-directory build ARCHITECTURE=own
	@$(ORACLE) oracles/test_stack.py
	@echo "Not shown: streams, IAM, tenant isolation, binary files, retriers by an exception's name, the gateway's own answers."

oracle-runtime: $(RUNTIME_STAMP) $(SAM_STAMP) ## Run each built function in the runtime that Lambda runs it in (needs Python 3.13)
	@$(MAKE) --no-print-directory build ARCHITECTURE=own
	@$(ORACLE) oracles/test_runtime.py
	@echo "Not shown: the Lambda Web Adapter, and Lambda's own machine, limits and time."

oracle-checkov: $(CHECKOV_STAMP) ## Judge the templates by checkov's rules but those that .checkov.yaml has reasons against
	@.venv-checkov/bin/checkov --config-file .checkov.yaml
	@echo "Not shown: whether a rule is right for this stack, and what parameters change; .checkov.yaml has the rules left out."

bench: $(STAMP) .venv-peers/.ready ## Measure, as ratios against a control in the same run
	@$(BIN)/python -m benchmarks.hot
	@$(BIN)/python -m benchmarks.steps
	@$(BIN)/python -m benchmarks.adapter
	@$(BIN)/python -m benchmarks.sdk
	@$(BIN)/python -m benchmarks.folding
	@$(BIN)/python -m benchmarks.sandbox
	@$(BIN)/python -m benchmarks.webhooks
	@$(BIN)/python -m benchmarks.neighbours
	@$(BIN)/python -m benchmarks.cache
	@$(BIN)/python -m benchmarks.startup
	@$(BIN)/python -m benchmarks.console
	@$(BIN)/python -m benchmarks.runs

cost: $(STAMP) browser ## Count what a turn, an idle stack and an open tab ask of AWS, and price it; writes docs/cost.md (two minutes)
	@$(BIN)/python -m benchmarks.cost
	@$(BIN)/python -m benchmarks.tab

docs: $(STAMP) ## Write from the code: the client without asyncio, what the one in TypeScript knows, the reference, OpenAPI, docs/models.md, docs/cost.md and the paths in template.yaml
	@$(BIN)/python docs/generate.py
	@$(BIN)/python -m dev.unasync
	@$(BIN)/python -m dev.typescript
	@$(BIN)/python -m dev.rest_api
	@$(BIN)/python -m dev.models
	@$(BIN)/python -m dev.bill.page

lock: ## Choose the newest versions of all dependencies
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv; }
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
		--extra lambda --extra aws --extra local --extra documents --group dev --output-file requirements.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
		--group sam --output-file requirements-sam.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
		--group peers --output-file requirements-peers.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
		--group fuzz --output-file requirements-fuzz.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
		--constraint requirements.lock --group commands --output-file requirements-commands.lock
	@for group in checkov runtime stack web frameworks openai1 openai2 anthropic0 anthropic2; do \
		$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
			--group $$group --output-file requirements-$$group.lock || exit 1; done
	@$(MAKE) --no-print-directory $(STAMP)
	@$(BIN)/python -m dev.layer

clean: ## Remove everything that was made here
	@rm -rf .venv .venv-sam .venv-peers .venv-frameworks .venv-openai1 .venv-openai2 .venv-anthropic0 .venv-anthropic2 peers/node/node_modules .sdk-examples .venv-fuzz .venv-checkov .venv-runtime .venv-stack .venv-web clients/typescript/node_modules clients/typescript/dist console/node_modules console/dist .dynamodb-local .aws-sam .aws-local.json .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* dist
