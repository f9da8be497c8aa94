"""Prints the rows and the columns' types of the Parquet files in a folder, as JSON."""

import json
import pathlib
import sys

import polars


def table(path):
    frame = polars.read_parquet(path)
    types = {name: str(kind) for name, kind in frame.schema.items()}
    return {"rows": frame.to_dicts(), "types": types}


print(json.dumps({path.stem: table(path) for path in pathlib.Path(sys.argv[1]).glob("*.parquet")}))
