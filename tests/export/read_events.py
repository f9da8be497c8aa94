"""Prints what TensorBoard reads of the runs below a folder, as JSON."""

import json
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData


def session(events, moment):
    metadata = events.SummaryMetadata(f"_hparams_/{moment}")
    return getattr(HParamsPluginData.FromString(metadata.plugin_data.content), moment)


def points(events, tag):
    return [(point.wall_time, point.step, point.value) for point in events.Scalars(tag)]


def run(folder):
    # 0 keeps every point.
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    start, end = session(events, "session_start_info"), session(events, "session_end_info")
    return {
        "scalars": {tag: points(events, tag) for tag in events.Tags()["scalars"]},
        "hparams": {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()},
        "group": start.group_name,
        "status": end.status,
    }


print(json.dumps({folder.name: run(folder) for folder in pathlib.Path(sys.argv[1]).iterdir()}))
