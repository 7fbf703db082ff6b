#!/bin/sh
# `opjoule analyze --format` and `--methods` as a user types them: the same figures in every format, several traces side
# by side, names that try to be markup, and no colours but on a terminal.
. "$OPJ_SOURCE/tests/e2e/lib.sh"
verb=analyze

# py PROGRAM: none of its assertions about `text`, the last output, fails.
py() {
	check "$1"
}

# Variants: the outermost module is called otherwise, one layer is removed, one is new; and names that are hostile.
python3 - "$log" <<'PY'
import json, sys

evil = 'a_b&c%d$e#f{g}h~i^j\\k|l"m`n*o[p]<q>--\\input{x}\\\\ \u4e2d\u00e9\u00b5\u202e\x1b[31m\u009b31m\n\r,;'
lines = [json.loads(line) for line in open(sys.argv[1])]

def write(path, change):
    with open(path, 'w') as out:
        for line in lines:
            copy = json.loads(json.dumps(line))
            change(copy)
            out.write(json.dumps(copy) + '\n')

def rename(line, old, new):
    if line['k'] == 'module':
        line['path'] = line['path'].replace(old, new)
    if 'parents' in line:
        line['parents'] = [name.replace(old, new) for name in line['parents']]

def variant(line):
    rename(line, 'Net', 'Wide')
    rename(line, 'Wide.conv', 'Wide.stem')
    if line['k'] == 'oplog':
        line['model'] = 'Wide'

def hostile(line):
    if line['k'] == 'oplog':
        line['model'] = evil
    if line['k'] == 'module':
        line['cls'] = '=HYPERLINK(1)' + evil
    rename(line, 'Net', '[x] ' + evil)
    if 'stage' in line:
        line['stage'] = '@' + evil

write('wide.jsonl', variant)
write('evil.jsonl', hostile)
PY
cp "$log" net.jsonl

# One trace: every format has the figures of --json.
"$OPJOULE" analyze --json net.jsonl >json
expect 0 'energy[compute:fp32] (pJ)' net.jsonl --format csv
py "
j = json.load(open('json'))
assert text.count('\r\n') == text.count('\n')
rows = list(csv.DictReader(io.StringIO(text, newline='')))
assert len(rows) == 6
for row in rows[:4]:
    path = row['module']
    assert int(row['ops']) == next(m['ops'] for m in j['modules'] if m['path'] == path)
    for name, heading in ('flop', 'flop'), ('memory', 'memory (bytes)'), ('mac', 'mac'), ('ac', 'ac'), ('synop', 'synop'):
        assert int(row[heading]) == sum(j['counters'][name]['by_scope'][path].values()), (path, name)
    assert float(row['energy[compute:fp32] (pJ)']) == j['estimates'][0]['by_scope_pj'][path]
assert rows[4]['module'] == '(outside modules)' and rows[4]['ops'] == '2'
assert rows[5]['module'] == 'total' and float(rows[5]['energy[compute:fp32] (pJ)']) == j['estimates'][0]['energy_total_pj']
assert rows[0]['time (ns)'] == ''
"
expect 0 '| Net.block.fc | Linear | 1 |' net.jsonl --format markdown
has '| module | class | ops | FLOPs | bytes (B) | SynOps | MACs | ACs | compute:fp32 (pJ) | share (%) |'
has '| :-- | :-- | --: | --: | --: | --: | --: | --: | --: | --: |'
has '| total | | 7 | 348 | 640 | 44 | 48 | 50 | 265.8 | 100.0 |'
has 'input: binary, 27.8 % of 18 elements nonzero (sparsity 72.2 %)'
has '- compute:fp32: costs from Horowitz, ISSCC 2014'
has 'leaves out memory, addressing'
expect 0 '\begin{table}' net.jsonl --format latex
has '{module} & {class} & {ops} & {FLOPs}'
has '{compute:fp32 (\si{\pico\joule})}'
has '\quad \quad fc & Linear & 1 & 96 & 280 & 0 & 48 & 0 & 220.8 & 83.1 \\'
has 'S[table-format=3.1]'
expect 0 '"counters"' net.jsonl --format json
cmp -s out json || fail '--format json is not --json'
expect 0 'compute:fp32, rules of version' net.jsonl --format text
"$OPJOULE" analyze net.jsonl >plain
cmp -s out plain || fail '--format text is not the report'

# By stage and op; what was not asked for is no column of a paper's table.
expect 0 '| forward | 5 | 263.1 | 99.0 |' net.jsonl --by stage --format markdown -m compute
expect 0 '| aten.addmm.default | 1 | 220.8 |' net.jsonl --by op --format markdown -m compute
expect 0 'op,ops,time (ns),mac,ac,synop,flop,energy[compute:fp32] (pJ)' net.jsonl --by op --format csv -m compute

# Several traces: modules match below the outermost one; what only one has stands in its place.
expect 0 '| module | class | Net, by\_hand: ops | Net, by\_hand: FLOPs | Wide, by\_hand: ops | Wide, by\_hand: FLOPs |' \
	net.jsonl wide.jsonl --format markdown -c flop
py "
rows = [[c.strip() for c in line.split('|')[1:-1]] for line in text.splitlines() if line.startswith('|')][2:]
assert rows == [['Net', 'Net', '5', '339', '5', '339'], ['Wide.stem', 'Conv2d', '', '', '1', '240'],
                ['Net.conv', 'Conv2d', '1', '240', '', ''], ['Net.block', 'Block', '2', '99', '2', '99'],
                ['Net.block.fc', 'Linear', '1', '96', '1', '96'], ['(outside modules)', '', '2', '9', '2', '9'],
                ['total', '', '7', '348', '7', '348']], rows
"
expect 0 '"Net, by_hand: flop","Wide, by_hand: ops"' net.jsonl wide.jsonl --format csv -c flop
expect 0 '\multicolumn{2}{c}{Net, by\_hand} & \multicolumn{2}{c}{Wide, by\_hand} \\' net.jsonl wide.jsonl --format latex -c flop
has '\cmidrule(lr){3-4}\cmidrule(lr){5-6}'
expect 0 '[2] Wide, by_hand' net.jsonl wide.jsonl
has 'module class ops FLOPs bytes SynOps MACs ACs compute:fp32 ops FLOPs'
has 'total 7 348 640 B 44 48 50 265.8 pJ 7 348 640 B 44 48 50 265.8 pJ'
"$OPJOULE" analyze wide.jsonl --json >wide.json
expect 0 '"traces"' net.jsonl wide.jsonl --json
py "
both = json.loads(text)
assert list(both) == ['traces'] and both['traces'] == [json.load(open('json')), json.load(open('wide.json'))]
"

# By model: a row for each trace; the same model twice goes by the files' names, the same file twice by numbers.
expect 0 '| Net, by\_hand | 27.8 | 7 | 265.8 |' net.jsonl wide.jsonl --by model --format markdown -m compute
has '| Wide, by\_hand | 27.8 | 7 | 265.8 |'
has '| model | nonzero in (%) | ops | compute:fp32 (pJ) |'
expect 0 'nonzero in' net.jsonl --by model
has 'Net, by_hand 27.8 % 7 348 640 B 44 48 50 265.8 pJ'
cp net.jsonl again.jsonl
expect 0 'again' net.jsonl again.jsonl --by model
expect 0 'net #2' net.jsonl net.jsonl --by model

# The paragraph beside the table.
expect 0 '\paragraph{Methods.}' net.jsonl --format latex --methods -m compute:int8,e_ac_pj=10fJ -c flop --ignore-module Linear
has "Energy was estimated with $("$OPJOULE" --version)~\\cite{opjoule}"
has 'Settings that differ from preset int8: e\_ac\_pj = 0.01 instead of 0.03.'
has '~\cite{horowitz2014}'
has '% @inproceedings{horowitz2014,'
has '% @software{opjoule,'
has 'Modules of class Linear were left out, with 1 op.'
has 'Counter flop has no rule for aten.relu.default (1 time).'
has 'It leaves out: memory, addressing'
has 'has 7 ops in stages forward, loss and optimizer. Input: binary, 27.8 \% of 18 elements nonzero'
expect 0 '**Methods.**' net.jsonl wide.jsonl --format markdown --methods -m lemaire -m spikesim -m neuromc
has '[@lemaire2022; @fang2023spikingjelly]'
has 'Wide, by\_hand: energy'
[ "$(grep -c '^- .*neither add up nor compare' out)" = 1 ] || fail 'a warning of all traces is repeated'
has '```bibtex'
expect 0 'Methods' net.jsonl --methods
has 'All settings are those of preset fp32.'
expect 0 '"methods"' net.jsonl --json --methods -m compute:int8,e_ac_pj=10fJ
py "
m = json.loads(text)['methods']
e = m['estimates'][0]
assert e['cites'] == ['horowitz2014'] and e['based_on'] == 'int8' and e['changed'] == {'e_ac_pj': [0.01, 0.03]}
assert list(m['bibtex']) == ['opjoule', 'horowitz2014'] and m['tool'].startswith('opjoule ')
assert m['input']['nonzero'] == 5 and m['suspended_ops'] == 0
assert e['energy_total_pj'] == json.loads(text)['estimates'][0]['energy_total_pj']
"
expect 2 'CSV has no place for prose' net.jsonl --methods --format csv

# References of one's own.
printf 'source: our chip\nbibtex: |\n  @misc{ours,\n    title = {Our {chip}}\n  }\ne_ac_pj: 2\n' >mine.yaml
expect 0 'our chip [ours]' net.jsonl -m compute:mine.yaml --methods
has 'title = {Our {chip}}'
printf 'bibtex: "@misc{ours"\n' >bad.yaml
expect 1 'bad.yaml:1: bibtex: an entry begins with' net.jsonl -m compute:bad.yaml
printf 'e_ac_pj: 2\nbibtex: "@misc{ours, {"\n' >bad.yaml
expect 1 'bad.yaml:2: bibtex: braces of entry ours do not match' net.jsonl -m compute:bad.yaml
"$OPJOULE" models compute:fp16 >fp16.yaml
expect 0 '[horowitz2014]' net.jsonl -m compute:fp16.yaml --methods

# Hostile names are text in every format.
for by in module stage op model; do
	for format in text markdown latex csv json; do
		expect 0 '' evil.jsonl net.jsonl --by "$by" --format "$format"
		if LC_ALL=C tr -d '\r' <out | LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')"; then
			fail "--by $by --format $format: a control character"
		fi
		if [ "$format" != json ] && grep -q "$(printf '\302\233\\|\342\200\256')" out; then
			fail "--by $by --format $format: a control character of Latin-1, or one that turns the text"
		fi
	done
done
expect 0 'a\_b\&c\%d\$e\#f\{g\}h\textasciitilde{}i\textasciicircum{}j\textbackslash{}k\textbar{}l{'"''}"'m{`}n{*}o{[}p{]}' evil.jsonl --format latex
has '{[}x{]} a\_b'
has '{[}U+4E2D{]}é\ensuremath{\mu}'
if sed 's/\\textbackslash{}/B/g' out | grep -q '\\input'; then fail 'LaTeX: a macro of the trace'; fi
expect 0 'a\_b&amp;c%d\$e\#f\{g\}h\~i^j\\k\|l"m\`n\*o\[p\]&lt;q\>' evil.jsonl --format markdown
cat >pipes.py <<'PY'
# Escaped characters aside, all rows have the same number of pipes.
import re
lines = [line for line in open('out').read().splitlines() if line.startswith('|')]
counts = {len(re.findall(r'\|', re.sub(r'\\.', '', line))) for line in lines}
assert len(lines) > 5 and len(counts) == 1, counts
PY
python3 pipes.py || fail 'Markdown: a name opens a column'
expect 0 '' evil.jsonl --format csv
py "
rows = list(csv.reader(io.StringIO(text, newline='')))
assert len({len(row) for row in rows}) == 1 and rows[1][0].startswith('[x] a_b') and rows[1][1].startswith(\"'=HYPERLINK(1)\")
"
expect 0 '' evil.jsonl --by stage --format csv
py "assert list(csv.reader(io.StringIO(text, newline='')))[1][0].startswith(\"'@a_b\")"
if command -v pdflatex >/dev/null; then
	for by in module stage op model; do
		"$OPJOULE" analyze evil.jsonl wide.jsonl -m compute -m lemaire --by "$by" --format latex --methods >"t_$by.tex"
	done
	cat >paper.tex <<'TEX'
\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage{booktabs,siunitx}
\begin{document}
\input{t_module}\input{t_stage}\input{t_op}\input{t_model}
\end{document}
TEX
	pdflatex -halt-on-error -interaction=nonstopmode paper.tex >latex.log 2>&1 || fail "pdflatex: $(tail -30 latex.log)"
	[ -s paper.pdf ] || fail 'pdflatex left no page'
else
	echo 'SKIPPED in part: no pdflatex to compile the tables with'
fi

# Colours: on a terminal, and only there; never with NO_COLOR; never those of a trace.
escape=$(printf '\033')
on_terminal() {
	script -qec "$*" /dev/null </dev/null | tr -d '\r' >out
}
if command -v script >/dev/null; then
	unset NO_COLOR
	TERM=xterm on_terminal "$OPJOULE analyze evil.jsonl --by stage"
	grep -q "$escape\[1mops$escape\[0m" out || fail "no bold heading: $(head -12 out)"
	if sed "s/$escape\[[0-9]*m//g" out | grep -q "$escape"; then fail 'an escape sequence of the trace'; fi
	if grep -q "$escape\[31m" out; then fail 'a colour of the trace'; fi
	"$OPJOULE" analyze evil.jsonl --by stage >plain
	sed "s/$escape\[[0-9]*m//g" out | cmp -s - plain || fail 'columns are not the same with colours'
	TERM=xterm on_terminal "$OPJOULE info evil.jsonl"
	if sed "s/$escape\[[0-9]*m//g" out | grep -q "$escape"; then fail 'info: an escape sequence of the trace'; fi
	grep -q "$escape\[1m" out || fail 'info: no bold heading'
	NO_COLOR=1 TERM=xterm on_terminal "$OPJOULE analyze evil.jsonl"
	if grep -q "$escape" out; then fail 'colours with NO_COLOR'; fi
	TERM=dumb on_terminal "$OPJOULE analyze evil.jsonl"
	if grep -q "$escape" out; then fail 'colours on a dumb terminal'; fi
	NO_COLOR='' TERM=xterm on_terminal "$OPJOULE models"
	grep -q "$escape\[1m" out || fail 'an empty NO_COLOR forbids nothing'
	status=0
	TERM=xterm on_terminal "$OPJOULE analyze evil.jsonl --strict -c flop" || status=$?
	if grep -q "$escape" out; then fail 'a message with an escape sequence of the trace'; fi
else
	echo 'SKIPPED in part: no script(1) to make a terminal with'
fi
if grep -q "$escape" plain; then fail 'colours in a file'; fi

# What is wrong is said.
expect 2 '--format takes text, markdown, latex, csv or json, not "tex"' net.jsonl --format tex
expect 2 '--by takes module, stage, op or model, not "layer"' net.jsonl --by layer
expect 1 'none.jsonl' net.jsonl none.jsonl --format csv
[ ! -s out ] || fail 'half a table'
