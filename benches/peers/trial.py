"""Times whole trials of drsae on real images and PyTorch's bare training step in turn.

    pip install torch numpy
    cargo build --release
    DRSAE_DATA_DIR=/path/to/mnist python benches/peers/trial.py target/release/drsae --rounds 3

A trial is one network of experiments/paper/one-seed.toml without noise, on one thread, its two phases
shortened to 1 and 6 epochs, which keeps their proportion. Counted are the images that it trains on
in a second of its whole run, in which it also prepares mini-batches, masks, validates, logs and
checkpoints. PyTorch, eager or compiled, trains on noise that lies ready, as in compare.py.
The ratio of a round is drsae over the faster of the other two; what is printed is the median over
the rounds, with the range.
"""

import argparse
import csv
import pathlib
import subprocess
import sys
import tempfile

from compare import PEER, measure, spread

SPEC = pathlib.Path(__file__).parents[2] / "experiments" / "paper" / "one-seed.toml"
EPOCHS = (1, 6)
IMAGES = 50_000


def trial(drsae):
    """Images per second of a whole trial."""
    settings = [f"training.phases.{phase}.epochs={epochs}" for phase, epochs in enumerate(EPOCHS)]
    settings += [f"sweep.zip.training.phases.{phase}.masking=[0]" for phase in range(2)]
    with tempfile.TemporaryDirectory() as results:
        command = [drsae, "sweep", str(SPEC), "--jobs", "1", "--results", results]
        for setting in settings:
            command += ["--set", setting]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
        with open(pathlib.Path(results) / "paper" / "one-seed" / "provenance.csv", newline="") as file:
            (row,) = csv.DictReader(file)
    return sum(EPOCHS) * IMAGES / float(row["seconds"])


def show(name, values, unit, digits):
    print(f"{name:<24}{spread(values, digits):>26}  {unit}")


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("drsae", help="the drsae program, from a release build")
    arguments.add_argument("--rounds", type=int, default=3)
    args = arguments.parse_args()
    step = [sys.executable, str(PEER), "--repeats", "3", "--milliseconds", "1000"]
    trials, peers, ratios = [], [], []
    for round_ in range(args.rounds):
        trials.append(trial(args.drsae))
        peers.append(max(measure(step + more)["samples_per_second"] for more in ([], ["--compile"])))
        ratios.append(trials[-1] / peers[-1])
        print(f"\rround {round_ + 1} of {args.rounds}", end="", file=sys.stderr)
    print(file=sys.stderr)
    print(f"n = 400, T = 11, mini-batches of 100, one thread; median [range] of {args.rounds} rounds")
    show("drsae, whole trial", trials, "images/s", 0)
    show("PyTorch, bare step", peers, "images/s", 0)
    show("ratio", ratios, "times", 2)


if __name__ == "__main__":
    main()
