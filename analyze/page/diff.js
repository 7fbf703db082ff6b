/* diff.js: with two traces, what `opjoule diff --json` says of them: A is the first file, B the second. */
"use strict";

const kinds = {count: "", time: "ns", energy: "pJ", share: "share"};

function metricKind(metric) {
	return metric.unit === "bytes" ? "B" : kinds[metric.kind];
}

function metricName(metric) {
	return metric.name.replace(/^energy\[(.*)\]$/s, "energy, $1");
}

/* A module as "a → b" where it was renamed, without the names of the outermost modules. */
function diffName(traces, row) {
	if (row.name !== undefined) return row.name || "(no stage)";
	const a = row.a === null ? null : withoutRoot(traces[0], row.a),
		b = row.b === null ? null : withoutRoot(traces[1], row.b);
	return a !== null && b !== null && a !== b ? `${a} → ${b}` : b !== null ? b : a;
}

/* Rows of an axis in one metric, of modules without those inside them, the greatest change first. */
function diffRows(traces, diff, axis, metric) {
	const rows =
		axis === "modules"
			? [...diff.modules, {a: "", b: "", name: "outside all modules", own: diff.outside, status: []}]
			: diff[axis];
	return rows
		.map((row) => ({
			name: diffName(traces, row),
			status: row.status.join(", "),
			pair: member(row.own || row.figures, metric.name),
		}))
		.filter((row) => row.pair && (row.pair.change || row.status))
		.sort((a, b) => Math.abs(b.pair.change || 0) - Math.abs(a.pair.change || 0));
}

/* Room at both ends of the axis for the figures beside the bars. */
function changeRange(values, plot) {
	const least = Math.min(0, ...values),
		most = Math.max(0, ...values),
		room = 70 / Math.max(plot, 150);
	const span = (most - least) / Math.max(0.2, 1 - room * ((least < 0) + (most > 0)));
	return {min: least < 0 ? least - span * room : 0, max: most > 0 ? most + span * room : 0};
}

function changeOption(rows, kind) {
	return ({colors: c, width}) => {
		const room = fittedNames(
				width,
				rows.map((row) => row.name),
			),
			plot = width - room.pixels - 16;
		return {
			...baseOption(c),
			grid: {left: room.pixels, right: 16, top: 4, bottom: 8},
			xAxis: valueAxis(c, kind, {
				...changeRange(
					rows.map((row) => row.pair.change),
					plot,
				),
				axisLabel: {show: false},
				splitLine: {show: false},
			}),
			yAxis: nameAxis(c, room, {axisLine: {onZero: false, lineStyle: {color: c.line}}}),
			tooltip: {...baseOption(c).tooltip, formatter: (at) => changeTip(rows[at.dataIndex], kind)},
			series: [
				{
					type: "bar",
					name: "change",
					barMaxWidth: 14,
					data: rows.map((row) => ({
						name: row.name,
						value: row.pair.change,
						itemStyle: {color: c.hue(row.pair.change > 0 ? 1 : 0)},
						label: {position: row.pair.change < 0 ? "left" : "right"},
					})),
					label: {
						show: true,
						color: c.muted,
						fontSize: 11,
						formatter: (at) => signedText(at.value, kind),
					},
					markLine: {
						silent: true,
						symbol: "none",
						label: {show: false},
						lineStyle: {color: c.muted, type: "solid", width: 1},
						data: [{xAxis: 0}],
					},
				},
			],
		};
	};
}

function changeTip(row, kind) {
	return tip(row.name, [
		["A", figureText(row.pair.a, kind)],
		["B", figureText(row.pair.b, kind)],
		["change", signedText(row.pair.change, kind)],
		...(row.pair.relative === null ? [] : [["", signedText(row.pair.relative, "share")]]),
		...(row.status ? [["", row.status]] : []),
	]);
}

function pairCells(pair, kind) {
	return [{value: pair.a, kind}, {value: pair.b, kind}, {value: pair.change, kind}, pair.relative];
}

const pairColumns = [
	{head: "A", kind: ""},
	{head: "B", kind: ""},
	{head: "change", kind: "", signed: true},
	{head: "relative", kind: "share", signed: true},
];

function totalsTable(diff) {
	return table({
		caption: "Totals of both traces",
		id: "diff-totals",
		columns: [{head: "total", text: true}, ...pairColumns],
		rows: diff.metrics
			.filter((metric) => member(diff.total, metric.name))
			.map((metric) => ({
				name: metric.name,
				parent: -1,
				cells: [metricName(metric), ...pairCells(diff.total[metric.name], metricKind(metric))],
			})),
	});
}

/* Modules that are not the same in both: added, removed, renamed, of another make. */
function alignment(traces, diff) {
	const rows = diff.modules.filter((row) => row.status.length);
	if (!rows.length) return h("p", {class: "muted"}, "Both have the same modules.");
	return table({
		caption: "Modules that differ",
		id: "diff-modules",
		columns: [
			{head: "module", text: true},
			{head: "what", text: true},
			{head: "class", text: true},
			{head: "changes", text: true},
		],
		rows: rows.map((row) => ({
			name: diffName(traces, row),
			parent: -1,
			cells: [
				diffName(traces, row),
				row.status.join(", "),
				row.class || "",
				Object.entries(row.changes)
					.map(
						([what, pair]) =>
							`${what}: ${pair.a === null ? "–" : pair.a} → ${pair.b === null ? "–" : pair.b}`,
					)
					.join("; "),
			],
		})),
	});
}

const SHOWN = 40;

/* Changes by layer, op or stage in a metric of the reader's choice. */
function changes(traces, diff) {
	const state = {axis: "modules", metric: diff.metrics.find((metric) => metric.name === diff.effect), rows: []};
	const place = h("div"),
		figures = h("div"),
		note = h("p", {class: "muted", role: "status"});
	const drawn = chart(
		"diff-chart",
		"Changes from A to B, greatest first; the table below has the figures",
		() => state.rows.length * ROW + 16,
		(where) => changeOption(state.rows, metricKind(state.metric))(where),
	);
	const show = () => {
		const all = diffRows(traces, diff, state.axis, state.metric),
			kind = metricKind(state.metric);
		state.rows = all.filter((row) => row.pair.change).slice(0, SHOWN);
		const changed = all.filter((row) => row.pair.change).length;
		note.textContent = !changed
			? "Nothing changed in this figure."
			: changed > SHOWN
				? `The ${SHOWN} greatest of ${changed} changes.`
				: "The greatest change first.";
		drawn.hidden = !changed;
		figures.replaceChildren(
			asTable({
				caption: "Changes",
				id: "diff-table",
				columns: [{head: "name", text: true}, {head: "what", text: true}, ...pairColumns],
				rows: all.map((row) => ({
					name: row.name,
					parent: -1,
					cells: [row.name, row.status, ...pairCells(row.pair, kind)],
				})),
			}),
		);
		if (changed && charts.get("diff-chart").instance) draw(charts.get("diff-chart"));
	};
	const choose = (name, options, change) =>
		h(
			"label",
			null,
			name + " ",
			h(
				"select",
				{
					change: (event) => {
						change(event.target.value);
						show();
					},
				},
				options.map(([value, text, selected]) => h("option", {value, selected}, text)),
			),
		);
	const metrics = diff.metrics.filter((metric) => diff.modules.some((row) => member(row.own, metric.name)));
	show();
	place.append(
		h(
			"p",
			{class: "choice"},
			choose(
				"Change in",
				metrics.map((metric) => [
					metric.name,
					printable(metricName(metric)),
					metric === state.metric,
				]),
				(name) => {
					state.metric = diff.metrics.find((metric) => metric.name === name);
				},
			),
			" ",
			choose(
				"by",
				[
					["modules", "module itself", true],
					["ops", "op", false],
					["stages", "stage", false],
				],
				(axis) => {
					state.axis = axis;
				},
			),
		),
		note,
		drawn,
		figures,
	);
	return place;
}

/* "−4.4 %, 46.96 µJ → 44.89 µJ" of each energy. */
function changeTiles(diff) {
	const energies = diff.metrics.filter((metric) => metric.kind === "energy" && member(diff.total, metric.name));
	return h(
		"dl",
		{class: "tiles"},
		energies.map((metric) => {
			const {a, b, change, relative} = diff.total[metric.name];
			return h(
				"div",
				{class: "tile"},
				h("dt", null, printable(metricName(metric))),
				h(
					"dd",
					null,
					h(
						"span",
						{class: "big"},
						relative === null
							? figure(change, "pJ", true)
							: figure(relative, "share", true),
					),
					h("span", {class: "muted"}, `${figureText(a, "pJ")} → ${figureText(b, "pJ")}`),
				),
			);
		}),
	);
}

function diffSection(traces) {
	const diff = held("diff-0");
	if (!diff) return null;
	return chapter(
		"diff",
		"What changed",
		h(
			"p",
			{class: "lead"},
			"From A, ",
			h("code", null, printable(diff.a ? diff.a.path : "")),
			", to B, ",
			h("code", null, printable(diff.b ? diff.b.path : "")),
			".",
		),
		warningList(diff.warnings, "Warnings"),
		diff.differs ? null : h("p", null, "Nothing differs but, at most, measured time."),
		changeTiles(diff),
		h(
			"div",
			{class: "pair"},
			panel("Totals", totalsTable(diff)),
			panel("Modules", alignment(traces, diff)),
		),
		panel("Changes", changes(traces, diff)),
	);
}
