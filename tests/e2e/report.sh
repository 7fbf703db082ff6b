#!/bin/sh
# `opjoule report` as a user types it; what the page shows is looked at in headless Chromium and held against the JSON.
. "$OPJ_SOURCE/tests/e2e/lib.sh"
verb=report

here=$OPJ_SOURCE/tests/e2e

python3 "$here/report_log.py" 40 12 >"$dir/deep.jsonl"
python3 "$here/report_log.py" 12 3 hostile >"$dir/hostile.jsonl"
cp "$log" "$dir/by_hand.jsonl"
all='-c flop -c memory -c synop -c mac -c ac -c neuron_state -m compute -m lemaire -m neuromc -m spikesim'

# What is wrong is said, and no half page stays behind.
expect 0 'usage: opjoule report' --help
expect 2 'a file is wanted, none was given'
expect 2 'unrecognized option' "$dir/deep.jsonl" --frobnicate
expect 1 'there is no estimator "horowitz"' "$dir/deep.jsonl" -m horowitz -o "$dir/bad.html"
expect 1 "$dir/none.opj" "$dir/none.opj" -o "$dir/bad.html"
head -n 100 "$dir/deep.jsonl" >"$dir/cut.jsonl"
expect 1 "$dir/cut.jsonl" "$dir/deep.jsonl" "$dir/cut.jsonl" -o "$dir/bad.html"
[ ! -e "$dir/bad.html" ] || fail 'a failed report left a page'
expect 1 "$dir/no/page.html" "$dir/by_hand.jsonl" -o "$dir/no/page.html"
expect 1 'is one of the traces' "$dir/by_hand.jsonl" -o "$dir/by_hand.jsonl"
cmp -s "$dir/by_hand.jsonl" "$log" || fail 'the trace was written over'
expect 1 '/dev/full' "$dir/by_hand.jsonl" -o /dev/full
[ -c /dev/full ] || fail '/dev/full is gone'

# The page holds the very JSON of analyze, byte for byte, and is the same whenever it is made.
page() { # page NAME FILE… [OPTION…]: the page, and the JSON of each trace beside it
	name=$1
	shift
	"$OPJOULE" report "$@" -o "$dir/$name.html" || fail "$name: no page"
}
json() { # json NAME FILE [OPTION…]
	name=$1
	shift
	"$OPJOULE" analyze --json "$@" >"$dir/$name.json" || fail "$name: no JSON"
}
# shellcheck disable=SC2086 # a list of options
page two "$dir/deep.jsonl" "$dir/by_hand.jsonl" $all
# shellcheck disable=SC2086
json deep "$dir/deep.jsonl" $all
# shellcheck disable=SC2086
json by_hand "$dir/by_hand.jsonl" $all
# An op that ran in two modules side by side: both have its energy, so the one around them has less than they have.
sed 's/"mods":\[0,2,3\],"parents":\["Global",\(.*\)\],"in"/"mods":[0,1,2,3],"parents":["Global",\1,"Net.conv"],"in"/' \
	"$dir/by_hand.jsonl" >"$dir/beside.jsonl"
page beside "$dir/beside.jsonl" -m neuromc
json beside "$dir/beside.jsonl" -m neuromc
grep -q '"own":\[[^]]*,-[0-9]' "$dir/beside.html" || fail 'no module has less than those inside it'
# Names that would do harm, in every section of the page.
python3 "$here/report_log.py" 11 3 hostile >"$dir/<b>.jsonl"
page hostile "$dir/hostile.jsonl" "$dir/<b>.jsonl" --peak-flops '<img src=x onerror=alert(1)>=1e9' --peak-bandwidth '</script>=1e9'
json hostile "$dir/hostile.jsonl"
json harmful "$dir/<b>.jsonl"

# Two versions of a model under the ceilings of a machine: what changed, and rooflines.
python3 "$here/report_log.py" 38 12 >"$dir/smaller.jsonl"
machine='--peak-flops 76.8e9 --peak-bandwidth DRAM=25e9 --peak-bandwidth L2=200GB/s'
# shellcheck disable=SC2086
page versions "$dir/deep.jsonl" "$dir/smaller.jsonl" $machine
json version-0 "$dir/deep.jsonl"
json version-1 "$dir/smaller.jsonl"
"$OPJOULE" diff --json "$dir/deep.jsonl" "$dir/smaller.jsonl" >"$dir/diff.json"
# shellcheck disable=SC2086
"$OPJOULE" roofline --json "$dir/smaller.jsonl" $machine >"$dir/roofline.json"
expect 2 'no peak of' "$dir/deep.jsonl" --peak-flops 1e9 -o "$dir/bad.html"
expect 1 'none.yaml' "$dir/deep.jsonl" --machine "$dir/none.yaml" -o "$dir/bad.html"
# shellcheck disable=SC2086
"$OPJOULE" report "$dir/deep.jsonl" -m compute $machine -o - | grep 'id="roofline-0"' >/dev/null || fail 'no roofline with -m'

page partial "$dir/cut.jsonl" --partial --ignore-module IFNode
json partial "$dir/cut.jsonl" --partial --ignore-module IFNode
python3 - "$dir" <<'EOF' || fail 'the page does not hold the JSON of analyze'
import json, re, sys
html = open(f"{sys.argv[1]}/versions.html", encoding="utf-8").read()
for element, name in (("diff-0", "diff"), ("roofline-1", "roofline")):
    held = re.search(f'<script type="application/json" id="{element}">([^<]*)</script>', html)[1]
    printed = json.load(open(f"{sys.argv[1]}/{name}.json", encoding="utf-8"))
    printed.pop("fail_if", None)  # what --fail-if said, not a figure
    assert json.loads(held) == printed, name
for page, names in (("two", ("deep", "by_hand")), ("hostile", ("hostile", "harmful"))):
    html = open(f"{sys.argv[1]}/{page}.html", encoding="utf-8").read()
    for number, name in enumerate(names):
        held = re.search(f'<script type="application/json" id="report-{number}">([^<]*)</script>', html)[1]
        printed = json.load(open(f"{sys.argv[1]}/{name}.json", encoding="utf-8"))
        held = json.loads(held)
        assert list(held.pop("page")) == ["file", "labels", "parts", "columns", "rows", "timeline"], name
        assert json.dumps(held) == json.dumps(printed), name  # to the last digit, in the same order
    # Nothing is fetched: the policy forbids it, and no element asks for it.
    assert "default-src 'none'" in html
    markup = re.sub(r"<script.*?</script>|<style.*?</style>", "", html, flags=re.S)
    assert not re.search(r"\b(src|href)=[\"'](?!#)", markup), "an element refers to something outside"
EOF
# shellcheck disable=SC2086
"$OPJOULE" report "$dir/deep.jsonl" "$dir/by_hand.jsonl" $all -o - >"$dir/again.html"
cmp "$dir/two.html" "$dir/again.html" || fail 'the same traces gave another page'

if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then
	skip 'there is no chromium to look at the page with'
fi
export PYTHONDONTWRITEBYTECODE=1
python3 "$here/report_check.py" "$dir/two.html" "$dir/deep.json" "$dir/by_hand.json" \
	-- "$dir/versions.html" "$dir/version-0.json" "$dir/version-1.json" \
	-- "$dir/beside.html" "$dir/beside.json" -- "$dir/hostile.html" "$dir/hostile.json" "$dir/harmful.json" \
	-- "$dir/partial.html" "$dir/partial.json"

# The check can fail: a figure that differs in its last digits is found.
sed 's/"ops": 5/"ops": 6/' "$dir/beside.json" >"$dir/other.json"
cmp -s "$dir/beside.json" "$dir/other.json" && fail 'the JSON has changed its form'
! python3 "$here/report_check.py" "$dir/beside.html" "$dir/other.json" 2>/dev/null >&2 ||
	fail 'the check does not see a wrong figure'
