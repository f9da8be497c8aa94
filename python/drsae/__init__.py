"""Reads the results folders of drsae into data frames, weights into NumPy arrays, and networks to run in NumPy.

    import drsae

    depth = drsae.Results("results/depth")
    depth.trials.group_by("steps").agg(...)        # polars, or pandas: depth.frame("trials", "pandas")
    depth.weights(depth.trials["trial"][0])["decoder"].shape
    depth.network(depth.trials["trial"][0]).predict(images)

docs/FORMAT.md gives the meaning of every table and column.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    import numpy
    import pandas
    import polars

    from .network import Network

__all__ = ["Results", "run", "weights"]

#: Tables that `drsae sweep` merges, and those that `drsae analyze` computes from them. Not every sweep has all.
TABLES = {
    "plan": "plan.csv",
    "trials": "trials.csv",
    "epochs": "epochs.csv",
    "mistakes": "mistakes.csv",
    "provenance": "provenance.csv",
    "summary": "analysis/summary.csv",
    "comparison": "analysis/comparison.csv",
    "grid": "analysis/grid.csv",
    "effects": "analysis/effects.csv",
    "examples": "analysis/examples.csv",
    "conditions": "conditions.csv",
    "condition_cells": "analysis/conditions.csv",
    "condition_grid": "analysis/condition_grid.csv",
    "condition_effects": "analysis/condition_effects.csv",
}


class Results:
    """The results folder of one sweep."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        if not (self.folder / "sweep.toml").is_file():
            raise FileNotFoundError(f"{self.folder} is no results folder of drsae: it has no sweep.toml")

    def __repr__(self) -> str:
        return f"drsae.Results({str(self.folder)!r})"

    @property
    def spec(self) -> dict[str, Any]:
        """The spec that the sweep was run with, every default written out."""
        return tomllib.loads((self.folder / "sweep.toml").read_text(encoding="utf-8"))

    @overload
    def frame(self, table: str, library: Literal["polars"] = ...) -> polars.DataFrame: ...
    @overload
    def frame(self, table: str, library: Literal["pandas"]) -> pandas.DataFrame: ...
    def frame(self, table: str, library: Literal["polars", "pandas"] = "polars") -> Any:
        """A table of `TABLES` as a frame. Empty fields are nulls."""
        if table not in TABLES:
            raise KeyError(f"there is no table {table!r}; there are: {', '.join(TABLES)}")
        path = self.folder / TABLES[table]
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: `drsae analyze` writes the tables of a sweep")
        if library == "pandas":
            import pandas

            return pandas.read_csv(path, keep_default_na=False, na_values=[""], float_precision="round_trip")
        import polars

        return polars.read_csv(path, infer_schema_length=None)

    @property
    def trials(self) -> polars.DataFrame:
        """One row for each planned trial: settings, status, errors in percent."""
        return self.frame("trials")

    @property
    def epochs(self) -> polars.DataFrame:
        """One row for each validated epoch of each trial, and its last: losses and errors."""
        return self.frame("epochs")

    @property
    def summary(self) -> polars.DataFrame:
        """One row for each cell: means and spreads over the seeds."""
        return self.frame("summary")

    @property
    def comparison(self) -> polars.DataFrame:
        """One row for each cell that is compared with its reference."""
        return self.frame("comparison")

    def config(self, trial: str) -> dict[str, Any]:
        """The config that a trial was trained with."""
        return tomllib.loads((self.folder / "trials" / trial / "config.toml").read_text(encoding="utf-8"))

    def weights(self, trial: str) -> dict[str, numpy.ndarray]:
        """The weights of a trial by name. E is "encoder" `[n, m]`, S "recurrent" `[n, n]`, D "decoder" `[m, n]`."""
        return weights(self._network_file(trial))

    def network(self, trial: str) -> Network:
        """The network of a trial, to run on other images."""
        from .network import Network

        return Network(self._network_file(trial))

    def _network_file(self, trial: str) -> Path:
        return self.folder / "trials" / trial / "model.safetensors"


def weights(file: str | os.PathLike[str]) -> dict[str, numpy.ndarray]:
    """The weights of a network that drsae stored, by name."""
    from safetensors.numpy import load_file

    return load_file(file)


def run(*arguments: str) -> int:
    """Runs the program of this package, such as `run("sweep", "experiments/smoke.toml")`; returns its exit code."""
    name = "drsae.exe" if sys.platform == "win32" else "drsae"
    program = Path(sysconfig.get_path("scripts")) / name
    return subprocess.call([program if program.is_file() else name, *arguments])
