# One command per task; CI calls exactly these.
PYTHON ?= python

.PHONY: check test slow bench

check:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m basedpyright
	$(PYTHON) -m pytest -n 0 tests/test_architecture.py

test:
	$(PYTHON) -m pytest

slow:
	$(PYTHON) -m pytest -m slow

bench:
	for file in benchmarks/bench_*.py; do $(PYTHON) $$file || exit 1; done
