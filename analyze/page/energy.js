/* energy.js: where the energy goes: one panel for each estimator, with its boundary, and nothing in it of another. */
"use strict";

const MANY = 48,
	COSTLIEST = 40;

function layerChart(trace, at) {
	const column = trace.columns.indexOf(trace.energies[at]),
		all = layers(trace, column);
	const id = `layers-${trace.number}-${at}`,
		name = estimateName(trace, at);
	const note = h("p", {class: "muted"});
	let short = all.length > MANY;
	const rows = () => (short ? [...all].sort((a, b) => b.value - a.value).slice(0, COSTLIEST) : all);
	const say = () =>
		note.replaceChildren(
			short
				? `The ${COSTLIEST} costliest of ${all.length} layers, costliest first. `
				: "Layers in the order of the model. ",
			...(all.length > MANY
				? [
						h(
							"button",
							{
								type: "button",
								click: () => {
									short = !short;
									say();
									draw(charts.get(id));
								},
							},
							short
								? `Show all ${all.length}`
								: `Show the ${COSTLIEST} costliest`,
						),
					]
				: []),
		);
	say();
	const shared = trace.modules.some(
		(row) =>
			!row.children.length &&
			row.own[column] !== row.figures[column] &&
			row.own[column] !== null &&
			Math.abs(row.own[column] - row.figures[column]) > 1e-9 * row.figures[column],
	);
	const told = all.reduce((total, row) => total + (row.share || 0), 0);
	if (!all.length)
		return panel(
			"Energy by layer",
			h("p", {class: "muted"}, "This estimator does not say which layer costs what."),
		);
	return panel(
		"Energy by layer",
		note,
		shared
			? h(
					"p",
					{class: "muted"},
					"An op that ran in several modules at once, as in a backward pass, counts for one of them here.",
				)
			: null,
		all.some((row) => row.value < 0)
			? h(
					"p",
					{class: "muted"},
					"An op that ran in several modules at once, as in a backward pass, counts for each of them here: " +
						"what a module has itself, without those inside it, can then be below 0.",
				)
			: null,
		told < 0.999
			? h(
					"p",
					{class: "muted"},
					`They have ${figureText(told, "share")} of the energy; of the rest the estimator does not say where it goes.`,
				)
			: null,
		chart(
			id,
			`Energy of each layer by ${name}, as bars; the table below has the figures`,
			() => rows().length * ROW + 30,
			(place) => barOption(rows(), "pJ", at, "energy")(place),
		),
		asTable({
			caption: `Energy by layer, ${name}`,
			columns: [
				{head: "layer", text: true},
				{head: "energy", kind: "pJ"},
				{head: "share", kind: "share"},
			],
			rows: all.map((row) => ({
				name: row.name,
				parent: -1,
				cells: [row.label, row.value, {value: row.share, kind: "share", bar: row.share}],
			})),
		}),
	);
}

/* "convolution" for "aten.convolution.default". */
function shortOp(name) {
	return name.replace(/^aten\./, "").replace(/\.default$/, "");
}

/* Ops or stages of one estimator as bars with a table. */
function axisChart(trace, at, rows, axis, title) {
	const column = trace.columns.indexOf(trace.energies[at]),
		total = trace.energies[at].total,
		name = estimateName(trace, at);
	const all = rows
		.filter((row) => row.figures[column])
		.map((row) => ({
			name: row.name || "(no stage)",
			label: axis === "op" ? shortOp(row.name) : row.name || "(no stage)",
			value: row.figures[column],
			share: total ? row.figures[column] / total : null,
		}));
	if (axis === "op") all.sort((a, b) => b.value - a.value);
	if (!all.length) return panel(title, h("p", {class: "muted"}, `This estimator gives no energy by ${axis}.`));
	const shown = all.slice(0, 16);
	return panel(
		title,
		shown.length < all.length
			? h("p", {class: "muted"}, `The ${shown.length} costliest of ${all.length}.`)
			: null,
		chart(
			`${axis}-${trace.number}-${at}`,
			`Energy by ${axis}, ${name}, as bars; the table below has the figures`,
			() => shown.length * ROW + 30,
			barOption(shown, "pJ", at, "energy"),
		),
		asTable({
			caption: `Energy by ${axis}, ${name}`,
			columns: [
				{head: axis, text: true},
				{head: "energy", kind: "pJ"},
				{head: "share", kind: "share"},
			],
			rows: all.map((row) => ({
				name: row.name,
				parent: -1,
				cells: [row.name, row.value, {value: row.share, kind: "share", bar: row.share}],
			})),
		}),
	);
}

/* Parts of an energy as the estimator names them; a part of a part stands below it. */
function breakdown(trace, at) {
	const parts = trace.analysis.estimates[at].breakdown_pj,
		inside = trace.page.parts[at],
		total = trace.energies[at].total;
	if (!parts) return null;
	const names = Object.keys(parts),
		rows = [];
	const add = (name, parent, depth) => {
		rows.push({
			name,
			parent,
			depth,
			cells: [
				name.replace(/_pj$/, "").replaceAll("_", " "),
				parts[name],
				{
					value: total ? parts[name] / total : null,
					kind: "share",
					bar: total ? parts[name] / total : 0,
				},
			],
		});
		const self = rows.length - 1;
		names.filter((other) => member(inside, other) === name).forEach((other) => add(other, self, depth + 1));
	};
	names.filter((name) => member(inside, name) === undefined).forEach((name) => add(name, -1, 0));
	return panel(
		"What the energy is made of",
		table({
			caption: `Parts of the energy, ${estimateName(trace, at)}`,
			columns: [
				{head: "part", text: true},
				{head: "energy", kind: "pJ"},
				{head: "share", kind: "share"},
			],
			rows,
		}),
	);
}

function settings(config) {
	return h(
		"details",
		null,
		h("summary", null, "Settings in force"),
		facts(
			Object.entries(config).map(([key, value]) => [
				key,
				typeof value === "object" ? JSON.stringify(value) : String(value),
			]),
		),
	);
}

function estimatePanel(trace, at) {
	const estimate = trace.analysis.estimates[at];
	return h(
		"article",
		{class: "estimate", style: `--hue: var(--hue-${at % HUES})`, id: `estimate-${trace.number}-${at}`},
		h(
			"h4",
			null,
			estimateName(trace, at),
			h("span", {class: "big"}, figure(trace.energies[at].total, "pJ")),
		),
		facts([
			["leaves out", estimate.boundary],
			["costs from", estimate.cost_source],
			["covers", "stages: " + listed(estimate.stages)],
			[
				"without a figure",
				Object.entries(estimate.uncovered)
					.map(([what, count]) => `${what} ×${count}`)
					.join(", "),
			],
			["rules", `${estimate.model}, version ${estimate.version}`],
		]),
		settings(estimate.config),
		warningList(estimate.warnings, "Warnings of " + estimateName(trace, at)),
		layerChart(trace, at),
		h(
			"div",
			{class: "pair"},
			breakdown(trace, at),
			axisChart(trace, at, trace.ops, "op", "Energy by op"),
			trace.stages.length > 1 ? axisChart(trace, at, trace.stages, "stage", "Energy by stage") : null,
		),
	);
}

function energySection(trace) {
	if (!trace.energies.length) return null;
	return section(
		`energy-${trace.number}`,
		"Where the energy goes",
		trace.energies.length > 1 ? h("p", {class: "lead"}, "Each estimator has a scale of its own.") : null,
		trace.energies.map((_, at) => estimatePanel(trace, at)),
	);
}
