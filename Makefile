# make demo   install into .venv and run the whole machine on a small corpus
# make test   every test, the real vLLM server, Chromium and all
# make test-review   only those with a real Label Studio and a real browser
# make loop   review, train, serve, measure: the loop closed on three planted corpora
# make check  lint, format, types
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo

.PHONY: demo test browser test-review loop check format install clean help
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# //p' Makefile

install: .venv/.installed

.venv/.installed: pyproject.toml install.sh
	$(PYTHON) -m venv .venv
	./install.sh $(BIN)/python
	@touch $@

demo: install
	$(BIN)/pairset demo $(DEMO)

test: browser
	$(BIN)/python -m pytest

browser: install
	@./tests/bring_browser.sh $(BIN)/python

test-review: browser
	$(BIN)/python -m pytest tests/review/test_real_server*.py

loop: install
	$(BIN)/python -m benchmarks.loop

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv $(DEMO) .mypy_cache .pytest_cache .ruff_cache
