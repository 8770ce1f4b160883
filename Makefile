# SPDX-License-Identifier: GPL-2.0
# Every command that a person runs; `make help` lists them.

# LINUX_SRC=FILE_OR_DIR	another kernel source, 6.12.y
# ACCEL=kvm		let QEMU use KVM (default: tcg)
# BUILD=DIR		where everything that is made goes (default: build)

MAKEFLAGS += --no-print-directory
BUILD ?= build
ACCEL ?= tcg
LINUX_SRC ?=
PYTHON := PYTHONDONTWRITEBYTECODE=1 python3
HOST := tools/testing/memory-hotplug
export ACCEL LINUX_SRC

.PHONY: help packages tree kernel kernel-debug clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-24s %s\n", $$1, $$2 }'

packages: ## install the Debian packages that are missing
	@sh base/packages.sh $(if $(LINUX_SRC),linux-source-6.12)

tree: packages ## unpack the kernel and lay our files and hooks over it
	@$(PYTHON) base/tree.py --build $(BUILD)

kernel: tree ## build the kernel
	@$(PYTHON) base/kernel.py --build $(BUILD) normal

kernel-debug: tree ## build the kernel with lock, memory and sleep checking
	@$(PYTHON) base/kernel.py --build $(BUILD) debug

clean: ## remove everything that was built
	rm -rf $(BUILD)
