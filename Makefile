SHELL := /bin/bash
.ONESHELL:
VENV ?= .venv
PYTHON ?= python3
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
BIN := $(VENV)/bin

setup: $(VENV)/ready
$(VENV)/ready: requirements.lock pyproject.toml
	set -e
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install $$(grep ^torch== requirements.lock) --retries 0 --extra-index-url $(TORCH_INDEX)
	$(BIN)/python -m pip install -r requirements.lock
	$(BIN)/python -m pip install --no-deps --no-build-isolation --editable .
	touch $@
