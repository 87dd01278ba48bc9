# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

PYTHON ?= python3
NOX := .build/venv/bin/nox

.PHONY: help demo test test-matrix bench format clean

help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 20

demo: $(NOX) ## See the collection at work on a simulated panel
	@echo 'Setting up in .build (about a minute the first time)'
	@NOX_QUIET=1 $(NOX) --session demo

test: $(NOX) ## Run every check on the newest ansible-core for this Python
	$(NOX) --sessions lint unit package execution_environment docs integration sanity versions

test-matrix: $(NOX) ## Run the tests on every supported ansible-core and every Python found
	$(NOX) --tags matrix

bench: $(NOX) ## Measure speed and write docs/benchmarks.md (an hour on an idle machine)
	$(NOX) --session bench

format: $(NOX) ## Format the Python code and fix what ruff can fix
	$(NOX) --session format

clean: ## Remove everything that make created
	rm -rf .build

$(NOX): requirements/nox.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed: make PYTHON=python3.12 ...'; exit 1; }
	@rm -rf .build/venv
	@$(PYTHON) -m venv .build/venv
	@.build/venv/bin/pip install --quiet --disable-pip-version-check --cache-dir .build/cache -r requirements/nox.txt
	@touch $@
