"""What all peers of `drsae bench` share: the network at the start, the mini-batches, the options and the clock.

A peer is the training step of the recurrent sparse auto-encoder in another library, on one thread: forward,
backward, Adam with the same learning-rate multipliers, norm bounds. It prints JSON: samples_per_second, which is a
median, with its range, the losses of the first updates, and the version of the library.
"""

import argparse
import json
import statistics
import sys
import time

import numpy

INPUTS, CLASSES, BATCHES = 784, 10, 20
SPARSITY, DISCRIMINATIVE_WEIGHT, RATE = 0.005, 1.0, 1e-3
# Upper bounds of the norms of D's columns, C's rows, and E's rows times T.
DECODER_BOUND, CLASSIFIER_BOUND, ENCODER_BOUND = 1.0, 5.0, 1.25


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--hidden", type=int, default=400)
    parser.add_argument("--steps", type=int, default=11)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--milliseconds", type=int, default=500)
    return parser


def parameters(hidden, steps):
    """ISTA for non-negative sparse coding on random unit columns, as drsae starts."""
    decoder = numpy.random.default_rng(1).standard_normal((INPUTS, hidden))
    decoder /= numpy.linalg.norm(decoder, axis=0)
    step = 1 / steps
    values = {
        "encoder": step * decoder.T,
        "recurrent": numpy.eye(hidden) - step * decoder.T @ decoder,
        "threshold": numpy.full(hidden, step * SPARSITY),
        "decoder": decoder,
        "classifier": numpy.zeros((CLASSES, hidden)),
    }
    return {name: numpy.ascontiguousarray(value, numpy.float32) for name, value in values.items()}


def multipliers(steps):
    return {"encoder": 1 / steps, "recurrent": 1 / steps, "threshold": 0.1 / steps, "decoder": 1.0, "classifier": 3.0}


def batches(size):
    """Images [BATCHES, size, INPUTS] of noise, centred and of unit norm, and their labels."""
    images = numpy.random.default_rng(2).random((BATCHES, size, INPUTS))
    images -= images.mean(axis=2, keepdims=True)
    images /= numpy.linalg.norm(images, axis=2, keepdims=True)
    labels = numpy.arange(BATCHES * size).reshape(BATCHES, size) % CLASSES
    return images.astype(numpy.float32), labels


def report(args, version, train):
    """Times `train`, which trains once on each mini-batch in turn and returns the loss before each update."""
    losses = [float(loss) for loss in train()]
    rates = []
    processor, begin = time.process_time(), time.perf_counter()
    for _ in range(args.repeats):
        start, passes = time.perf_counter(), 0
        while passes == 0 or time.perf_counter() - start < args.milliseconds / 1000:
            train()
            passes += 1
        rates.append(passes * BATCHES * args.batch / (time.perf_counter() - start))
    threads = (time.process_time() - processor) / (time.perf_counter() - begin)
    if threads > 1.1:
        sys.exit(f"the step kept {threads:.2f} threads busy, not one")
    print(json.dumps({
        "samples_per_second": statistics.median(rates),
        "low": min(rates),
        "high": max(rates),
        "losses": losses,
        "version": version,
    }))
