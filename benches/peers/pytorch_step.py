"""The training step of the recurrent sparse auto-encoder in PyTorch, timed on one thread; see problem.py."""

import torch

import problem
from problem import RATE, SPARSITY


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
        return reconstruction + sparsity + problem.DISCRIMINATIVE_WEIGHT * classes

    return loss


def optimiser(values, steps):
    multipliers = problem.multipliers(steps)
    groups = [{"params": [value], "lr": RATE * multipliers[name]} for name, value in values.items()]
    return torch.optim.Adam(groups, fused=True)


@torch.no_grad()
def bound(values, steps):
    def shrink(value, dim, most):
        value.mul_((most / value.norm(dim=dim, keepdim=True)).clamp_max(1.0))

    shrink(values["decoder"], 0, problem.DECODER_BOUND)
    shrink(values["encoder"], 1, problem.ENCODER_BOUND / steps)
    shrink(values["classifier"], 1, problem.CLASSIFIER_BOUND)


def main():
    parser = problem.arguments(__doc__)
    parser.add_argument("--compile", action="store_true", help="pass the loss through torch.compile")
    args = parser.parse_args()
    torch.set_num_threads(1)
    start = problem.parameters(args.hidden, args.steps)
    values = {name: torch.from_numpy(value).requires_grad_() for name, value in start.items()}
    loss = objective(args.steps)
    if args.compile:
        loss = torch.compile(loss)
    adam = optimiser(values, args.steps)
    images, labels = (torch.from_numpy(array) for array in problem.batches(args.batch))

    def train():
        losses = []
        for batch in range(problem.BATCHES):
            adam.zero_grad()
            total = loss(images[batch], labels[batch], **values)
            total.backward()
            adam.step()
            bound(values, args.steps)
            losses.append(total.detach())
        return losses

    problem.report(args, torch.__version__, train)


if __name__ == "__main__":
    main()
