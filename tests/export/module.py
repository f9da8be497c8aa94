"""Compares the frames of the Python module with the CSV files, field by field."""

import csv
import json
import math
import sys

sys.path.insert(0, sys.argv[1])

import drsae  # noqa: E402

results = drsae.Results("results/smoke")
compared = 0
for table, file in drsae.TABLES.items():
    if not (results.folder / file).is_file():
        continue
    with open(results.folder / file, newline="", encoding="utf-8") as lines:
        header, *rows = csv.reader(lines)
    for library in ("polars", "pandas"):
        frame = results.frame(table, library)
        assert list(frame.columns) == header, (table, list(frame.columns))
        assert len(frame) == len(rows), table
        columns = {name: list(frame[name]) for name in header}
        for at, row in enumerate(rows):
            for name, field in zip(header, row, strict=True):
                value = columns[name][at]
                missing = value is None or (isinstance(value, float) and math.isnan(value))
                if field == "":
                    assert missing, (table, name, value)
                elif isinstance(value, bool) or str(value) in ("True", "False"):
                    assert str(value).lower() == field, (table, name, value, field)
                elif isinstance(value, str):
                    assert value == field, (table, name, value, field)
                else:
                    assert float(value) == float(field), (table, name, value, field)
                compared += 1

trial = results.trials["trial"][0]
shapes = {name: list(array.shape) for name, array in results.weights(trial).items()}
try:
    drsae.Results("results")
except FileNotFoundError as error:
    refusal = str(error)
print(
    json.dumps(
        {
            "compared": compared,
            "decoder": shapes["decoder"],
            "hidden": results.config(trial)["model"]["hidden"],
            "name": results.spec["name"],
            "refusal": refusal,
        }
    )
)
