"""Stored networks in NumPy: the recursion z^(t+1) = max(0, E_t·x + S_t·z^t − b_t), its decoder D and its classifier C.

docs/METHODOLOGY.md defines them. Arrays are 32-bit, as in the program, which sums in another order: outputs agree to
rounding, not to the bit.
"""

from __future__ import annotations

import os
import tomllib
from typing import Any

import numpy
from safetensors import safe_open

__all__ = ["Network"]

#: The families of drsae itself, each with the iterations that x enters, unless the config says otherwise.
INPUT = {
    "drsae": "every",
    "untied": "every",
    "untied-recurrent": "every",
    "untied-encoder": "every",
    "mlp": "first",
    "residual-mlp": "first",
}

#: Is added to ‖z‖² where scores are divided by ‖z‖.
NORM_FLOOR = 1e-12


class Network:
    """A network of `model.safetensors`, for m inputs, n hidden units and T iterations."""

    def __init__(self, file: str | os.PathLike[str]) -> None:
        with safe_open(file, framework="numpy") as stored:
            #: The config that the network was trained with.
            self.config: dict[str, Any] = tomllib.loads(stored.metadata()["config"])
            #: The weights by name, as in docs/FORMAT.md.
            self.weights = {name: stored.get_tensor(name) for name in stored.keys()}
        model = self.config["model"]
        if model["family"] not in INPUT:
            raise ValueError(f"{file} is a {model['family']!r}, a network of another program")
        self.steps: int = model["steps"]
        self.input: str = model.get("input", INPUT[model["family"]])

    def inputs(self, images: numpy.ndarray) -> numpy.ndarray:
        """x `[batch, m]` of images `[batch, …]` of bytes or floats, centred and scaled as in the training."""
        images = numpy.asarray(images)
        if images.dtype not in (numpy.uint8, numpy.float32, numpy.float64):
            raise TypeError(f"images of {images.dtype}: expected uint8, float32 or float64, as of the training")
        data, model = self.config["data"], self.config["model"]
        scale = data.get("scale", "unit-norm")
        if scale == "standard":
            raise ValueError("`data.scale` is \"standard\", by each pixel of the training images: pass x to `codes`")
        # Doubles are rounded first, as in the training, so that what is equal in 32 bits is one grey.
        x = images.reshape(len(images), -1).astype(numpy.float32).astype(numpy.float64)
        if data.get("centre", not model["decoder_nonnegative"]):
            x -= x.mean(axis=1, keepdims=True)
        if scale == "unit-norm":
            norm = numpy.linalg.norm(x, axis=1, keepdims=True)
            x = numpy.divide(x, norm, out=numpy.zeros_like(x), where=norm > 0)
        elif images.dtype == numpy.uint8:
            x /= 255
        return x.astype(numpy.float32)

    def codes(self, x: numpy.ndarray, steps: int | None = None) -> numpy.ndarray:
        """The codes z^1 … z^T `[T, batch, n]` of inputs x `[batch, m]`.

        `steps` stops earlier or, if all iterations share all weights, runs on.
        """
        codes: list[numpy.ndarray] = []
        for t in range(1, (self.steps if steps is None else steps) + 1):
            drive = -self._of("threshold", t)
            if t == 1 or self.input == "every":
                drive = drive + x @ self._of("encoder", t).T
            if t > 1:
                drive = drive + codes[-1] @ self._of("recurrent", t).T
            codes.append(numpy.maximum(drive, 0))
        return numpy.stack(codes)

    def reconstruction(self, code: numpy.ndarray) -> numpy.ndarray:
        """D·z `[batch, m]` of codes z `[batch, n]`."""
        return code @ self.weights["decoder"].T

    def scores(self, code: numpy.ndarray) -> numpy.ndarray:
        """The class scores C·z/‖z‖₂ `[batch, classes]` of codes z `[batch, n]`, plus the bias of a network with one."""
        norm = numpy.sqrt((code**2).sum(axis=1, keepdims=True) + NORM_FLOOR)
        return code @ self.weights["classifier"].T / norm + self.weights.get("classifier_bias", 0)

    def predict(self, images: numpy.ndarray) -> numpy.ndarray:
        """The class of each of some images `[batch, …]`: k for the k-th label in ascending order, from 0."""
        return self.scores(self.codes(self.inputs(images))[-1]).argmax(axis=1)

    def _of(self, name: str, t: int) -> numpy.ndarray:
        """The weights that iteration t, from 1, reads: shared, or its own."""
        if name in self.weights:
            return self.weights[name]
        if f"{name}_{t}" not in self.weights:
            raise ValueError(f"the network has no {name} for iteration {t}: it was trained for {self.steps}")
        return self.weights[f"{name}_{t}"]
