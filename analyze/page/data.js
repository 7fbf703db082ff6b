/* data.js: what `opjoule analyze --json` said, arranged by module, stage and op. docs/analyze.md describes it.
 *
 * Nothing is estimated here: figures are read; integers of single ops are added up where the JSON gives them by op; and
 * the tree of modules, with what each costs without those inside it, stands there too, under `page`. */
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
		return [
			{
				key: name,
				head: counter.unit && name.indexOf(",") < 0 ? counter.unit : name,
				kind: unit,
				total: counter.total,
				by: (axis, row) =>
					axis === "op"
						? known(counter.by_scope.Global, row)
						: sum(member(by[axis], row) || {}),
			},
		];
	}
	if (!counter.metrics) return [];
	const metrics = {scope: counter.metrics, stage: counter.metrics_by_stage};
	const names = new Set(Object.values(counter.metrics).flatMap(Object.keys));
	return [...names].map((metric) => ({
		key: `${name}.${metric}`,
		head: metric,
		kind: "",
		total: counter.metrics.Global ? counter.metrics.Global[metric] : 0,
		by: (axis, row) => (axis === "op" ? null : member(member(metrics[axis], row), metric) || 0),
	}));
}

function timeColumn(time) {
	const by = {scope: time.by_scope, stage: time.by_stage, op: time.by_op};
	return {key: "time", head: "time", kind: "ns", total: time.total, by: (axis, row) => known(by[axis], row)};
}

function energyColumn(estimate, label) {
	const by = {scope: estimate.by_scope_pj, stage: estimate.by_stage_pj, op: estimate.by_op_pj};
	return {
		key: `energy[${label}]`,
		head: label,
		kind: "pJ",
		energy: true,
		total: known(estimate, "energy_total_pj"),
		by: (axis, row) => known(by[axis], row),
	};
}

/* Modules as a tree, in the order of the model; what ran outside all of them comes last. `own` is what a row has without
 * the rows inside it. */
function moduleRows(analysis, columns) {
	const modules = new Map(analysis.modules.map((module) => [module.path, module]));
	const at = columns.map((column) => analysis.page.columns.indexOf(column.key));
	const rows = analysis.page.rows.map((row) => {
		const own = at.map((index) => (index < 0 ? null : row.own[index]));
		return {
			...row,
			own,
			module: row.outside ? null : modules.get(row.name) || null,
			children: [],
			name: row.outside ? "outside all modules" : row.name,
			local: row.outside ? "outside all modules" : row.local,
			figures: row.outside ? own : columns.map((column) => column.by("scope", row.name)),
		};
	});
	rows.forEach((row, index) => {
		if (row.parent >= 0) rows[row.parent].children.push(index);
	});
	return rows;
}

function namedRows(names, axis, columns) {
	return names.map((name) => ({
		name,
		parent: -1,
		depth: 0,
		figures: columns.map((column) => column.by(axis, name)),
	}));
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
	return activity && activity.nonzero !== null && activity.elements
		? 1 - activity.nonzero / activity.elements
		: null;
}

/* One trace of the report: its JSON, and rows of figures over common columns. */
function readTrace(number) {
	const analysis = held(`report-${number}`);
	if (!analysis) return null;
	const page = analysis.page;
	const columns = Object.entries(analysis.counters).flatMap(([name, counter]) => counterColumns(name, counter));
	if (analysis.time) columns.push(timeColumn(analysis.time));
	const energies = analysis.estimates.map((estimate, at) => energyColumn(estimate, page.labels[at]));
	columns.push(...energies);
	return {
		number,
		analysis,
		page,
		columns,
		energies,
		name: analysis.trace.model || page.file.replace(/.*\//, ""),
		modules: moduleRows(analysis, columns),
		stages: namedRows(stageNames(analysis), "stage", columns),
		ops: namedRows(opNames(analysis), "op", columns),
	};
}

/* The traces of the report, in the order of the command line. Models of one name are told apart by file. */
function readTraces() {
	const traces = [];
	for (let trace; (trace = readTrace(traces.length));) traces.push(trace);
	const models = traces.map((trace) => trace.name);
	traces.forEach((trace) => {
		if (models.filter((name) => name === trace.name).length > 1)
			trace.name += ` (${trace.page.file.replace(/.*\//, "")})`;
	});
	return traces;
}
