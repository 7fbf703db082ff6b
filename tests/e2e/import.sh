#!/bin/sh
# `opjoule import`: a log that became a trace comes back from it byte for byte; a log that is wrong is refused before
# anything is recorded, with file, line and key; the command line and the recording report their failures.
. "$OPJ_SOURCE/tests/e2e/lib.sh"
verb=import

logs=$OPJ_SOURCE/tests/golden/logs

# refused STATUS TEXT ARGUMENT…: import ends with STATUS, says TEXT and leaves no archive.
refused() {
	expect "$@"
	[ ! -e bad.opj ] || fail "import: left an archive behind"
}

for log in everything everything_2 empty; do
	"$OPJOULE" import --quiet "$logs/$log.jsonl" -o "$log.opj" || fail "$log: import failed"
	"$OPJOULE" replay --format jsonl "$log.opj" >back.jsonl || fail "$log: replay failed"
	diff "$logs/$log.jsonl" back.jsonl || fail "$log: came back otherwise"
done

# Without -o the archive is named after the log; an archive is overwritten only when told so.
cp "$logs/everything.jsonl" named.jsonl
"$OPJOULE" import --quiet named.jsonl || fail "no default name"
[ -s named.opj ] || fail "no named.opj"
status=0
"$OPJOULE" import --quiet named.jsonl 2>err || status=$?
{ [ "$status" != 0 ] && grep -q named.opj err; } || fail "overwritten without --force"
"$OPJOULE" import --quiet --force named.jsonl || fail "--force does not overwrite"

sed '3s/"id":1/"id":7/' "$logs/everything.jsonl" >bad.jsonl
refused 1 'bad.jsonl:3: module 7 is defined where module 1 was due' bad.jsonl -o bad.opj
sed '9s/"T":\[2\]/"T":[-2]/' "$logs/everything.jsonl" >bad.jsonl
refused 1 'bad.jsonl:9: in[0]: T[0]: negative size -2' bad.jsonl -o bad.opj
sed '9s/"T":\[2\]/"T":[4294967296,4294967296]/' "$logs/everything.jsonl" >bad.jsonl
refused 1 'bad.jsonl:9: in[0]: the product of the sizes overflows' bad.jsonl -o bad.opj
sed '5s/"ns"/"nanoseconds"/' "$logs/everything.jsonl" >bad.jsonl
refused 1 'bad.jsonl:5: unknown key "nanoseconds"' bad.jsonl -o bad.opj
sed '1s/"version":2,\(.*\),"clock".*/"version":1,\1}/' "$logs/everything_2.jsonl" >bad.jsonl
refused 1 'bad.jsonl:2: unknown key "buffers"' bad.jsonl -o bad.opj
sed '1s/"version":2/"version":3/' "$logs/everything_2.jsonl" >bad.jsonl
refused 1 'op log version 3; this program reads versions 1 to 2' bad.jsonl -o bad.opj
sed '6s/0.75/"good"/' "$logs/everything_2.jsonl" >bad.jsonl
refused 1 'bad.jsonl:6: numbers: accuracy: not a number' bad.jsonl -o bad.opj
sed '5s/"tz":13/"tz":65/' "$logs/everything_2.jsonl" >bad.jsonl
refused 1 'bad.jsonl:5: in: [0]: e, n, tz: out of range' bad.jsonl -o bad.opj
sed '8s/.$//' "$logs/everything.jsonl" >bad.jsonl
refused 1 'bad.jsonl:8: broken JSON' bad.jsonl -o bad.opj
sed '$d' "$logs/everything.jsonl" >bad.jsonl
refused 1 'cut short' bad.jsonl -o bad.opj
sed 's/by hand 1//' "$logs/empty.jsonl" >bad.jsonl
refused 1 'bad.jsonl:1: framework: empty' bad.jsonl -o bad.opj
: >bad.jsonl
refused 1 'bad.jsonl: the file is empty' bad.jsonl -o bad.opj
refused 1 'nowhere.jsonl: No such file' nowhere.jsonl -o bad.opj
refused 1 'not a CTF trace' . -o bad.opj
refused 1 'nobody records' --emit "$logs/empty.jsonl"
refused 2 'one op log is wanted' -o bad.opj
refused 2 '--help' --colour "$logs/empty.jsonl"
status=0
"$OPJOULE" import --quiet "$logs/empty.jsonl" -o nowhere/bad.opj 2>err || status=$?
{ [ "$status" != 0 ] && [ -s err ]; } || fail "wrote into a folder that is not there"
"$OPJOULE" import --help | grep -q '^usage: opjoule import' || fail "--help"

# What the session sees of the machine, and which commit ran where there is one.
RANK=3 WORLD_SIZE=4 LOCAL_RANK=x "$OPJOULE" import --quiet "$logs/empty.jsonl" -o rank.opj || fail "rank: import failed"
run 0 info rank.opj
grep -q '^machine  *cores=[1-9].* memory_bytes=[1-9].*rank=3 world_size=4$' out || fail "no machine: $(cat out)"
if git init -q . 2>err; then
	git add rank.opj
	git -c user.name=a -c user.email=a@b commit -qm one
	"$OPJOULE" record -q -o clean.opj -- "$loop" 1 2>err || fail "record: $(cat err)"
	run 0 info clean.opj
	has "git_commit=$(git rev-parse HEAD) git_dirty=false"
	echo more >>rank.opj
	"$OPJOULE" record -q -o dirty.opj -- "$loop" 1 2>err || fail "record: $(cat err)"
	run 0 info dirty.opj
	has "git_commit=$(git rev-parse HEAD) git_dirty=true"
	"$OPJOULE" record -q --no-git -o none.opj -- "$loop" 1 2>err || fail "record: $(cat err)"
	run 0 info none.opj
	! grep -q git_commit out || fail "--no-git asks git"
fi
