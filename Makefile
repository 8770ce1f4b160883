# SPDX-License-Identifier: GPL-2.0
# Every command that a person runs; `make help` lists them.

MAKEFLAGS += --no-print-directory
BUILD ?= build
ACCEL ?= tcg
SIZE ?= 1G
SCALE ?= 1T
MINUTES ?= 30
SEED ?=
CONFIG ?= /boot/config-$(shell uname -r)
LINUX_SRC ?=

PYTHON := python3 -B
BASE := base
HOST := tools/testing/memory-hotplug
IMAGE := arch/x86/boot/bzImage
NORMAL := $(BUILD)/normal/$(IMAGE)
DEBUG := $(BUILD)/debug/$(IMAGE)
CLASSIC := $(BUILD)/classic/$(IMAGE)
export LINUX_SRC

# A target that runs a machine builds what the machine needs first.
MACHINE = $(PYTHON) $(HOST)/$(1) --build $(BUILD) --kernel $(NORMAL) --accel $(ACCEL)

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets and the variables
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
		awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'
	@echo
	@sed -n 's/^#= \([^ ]*\) \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

#= PEER=TARBALL a third kernel for `make bench`: a tarball or a tree that boots with -icount
#= SCENARIO=PATTERN run only the scenarios of `make bench` of that name
#= SIZE=1G how much memory `make plug` adds
#= SCALE=1T how much memory `make scale` adds
#= MINUTES=30 how long `make soak` takes
#= SEED=NUMBER the choices of a `make soak` that printed it
#= ACCEL=tcg QEMU's accelerator; kvm only where it is known to work
#= LINUX_SRC=PATH another kernel source: a tarball or a tree of 6.12.y
#= CONFIG=FILE the configuration for `make deb`; default: the running kernel's
#= BUILD=build the directory for everything that is made
#= ONLY=PATTERN run only the tests whose name matches, such as 'debug: probe'

.PHONY: run test scale soak shell plug unplug unit
run: kernel ## build, boot a machine, and show a DIMM come, be used, and leave
	@$(call MACHINE,demo.py)

test: kernel kernel-debug kernel-classic ## build, and run every test
	@$(call MACHINE,test.py) --debug-kernel $(DEBUG) --classic-kernel $(CLASSIC) $(if $(ONLY),--only '$(ONLY)')

scale: kernel ## add SCALE of memory; the last blocks must take no longer than the first
	@$(PYTHON) $(HOST)/scale.py --build $(BUILD) --kernel $(NORMAL) --memory $(SCALE)

soak: kernel ## change memory at random for MINUTES, under load, and verify every byte
	@$(call MACHINE,soak.py) --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

shell: kernel ## start a machine with a shell
	@$(call MACHINE,shell.py)

plug: ## add a DIMM of SIZE to the machine of `make shell`
	@$(PYTHON) $(HOST)/plug.py --build $(BUILD) plug $(SIZE)

unplug: ## ask for the DIMM that came last
	@$(PYTHON) $(HOST)/plug.py --build $(BUILD) unplug

unit: packages ## test parts of the core in user space, with sanitizers and a fuzzer
	@$(MAKE) -s -C $(HOST)/unit BUILD=$(abspath $(BUILD))

.PHONY: bench bench-hour bench-smoke kernel-own kernel-peer
BENCH = $(PYTHON) $(HOST)/bench/bench.py --build $(BUILD) --kernel $(NORMAL)
BENCH_ALL = $(BENCH) --own $(BUILD)/bench/own/normal/$(IMAGE) $(if $(PEER),--peer $(BUILD)/bench/peer/normal/$(IMAGE))

bench: kernel-own $(if $(PEER),kernel-peer) ## run scenarios with our kernel and the kernel's own, and compare
	@$(BENCH_ALL) $(if $(SCENARIO),--scenario '$(SCENARIO)')

bench-hour: kernel-own $(if $(PEER),kernel-peer) ## the same for an hour of the machine's time
	@$(BENCH_ALL) --scenario hour

bench-smoke: kernel
	@$(BENCH) --own $(NORMAL) --out $(BUILD)/bench-smoke --scenario 'smoke.*'

kernel-own: kernel
	@$(PYTHON) $(BASE)/peer.py --build $(BUILD) own

kernel-peer: kernel
	@$(PYTHON) $(BASE)/peer.py --build $(BUILD) --source $(PEER) peer

.PHONY: packages tree kernel kernel-debug kernel-classic
packages: ## install the Debian packages that are missing
	@sh $(BASE)/packages.sh $(BASE)/packages $(if $(LINUX_SRC),linux-source-6.12)

tree: packages ## unpack the kernel, lay our files over it, apply the hooks
	@$(PYTHON) $(BASE)/tree.py --build $(BUILD)

kernel: tree ## build the kernel
	@$(PYTHON) $(BASE)/kernel.py --build $(BUILD) normal

kernel-debug: tree ## build the kernel with checks of locks, memory and sleeping
	@$(PYTHON) $(BASE)/kernel.py --build $(BUILD) debug

kernel-classic: tree ## build the kernel with a memory map for each section
	@$(PYTHON) $(BASE)/kernel.py --build $(BUILD) classic

.PHONY: check check-style check-compile check-users check-arch docs-check \
	packages-arch check-checksums checksums
check: check-style check-compile docs-check check-checksums ## all of checkpatch, W=1, sparse, kernel-doc

check-style: tree ## checkpatch --strict
	@$(PYTHON) $(BASE)/check.py --build $(BUILD) style

check-compile: tree ## W=1 and sparse
	@$(PYTHON) $(BASE)/check.py --build $(BUILD) compile

docs-check: tree ## kernel-doc comments and references in the documents
	@$(PYTHON) $(BASE)/check.py --build $(BUILD) docs

check-users: kernel ## compile every user of memory hotplug, and each option off
	@$(PYTHON) $(BASE)/users.py --build $(BUILD)

packages-arch: packages
	@sh $(BASE)/packages.sh $(BASE)/packages.arch

check-arch: packages-arch kernel ## compile memory hotplug for the other architectures
	@$(PYTHON) $(BASE)/arch.py --build $(BUILD)

check-checksums: tree
	@$(PYTHON) $(BASE)/tree.py --build $(BUILD) --check-checksums

checksums: packages ## record the kernel files that are replaced or hooked
	@$(PYTHON) $(BASE)/tree.py --build $(BUILD) --write-checksums

.PHONY: series series-check deb clean
series: tree ## write the patch series to build/series
	@$(PYTHON) $(BASE)/series.py --build $(BUILD)

series-check: kernel ## check the style of each patch, and that each one builds
	@$(PYTHON) $(BASE)/series.py --build $(BUILD) --check

deb: tree ## build Debian packages of the kernel with CONFIG, in build/deb
	@$(PYTHON) $(BASE)/deb.py --build $(BUILD) $(CONFIG)

clean: ## remove everything that was built
	rm -rf $(BUILD)
