# SPDX-License-Identifier: MIT
# A menu. The build itself is CMakeLists.txt and CMakePresets.json; the steps are in scripts/.
MAKEFLAGS += --no-print-directory
RELEASE = build/release
MIDAIR = $(RELEASE)/midair
SECONDS ?= 60

.PHONY: help setup release demo check lab bench fuzz cover format lint install clean
.DEFAULT_GOAL := help

help: ## this list
	@echo 'midair: TCP connections opened from both ends at once'
	@echo
	@sed -n 's/^\([a-z]*\):.*## /\1@/p' $(MAKEFILE_LIST) | awk -F@ '{ printf "  make %-8s %s\n", $$1, $$2 }'

setup: ## install what is missing (Debian packages), switch the commit hook on
	@scripts/setup check
	@scripts/hooks

release:
	@scripts/setup demo
	@scripts/build release

demo: release ## build and watch it: midair tour
	@$(MIDAIR) tour

check: ## build with sanitizers and run every test (LAB_REQUIRED=1: the lab must run)
	@scripts/check

lab: release ## every scenario on the small internet: midair lab --all
	@$(MIDAIR) lab --all

bench: ## every figure that is promised, measured (docs/figures.md says where they stand)
	@bench/run

fuzz: ## each parser against hostile bytes, SECONDS=60 each
	@scripts/fuzz $(SECONDS)

cover: ## line coverage of the tests
	@scripts/cover

format: ## clang-format over the tree
	@scripts/format --fix

lint: ## clang-tidy, shellcheck, mandoc -T lint
	@scripts/lint

install: release ## install (PREFIX=/usr/local, DESTDIR)
	@cmake --install $(RELEASE) $(if $(PREFIX),--prefix $(PREFIX))

clean: ## remove build/
	rm -rf build
