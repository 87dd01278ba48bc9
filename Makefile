# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

PYTHON ?= python3
NOX := .build/venv/bin/nox

.PHONY: help demo check test test-matrix docs screenshot bench format lock audit release clean

help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 20

demo: $(NOX) ## Show the collection at work on simulated panels
	@echo 'Setting up in .build (about a minute the first time)'
	@NOX_QUIET=1 $(NOX) --session demo

check: $(NOX) ## Run the quick checks: style, types and the unit tests that start no ansible-playbook
	$(NOX) --sessions lint extra-checks unit -- -m 'not exhaustive' tests/unit

# Most sessions side by side, the longest first, and then what keeps all cores busy by itself.
test: $(NOX) ## Run every check, on the newest ansible-core for this Python or on another one: CORE=2.16 to 2.21, or pre
	@rm -f .build/first.json .build/last.json
	@$(NOX) --report .build/first.json --parallel auto --sessions sanity integration galaxy docs events package browser lint extra-checks; \
	$(NOX) --report .build/last.json --sessions unit; \
	$(PYTHON) .ci/summary.py .build/first.json .build/last.json

test-matrix: $(NOX) ## Run the tests on every supported pair of ansible-core and Python (SKIP_MISSING=1: of Pythons found)
	$(NOX) --tags matrix $(if $(SKIP_MISSING),--no-error-on-missing-interpreters)

docs: $(NOX) ## Build the documentation as HTML
	@NOX_QUIET=1 $(NOX) --session docs
	@echo 'The documentation: $(CURDIR)/.build/docs/html/index.html'

screenshot: $(NOX) ## Take the picture of a report that the README shows, with Chromium
	@NOX_QUIET=1 $(NOX) --session screenshot

bench: $(NOX) ## Measure speed beside the previous release, and write docs/benchmarks.md (half an hour), or only run the cases that begin with CASES=a
	$(NOX) --session bench -- $(CASES) $(if $(BASELINE),--baseline $(BASELINE))

format: $(NOX) ## Format the Python code and fix what ruff can fix
	$(NOX) --session format

lock: $(NOX) ## Lock the newest version of each tool and of all that it needs
	$(NOX) --session lock

audit: $(NOX) ## Look for known vulnerabilities in the locked tools
	$(NOX) --session audit

release: $(NOX) ## Check that VERSION can be released, and write its package and SPDX file to .build/dist
	$(NOX) --session galaxy -- $(VERSION)

clean: ## Remove everything that make created
	rm -rf .build

$(NOX): requirements/nox.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed: make PYTHON=python3.12 ...'; exit 1; }
	@rm -rf .build/venv
	@$(PYTHON) -m venv .build/venv
	@.build/venv/bin/pip install --quiet --disable-pip-version-check --cache-dir .build/cache --require-hashes --no-deps -r requirements/nox.txt
	@touch $@
