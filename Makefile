# Two commands do everything on a fresh machine with Python >= 3.11 (with venv) and make:
#   make demo   the main job on an example written for the project
#   make test   all tests that CI runs
# The second call reuses what the first one made. uv is used if it is on the PATH, else pip.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
EXTRAS ?= dev,ray
# Trust what the machine trusts, as pip does (company registries have certificates of their own).
export UV_SYSTEM_CERTS ?= 1

.PHONY: demo test check docs bench clean

demo: $(VENV)/.base
	$(BIN)/danao demo

test: $(VENV)/.dev
	$(BIN)/pytest -n auto --dist loadgroup

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs: $(VENV)/.dev
	$(BIN)/mkdocs serve

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.coverage
	$(BIN)/python -m benchmarks.proof_engine
	$(BIN)/python -m benchmarks.ledger
	$(BIN)/python -m benchmarks.heat_treatment

$(BIN)/python:
ifdef UV
	uv venv --quiet --python $(PYTHON) $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif

$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,.)
	$(BIN)/danao plant compile
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,.[$(EXTRAS)])
	$(BIN)/danao plant compile
	@touch $@ $(VENV)/.base

ifdef UV
install = uv pip install --quiet --python $(BIN)/python -c constraints.txt -e "$(1)"
else
install = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e "$(1)"
endif

clean:
	rm -rf $(VENV) site dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
