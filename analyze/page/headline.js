/* headline.js: what stands first of each trace: its energies with their assumptions, its counts, its warnings. */
"use strict";

function inputOf(trace) {
	const estimate = trace.analysis.estimates[0];
	if (estimate) return estimate.input;
	const outermost = trace.modules.find((row) => row.module && row.module.calls && row.parent < 0);
	return outermost ? {...outermost.module.in, sparsity: sparsity(outermost.module.in)} : null;
}

/* "c1 66.7 %, c2 15.9 %, c3 7.4 %": the costliest layers. */
function costliest(trace, column) {
	const total = trace.columns[column].total;
	return layers(trace, column)
		.sort((a, b) => b.value - a.value)
		.slice(0, 3)
		.map((row) => `${printable(shortened(row.label, 24))} ${figureText(row.value / total, "share")}`)
		.join(", ");
}

function energyTile(trace, at) {
	const estimate = trace.analysis.estimates[at],
		column = trace.columns.indexOf(trace.energies[at]);
	return h(
		"article",
		{class: "tile energy", style: `--hue: var(--hue-${at % HUES})`},
		h("h4", null, estimateName(trace, at)),
		h("p", {class: "big"}, figure(trace.energies[at].total, "pJ")),
		h("p", null, "Costs: " + printable(estimate.cost_source)),
		h("p", null, "Most in " + (costliest(trace, column) || "–")),
		h("p", {class: "muted"}, "Leaves out " + printable(estimate.boundary)),
		estimate.warnings.length
			? h(
					"p",
					null,
					h(
						"a",
						{href: `#estimate-${trace.number}-${at}`, class: "warned"},
						estimate.warnings.length === 1
							? "1 warning"
							: `${estimate.warnings.length} warnings`,
					),
				)
			: null,
	);
}

function countTile(name, content, note) {
	return h(
		"div",
		{class: "tile"},
		h("dt", null, name),
		h("dd", null, h("span", {class: "big"}, content), note ? h("span", {class: "muted"}, note) : null),
	);
}

function countTiles(trace) {
	const input = inputOf(trace);
	const counts = trace.columns.filter((column) => !column.energy && column.key !== "time");
	return h(
		"dl",
		{class: "tiles counts"},
		counts
			.slice(0, 6)
			.map((column) =>
				countTile(
					column.kind === "B" ? column.key : column.head,
					figure(column.total, column.kind),
				),
			),
		input
			? countTile(
					"input sparsity",
					figure(input.sparsity, "share"),
					[
						input.kind || "values not looked at",
						", ",
						figureText(input.elements || input.unseen, ""),
						" elements",
						input.elements && input.unseen
							? `, ${figureText(input.unseen, "")} more not looked at`
							: "",
					].join(""),
				)
			: null,
		countTile("ops", figure(trace.analysis.trace.ops, "")),
		trace.analysis.time
			? countTile("time in ops", figure(trace.analysis.time.total, "ns"), "as measured")
			: null,
	);
}

function traceWarnings(trace) {
	return warningList(
		[
			...trace.analysis.warnings,
			...Object.entries(trace.analysis.counters).flatMap(([name, counter]) =>
				counter.warnings.map((text) => name + ": " + text),
			),
		],
		"Warnings",
	);
}

function headline(trace) {
	const {framework, cpu, started} = trace.analysis.trace;
	return h(
		"header",
		{class: "headline"},
		h("h2", {id: `trace-${trace.number}-title`}, printable(trace.name)),
		h(
			"p",
			{class: "muted"},
			[
				trace.page.file,
				framework,
				cpu,
				started && started.replace("T", " ").replace(/\.\d+Z$/, " UTC"),
			]
				.filter(Boolean)
				.map(printable)
				.join(" · "),
		),
		traceWarnings(trace),
		h(
			"div",
			{class: "tiles"},
			trace.energies.map((_, at) => energyTile(trace, at)),
		),
		countTiles(trace),
	);
}
