/* data.js: what `opjoule analyze --json` said, arranged by module, stage and op. docs/analyze.md describes it.
 *
 * Nothing is estimated here: figures are read; integers of single ops are added up where the JSON gives them by op; and
 * what a module costs without the modules inside it is a difference of two figures. */
"use strict";

/* JSON that the report holds in a script element; null where there is none. */
function held(id) {
	const element = document.getElementById(id);
	return element ? JSON.parse(element.textContent) : null;
}

/* A member by a name from the trace, which may be "constructor" as well. */
function member(object, name) {
	return object && Object.hasOwn(object, name) ? object[name] : undefined;
}

/* The same of a figure: null where nobody can say. */
function known(object, name) {
	const value = member(object, name);
	return value === undefined ? null : value;
}

function sum(object) {
	return Object.values(object).reduce((total, value) => total + value, 0);
}

/* Columns of figures. `by(axis, name)` gives a row's figure, null where nobody can say; axis: "scope", "stage", "op". */
function counterColumns(name, counter) {
	const unit = counter.unit === "bytes" ? "B" : "";
	if (counter.by_scope) {
		const by = {scope: counter.by_scope, stage: counter.by_stage};
		return [{key: name, head: counter.unit && name.indexOf(",") < 0 ? counter.unit : name, kind: unit, total: counter.total,
			by: (axis, row) => axis === "op" ? known(counter.by_scope.Global, row) : sum(member(by[axis], row) || {})}];
	}
	if (!counter.metrics)
		return [];
	const metrics = {scope: counter.metrics, stage: counter.metrics_by_stage};
	const names = new Set(Object.values(counter.metrics).flatMap(Object.keys));
	return [...names].map((metric) => ({key: `${name}.${metric}`, head: metric, kind: "",
		total: counter.metrics.Global ? counter.metrics.Global[metric] : 0,
		by: (axis, row) => axis === "op" ? null : member(member(metrics[axis], row), metric) || 0}));
}

function timeColumn(time) {
	const by = {scope: time.by_scope, stage: time.by_stage, op: time.by_op};
	return {key: "time", head: "time", kind: "ns", total: time.total,
		by: (axis, row) => known(by[axis], row)};
}

function energyColumn(estimate, label) {
	const by = {scope: estimate.by_scope_pj, stage: estimate.by_stage_pj, op: estimate.by_op_pj};
	const total = estimate.energy_total_pj !== undefined ? estimate.energy_total_pj : estimate.total_pj;
	return {key: `energy[${label}]`, head: label, kind: "pJ", energy: true, total: total === undefined ? null : total,
		by: (axis, row) => known(by[axis], row)};
}

/* Modules in the order of the model, and scopes that are no module after them. A row's parent is the nearest path
 * around it that has a row. */
function moduleRows(analysis, columns) {
	const rows = analysis.modules.map((module) => ({name: module.path, module}));
	const known = new Set(rows.map((row) => row.name));
	const scopes = [...Object.values(analysis.counters).map((counter) => counter.by_scope || counter.metrics || {}),
		...analysis.estimates.map((estimate) => estimate.by_scope_pj)].flatMap(Object.keys);
	for (const name of scopes) {
		if (name !== "Global" && !known.has(name)) {
			known.add(name);
			rows.push({name, module: null});
		}
	}
	const index = new Map(rows.map((row, at) => [row.name, at]));
	rows.forEach((row) => {
		row.parent = -1;
		row.local = row.name;
		for (let dot = row.name.lastIndexOf("."); dot > 0; dot = row.name.lastIndexOf(".", dot - 1)) {
			const parent = index.get(row.name.slice(0, dot));
			if (parent !== undefined) {
				row.parent = parent;
				row.local = row.name.slice(dot + 1);
				break;
			}
		}
	});
	rows.forEach((row) => { row.depth = depth(rows, row); });
	rows.forEach((row, at) => {
		row.figures = columns.map((column) => column.by("scope", row.name));
		row.children = rows.map((_, other) => other).filter((other) => rows[other].parent === at);
	});
	return rows;
}

function depth(rows, row) {
	return row.parent < 0 ? 0 : 1 + depth(rows, rows[row.parent]);
}

/* What a row has of a column besides the rows inside it. */
function own(rows, row, column) {
	if (row.figures[column] === null || !row.children.length)
		return row.figures[column];
	const inside = row.children.reduce((total, child) => total + (rows[child].figures[column] || 0), 0);
	const rest = row.figures[column] - inside;
	return Math.abs(rest) <= 1e-9 * Math.abs(row.figures[column]) ? 0 : rest;
}

function namedRows(names, axis, columns) {
	return names.map((name) => ({name, parent: -1, depth: 0, figures: columns.map((column) => column.by(axis, name))}));
}

function opNames(analysis) {
	const names = new Set();
	for (const counter of Object.values(analysis.counters)) {
		Object.keys((counter.by_scope || {}).Global || {}).forEach((name) => names.add(name));
		Object.keys(counter.uncovered || {}).forEach((name) => names.add(name));
	}
	analysis.estimates.forEach((estimate) => Object.keys(estimate.by_op_pj).forEach((name) => names.add(name)));
	return [...names];
}

function stageNames(analysis) {
	const names = new Set();
	for (const counter of Object.values(analysis.counters))
		Object.keys(counter.by_stage || counter.metrics_by_stage || {}).forEach((name) => names.add(name));
	analysis.estimates.forEach((estimate) => Object.keys(estimate.by_stage_pj).forEach((name) => names.add(name)));
	return [...names];
}

function sparsity(activity) {
	return activity && activity.nonzero !== null && activity.elements ? 1 - activity.nonzero / activity.elements : null;
}

/* One trace of the report: its JSON, and rows of figures over common columns. */
function readTrace(number) {
	const analysis = held(`analysis-${number}`), beside = held(`beside-${number}`);
	if (!analysis)
		return null;
	const columns = Object.entries(analysis.counters).flatMap(([name, counter]) => counterColumns(name, counter));
	if (analysis.time)
		columns.push(timeColumn(analysis.time));
	const energies = analysis.estimates.map((estimate, at) => energyColumn(estimate, beside.labels[at]));
	columns.push(...energies);
	return {number, analysis, beside, columns, energies,
		name: analysis.trace.model || beside.file.replace(/.*\//, ""),
		modules: moduleRows(analysis, columns),
		stages: namedRows(stageNames(analysis), "stage", columns),
		ops: namedRows(opNames(analysis), "op", columns)};
}

/* The traces of the report, in the order of the command line. */
function readTraces() {
	const traces = [];
	for (let trace; (trace = readTrace(traces.length)); )
		traces.push(trace);
	return traces;
}
