# What a newcomer calls. Everything runs from the project's own files.
STACK ?= dev
DIRECTORY ?= .
CONTEXT ?=
PYTHON ?= python3

# Python starts in half the time with its bytecode kept, and whoever wants none
# in the tree has none there: it lies in .venv.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache

.DEFAULT_GOAL := help
.PHONY: help venv up preview down status shell images clean clean-data \
	check format generate bench test test-fast

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

venv: .venv/.complete ## make .venv with the pinned requirements

.venv/.complete: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check \
		"$$(grep '^uv==' requirements.txt)"
	@.venv/bin/uv pip sync --quiet --python .venv/bin/python requirements.txt
	@touch $@

SANDBOX = .venv/bin/python -m sandbox
CHOSEN = --stack "$(STACK)" --directory "$(DIRECTORY)" --context "$(CONTEXT)"

up: venv ## deploy STACK of DIRECTORY, on the sandbox or on your own CONTEXT
	@$(SANDBOX) up $(CHOSEN)

preview: venv ## show what `make up` would change
	@$(SANDBOX) preview $(CHOSEN)

down: venv ## destroy what can be made again; what holds data stays
	@$(SANDBOX) down $(CHOSEN)

status: venv ## say whether the sandbox runs, and where its data is
	@$(SANDBOX) status

shell: venv ## a shell with pulumi and kubectl for STACK
	@$(SANDBOX) exec $(CHOSEN) "$${SHELL:-/bin/sh}"

images: venv ## build the jobs' images, for clusters of your own
	@$(SANDBOX) images

clean: venv ## stop the sandbox; its data and the built tools stay
	@$(SANDBOX) stop

clean-data: venv ## stop the sandbox and delete the data in its volumes
	@$(SANDBOX) destroy

check: venv ## format, lint, types, imports one way, what is made from it
	@.venv/bin/ruff format --check --quiet . || \
		{ echo "not formatted: make format"; exit 1; }
	@.venv/bin/ruff check --quiet .
	@.venv/bin/pyright --warnings
	@.venv/bin/python -m pytest -q --no-header tests/test_layers.py tests/test_project.py \
		tests/test_generated.py

format: venv ## format the code
	@.venv/bin/ruff format --quiet .
	@.venv/bin/ruff check --quiet --fix .

generate: venv ## write docs/reference and the editors' schema from the models
	@.venv/bin/python -m stacks.reference

bench: venv ## what this project costs over doing the same by hand, as ratios
	@.venv/bin/python -m bench
	@.venv/bin/python -m bench.data_ways
	@.venv/bin/python -m bench.checkpoint_stall

test-fast: venv ## the tests that need no engine and no cluster, < 1 min
	@.venv/bin/python -m pytest -n auto -m "not engine and not pulumi and not images and not slow"

test: venv ## all tests, on the real engine and a real Kubernetes
	@.venv/bin/python -m pytest -n auto --dist loadgroup
