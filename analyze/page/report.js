/* report.js: tables of everything, where the figures are from, and the page as a whole. */
"use strict";

/* Tables of everything --------------------------------------------------------------------------------------------- */

/* The figures of a row, each energy followed by its share. */
function figureCells(trace, figures) {
	return trace.columns.flatMap((column, at) => {
		const value = figures[at];
		if (!column.energy) return [value];
		const share = value === null || !column.total ? null : value / column.total;
		return [value, {value: share, kind: "share", bar: share || 0}];
	});
}

function figureColumns(trace) {
	return trace.columns.flatMap((column) =>
		column.energy
			? [
					{head: column.head, kind: "pJ"},
					{head: "share", kind: "share", note: "of the total by " + column.head},
				]
			: [{head: column.head, kind: column.kind, note: column.key}],
	);
}

function moduleSection(trace) {
	const rows = trace.modules.map((row) => ({
		name: row.name,
		parent: row.parent,
		depth: row.depth,
		cells: [
			row.local,
			row.module ? row.module.class : "",
			row.module ? row.module.ops : null,
			...figureCells(trace, row.figures),
			row.module ? sparsity(row.module.out) : null,
		],
	}));
	return section(
		`modules-${trace.number}`,
		"The model",
		h(
			"p",
			{class: "lead"},
			"A row covers everything that ran inside the module, the modules inside it included.",
		),
		table({
			caption: "Modules",
			id: `modules-table-${trace.number}`,
			rows,
			columns: [
				{head: "module", text: true},
				{head: "class", text: true},
				{head: "ops", kind: ""},
				...figureColumns(trace),
				{head: "output sparsity", kind: "share"},
			],
			total: {
				name: "total",
				parent: -1,
				cells: [
					"whole run",
					"",
					trace.analysis.trace.ops,
					...figureCells(
						trace,
						trace.columns.map((column) => column.total),
					),
					null,
				],
			},
		}),
	);
}

function axisSection(trace, rows, id, title, head) {
	return section(
		`${id}-${trace.number}`,
		title,
		table({
			caption: title,
			id: `${id}-table-${trace.number}`,
			columns: [{head, text: true}, ...figureColumns(trace)],
			rows: rows.map((row) => ({
				name: row.name,
				parent: -1,
				cells: [row.name || "(no stage)", ...figureCells(trace, row.figures)],
			})),
		}),
	);
}

/* Where the figures are from --------------------------------------------------------------------------------------- */

function provenanceSection(trace) {
	const {command, processes, exit, schema, ...rest} = trace.analysis.trace;
	const raw = h("pre", {tabindex: "0"});
	const text = (value) => (value !== null && typeof value === "object" ? JSON.stringify(value) : String(value));
	return section(
		`provenance-${trace.number}`,
		"Where the figures are from",
		facts([
			["file", trace.page.file],
			["command", Array.isArray(command) ? command.map(quoted).join(" ") : null],
			...Object.entries(rest).map(([key, value]) => [key.replaceAll("_", " "), text(value)]),
			["exit", exit ? JSON.stringify(exit) : null],
			["trace schema", schema ? `${schema.major}.${schema.minor}` : null],
			["processes", processes ? String(processes.length) : null],
		]),
		uncoveredTable(trace),
		h(
			"details",
			{
				toggle: () => {
					raw.textContent = JSON.stringify(trace.analysis, null, 1);
				},
			},
			h("summary", null, "All figures as JSON"),
			raw,
		),
	);
}

/* As a shell would read it back. */
function quoted(word) {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'";
}

function uncoveredTable(trace) {
	const rows = Object.entries(trace.analysis.counters).flatMap(([name, counter]) =>
		Object.entries(counter.uncovered || {}).map(([op, count]) => ({
			name: op,
			parent: -1,
			cells: [op, name, count],
		})),
	);
	if (!rows.length) return null;
	return h(
		"details",
		null,
		h("summary", null, "Ops for which a counter has no rule"),
		table({
			caption: "Ops without a rule",
			rows,
			columns: [
				{head: "op", text: true},
				{head: "counter", text: true},
				{head: "ops", kind: ""},
			],
		}),
	);
}

/* The page --------------------------------------------------------------------------------------------------------- */

function tracePart(trace) {
	return h(
		"article",
		{class: "trace", id: `trace-${trace.number}`, "aria-labelledby": `trace-${trace.number}-title`},
		headline(trace),
		energySection(trace),
		moduleSection(trace),
		sparsitySection(trace),
		rooflineSection(trace),
		axisSection(trace, trace.ops, "ops", "By op", "op"),
		trace.stages.length > 1 ? axisSection(trace, trace.stages, "stages", "By stage", "stage") : null,
		provenanceSection(trace),
	);
}

/* Totals of all traces, where two are not diffed. */
function sideBySide(traces) {
	if (traces.length < 3) return null;
	const keys = [
		...new Map(traces.flatMap((trace) => trace.columns).map((column) => [column.key, column])).values(),
	];
	return chapter(
		"totals",
		"Side by side",
		table({
			caption: "Totals of all traces",
			id: "totals-table",
			columns: [
				{head: "total", text: true},
				...traces.map((trace) => ({
					head: printable(trace.name),
					kind: "",
					note: trace.page.file,
				})),
			],
			rows: keys.map((key) => ({
				name: key.key,
				parent: -1,
				cells: [
					key.head,
					...traces.map((trace) => {
						const column = trace.columns.find((other) => other.key === key.key);
						return column ? {value: column.total, kind: column.kind} : null;
					}),
				],
			})),
		}),
	);
}

function links(part) {
	return [...part.children]
		.filter((child) => child.tagName === "SECTION")
		.map((child) => h("li", null, h("a", {href: "#" + child.id}, child.querySelector("h3").textContent)));
}

function rootLink(part) {
	return h(
		"li",
		null,
		h("a", {href: "#" + part.id, class: "root"}, shortened(part.querySelector("h2").textContent, 32)),
	);
}

/* One trace: its sections. Several: the traces, each with its own list of sections below its headline. */
function navigate(nav, main) {
	const parts = [...main.children];
	if (parts.length === 1) {
		nav.append(h("ul", null, rootLink(parts[0]), links(parts[0])));
		return;
	}
	nav.append(h("ul", null, parts.map(rootLink)));
	parts.filter((part) => part.matches(".trace")).forEach((part) =>
		part
			.querySelector(".headline")
			.append(
				h(
					"nav",
					{class: "inner", "aria-label": part.querySelector("h2").textContent},
					h("ul", null, links(part)),
				),
			),
	);
}

function showPage() {
	const traces = readTraces(),
		main = document.getElementById("main");
	document.title = traces.map((trace) => printable(trace.name)).join(", ") + " – opjoule report";
	main.append(...[diffSection(traces), sideBySide(traces), ...traces.map(tracePart)].filter(Boolean));
	document.getElementById("top").append(
		h("h1", null, "Energy report"),
		h(
			"p",
			{class: "muted"},
			"opjoule · " + (traces.length === 1 ? "one trace" : traces.length + " traces"),
		),
	);
	navigate(document.getElementById("nav"), main);
	drawAll();
	watchCharts();
	document.documentElement.dataset.ready = "";
}

showPage();
