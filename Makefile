# A newcomer's two commands are `make demo` and `make test`; nothing else has to be installed first.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
# Plugins that come with libraries, and that no test of ours asks for, are imported by each process and asked at each test.
IN_ORDER := $(PYTHON) -m pytest -p no:randomly -p no:anyio -p no:schemathesis -p no:cov -p no:socket
# Without its bytecode every process of the tests translates the sources again, assertions and all.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help install install-tests demo test lint lint-types lint-rest bench soak docs lock luutru-verify.pyz

help:
	@echo "make demo   install, make a sample delivery, take it in, find it again"
	@echo "make test   install, lint, all tests (16 minutes on 2 cores after installation)"
	@echo "make soak   long runs: 200 random kills and more"
	@echo "make bench  side-by-side benchmarks, one JSON line each"
	@echo "make docs   generate docs/rules.md, docs/verdicts.md, docs/metadata.md and docs/rights.md"
	@echo "make luutru-verify.pyz   the verifier of proofs in one file"

install:
	@bash scripts/install.sh

install-tests:
	@bash scripts/install.sh --tests

demo: install
	@bash scripts/demo.sh

# mypy uses one core; the other one meanwhile does the rest, and translates the tests for both processes that run them.
lint: install-tests
	@$(MAKE) --no-print-directory -j 2 -O lint-types lint-rest

lint-types:
	$(PYTHON) -m mypy archive ingest metadata storage search tests bench scripts

lint-rest:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	.venv/bin/lint-imports --no-cache
	.venv/bin/deptry .
	@mkdir -p .cache
	$(IN_ORDER) --collect-only -qq >.cache/tests.txt || { cat .cache/tests.txt; exit 1; }

# In the order in which they are written: what passed here passes there, and the small ones at the end fill both cores.
# `make soak` shuffles them, and waits for the disk. Here nothing that runs does: no test switches the machine off, all
# others see what was written whether or not it reached the disk (ADR 0498).
test: lint
	LD_PRELOAD=libeatmydata.so $(IN_ORDER) -n 2 --dist loadgroup --no-loadscope-reorder -m "not soak" $(ARGS)

soak: install-tests
	$(PYTHON) -m pytest -n 2 --dist loadgroup -m "not soak"
	$(PYTHON) -m pytest -m soak --timeout 7200 $(ARGS)
	$(PYTHON) -m pytest tests/property --hypothesis-profile nightly -n 2 --timeout 7200

bench: install-tests
	PYTHONPATH=. $(PYTHON) -P bench/ocr.py
	PYTHONPATH=. $(PYTHON) -P bench/ingest.py
	PYTHONPATH=. $(PYTHON) -P bench/storage.py
	PYTHONPATH=. $(PYTHON) -P bench/search.py
	PYTHONPATH=. $(PYTHON) -P bench/engines_agree.py --documents 100000
	PYTHONPATH=. $(PYTHON) -P bench/signatures.py
	PYTHONPATH=. $(PYTHON) -P bench/byte_readers.py
	PYTHONPATH=. $(PYTHON) -P bench/evidence.py
	PYTHONPATH=. $(PYTHON) -P bench/replay.py
	PYTHONPATH=. $(PYTHON) -P bench/metadata.py
	PYTHONPATH=. $(PYTHON) -P bench/extract.py
	PYTHONPATH=. $(PYTHON) -P bench/browsing.py
	PYTHONPATH=. $(PYTHON) -P bench/web.py

luutru-verify.pyz: install
	$(PYTHON) scripts/build_verifier.py $@

docs: install-tests
	$(PYTHON) -m metadata.rules.documentation > docs/rules.md
	$(PYTHON) -m tests.corpus.verdict_table > docs/verdicts.md
	$(PYTHON) -m metadata.profiles.documentation > docs/metadata.md
	$(PYTHON) -m archive.auth.documentation > docs/rights.md

# Locks carry hashes and no addresses.
lock:
	.venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q \
		pyproject.toml requirements/build.in -o requirements/luutru.lock
	.venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q \
		pyproject.toml requirements/build.in requirements/test.in -o requirements/test.lock
