"""Times `drsae bench` and the same training step in PyTorch in turn, and prints their ratio.

    pip install torch
    cargo build --release
    python benches/peers/compare.py target/release/drsae --rounds 7
    python benches/peers/compare.py target/release/drsae --active 0.27

Each round runs drsae, PyTorch eager and PyTorch compiled, one after the other, each on one
thread. The ratio of a round is drsae over the faster of the other two; what is printed is the
median over the rounds, with the range. drsae passes over silent units, PyTorch computes all
products in full, so the ratio depends on how many units are active: with the initial weights
about half, in trained networks about 27 % (active_fraction in epochs.csv).
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

PEER = pathlib.Path(__file__).with_name("pytorch_step.py")


def measure(command):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout[done.stdout.index("{"):])


def show(name, values, unit, digits):
    middle, low, high = statistics.median(values), min(values), max(values)
    print(f"{name:<24}{middle:>9.{digits}f}  [{low:.{digits}f}, {high:.{digits}f}]  {unit}")


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
    commands = {
        "drsae": [args.drsae, "bench", "--json", *shape, *active],
        "PyTorch eager": [sys.executable, str(PEER), *shape],
        "PyTorch compiled": [sys.executable, str(PEER), *shape, "--compile"],
    }
    rates = {name: [] for name in commands}
    shares, ratios = [], []
    for round_ in range(args.rounds):
        answers = {name: measure(command) for name, command in commands.items()}
        for name, answer in answers.items():
            rates[name].append(answer["samples_per_second"])
        shares.append(answers["drsae"]["peak_fraction"])
        peers = [rates[name][-1] for name in commands if name != "drsae"]
        ratios.append(rates["drsae"][-1] / max(peers))
        print(f"\rround {round_ + 1} of {args.rounds}", end="", file=sys.stderr)
    print(file=sys.stderr)
    print(f"n = {args.hidden}, T = {args.steps}, mini-batches of {args.batch}, one thread; "
          f"PyTorch {answers['PyTorch eager']['torch']}; median [range] of {args.rounds} rounds")
    print(f"{100 * answers['drsae']['active_fraction']:.0f} % of drsae's units active")
    for name, values in rates.items():
        show(name, values, "images/s", 0)
    show("drsae / PyTorch", ratios, "times the faster of both", 2)
    show("share of sgemm peak", shares, "", 3)


if __name__ == "__main__":
    main()
