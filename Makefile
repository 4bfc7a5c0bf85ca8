# make demo: set up what is missing, build, run a working box.  make test: the same set-up, then every check and test.
.PHONY: demo test setup setup-test web build check check-text check-page check-code types bench siege faults tampering fuzz clean scale advisories sbom deb

CARGO ?= cargo
NPM ?= npm --no-fund --no-audit
# What a package is for, and how Rust calls it where this machine is another.
NATIVE := $(shell dpkg --print-architecture 2>/dev/null)
ARCH ?= $(NATIVE)
CROSS := $(if $(filter-out $(NATIVE),$(ARCH)),$(or $(patsubst arm64,aarch64-unknown-linux-gnu,$(filter arm64,$(ARCH))),$(error no way is known from $(NATIVE) to $(ARCH))))

demo: setup web
	$(CARGO) build --locked
	./target/debug/assay demo --weeks 3

test: setup-test web
	$(CARGO) build --locked --all-targets
	$(MAKE) --no-print-directory check-text
	tests/run.sh

# What the machine lacks to build and run; Debian packages by name.
setup:
	@tests/setup.sh build

# The same, and the servers and tools that tests need.
setup-test:
	@tests/setup.sh build test

web/node_modules: web/package.json web/package-lock.json
	cd web && $(NPM) ci
	@touch web/node_modules

web: web/node_modules
	cd web && $(NPM) run --silent build

# The API's document and the page's types, made from the code.
types: web/node_modules
	$(CARGO) build --locked
	./target/debug/assay openapi >web/openapi.json
	cd web && $(NPM) run --silent types

check: check-text check-page check-code

# What is looked at in seconds.
check-text:
	$(CARGO) fmt --check
	./target/debug/assay openapi | cmp - web/openapi.json || { echo "web/openapi.json is not what the code says: make types"; exit 1; }
	tests/licences.sh
	tests/advisories.sh

# A minute of the page's own. A worker of its tests that gets no processor for 90 s counts as dead: no place for `nice -n 19`.
check-page: web/node_modules
	cd web && $(NPM) run --silent lint && $(NPM) run --silent test

# What takes minutes; `make test` does it while pages are walked through.
check-code:
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --locked --no-deps --document-private-items --quiet

# Errors and kills at every system call, one after the other; takes a while.
faults: setup-test
	ASSAY_FAULTS=all $(CARGO) nextest run --test faults --no-capture

# What somebody does to a bundle or to a row, TIMES over: bundles before our verifiers and one in Python that was written from FORMAT.md
# alone, rows before `assay check`. `make test` does some hundred of each.
tampering: setup-test
	PROOF_BUNDLES=$$((2 * $(or $(TIMES),10000))) $(CARGO) nextest run --locked --no-capture --test proof -E 'test(agree)'
	PROOF_TAMPERED=$(or $(TIMES),10000) $(CARGO) nextest run --locked --no-capture --test store -E 'test(tampering)'

# The Debian package of the box, target/assay_VERSION_ARCH.deb; for a board: make deb ARCH=arm64.
deb: web
	@tests/setup.sh build $(if $(CROSS),cross-$(ARCH))
	$(if $(CROSS),rustup target add $(CROSS) && CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc PKG_CONFIG_ALLOW_CROSS=1 \
		PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig) $(CARGO) build --locked --release $(if $(CROSS),--target $(CROSS))
	systemd/deb/build.sh target/$(CROSS)/release/assay $(ARCH) target

# Looks for inputs that break a parser, SECONDS each; needs cargo-fuzz, and takes the installed toolchain. What it meets on the way
# lies under target/; an input that broke something is copied into the corpus by hand, and `make test` replays it.
fuzz:
	for target in frames streams sip sdp rtp calls spool cdr captures answers channel bundles notes stamps leads; do mkdir -p tests/fuzz/target/found/$$target && RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run --fuzz-dir tests/fuzz -D $$target tests/fuzz/target/found/$$target tests/fuzz/corpus/$$target -- -max_total_time=$(or $(SECONDS),600) || exit 1; done

# A hundred calls beside each flood: ten minutes in memory, and half a minute on the wire (needs root and tcpreplay).
siege: setup-test
	$(CARGO) build --locked --release --quiet
	ASSAY_SIEGE_SECONDS=$(or $(SECONDS),600) $(CARGO) nextest run --locked --release --no-fail-fast --no-capture --test siege
	SIEGE=$$($(CARGO) test --locked --release --no-run --test siege 2>&1 | sed -n 's/.*(\(.*\))/\1/p') SECONDS_EACH=30 tests/siege/live.sh

bench: setup-test
	tests/bench/run.sh
	tests/bench/live.sh

# A year of a thousand seats in a demo of its own, and how its lists are answered, and how long they, reports and commands
# take (tests/scale).
scale: web
	$(CARGO) build --locked --release --quiet
	rm -rf target/scale && ./target/release/assay demo --data target/scale --prepare-only
	python3 tests/scale/year.py target/scale/assay.db
	python3 tests/scale/books.py target/scale/assay.db
	./target/release/assay report rebuild --data target/scale
	python3 tests/scale/plans.py target/release/assay target/scale
	python3 tests/scale/measure.py target/release/assay target/scale

# What is known against the packages that are used, with the tool that looks it up.
advisories: web/node_modules
	$(CARGO) install --quiet --locked --root target/tools cargo-deny
	tests/advisories.sh

# What the program and its page are made of, CycloneDX 1.5: target/sbom/.
sbom: web/node_modules
	$(CARGO) install --quiet --locked --root target/tools cargo-cyclonedx
	mkdir -p target/sbom
	target/tools/bin/cargo-cyclonedx cyclonedx --format json --spec-version 1.5 --override-filename assay.cdx
	mv assay.cdx.json target/sbom/assay.json
	cd web && npm sbom --sbom-format cyclonedx >../target/sbom/page.json

clean:
	$(CARGO) clean
	rm -rf web/node_modules web/dist assay-demo
