"""Times `drsae bench` and the same training step in PyTorch and JAX in turn, and prints their ratios.

    pip install torch jax
    cargo build --release
    python benches/peers/compare.py target/release/drsae --rounds 7
    python benches/peers/compare.py target/release/drsae --active 0.27

Each round runs drsae, PyTorch eager, PyTorch compiled and JAX, one after the other, each on one
thread. Its ratios are those of drsae to each of the others; what is printed is the median over the
rounds, with the range. drsae passes over silent units, the others compute all products in full, so
the ratios depend on how many units are active: with the initial weights about half, in trained
networks about 27 % (active_fraction in epochs.csv). PyTorch and JAX start with the same weights and
images, and the comparison stops if they disagree on the loss of one of the first 20 updates.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

PEER = pathlib.Path(__file__).with_name("pytorch_step.py")
JAX = PEER.with_name("jax_step.py")
# Relative difference of losses that the order of additions explains.
ROUNDING = 1e-5


def measure(command):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout[done.stdout.index("{"):])


def check_losses(peers):
    """Stops unless all peers have the same losses."""
    (first, expected), *others = peers.items()
    for name, answer in others:
        for update, (loss, other) in enumerate(zip(expected["losses"], answer["losses"], strict=True)):
            if not abs(loss - other) <= ROUNDING * abs(loss):
                sys.exit(f"the loss of update {update}, from 0, is {loss} in {first}, {other} in {name}")


def spread(values, digits):
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f}  [{low:.{digits}f}, {high:.{digits}f}]"


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("drsae", help="the drsae program, from a release build")
    arguments.add_argument("--hidden", type=int, default=400)
    arguments.add_argument("--steps", type=int, default=11)
    arguments.add_argument("--batch", type=int, default=100)
    arguments.add_argument("--active", type=float, help="share of drsae's units to be active")
    arguments.add_argument("--rounds", type=int, default=7)
    args = arguments.parse_args()
    shape = ["--hidden", args.hidden, "--steps", args.steps, "--batch", args.batch,
             "--repeats", 3, "--milliseconds", 500]
    shape = [str(word) for word in shape]
    active = [] if args.active is None else ["--active", str(args.active)]
    drsae = [args.drsae, "bench", "--json", *shape, *active]
    peers = {
        "PyTorch eager": [sys.executable, str(PEER), *shape],
        "PyTorch compiled": [sys.executable, str(PEER), *shape, "--compile"],
        "JAX": [sys.executable, str(JAX), *shape],
    }
    rates = {name: [] for name in ["drsae", *peers]}
    shares = []
    for round_ in range(args.rounds):
        own = measure(drsae)
        answers = {name: measure(command) for name, command in peers.items()}
        check_losses(answers)
        for name, answer in {"drsae": own, **answers}.items():
            rates[name].append(answer["samples_per_second"])
        shares.append(own["peak_fraction"])
        print(f"\rround {round_ + 1} of {args.rounds}", end="", file=sys.stderr)
    print(file=sys.stderr)
    print(f"n = {args.hidden}, T = {args.steps}, mini-batches of {args.batch}, one thread; PyTorch "
          f"{answers['PyTorch eager']['version']}, JAX {answers['JAX']['version']}; median [range] of "
          f"{args.rounds} rounds")
    print(f"{100 * own['active_fraction']:.0f} % of drsae's units active, "
          f"drsae at {spread(shares, 2)} of the sgemm peak\n")
    print(f"{'':<18}{'images/s':>26}{'speed, drsae / peer':>26}")
    for name, values in rates.items():
        ratios = [own / other for own, other in zip(rates["drsae"], values)]
        ratio = "" if name == "drsae" else spread(ratios, 2)
        print(f"{name:<18}{spread(values, 0):>26}{ratio:>26}".rstrip())


if __name__ == "__main__":
    main()
