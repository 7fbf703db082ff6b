#!/bin/sh
# Traces of schema 1.0, recorded by the last commit that wrote it (traces/README.md), say what they said then: the op log
# byte for byte, and the figures.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

old=$OPJ_SOURCE/traces/schema_1_0

run 0 replay --format jsonl "$old/log.opj"
diff "$OPJ_SOURCE/tests/golden/logs/everything.jsonl" out || fail "log.opj is not the log that was imported"

for name in native torch; do
	run 0 info "$old/$name.opj"
	has 'schema     1.0'
	run 0 replay --format jsonl "$old/$name.opj"
	cp out "$name.jsonl"
	run 0 analyze -c flop -c memory -c synop -c mac -c ac --json "$old/$name.opj"
	cp out "$name.json"
done
python3 - "$old/expected.json" <<'END' || fail 'not what it was'
import hashlib, json, sys

for name, expected in json.load(open(sys.argv[1])).items():
    log = hashlib.sha256(open(name + ".jsonl", "rb").read()).hexdigest()
    counters = json.load(open(name + ".json"))["counters"]
    totals = {counter: counters[counter]["total"] for counter in expected["counters"]}
    assert log == expected["log"], (name, log)
    assert totals == expected["counters"], (name, totals)
END
