# Short names for common commands; `just` lists them.

set positional-arguments

[private]
default:
    @just --list

# Run the missing trials of a sweep, then compare: just sweep experiments/depth.toml --jobs 2
sweep SPEC *ARGS: build
    @cargo run --release --quiet -- sweep "$@"

# Run the main job on embedded data, in seconds
smoke *ARGS: build
    @cargo run --release --quiet -- sweep experiments/smoke.toml "$@"

# Write tables, figures and pages again: of every stored sweep from its merged tables, of results/anatomy from its networks; then the index
results: build
    #!/usr/bin/env bash
    set -euo pipefail
    shopt -s nullglob globstar
    for spec in results/**/sweep.toml; do
        # The search of a study has tables and a figure of its own, and no page.
        if [[ $spec == */search/sweep.toml ]]; then page=analyze; else page=report; fi
        cargo run --release --quiet -- "$page" "$spec"
    done
    for plan in results/**/frozen.toml; do
        study=${plan%/frozen.toml}
        spec=experiments/${study#results/}.toml
        missing=$(just missing-data "$spec")
        if [[ -n $missing ]]; then
            echo "the search of $study is unchanged: $missing is missing" >&2
            continue
        fi
        cargo run --release --quiet -- search "$spec"
    done
    just anatomy
    cargo run --release --quiet -- index

# Print the data file that a spec names, if it is missing
[private]
missing-data SPEC:
    #!/usr/bin/env bash
    set -euo pipefail
    file=$(sed -n 's/^file = "\(.*\)"$/\1/p' "$1")
    [[ -z $file || $file == /* ]] || file=${1%/*}/$file
    [[ -z $file || -f $file ]] || echo "$file"

# Measure the kept networks of results/anatomy again; other seeds, and studies that keep none, stay as they are
anatomy: build
    #!/usr/bin/env bash
    set -euo pipefail
    shopt -s nullglob
    for table in results/anatomy/*/measures.csv; do
        folder=$(dirname "$table")
        name=$(basename "$folder")
        network=()
        if [[ -f $folder/model.safetensors ]]; then
            judge=$(cat "$folder/judge")
            network=("$folder/model.safetensors" --judge "$judge")
            if [[ $judge == *mnist* ]] && ! cargo run --release --quiet -- data fetch >&2; then
                echo "$folder is unchanged: MNIST is missing, so its network cannot be measured" >&2
                continue
            fi
        fi
        cargo run --release --quiet -- inspect "${network[@]}" --name "$name" --merge
    done

# Measure networks of one recipe and keep the first: just dissect NAME JUDGE FILE… [--after-phase-1 FILE…]
dissect NAME JUDGE +FILES: build
    #!/usr/bin/env bash
    set -euo pipefail
    folder=results/anatomy/$1
    cargo run --release --quiet -- inspect "${@:3}" --name "$1" --judge "$2"
    rm -f "$folder/model.safetensors"
    cp "$3" "$folder/model.safetensors"
    echo "$2" >"$folder/judge"

# Measure the networks of the paper's size, once they are trained: results/original, results/paper/error, and T = 2 of results/paper/depth
paper-anatomy: build
    #!/usr/bin/env bash
    set -euo pipefail
    shopt -s nullglob
    judge=results/anatomy/judge-mnist.safetensors
    drsae() { cargo run --release --quiet -- "$@"; }
    for spec in original-phase-1 paper-phase-1; do
        drsae sweep "experiments/anatomy/$spec.toml" --results target/anatomy
    done
    controls=(target/anatomy/anatomy/{original,paper}-phase-1/trials/*/model.safetensors)
    # Networks by whether their config has (-l) or lacks (-L) masking noise.
    networks() { { grep "$1" 'masking = 0.3' "${@:2}" || true; } | sed 's/config.toml$/model.safetensors/'; }
    author=(results/original/trials/drsae-t11-n400-*/model.safetensors)
    mapfile -t masked < <(networks -l results/paper/error/trials/*/config.toml)
    mapfile -t whole < <(networks -L results/paper/error/trials/*/config.toml)
    two=(results/paper/depth/trials/drsae-t2-*/model.safetensors)
    [[ ${#author[@]} == 0 ]] || just dissect original "$judge" "${author[@]}" --after-phase-1 "${controls[@]}"
    if [[ ${#masked[@]} != 0 ]]; then
        just dissect paper "$judge" "${masked[@]}" --after-phase-1 "${controls[@]}"
        # Kept once, with the tables of its sweep.
        mv results/anatomy/paper/model.safetensors results/paper/error/drsae-400.safetensors
        ln -s ../../paper/error/drsae-400.safetensors results/anatomy/paper/model.safetensors
    fi
    # For the others, only the tables and the figures drawn from them are kept.
    [[ ${#whole[@]} == 0 ]] || drsae inspect "${whole[@]}" --name paper-unmasked --judge "$judge" --after-phase-1 "${controls[@]}"
    [[ ${#two[@]} == 0 ]] || drsae inspect "${two[@]}" --name paper-t2 --judge "$judge" --after-phase-1 "${controls[@]}"
    for name in paper-unmasked paper-t2; do
        [[ ! -d results/anatomy/$name ]] || { rm -r "results/anatomy/$name/figures"; drsae inspect --name "$name" --merge; }
    done

# Time the training step on this machine at the activity of trained networks: just bench --hidden 100
bench *ARGS: build
    @cargo run --release --quiet -- bench --active 0.27 "$@"

# Run all tests; the first build takes minutes
test:
    cargo test --workspace

# Check that `--features cuda` compiles, kernels included, on a machine without CUDA: the toolkit is installed into target/cuda
check-cuda:
    #!/usr/bin/env bash
    set -euo pipefail
    mkdir -p "${CARGO_TARGET_DIR:-target}"
    venv=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/cuda
    python3 -m venv "$venv"
    # Nothing is downloaded if all of them are there.
    "$venv/bin/pip" install --quiet --disable-pip-version-check nvidia-cuda-{nvcc,crt,runtime,cccl,nvrtc}'==13.0.*' \
        'nvidia-nvvm==13.0.*' 'nvidia-cublas==13.*' nvidia-curand
    export CUDA_HOME CUDA_COMPUTE_CAP=90
    CUDA_HOME=$(echo "$venv"/lib/python3*/site-packages/nvidia/cu13)
    export CUDA_PATH=$CUDA_HOME CUDA_ROOT=$CUDA_HOME PATH=$CUDA_HOME/bin:$PATH
    nvcc --version
    cargo check --features cuda

# Run a sweep with every fault at each of its system calls, for an hour: `just faults 500` runs 500 cases, `just faults rename:7:EIO` one
faults CASES="full":
    DRSAE_FAULTS="$1" cargo test --test faults -- --nocapture --test-threads 1

# Search for inputs that break a reader, for a number of seconds: just fuzz spec 300; targets are in fuzz/seeds
fuzz TARGET SECONDS="60":
    #!/usr/bin/env bash
    set -euo pipefail
    cargo fuzz --version >/dev/null 2>&1 || { echo "there is no cargo-fuzz: cargo install cargo-fuzz --locked" >&2; exit 1; }
    [[ -d fuzz/seeds/$1 ]] || { echo "there is no target $1; there are:" fuzz/seeds/* >&2; exit 1; }
    # The fuzz targets use the program's versions of libraries.
    [[ fuzz/Cargo.lock -nt Cargo.lock ]] || cp Cargo.lock fuzz/Cargo.lock
    mkdir -p "fuzz/corpus/$1"
    # Sanitizers need Rust's nightly compiler, and watch unsafe code, of which the readers have none.
    cargo fuzz run --sanitizer none --codegen-units 16 "$1" "fuzz/corpus/$1" "fuzz/seeds/$1" -- \
        -max_total_time="$2" -rss_limit_mb=1024 -timeout=5

# Write docs/SETTINGS.md, every key of a spec, from the code
settings:
    DRSAE_WRITE_SETTINGS=1 cargo test --quiet --lib the_page_of_settings

# Write README.md and docs/RESULTS.md from their templates in docs/templates and the stored tables
texts:
    DRSAE_WRITE_TEXTS=1 cargo test --quiet --test texts the_pages_are

# Build the library's documentation into target/doc
doc:
    cargo doc --no-deps

# Run all checks that a change must pass
ci:
    .ci/run

# A separate step, so that the first run shows the progress of the build.
[private]
build:
    @cargo build --release
