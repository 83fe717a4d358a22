# The commands of the book; `make help` lists them.

# An environment keeps the Python and the PyTorch that it was made with, unless others are named.
PYTHON ?= python3
VENV ?= .venv
# PyTorch's CPU wheels; `make setup TORCH_INDEX=` takes the default wheels, which bring CUDA on Linux.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
# Which data the book is built on: embedded, or originals (see `make data`).
UNROLLED_DATA ?= embedded

# Whether the book has its solutions: 1, or 0 for a class.
SOLUTIONS ?= 1
export SOLUTIONS
ifneq ($(SOLUTIONS),1)
ifneq ($(filter-out book,$(MAKECMDGOALS)),)
$(error SOLUTIONS=$(SOLUTIONS) is for `make book` alone; leave it out for `make $(MAKECMDGOALS)`)
endif
endif

# Whose measurements `make bench` makes; with CONFIRM=1 it confirms them instead, with CONFIRM=COMMIT those that were
# written with the code of that commit.
PAGES ?= article backprop cells classification evaluation generation lstm word2vec

# Runs are reproducible: one thread, fixed hashes, no progress bars in the pages.
export UNROLLED_DATA
# A path as its caller means it: from this folder, ~ for home, with its spaces (abspath would split it there).
path = $(subst |,$(CURDIR)/,$(subst |/,/,$(subst |~/,$(HOME)/,|$(1))))
override VENV := $(call path,$(VENV))
ifdef UNROLLED_CACHE
override UNROLLED_CACHE := $(call path,$(UNROLLED_CACHE))
export UNROLLED_CACHE
endif
export OMP_NUM_THREADS ?= 1
export PYTHONHASHSEED := 0
# the reference is made of docstrings, which an optimised Python leaves out
export PYTHONOPTIMIZE :=
export TQDM_DISABLE := 1
export PATH := $(VENV)/bin:$(PATH)

.PHONY: help setup book pdf watch test test-all notebooks variants engine release bench data lab serve lint lock clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## install what the book needs into .venv
	@$(PYTHON) book/_make/environment.py "$(VENV)" "$(TORCH_INDEX)"

book: setup  ## build the whole book, executed, into _build/html, if something has changed; with SOLUTIONS=0, without solutions, into _build/questions/html
	@python book/_make/build.py

pdf: book  ## print the book as one PDF, _build/html/unrolled.pdf, and link to it from the pages; its figures as PNG
	@python book/_make/pdf.py

watch: setup  ## show the book at http://localhost:8000, and build what an author edits
	@python book/_make/watch.py

test: book  ## run the tests, of long families a sample
	python -m pytest --numprocesses auto

test-all: book  ## run every test
	python -m pytest --numprocesses auto --all

notebooks: book  ## execute every page's notebook as a reader does, from the wheel; with FLOORS=1, on the oldest libraries
	TORCH_INDEX="$(TORCH_INDEX)" python book/_make/notebooks.py $(if $(FLOORS),floors,lock)

variants: setup  ## write exercises with other numbers, and keys, into _build/variants; with SEED=48213, those of that seed
	@python -m unrolled.variants _build/variants $(SEED)

release: setup  ## make the archive of this version of the book, in _build
	@python book/_make/release.py

engine: book  ## build the book on bare Sphinx of today, too, and compare
	@python book/_make/engine.py

bench: setup  ## measure side by side what the chapters report, on the originals; with CONFIRM=1, confirm it
	for page in $(PAGES); do PYTHONPATH=book python bench $$page $(if $(CONFIRM),confirm $(filter-out 1,$(CONFIRM))) || exit; done
	@PYTHONPATH=book python bench

data: setup  ## fetch and verify the originals, the tutorials' own data
	python -m unrolled.data.originals

lab: setup  ## open the chapters as notebooks in JupyterLab
	jupyter lab book

serve: book  ## show the built book at http://localhost:8000
	python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

lint: setup  ## check the code's style
	ruff check && ruff format --check

LOCK := _build/uv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command 'make lock'

# Pins that still fit are kept; delete the lock for the newest of all.
lock:  ## write requirements.lock anew from pyproject.toml and requirements.in
	$(PYTHON) -m venv _build/uv
	_build/uv/bin/python -m pip install --quiet uv==0.13.9
	$(LOCK) --output-file requirements.lock --extra data --extra book pyproject.toml requirements.in >/dev/null
	grep -o '^torch==[0-9.]*' requirements.in | $(LOCK) --no-deps --index-url $(TORCH_INDEX) --output-file requirements-torch.lock - >/dev/null

clean:  ## delete what was built
	rm -rf _build
