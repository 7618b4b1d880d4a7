# Everything happens in .venv inside this checkout; python3 (3.11 or newer) and make are all it takes.
#
#   make run                              the sheet of the default function
#   make run F="sin(x^2)" AT=1            of another; WRT=y chooses the variable, ARGS="--lang ko" adds options

PYTHON ?= python3
UV ?= uv
ARGS ?=

ifeq ($(origin F),undefined)
F := x^2/2
AT ?= 1
endif
# The formula goes to the shell through the environment, unexpanded: quotes, $ and backslashes arrive as they were typed.
override F := $(value F)
override AT := $(value AT)
override WRT := $(value WRT)
export F AT WRT

PY := .venv/bin/python
# As an installation does: without bytecode, a start would compile the source first, wherever Python may not write it.
COMPILE := $(PY) -m compileall -q src
PIP := $(PY) -m pip --quiet --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: run test nightly lint format bench lock clean help

run: .venv/core.stamp  ## print the whole sheet: make run F="sin(x^2)" AT=1
	@$(PY) -m mibun $(if $(AT),--at "$$AT") $(if $(WRT),--wrt "$$WRT") $(ARGS) -- "$$F"

test: .venv/dev.stamp  ## run the tests: make test ARGS="-k power"
	$(PY) -m pytest -n 2 $(ARGS)

nightly: .venv/dev.stamp  ## run all tests, the long ones too, with many more random examples
	$(PY) -m pytest -n 2 --hypothesis-profile=nightly -m "nightly or not nightly" $(ARGS)

lint: .venv/dev.stamp  ## Ruff and the strict type checker
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: .venv/dev.stamp  ## put the source in Ruff's form
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# PyTorch is not in the lock; installed into .venv, it takes part.
bench: .venv/bench.stamp  ## measure beside JAX, numba, SymPy, CasADi and others: make bench ARGS="--save kernel"
	$(COMPILE)
	$(PY) -m bench $(ARGS)

# uv is needed for this one only. The locks agree with each other: dev and bench contain core.
LOCK = $(UV) pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --quiet
lock:  ## write the locks in requirements/ anew, after a change to pyproject.toml
	$(LOCK) --output-file requirements/core.txt
	$(LOCK) --group dev --constraint requirements/core.txt --output-file requirements/dev.txt
	$(LOCK) --group bench --constraint requirements/dev.txt --output-file requirements/bench.txt

clean:  ## remove everything that make made
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests bench examples -name __pycache__ -prune -exec rm -rf {} +

help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 18

.venv/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit("mibun needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear .venv
	@touch $@

# hatchling is in the locks too, so that building fetches nothing that is not pinned.
.venv/%.stamp: requirements/%.txt pyproject.toml .venv/made.stamp
	$(PIP) install --require-hashes --requirement $<
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(COMPILE)
	@touch $@ .venv/core.stamp
