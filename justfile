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

# Run all tests; the first build takes minutes
test:
    cargo test

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
