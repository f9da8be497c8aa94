"""One training step of the recurrent sparse auto-encoder in PyTorch, timed on one thread.

The same work as `drsae bench --family drsae`: forward, backward, Adam with the same
learning-rate multipliers, norm bounds. Prints JSON: samples_per_second, its median and range.
"""

import argparse
import json
import statistics
import time

import torch

INPUTS, CLASSES, BATCHES, WARM_UP = 784, 10, 20, 5
SPARSITY, DISCRIMINATIVE_WEIGHT, RATE = 0.005, 1.0, 1e-3


def parameters(hidden, steps):
    """ISTA for non-negative sparse coding on random unit columns, as drsae starts."""
    decoder = torch.randn(INPUTS, hidden)
    decoder /= decoder.norm(dim=0)
    step = 1 / steps
    values = {
        "encoder": step * decoder.T,
        "recurrent": torch.eye(hidden) - step * decoder.T @ decoder,
        "threshold": torch.full((hidden,), step * SPARSITY),
        "decoder": decoder,
        "classifier": torch.zeros(CLASSES, hidden),
    }
    return {name: value.contiguous().requires_grad_() for name, value in values.items()}


def objective(steps):
    def loss(x, y, encoder, recurrent, threshold, decoder, classifier):
        drive = x @ encoder.T - threshold
        z = torch.relu(drive)
        for _ in range(steps - 1):
            z = torch.relu(drive + z @ recurrent.T)
        images = x.shape[0]
        reconstruction = 0.5 * (z @ decoder.T - x).square().sum() / images
        sparsity = SPARSITY * z.sum() / images
        scores = (z @ classifier.T) / torch.sqrt(z.square().sum(1, keepdim=True) + 1e-12)
        classes = torch.nn.functional.cross_entropy(scores, y)
        return reconstruction + sparsity + DISCRIMINATIVE_WEIGHT * classes

    return loss


def optimiser(values, steps):
    multipliers = {"encoder": 1 / steps, "recurrent": 1 / steps, "threshold": 0.1 / steps,
                   "decoder": 1.0, "classifier": 3.0}
    groups = [{"params": [value], "lr": RATE * multipliers[name]} for name, value in values.items()]
    return torch.optim.Adam(groups, fused=True)


@torch.no_grad()
def bound(values, steps):
    def shrink(value, dim, most):
        value.mul_((most / value.norm(dim=dim, keepdim=True)).clamp_max(1.0))

    shrink(values["decoder"], 0, 1.0)
    shrink(values["encoder"], 1, 1.25 / steps)
    shrink(values["classifier"], 1, 5.0)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--hidden", type=int, default=400)
    arguments.add_argument("--steps", type=int, default=11)
    arguments.add_argument("--batch", type=int, default=100)
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--milliseconds", type=int, default=500)
    arguments.add_argument("--compile", action="store_true", help="pass the loss through torch.compile")
    args = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    values = parameters(args.hidden, args.steps)
    loss = objective(args.steps)
    if args.compile:
        loss = torch.compile(loss)
    adam = optimiser(values, args.steps)
    images = torch.rand(BATCHES, args.batch, INPUTS)
    images -= images.mean(dim=2, keepdim=True)
    images /= images.norm(dim=2, keepdim=True)
    labels = torch.arange(BATCHES * args.batch).remainder(CLASSES).reshape(BATCHES, args.batch)

    def step(update):
        batch = update % BATCHES
        adam.zero_grad()
        loss(images[batch], labels[batch], **values).backward()
        adam.step()
        bound(values, args.steps)

    for update in range(WARM_UP):
        step(update)
    rates = []
    for _ in range(args.repeats):
        start, updates = time.perf_counter(), 0
        while updates == 0 or time.perf_counter() - start < args.milliseconds / 1000:
            step(updates)
            updates += 1
        rates.append(updates * args.batch / (time.perf_counter() - start))
    print(json.dumps({
        "samples_per_second": statistics.median(rates),
        "low": min(rates),
        "high": max(rates),
        "torch": torch.__version__,
    }))


if __name__ == "__main__":
    main()
