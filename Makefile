# `make` alone tells what there is. Everything is put into .venv; nothing else on the machine changes,
# but for a browser that `make test` installs where none is found and the system lets it.

# The first of these that will do makes .venv.
PYTHON ?= python3 python3.13 python3.12 python3.11
# For app.py: make run ARGS="--port 8000"
ARGS ?=
# For pytest: make test TESTS=tests/images/test_ink.py
TESTS ?=
# What is installed, exact and with hashes; LOCK= takes the newest that requirements.txt allows.
LOCK ?= assets/requirements.lock
# make lock UPGRADE=--upgrade takes the newest versions; else those that still fit stay.
UPGRADE ?=

# A file at a time on each worker, of which tests/conftest.py says how many.
WORKERS := --numprocesses logical --dist loadfile --no-loadscope-reorder

VENV := .venv
RUN := $(VENV)/bin/python
PIP := PIP_USER=0 $(RUN) -m pip install --quiet --disable-pip-version-check --no-input \
	--prefer-binary --retries 5 --timeout 60

FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
NO_PYTHON := error: Python 3.11, 3.12 or 3.13 with its venv module is needed. Received: none among \
	'$(PYTHON)'. Install one (Debian, Ubuntu: apt-get install python3 python3-venv) or name it: \
	make run PYTHON=/path/to/python3.12

.PHONY: help run test soak lock format clean

help:
	@echo "make run     set up on the first call, then serve the page on http://127.0.0.1:7860"
	@echo "make test    set up the tests too, check format and lint, run every test"
	@echo "make soak    run the tests that take too long for make test"
	@echo "make lock    write assets/requirements.lock after a change of requirements.txt"
	@echo "make format  bring the code into the format that make test asks for"
	@echo "make clean   remove .venv and everything the tools left behind (never workspace/)"

run: $(VENV)/ready
	$(RUN) app.py $(ARGS)

# else every worker compiles all tests anew where the environment forbids bytecode
test soak: export PYTHONDONTWRITEBYTECODE =

test: $(VENV)/ready-for-tests
	$(RUN) tests/helpers/chromium.py
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m pytest $(WORKERS) $(TESTS)

soak: $(VENV)/ready-for-soak
	$(RUN) tests/helpers/chromium.py
	SIAMESE_FUZZ_SECONDS=60 $(RUN) -m pytest $(WORKERS) -m "soak or fuzz" $(TESTS)

# of every system and Python that is served, whichever this is
lock: $(VENV)/ready-for-tests
	@$(PIP) 'uv>=0.13,<1'
	$(RUN) -m uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" $(UPGRADE) requirements.txt --output-file assets/requirements.lock

format: $(VENV)/ready-for-tests
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .gradio dist tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are touched last, so that an installation that was cut off is taken up again.
$(VENV)/ready: requirements.txt $(LOCK)
	@for python in $(PYTHON); do \
		if $$python -c '$(FITS)' 2>/dev/null; then exec $$python -m venv $(VENV); fi; \
	done; echo "$(strip $(NO_PYTHON))" >&2; exit 1
	@echo "Installing $(or $(LOCK),requirements.txt) into $(VENV): the first time takes a few minutes"
	@$(PIP) $(if $(LOCK),--require-hashes -r $(LOCK),-r requirements.txt)
	@touch $@

$(VENV)/ready-for-tests: $(VENV)/ready tests/requirements.txt
	@$(PIP) -r requirements.txt -r tests/requirements.txt
	@touch $@

$(VENV)/ready-for-soak: $(VENV)/ready-for-tests tests/requirements-soak.txt
	@$(PIP) -r requirements.txt -r tests/requirements.txt -r tests/requirements-soak.txt
	@touch $@
