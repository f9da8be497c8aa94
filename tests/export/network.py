"""Evaluates every stored network of a sweep in NumPy, on the test images of an .npz file; or writes such files.

    network.py write
    network.py evaluate MODULE FILE RESULTS
"""

import csv
import json
import pathlib
import sys

import numpy


def write():
    """Noisy copies of one random image for each class, and one of a single grey: as bytes, and as doubles."""
    random = numpy.random.default_rng(0)
    images = {}
    means = random.uniform(0, 200, (4, 5, 5))
    for split, count in [("train", 80), ("test", 40)]:
        labels = numpy.arange(count) % len(means)
        noisy = means[labels] + random.normal(0, 40, (count, 5, 5))
        noisy[-1] = 25.5
        images[f"x_{split}"] = noisy.clip(0, 255).astype(numpy.uint8)
        images[f"y_{split}"] = labels
    numpy.savez("bytes.npz", **images)
    # 0.1 has no sum that is exact.
    floats = {name: array / 255 if name.startswith("x") else array for name, array in images.items()}
    floats["x_test"][-1] = 0.1
    numpy.savez("doubles.npz", **floats)


def evaluate(file, results):
    """The measures of `drsae eval` of each trial; the predictions must be those in its table."""
    from drsae.network import Network

    with numpy.load(file) as arrays:
        images, labels = arrays["x_test"], arrays["y_test"]
    found = {}
    for trial in sorted(pathlib.Path(results, "trials").iterdir()):
        network = Network(trial / "model.safetensors")
        x = network.inputs(images)
        check_running_on(network, x)
        code = network.codes(x)[-1]
        scores = network.scores(code).astype(float)
        losses = numpy.log(numpy.exp(scores).sum(axis=1)) - scores[numpy.arange(len(labels)), labels]
        with open(trial / "predictions.csv", newline="", encoding="utf-8") as lines:
            stored = [int(row["prediction"]) for row in csv.DictReader(lines)]
        assert network.predict(images).tolist() == stored, trial
        found[trial.name] = {
            "test_errors": int((scores.argmax(axis=1) != labels).sum()),
            "reconstruction": float(((x - network.reconstruction(code)) ** 2).sum(axis=1).mean() / 2),
            "class": float(losses.mean()),
            "active_fraction": float((code > 0).mean()),
        }
    print(json.dumps(found))


def check_running_on(network, x):
    """A network that shares all weights runs on; another says why it cannot."""
    is_tied = all(name in network.weights for name in ["encoder", "recurrent", "threshold"])
    try:
        assert len(network.codes(x, steps=network.steps + 2)) == network.steps + 2
        assert is_tied
    except ValueError as error:
        assert not is_tied and "it was trained for" in str(error), error


if sys.argv[1] == "write":
    write()
else:
    sys.path.insert(0, sys.argv[2])
    evaluate(*sys.argv[3:])
