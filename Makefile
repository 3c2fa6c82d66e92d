# make run   train Run 7 at a small scale on data it generates, and report
# make test      tests of all parts but the slow ones, in two processes (WORKERS=1: in one)
# make test-all  all tests
# make lint  lint, types, import rules
# make docs  the pages as a site
# make benchmark       height profiles a second, against a published package
# make benchmark-long  long codes: lattice, branch and bound, exact, start-up
# make benchmark-first      what first answers cost while nothing is compiled
# make benchmark-service    requests a second of the HTTP service, against a plain handler
# make benchmark-peer-answers  where the published package's profiles are wrong, and how often
# make benchmark-learning  training and prediction speed, against bare steps and exact heights
# make results         trains what docs/results shows and writes its tables: hours
# make benchmark-peer-tests  the published package's own tests, run against this one
# make hunt            wrong heights, sought among millions of codes by every route, HiGHS too
# make fuzz            changed files against every reader (FUZZ=100000 each), 100 kills, hostile clients
# make benchmark-protection  decoding and protected products, against linear programs
# make mutants       small faults planted in the source: how many the unit tests find
# make promises      the decoder's promises on millions of random and adversarial words
# make catalogue-check   every entry of the catalogue, computed again from its matrix
# make demo          handwritten digits on a faulty crossbar, with and without codes
# make design        searches for good codes, n <= 12, resumable: DESIGN_SECONDS=2400, results/design
# make benchmark-design  cold starts of the search: CPU seconds to known heights
# make clean remove the environment and every cache, compiled kernels among them
# make lock  pin the newest versions that pyproject.toml allows

PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test test-all lint docs clean lock results hunt mutants promises demo fuzz design benchmark-design catalogue-check
.PHONY: benchmark benchmark-first benchmark-long benchmark-service benchmark-peer-answers benchmark-peer-tests benchmark-learning

run: $(VENV)/.run
	$(BIN)/mheight train runs/quickstart.toml --output-root results --resume

test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m "not slow"

test-all: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The pages as a site, in site/.
docs: $(VENV)/.dev
	$(BIN)/mkdocs build --strict --quiet
	@# What loads something from elsewhere, a page or a style, is an error, and is shown.
	@! grep -rnoE '<(script|link|img|iframe|source)[^>]* (src|href|srcset)="(https?:)?//[^"]*' --include='*.html' site
	@! grep -rnoE '(url\(|@import )["'"'"']?(https?:)?//[^)]*' --include='*.css' --include='*.html' site

# With its C++ extension where that can be built (a compiler and Eigen), else without.
PEER := analog-ecc-heights==0.1.2
PEER_FLAGS := --force-reinstall --no-deps --no-cache-dir --no-binary analog-ecc-heights
$(VENV)/.peer: | $(VENV)/.run
	$(PIP_INSTALL) scipy
	$(PIP_INSTALL) $(PEER_FLAGS) $(PEER) -Cwheel.cmake=true || $(PIP_INSTALL) $(PEER)
	touch $@

benchmark: $(VENV)/.run $(VENV)/.peer
	$(BIN)/python benchmarks/heights.py
	$(BIN)/python benchmarks/kernel_parts.py

benchmark-long: $(VENV)/.dev
	$(BIN)/python benchmarks/long_codes.py
	$(BIN)/python benchmarks/bounds.py

benchmark-first: $(VENV)/.run
	$(BIN)/python benchmarks/first_answer.py

benchmark-service: $(VENV)/.run
	$(BIN)/python benchmarks/service.py

benchmark-peer-answers: $(VENV)/.run $(VENV)/.peer
	$(BIN)/python benchmarks/peer_answers.py

benchmark-peer-tests: $(VENV)/.dev
	$(BIN)/python benchmarks/peer_tests.py --all-backends

benchmark-learning: $(VENV)/.run
	$(BIN)/python benchmarks/learning.py

benchmark-protection: $(VENV)/.dev
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/protection.py

results: $(VENV)/.run
	$(BIN)/python benchmarks/results.py

hunt: $(VENV)/.dev
	$(BIN)/python benchmarks/hunt.py
	$(BIN)/python benchmarks/differential.py
	$(BIN)/python benchmarks/bounds.py --hunt

FUZZ ?= 100000
fuzz: $(VENV)/.dev
	$(BIN)/python tests/fuzz/readers.py $(FUZZ) 1
	$(BIN)/python tests/fuzz/kills.py 17 1
	$(BIN)/python tests/fuzz/clients.py 60
	$(BIN)/python benchmarks/differential.py --entries decimals --lengths 6 7 8 9 10 --alone 1 --codes 50000

$(VENV)/.mutmut: | $(VENV)/.dev
	$(PIP_INSTALL) --constraint requirements-dev.lock mutmut==3.8.1
	touch $@

MUTANTS ?=
mutants: $(VENV)/.mutmut
	$(BIN)/python benchmarks/mutants.py $(MUTANTS)

promises: $(VENV)/.run
	$(BIN)/python benchmarks/promises.py

catalogue-check: $(VENV)/.run
	$(BIN)/mheight table --check
	$(BIN)/python benchmarks/optimality.py --replay

demo: $(VENV)/.run
	$(BIN)/python benchmarks/digits.py

DESIGN_SECONDS ?= 2400
DESIGN_FLAGS ?=
design: $(VENV)/.run
	$(BIN)/python benchmarks/design_sweep.py results/design --seconds $(DESIGN_SECONDS) --workers $(WORKERS) $(DESIGN_FLAGS)

benchmark-design: $(VENV)/.run
	$(BIN)/python benchmarks/design.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) -r requirements.lock
	$(PIP_INSTALL) --no-deps --editable .
	touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) -r requirements-dev.lock
	$(PIP_INSTALL) --no-deps --editable .
	touch $@

COMPILE := $(BIN)/pip-compile --quiet --upgrade --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: $(BIN)/python
	$(PIP_INSTALL) pip-tools
	$(COMPILE) --extra train --extra serve --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra train --extra serve --extra docs --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests -name __pycache__ -prune -exec rm -rf {} +
