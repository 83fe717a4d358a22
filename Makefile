# The commands of the book; `make help` lists them.

PYTHON ?= python3
VENV ?= .venv
# PyTorch's CPU wheels; `make setup TORCH_INDEX=` takes the default wheels, which bring CUDA on Linux.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
# Which data the book is built on: embedded, or originals (see `make data`).
UNROLLED_DATA ?= embedded

# Runs are reproducible: one thread, fixed hashes, no progress bars in the pages.
export UNROLLED_DATA
ifdef UNROLLED_CACHE
export UNROLLED_CACHE := $(abspath $(UNROLLED_CACHE))
endif
export OMP_NUM_THREADS ?= 1
export PYTHONHASHSEED := 0
export TQDM_DISABLE := 1
export PATH := $(abspath $(VENV))/bin:$(PATH)

READY := $(VENV)/ready

.PHONY: help setup book watch test test-all bench data lab serve lint lock clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## install what the book needs into .venv

# Always from nothing: an interrupted set-up mends itself, and the environment holds what the lock says.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit(f"Python 3.11 to 3.13 is needed, and $(PYTHON) is {v[0]}.{v[1]}; name another: make setup PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install $(if $(TORCH_INDEX),--retries 0 --extra-index-url $(TORCH_INDEX)) $$(grep '^torch==' requirements.lock)
	$(VENV)/bin/python -m pip install --requirement requirements.lock
	$(VENV)/bin/python -m pip install --no-deps --no-build-isolation --editable .
	$(VENV)/bin/jupytext-config --settings-file $(VENV)/etc/jupyter/labconfig/default_setting_overrides.json set-default-viewer markdown myst
	$(VENV)/bin/jupyter labextension disable --level sys_prefix @jupyterlab/apputils-extension:announcements
	touch $@

book: $(READY)  ## build the whole book, executed, into _build/html, if something has changed
	@python book/_make/build.py

watch: $(READY)  ## show the book at http://localhost:8000, and build what an author edits
	@python book/_make/watch.py

test: book  ## run the tests, of long families a sample
	python -m pytest --numprocesses auto

test-all: book  ## run every test
	python -m pytest --numprocesses auto --all

bench: $(READY)  ## measure side by side what the chapters report, on the originals
	cd bench && for page in backprop classification evaluation generation lstm word2vec; do PYTHONPATH=../book python $$page.py || exit; done

data: $(READY)  ## fetch and verify the originals, the tutorials' own data
	python -m unrolled.data.originals

lab: $(READY)  ## open the chapters as notebooks in JupyterLab
	jupyter lab book

serve: book  ## show the built book at http://localhost:8000
	python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

lint: $(READY)  ## check the code's style
	ruff check && ruff format --check

lock: $(READY)  ## write requirements.lock anew from requirements.in
	python -m pip install --dry-run --ignore-installed --quiet --report _lock.json --requirement requirements.in
	python -c 'import json; pins = {p["metadata"]["name"].lower().replace("_", "-"): p["metadata"]["version"].split("+")[0] for p in json.load(open("_lock.json"))["install"]}; print(*(f"{n}=={pins[n]}" for n in sorted(pins)), sep="\n")' > requirements.lock
	rm _lock.json

clean:  ## delete what was built
	rm -rf _build
