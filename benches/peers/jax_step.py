"""The training step of the recurrent sparse auto-encoder in JAX, timed on one thread; see problem.py.

Successive updates are compiled into one call, which is faster than a call for each of them.
"""

import os

# XLA reads both when it is loaded: the threads of its pool, and whether a product is shared among them.
os.environ["NPROC"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

from functools import partial

import jax
import jax.numpy as np

import problem
from problem import RATE, SPARSITY

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def objective(values, x, y, steps):
    drive = x @ values["encoder"].T - values["threshold"]
    z = jax.nn.relu(drive)
    for _ in range(steps - 1):
        z = jax.nn.relu(drive + z @ values["recurrent"].T)
    images = x.shape[0]
    reconstruction = 0.5 * np.square(z @ values["decoder"].T - x).sum() / images
    sparsity = SPARSITY * z.sum() / images
    scores = (z @ values["classifier"].T) / np.sqrt(np.square(z).sum(1, keepdims=True) + 1e-12)
    classes = -np.take_along_axis(jax.nn.log_softmax(scores), y[:, None], 1).mean()
    return reconstruction + sparsity + problem.DISCRIMINATIVE_WEIGHT * classes


def adam(value, slope, mean, square, count, rate):
    mean = BETA1 * mean + (1 - BETA1) * slope
    square = BETA2 * square + (1 - BETA2) * slope * slope
    root = np.sqrt(square / (1 - BETA2**count)) + EPSILON
    return value - rate / (1 - BETA1**count) * mean / root, mean, square


def bound(values, steps):
    def shrink(value, axis, most):
        norm = np.sqrt(np.square(value).sum(axis, keepdims=True))
        return value * np.minimum(most / norm, 1.0)

    return {
        **values,
        "decoder": shrink(values["decoder"], 0, problem.DECODER_BOUND),
        "encoder": shrink(values["encoder"], 1, problem.ENCODER_BOUND / steps),
        "classifier": shrink(values["classifier"], 1, problem.CLASSIFIER_BOUND),
    }


def update(state, batch, steps):
    values, means, squares, count = state
    loss, slopes = jax.value_and_grad(objective)(values, *batch, steps)
    multipliers, count = problem.multipliers(steps), count + 1
    moved = {
        name: adam(values[name], slopes[name], means[name], squares[name], count, RATE * multipliers[name])
        for name in values
    }
    values, means, squares = ({name: part[at] for name, part in moved.items()} for at in range(3))
    return (bound(values, steps), means, squares, count), loss


@partial(jax.jit, donate_argnums=0, static_argnums=2)
def updates(state, batches, steps):
    return jax.lax.scan(partial(update, steps=steps), state, batches)


def main():
    args = problem.arguments(__doc__).parse_args()
    values = {name: np.asarray(value) for name, value in problem.parameters(args.hidden, args.steps).items()}
    means, squares = (jax.tree.map(np.zeros_like, values) for _ in range(2))
    state = (values, means, squares, np.float32(0))
    batches = tuple(np.asarray(array) for array in problem.batches(args.batch))

    def train():
        nonlocal state
        state, losses = jax.block_until_ready(updates(state, batches, args.steps))
        return losses

    problem.report(args, jax.__version__, train)


if __name__ == "__main__":
    main()
