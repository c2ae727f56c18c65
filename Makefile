# Every target sets up what it needs; a second call is quick. `make help` lists them.

VENV ?= .venv
BIN := $(VENV)/bin
PINS := requirements/build.txt requirements/dev.txt
PYPROJECTS := $(wildcard */pyproject.toml plugins/*/pyproject.toml integrations/*/pyproject.toml examples/*/pyproject.toml)
DISTRIBUTIONS := $(PYPROJECTS:/pyproject.toml=)
SOURCES := $(wildcard $(DISTRIBUTIONS:=/src))
PACKAGES := $(foreach source,$(SOURCES),$(notdir $(patsubst %/,%,$(dir $(wildcard $(source)/*/py.typed)))))
UV_VERSION := 0.13.9
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The seed of this run's random choices; `make test SEED=...` repeats a run.
SEED ?= $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
ARGS ?=

# How many mutants to draw by SEED; all of them where it is empty.
SAMPLE ?=

# How long to soak: `make soak MINUTES=30`, or SECONDS=...; fractions are fine. It ends by itself.
MINUTES ?= 1
SECONDS ?= $(shell awk 'BEGIN { print $(MINUTES) * 60 }')

.PHONY: help setup demo test soak recovery check lint types api architecture fresh docs mutants bench format generated answers pins clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 17
	@echo "Variables: PYTHON (the interpreter), VENV ($(VENV)), ARGS (for pytest, the demo, the mutants, the benchmark), SEED (for test, soak, mutants), SAMPLE (how many mutants), MINUTES or SECONDS (for soak)."

setup: $(VENV)/installed ## make the virtual environment

demo: $(VENV)/installed ## run a multi-party computation on real data
	@$(BIN)/partywire demo $(ARGS)

test: $(VENV)/installed ## run all tests
	@$(BIN)/python -m pytest --hypothesis-seed=$(SEED) $(ARGS)

soak: $(VENV)/installed ## run random hostile schedules for MINUTES or SECONDS
	@$(BIN)/python -m tests.schedules.soak --seconds $(SECONDS) --seed $(SEED) $(ARGS)

recovery: $(VENV)/installed ## recovery from faults of the network, and 1 GiB each way, at full length: some minutes
	@RECOVERY=full $(BIN)/python -m pytest --hypothesis-seed=$(SEED) --timeout=300 --durations=0 tests/recovery tests/large $(ARGS)

check: lint types api architecture fresh docs ## run every check below

lint: $(VENV)/installed ## ruff: lint and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/installed ## mypy --strict over sources and tests
	@$(BIN)/mypy .

api: $(VENV)/installed ## the public API of each package is completely typed
	@failed=; for package in $(PACKAGES); do \
	  echo "verify the types of $$package"; \
	  PATH="$(abspath $(BIN)):$$PATH" basedpyright --ignoreexternal --verifytypes $$package \
	    > $(VENV)/api.log || { cat $(VENV)/api.log; failed=yes; }; \
	done; test -z "$$failed"

architecture: $(VENV)/installed ## the tests that keep the house in order
	@$(BIN)/python -m pytest --quiet tests/architecture $(ARGS)

fresh: $(VENV)/installed ## the generated code is what the .proto files give
	@mkdir -p build/generated
	@$(call GENERATE,build/generated)
	@for file in $(GENERATED); do \
	  cmp "proto/src/$$file" "build/generated/$$file" || { echo "run make generated" >&2; exit 1; }; \
	done

docs: $(VENV)/installed ## build the documentation into build/docs
	@$(BIN)/sphinx-build --fail-on-warning --keep-going --fresh-env --quiet docs build/docs
	@echo "documentation: build/docs/index.html"

mutants: $(VENV)/installed ## break each rule of the delivery contract; a test has to notice
	@$(BIN)/python -m tests.mutants $(if $(SAMPLE),--sample $(SAMPLE) --seed $(SEED)) $(ARGS)

bench: $(VENV)/installed ## measure speed and memory
	@$(BIN)/python -m benchmarks $(ARGS)

format: $(VENV)/installed ## let ruff format and sort
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

generated: $(VENV)/installed ## generate code from the .proto files
	@$(call GENERATE,proto/src)

answers: $(VENV)/installed ## write what the doctor answers into its page
	@DOCTOR_ANSWERS=write $(BIN)/python -m pytest --quiet cli/tests/doctor/test_answers.py $(ARGS)

# PINS_FLAGS=--upgrade moves every pin to the newest release within its range.
pins: ## write the pin files anew from requirements/*.in
	@test -x build/uv/bin/uv || { $(FIND_PYTHON); "$$python" -m venv build/uv && \
	  build/uv/bin/python -m pip --disable-pip-version-check --quiet install uv==$(UV_VERSION); }
	@set -e; cd requirements; for name in build dev; do \
	  ../build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make pins' $(PINS_FLAGS) \
	    --output-file $$name.txt $$name.in > /dev/null; \
	done

clean: ## remove all that make has made
	@rm -rf $(VENV) build .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What the .proto files of proto/src give, and how to write it below the folder $(1).
PROTOS := $(patsubst proto/src/%,%,$(wildcard proto/src/*/_protocol/*.proto))
GENERATED := $(PROTOS:.proto=_pb2.py) $(PROTOS:.proto=_pb2.pyi)
GENERATE = $(BIN)/protoc -Iproto/src --python_out=$(1) --pyi_out=$(1) $(PROTOS)

# Sets $python: PYTHON where it is given, else the first fit one. Fit is 3.11 or newer, with venv.
FIND_PYTHON = \
  for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
    "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
      && break; \
    python=; \
  done; \
  test -n "$$python" || { \
    echo "partywire needs Python 3.11 or newer with its venv module;" \
      "none found$(if $(PYTHON), at $(PYTHON),; name one by PYTHON=...)" >&2; exit 1; }

# The dependencies, by version and hash. What builds packages comes first, so that nothing is
# fetched that is not pinned.
$(VENV)/pinned: $(PINS)
	@$(FIND_PYTHON); echo "virtual environment: $(VENV) ($$("$$python" --version));" \
	    "the first time takes a minute"; \
	  "$$python" -m venv --clear $(VENV)
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/build.txt
	@$(PIP) install --require-hashes --no-build-isolation --use-pep517 -r requirements/dev.txt
	@touch $@

$(VENV)/installed: $(VENV)/pinned $(PYPROJECTS)
	@$(PIP) install --no-deps --no-build-isolation $(foreach folder,$(DISTRIBUTIONS),-e ./$(folder))
	@touch $@
