# daxmark. `make bench` measures, `make test` tests; both set the machine up first.
#
#   make help       list the verbs
#   make bench      measure the default suite, show the table        (SUITE=, ARGS=)
#   make test       all tests, in a debug build                      (FILTER=)
#   make gate       judge this tree: by the baseline, or by a duel   (BASE=, ARGS=)
#   make baseline   record a baseline: 3 moments × 5 processes, ~35 minutes
#   make duel       measure two builds against each other            (A=HEAD~1 B=. ARGS=)
#   make selftest   let the gate prove itself on this machine, minutes (ARGS=--quick, --nightly)
#   make compare    describe how two runs differ                     (A= B=)
#   make plot       draw the latest run                              (RUN=)
#   make live       the whole picture: core, model, XFS and btrfs of this kernel  (root; ARGS=)
#   make conform    hold the model against XFS and btrfs of this kernel  (root; ARGS=)
#   make build      the release build
#   make live-fs    mount XFS, btrfs and ext4 under .build/live-fs (root); make live-fs-down
#   make deps       install what is missing (Debian)
#   make lint       format and tidiness, strictly
#   make asm        check the code that the compiler really made
#   make asan tsan  the tests under a sanitizer
#   make regressions  the duel against real regressions: builds four revisions
#   make check      what CI runs: lint test asm and a quick measurement
#   make clean      remove builds

SUITE ?= default
DAXMARK = .build/release/daxmark
BASELINE_SPACING ?= 600

.DEFAULT_GOAL := help
.PHONY: help bench test gate baseline compare plot build deps lint asm asan tsan regressions check \
  clean fmt live live-fs live-fs-down conform duel selftest

help:
	@sed -n 's/^#   \(make .*\)/  \1/p' Makefile

deps:
	@scripts/deps live-fs

# What was mounted here goes in any case, also after a signal, and what was up before stays.
MOUNT = trap : INT TERM HUP; made=$$($(DAXMARK) live-fs up --filesystem xfs,btrfs --new); code=$$?
UNMOUNT = [ -z "$$made" ] || $(DAXMARK) live-fs down --filesystem $$made; exit $$code

# The first filesystem that differs decides the exit code.
conform: build
	@scripts/deps live-fs
	@$(MOUNT); if [ $$code = 0 ]; then for fs in xfs btrfs; do \
	  $(DAXMARK) conform --target .build/live-fs/$$fs --scenarios Tests/Conform/Scenarios && \
	  $(DAXMARK) conform --target .build/live-fs/$$fs $(ARGS) || { code=$$?; break; }; \
	done; fi; $(UNMOUNT)

# Ctrl-C ends the run and not the recipe.
live: build
	@scripts/deps live-fs
	@$(MOUNT); if [ $$code = 0 ]; then $(DAXMARK) run --suite picture $(ARGS); code=$$?; fi; \
	$(UNMOUNT)

build: deps
	@swift build -c release --omit-frame-pointers --product daxmark

bench: build
	@$(DAXMARK) run --suite $(SUITE) $(ARGS)

test: deps
	@scripts/test $(if $(FILTER),--filter $(FILTER))

# make exits 2 whatever the verdict; scripts that read the code call scripts/gate themselves.
gate: build
	@BASE='$(BASE)' scripts/gate $(DAXMARK) $(ARGS)

baseline: build
	@scripts/record-baseline $(DAXMARK) $(SUITE) $(BASELINE_SPACING)

duel: build
	@$(DAXMARK) duel $(if $(A),$(A),HEAD~1) $(if $(B),$(B),.) $(ARGS)

selftest: build
	@$(DAXMARK) selftest $(ARGS)

compare: build
	@$(DAXMARK) compare $(if $(A),$(A),$$(ls -d results/runs/*/ | tail -2 | head -1)) \
	  $(if $(B),$(B),$$(ls -d results/runs/*/ | tail -1))

plot:
	@scripts/plot/run $(RUN)

live-fs: build
	@scripts/deps live-fs
	@$(DAXMARK) live-fs up $(ARGS)

live-fs-down: build
	@$(DAXMARK) live-fs down $(ARGS)

lint:
	swift format lint --strict --recursive Package.swift Sources Benchmarks Tests

fmt:
	swift format --in-place --recursive Package.swift Sources Benchmarks Tests

asm: build
	@scripts/asm-check $(DAXMARK)

# LiveFS counts page faults, and the sanitizers' shadow memory takes faults of its own; the worker
# tests run the plain build; interposed libc calls count differently; the thread sanitizer refuses
# hugetlb mappings by itself; XCTest's own runner leaks. Tests that expect a fatal signal want it
# from the kernel. The verdict's simulations take long, and have nothing for either. The thread
# sanitizer is for the libraries that others may call from many threads.
SANITIZED = --skip CommandTests --skip LiveFSTests --skip RealWorkerTests \
  --skip InstructionTraceTests --skip VerdictTests
THREADED = --filter FSDAXTests --filter HotCoreTests --skip ArenaTests --skip InstructionTraceTests

asan: deps
	ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:detect_leaks=0 \
	  swift test --sanitize address --scratch-path .build-asan $(SANITIZED)

tsan: deps
	TSAN_OPTIONS=handle_segv=0:handle_sigbus=0:suppressions=$(CURDIR)/scripts/tsan.suppressions \
	  swift test --sanitize thread --scratch-path .build-tsan $(THREADED)

regressions: build
	@scripts/regressions $(DAXMARK)

check: lint test asm
	@out=$$(mktemp -d) && $(DAXMARK) run --quick --rounds 3 --summary --out $$out/run && rm -r $$out

clean:
	@[ ! -d .build/live-fs ] || ! [ -x $(DAXMARK) ] || $(DAXMARK) live-fs down
	@! [ -d .build/live-fs ] || rmdir .build/live-fs 2>/dev/null || { echo ".build/live-fs is in use; run make live-fs-down" >&2; false; }
	rm -rf --one-file-system .build .build-asan .build-tsan
