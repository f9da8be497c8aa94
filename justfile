# Short names for what is done often; `just` lists them.

set positional-arguments

[private]
default:
    @just --list

# Run what is missing of a sweep, then compare: just sweep experiments/depth.toml --jobs 2
sweep SPEC *ARGS: build
    @cargo run --release --quiet -- sweep "$@"

# Run the main job on embedded data, in seconds
smoke *ARGS: build
    @cargo run --release --quiet -- sweep experiments/smoke.toml "$@"

# Write tables, figures and page of every stored sweep again, from its merged tables alone
results: build
    #!/usr/bin/env bash
    set -euo pipefail
    shopt -s nullglob
    for spec in results/*/sweep.toml; do
        cargo run --release --quiet -- report "$spec"
    done

# Time the training step on this machine, as active as trained networks are: just bench --hidden 100
bench *ARGS: build
    @cargo run --release --quiet -- bench --active 0.27 "$@"

# Run all tests; the first build takes minutes
test:
    cargo test

# Look for inputs that break a reader, for so many seconds: just fuzz spec 300; targets are in fuzz/seeds
fuzz TARGET SECONDS="60":
    #!/usr/bin/env bash
    set -euo pipefail
    cargo fuzz --version >/dev/null 2>&1 || { echo "there is no cargo-fuzz: cargo install cargo-fuzz --locked" >&2; exit 1; }
    [[ -d fuzz/seeds/$1 ]] || { echo "there is no target $1; there are:" fuzz/seeds/* >&2; exit 1; }
    # The libraries are those of the program.
    [[ fuzz/Cargo.lock -nt Cargo.lock ]] || cp Cargo.lock fuzz/Cargo.lock
    mkdir -p "fuzz/corpus/$1"
    # Sanitizers need Rust's nightly compiler, and watch unsafe code, of which the readers have none.
    cargo fuzz run --sanitizer none --codegen-units 16 "$1" "fuzz/corpus/$1" "fuzz/seeds/$1" -- \
        -max_total_time="$2" -rss_limit_mb=1024 -timeout=5

# Build the library's documentation into target/doc
doc:
    cargo doc --no-deps

# Run all that a change must pass
ci:
    .ci/run

# Not a part of the runs, so that the first one shows that it builds, and for how long.
[private]
build:
    @cargo build --release
