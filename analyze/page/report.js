/* report.js: the sections of the page, from the headline down to where the figures are from. */
"use strict";

const ROW = 20; /* pixels of a row of a chart */

function section(id, title, ...content) {
	return h("section", {id, "aria-labelledby": id + "-title"}, h("h3", {id: id + "-title"}, title), content);
}

/* The same for what stands beside the traces. */
function chapter(id, title, ...content) {
	return h("section", {id, "aria-labelledby": id + "-title", class: "chapter"}, h("h2", {id: id + "-title"}, title), content);
}

function panel(title, ...content) {
	return h("figure", null, title ? h("figcaption", null, title) : null, content);
}

const MOST_ROWS = 5000;

/* The same figures as a table, for reading, sorting and for those who do not see the chart. It is made when it is
 * opened; options: what table() takes, or a function that gives it. */
function asTable(options) {
	const details = h("details", {class: "numbers", toggle: () => {
		if (details.open && details.children.length === 1) {
			const {rows, ...rest} = typeof options === "function" ? options() : options;
			details.append(table({...rest, rows: rows.slice(0, MOST_ROWS)}));
			if (rows.length > MOST_ROWS)
				details.append(h("p", {class: "muted"}, `${MOST_ROWS} of ${rows.length} rows; the page's JSON has all.`));
		}
	}}, h("summary", null, "Figures"));
	return details;
}

function listed(names) {
	return names.length ? names.map((name) => name || "(no stage)").map(printable).join(", ") : "–";
}

function estimateName(trace, at) {
	return printable(trace.beside.labels[at]);
}

/* Headline --------------------------------------------------------------------------------------------------------- */

function inputOf(trace) {
	const estimate = trace.analysis.estimates[0];
	if (estimate)
		return estimate.input;
	const outermost = trace.modules.find((row) => row.module && row.module.calls && row.parent < 0);
	return outermost ? {...outermost.module.in, sparsity: sparsity(outermost.module.in)} : null;
}

/* "c1 66.7 %, c2 15.9 %, c3 7.4 %": the costliest layers. */
function costliest(trace, column) {
	const total = trace.columns[column].total;
	return layers(trace, column).sort((a, b) => b.value - a.value).slice(0, 3)
		.map((row) => `${printable(shortened(row.label, 24))} ${figureText(row.value / total, "share")}`).join(", ");
}

function energyTile(trace, at) {
	const estimate = trace.analysis.estimates[at], column = trace.columns.indexOf(trace.energies[at]);
	return h("article", {class: "tile energy", style: `--hue: var(--hue-${at % HUES})`},
		h("h4", null, estimateName(trace, at)),
		h("p", {class: "big"}, figure(trace.energies[at].total, "pJ")),
		h("p", null, "Costs: " + printable(estimate.cost_source)),
		h("p", null, "Most in " + (costliest(trace, column) || "–")),
		h("p", {class: "muted"}, "Leaves out " + printable(estimate.boundary)),
		estimate.warnings.length ? h("p", null, h("a", {href: `#estimate-${trace.number}-${at}`, class: "warned"},
			estimate.warnings.length === 1 ? "1 warning" : `${estimate.warnings.length} warnings`)) : null);
}

function countTile(name, content, note) {
	return h("div", {class: "tile"}, h("dt", null, name), h("dd", null, h("span", {class: "big"}, content),
		note ? h("span", {class: "muted"}, note) : null));
}

function countTiles(trace) {
	const input = inputOf(trace);
	const counts = trace.columns.filter((column) => !column.energy && column.key !== "time");
	return h("dl", {class: "tiles counts"},
		counts.slice(0, 6).map((column) => countTile(column.kind === "B" ? column.key : column.head,
			figure(column.total, column.kind))),
		input ? countTile("input sparsity", figure(input.sparsity, "share"),
			[input.kind || "values not looked at", ", ", figureText(input.elements, ""), " elements"].join("")) : null,
		countTile("ops", figure(trace.analysis.trace.ops, "")),
		trace.analysis.time ? countTile("time in ops", figure(trace.analysis.time.total, "ns"), "as measured") : null);
}

/* A list of warnings; what is more than a few is folded away. */
function warningList(texts, name) {
	const items = texts.map((text) => h("li", null, printable(text)));
	if (!items.length)
		return null;
	return h("div", {class: "warnings", role: "note", "aria-label": name}, h("ul", null, items.slice(0, 3)),
		items.length > 3 ? h("details", null, h("summary", null, `${items.length - 3} more warnings`), h("ul", null, items.slice(3))) : null);
}

function traceWarnings(trace) {
	return warningList([...trace.analysis.warnings, ...Object.entries(trace.analysis.counters).flatMap(([name, counter]) =>
		counter.warnings.map((text) => name + ": " + text))], "Warnings");
}

function headline(trace) {
	const {framework, cpu, started} = trace.analysis.trace;
	return h("header", {class: "headline"},
		h("h2", {id: `trace-${trace.number}-title`}, printable(trace.name)),
		h("p", {class: "muted"}, [trace.beside.file, framework, cpu, started && started.replace("T", " ").replace(/\.\d+Z$/, " UTC")]
			.filter(Boolean).map(printable).join(" · ")),
		traceWarnings(trace),
		h("div", {class: "tiles"}, trace.energies.map((_, at) => energyTile(trace, at))),
		countTiles(trace));
}

/* Where the energy goes -------------------------------------------------------------------------------------------- */

/* What each module has of a column itself, without the modules inside it: parts of one whole. */
function layers(trace, column) {
	const total = trace.columns[column].total;
	return trace.modules.map((row) => ({name: row.name, value: row.own[column],
		label: row.children.length ? row.name + " itself" : row.name}))
		.filter((row) => row.value)
		.map((row) => ({...row, label: withoutRoot(trace, row.label), share: total ? row.value / total : null}));
}

/* Paths without what all of them begin with: the name of the only outermost module. */
function withoutRoot(trace, path) {
	const roots = trace.modules.filter((row) => row.parent < 0 && !row.outside);
	const prefix = roots.length === 1 ? roots[0].name + "." : "";
	return prefix && path.startsWith(prefix) ? path.slice(prefix.length) : path;
}

const MANY = 48, COSTLIEST = 40;

function layerChart(trace, at) {
	const column = trace.columns.indexOf(trace.energies[at]), all = layers(trace, column);
	const id = `layers-${trace.number}-${at}`, name = estimateName(trace, at);
	const note = h("p", {class: "muted"});
	let short = all.length > MANY;
	const rows = () => short ? [...all].sort((a, b) => b.value - a.value).slice(0, COSTLIEST) : all;
	const say = () => note.replaceChildren(short ?
		`The ${COSTLIEST} costliest of ${all.length} layers, costliest first. ` : "Layers in the order of the model. ",
		...(all.length > MANY ? [h("button", {type: "button", click: () => { short = !short; say(); draw(charts.get(id)); }},
			short ? `Show all ${all.length}` : `Show the ${COSTLIEST} costliest`)] : []));
	say();
	const shared = trace.modules.some((row) => !row.children.length && row.own[column] !== row.figures[column] && row.own[column] !== null &&
		Math.abs(row.own[column] - row.figures[column]) > 1e-9 * row.figures[column]);
	const told = all.reduce((total, row) => total + (row.share || 0), 0);
	if (!all.length)
		return panel("Energy by layer", h("p", {class: "muted"}, "This estimator does not say which layer costs what."));
	return panel("Energy by layer", note,
		shared ? h("p", {class: "muted"}, "An op that ran in several modules at once, as in a backward pass, counts for one of them here.") : null,
		all.some((row) => row.value < 0) ? h("p", {class: "muted"}, "An op that ran in several modules at once, as in a backward pass, counts for each of them here: what a module has itself, without those inside it, can then be below 0.") : null,
		told < 0.999 ? h("p", {class: "muted"}, `They have ${figureText(told, "share")} of the energy; of the rest the estimator does not say where it goes.`) : null,
		chart(id, `Energy of each layer by ${name}, as bars; the table below has the figures`, () => rows().length * ROW + 30,
			(place) => barOption(rows(), "pJ", at, "energy")(place)),
		asTable({caption: `Energy by layer, ${name}`, columns: [{head: "layer", text: true}, {head: "energy", kind: "pJ"},
			{head: "share", kind: "share"}], rows: all.map((row) => ({name: row.name, parent: -1,
			cells: [row.label, row.value, {value: row.share, kind: "share", bar: row.share}]}))}));
}

/* "convolution" for "aten.convolution.default". */
function shortOp(name) {
	return name.replace(/^aten\./, "").replace(/\.default$/, "");
}

/* Ops or stages of one estimator as bars with a table. */
function axisChart(trace, at, rows, axis, title) {
	const column = trace.columns.indexOf(trace.energies[at]), total = trace.energies[at].total, name = estimateName(trace, at);
	const all = rows.filter((row) => row.figures[column]).map((row) => ({name: row.name || "(no stage)",
		label: axis === "op" ? shortOp(row.name) : row.name || "(no stage)", value: row.figures[column], share: total ? row.figures[column] / total : null}));
	if (axis === "op")
		all.sort((a, b) => b.value - a.value);
	if (!all.length)
		return panel(title, h("p", {class: "muted"}, `This estimator gives no energy by ${axis}.`));
	const shown = all.slice(0, 16);
	return panel(title,
		shown.length < all.length ? h("p", {class: "muted"}, `The ${shown.length} costliest of ${all.length}.`) : null,
		chart(`${axis}-${trace.number}-${at}`, `Energy by ${axis}, ${name}, as bars; the table below has the figures`,
			() => shown.length * ROW + 30, barOption(shown, "pJ", at, "energy")),
		asTable({caption: `Energy by ${axis}, ${name}`, columns: [{head: axis, text: true}, {head: "energy", kind: "pJ"},
			{head: "share", kind: "share"}], rows: all.map((row) => ({name: row.name, parent: -1,
			cells: [row.name, row.value, {value: row.share, kind: "share", bar: row.share}]}))}));
}

/* Parts of an energy as the estimator names them; a part of a part stands below it. */
function breakdown(trace, at) {
	const parts = trace.analysis.estimates[at].breakdown_pj, inside = trace.beside.parts[at], total = trace.energies[at].total;
	if (!parts)
		return null;
	const names = Object.keys(parts), rows = [];
	const add = (name, parent, depth) => {
		rows.push({name, parent, depth, cells: [name.replace(/_pj$/, "").replaceAll("_", " "), parts[name],
			{value: total ? parts[name] / total : null, kind: "share", bar: total ? parts[name] / total : 0}]});
		const self = rows.length - 1;
		names.filter((other) => member(inside, other) === name).forEach((other) => add(other, self, depth + 1));
	};
	names.filter((name) => member(inside, name) === undefined).forEach((name) => add(name, -1, 0));
	return panel("What the energy is made of", table({caption: `Parts of the energy, ${estimateName(trace, at)}`,
		columns: [{head: "part", text: true}, {head: "energy", kind: "pJ"}, {head: "share", kind: "share"}], rows}));
}

function settings(config) {
	return h("details", null, h("summary", null, "Settings in force"), facts(Object.entries(config).map(([key, value]) =>
		[key, typeof value === "object" ? JSON.stringify(value) : String(value)])));
}

function estimatePanel(trace, at) {
	const estimate = trace.analysis.estimates[at];
	return h("article", {class: "estimate", style: `--hue: var(--hue-${at % HUES})`, id: `estimate-${trace.number}-${at}`},
		h("h4", null, estimateName(trace, at), h("span", {class: "big"}, figure(trace.energies[at].total, "pJ"))),
		facts([["leaves out", estimate.boundary], ["costs from", estimate.cost_source], ["covers", "stages: " + listed(estimate.stages)],
			["without a figure", Object.entries(estimate.uncovered).map(([what, count]) => `${what} ×${count}`).join(", ")],
			["rules", `${estimate.model}, version ${estimate.version}`]]),
		settings(estimate.config),
		warningList(estimate.warnings, "Warnings of " + estimateName(trace, at)),
		layerChart(trace, at),
		h("div", {class: "pair"}, breakdown(trace, at), axisChart(trace, at, trace.ops, "op", "Energy by op"),
			trace.stages.length > 1 ? axisChart(trace, at, trace.stages, "stage", "Energy by stage") : null));
}

function energySection(trace) {
	if (!trace.energies.length)
		return null;
	return section(`energy-${trace.number}`, "Where the energy goes",
		trace.energies.length > 1 ? h("p", {class: "lead"}, "Each estimator has a scale of its own.") : null,
		trace.energies.map((_, at) => estimatePanel(trace, at)));
}

/* Tables of everything --------------------------------------------------------------------------------------------- */

/* The figures of a row, each energy followed by its share. */
function figureCells(trace, figures) {
	return trace.columns.flatMap((column, at) => {
		const value = figures[at];
		if (!column.energy)
			return [value];
		const share = value === null || !column.total ? null : value / column.total;
		return [value, {value: share, kind: "share", bar: share || 0}];
	});
}

function figureColumns(trace) {
	return trace.columns.flatMap((column) => column.energy ?
		[{head: column.head, kind: "pJ"}, {head: "share", kind: "share", note: "of the total by " + column.head}] :
		[{head: column.head, kind: column.kind, note: column.key}]);
}

function moduleSection(trace) {
	const rows = trace.modules.map((row) => ({name: row.name, parent: row.parent, depth: row.depth,
		cells: [row.local, row.module ? row.module.class : "", row.module ? row.module.ops : null,
			...figureCells(trace, row.figures), row.module ? sparsity(row.module.out) : null]}));
	return section(`modules-${trace.number}`, "The model",
		h("p", {class: "lead"}, "A row covers everything that ran inside the module, the modules inside it included."),
		table({caption: "Modules", id: `modules-table-${trace.number}`, rows,
			columns: [{head: "module", text: true}, {head: "class", text: true}, {head: "ops", kind: ""}, ...figureColumns(trace),
				{head: "output sparsity", kind: "share"}],
			total: {name: "total", parent: -1, cells: ["whole run", "", trace.analysis.trace.ops,
				...figureCells(trace, trace.columns.map((column) => column.total)), null]}}));
}

function axisSection(trace, rows, id, title, head) {
	return section(`${id}-${trace.number}`, title, table({caption: title, id: `${id}-table-${trace.number}`,
		columns: [{head, text: true}, ...figureColumns(trace)],
		rows: rows.map((row) => ({name: row.name, parent: -1, cells: [row.name || "(no stage)", ...figureCells(trace, row.figures)]}))}));
}

/* Where the figures are from --------------------------------------------------------------------------------------- */

function provenanceSection(trace) {
	const {command, processes, exit, schema, ...rest} = trace.analysis.trace;
	const raw = h("pre", {tabindex: "0"});
	const text = (value) => value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
	return section(`provenance-${trace.number}`, "Where the figures are from",
		facts([["file", trace.beside.file],
			["command", Array.isArray(command) ? command.map(quoted).join(" ") : null],
			...Object.entries(rest).map(([key, value]) => [key.replaceAll("_", " "), text(value)]),
			["exit", exit ? JSON.stringify(exit) : null],
			["trace schema", schema ? `${schema.major}.${schema.minor}` : null],
			["processes", processes ? String(processes.length) : null]]),
		uncoveredTable(trace),
		h("details", {toggle: () => { raw.textContent = JSON.stringify(trace.analysis, null, 1); }},
			h("summary", null, "All figures as JSON"), raw));
}

/* As a shell would read it back. */
function quoted(word) {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'";
}

function uncoveredTable(trace) {
	const rows = Object.entries(trace.analysis.counters).flatMap(([name, counter]) =>
		Object.entries(counter.uncovered || {}).map(([op, count]) => ({name: op, parent: -1, cells: [op, name, count]})));
	if (!rows.length)
		return null;
	return h("details", null, h("summary", null, "Ops for which a counter has no rule"),
		table({caption: "Ops without a rule", rows,
			columns: [{head: "op", text: true}, {head: "counter", text: true}, {head: "ops", kind: ""}]}));
}

/* The page --------------------------------------------------------------------------------------------------------- */

function tracePart(trace) {
	return h("article", {class: "trace", id: `trace-${trace.number}`, "aria-labelledby": `trace-${trace.number}-title`},
		headline(trace), energySection(trace), moduleSection(trace), sparsitySection(trace),
		rooflineSection(trace),
		axisSection(trace, trace.ops, "ops", "By op", "op"),
		trace.stages.length > 1 ? axisSection(trace, trace.stages, "stages", "By stage", "stage") : null,
		provenanceSection(trace));
}

/* Totals of all traces, where two are not diffed. */
function sideBySide(traces) {
	if (traces.length < 3)
		return null;
	const keys = [...new Map(traces.flatMap((trace) => trace.columns).map((column) => [column.key, column])).values()];
	return chapter("totals", "Side by side", table({caption: "Totals of all traces", id: "totals-table",
		columns: [{head: "total", text: true}, ...traces.map((trace) => ({head: printable(trace.name), kind: "", note: trace.beside.file}))],
		rows: keys.map((key) => ({name: key.key, parent: -1, cells: [key.head, ...traces.map((trace) => {
			const column = trace.columns.find((other) => other.key === key.key);
			return column ? {value: column.total, kind: column.kind} : null;
		})]}))}));
}

function links(part) {
	return [...part.children].filter((child) => child.tagName === "SECTION")
		.map((child) => h("li", null, h("a", {href: "#" + child.id}, child.querySelector("h3").textContent)));
}

function rootLink(part) {
	return h("li", null, h("a", {href: "#" + part.id, class: "root"}, shortened(part.querySelector("h2").textContent, 32)));
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
		part.querySelector(".headline").append(h("nav", {class: "inner", "aria-label": part.querySelector("h2").textContent},
			h("ul", null, links(part)))));
}

function showPage() {
	const traces = readTraces(), main = document.getElementById("main");
	document.title = traces.map((trace) => printable(trace.name)).join(", ") + " – opjoule report";
	main.append(...[diffSection(traces), sideBySide(traces), ...traces.map(tracePart)].filter(Boolean));
	document.getElementById("top").append(h("h1", null, "Energy report"),
		h("p", {class: "muted"}, "opjoule · " + (traces.length === 1 ? "one trace" : traces.length + " traces")));
	navigate(document.getElementById("nav"), main);
	drawAll();
	watchCharts();
	document.documentElement.dataset.ready = "";
}

showPage();
