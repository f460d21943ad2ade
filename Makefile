# `make demo` and `make test` are all a newcomer needs; each makes its own .venv.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: demo test lint types layers pytest fuzz chaos faults linking docs check-python demo-data picture clean

demo: .venv/run.stamp
	@$(BIN)/triage demo

test: lint types layers pytest

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.stamp
	$(BIN)/mypy

layers: .venv/dev.stamp
	$(BIN)/lint-imports

pytest: .venv/dev.stamp
	$(BIN)/pytest -n auto

fuzz: .venv/dev.stamp
	$(BIN)/python scripts/fuzz.py --seconds 600

chaos: .venv/dev.stamp
	TRIAGE_CHAOS=long $(BIN)/pytest -s tests/chaos

faults: .venv/dev.stamp
	$(BIN)/pytest -n auto tests/faults --deselect tests/faults/test_faults_documented.py
	PYTHONPATH=.:tests $(BIN)/python -m faults.table

linking: .venv/dev.stamp
	PYTHONPATH=tests:scripts $(BIN)/python -m bounce_shares

docs: .venv/dev.stamp
	$(BIN)/python scripts/make_docs.py

demo-data: .venv/dev.stamp
	$(BIN)/python scripts/make_demo.py

picture: .venv/dev.stamp
	$(BIN)/python scripts/make_picture.py

.venv/run.stamp: pyproject.toml constraints.txt | check-python
	$(PYTHON) -m venv .venv
	$(PIP) -e .
	@touch $@

.venv/dev.stamp: pyproject.toml constraints.txt | check-python
	$(PYTHON) -m venv .venv
	$(PIP) -e '.[dev]'
	@touch $@ .venv/run.stamp

check-python:
	@test -n "$(PYTHON)" || { echo "Triage needs Python 3.11 or newer (Debian: apt install python3 python3-venv)."; exit 1; }

clean:
	rm -rf .venv dist build .pytest_cache .ruff_cache .hypothesis
