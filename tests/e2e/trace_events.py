"""Checks a file against the Trace Event Format (Google, 2016), JSON object form. trace_events.py FILE

What the format asks of the phases B, E, X, C and M is checked key by key; beyond that, that slices of a track nest and
that times never run backwards on a track, which is what viewers need. Prints how many events there are of each phase.
"""

import collections
import json
import sys
from decimal import Decimal

COMMON = {"ph", "pid", "tid", "name", "cat", "ts", "args"}
KEYS = {"B": COMMON, "E": COMMON, "X": COMMON | {"dur"}, "C": COMMON, "M": COMMON - {"ts", "cat"}}
METADATA = {"process_name", "process_labels", "process_sort_index", "thread_name", "thread_sort_index"}


def number(value):
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def check(event, tracks):
    phase = event["ph"]
    assert phase in KEYS and set(event) <= KEYS[phase], event
    assert isinstance(event["pid"], int) and isinstance(event["tid"], int), event
    assert isinstance(event.get("args", {}), dict), event
    assert phase == "E" or (isinstance(event["name"], str) and event["name"]), event
    if phase == "M":
        assert event["name"] in METADATA and isinstance(event["args"]["name"], str), event
        return
    assert number(event["ts"]) and event["ts"] >= 0, event
    track = tracks[event["pid"], event["tid"]]
    if phase == "C":
        assert event["args"] and all(number(v) for v in event["args"].values()), event
        return
    # B, E, X: in order, nested. An X is over at ts + dur; nothing may begin inside it.
    assert event["ts"] >= track["end"], (event, track)
    track["end"] = event["ts"]
    if phase == "B":
        track["open"].append(event["name"])
    elif phase == "E":
        assert track["open"], event
        track["open"].pop()
    else:
        assert number(event["dur"]) and event["dur"] >= 0, event
        track["end"] += event["dur"]


with open(sys.argv[1], encoding="utf-8") as file:
    root = json.load(file, parse_float=Decimal)
assert isinstance(root, dict) and isinstance(root["traceEvents"], list)
assert root.get("displayTimeUnit", "ms") in ("ms", "ns")
TRACKS = collections.defaultdict(lambda: {"open": [], "end": Decimal(0)})
for item in root["traceEvents"]:
    check(item, TRACKS)
assert all(not track["open"] for track in TRACKS.values()), "slices are left open"
phases = collections.Counter(item["ph"] for item in root["traceEvents"])
print(" ".join("%s=%d" % item for item in sorted(phases.items())))
