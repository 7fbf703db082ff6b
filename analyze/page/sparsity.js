/* sparsity.js: how sparse what enters and leaves the layers is, by layer and in the course of the run. */
"use strict";

/* Modules whose calls showed values, the innermost ones: what contains others repeats them. */
function seenLayers(trace) {
	return trace.modules.filter(
		(row) =>
			row.module &&
			!row.children.length &&
			(sparsity(row.module.in) !== null || sparsity(row.module.out) !== null),
	);
}

function isSpiking(row) {
	return row.module.out.kind === "binary" || row.module.out.kind === "ternary";
}

function sparsityOption(trace, rows) {
	return ({colors: c, width}) => {
		const room = fittedNames(
			width,
			rows.map((row) => withoutRoot(trace, row.name)),
		);
		const points = (side) =>
			rows
				.map((row, at) => ({name: row.name, value: [sparsity(row.module[side]), at]}))
				.filter((point) => point.value[0] !== null);
		const series = (side, name, hue, symbol) => ({
			type: "scatter",
			name,
			symbol,
			symbolSize: 9,
			itemStyle: {color: c.hue(hue)},
			data: points(side),
		});
		return {
			...baseOption(c),
			legend: {
				top: 0,
				left: room.pixels,
				itemGap: 18,
				itemWidth: 10,
				itemHeight: 10,
				textStyle: {color: c.text},
				data: ["input", "output"],
			},
			grid: {left: room.pixels, right: 28, top: 28, bottom: 22},
			xAxis: valueAxis(c, "share", {min: 0, max: 1, splitNumber: 5}),
			yAxis: nameAxis(c, room, {splitLine: {show: true, lineStyle: {color: c.line}}}),
			tooltip: {...baseOption(c).tooltip, formatter: (at) => activityTip(rows[at.value[1]])},
			series: [series("in", "input", 1, "diamond"), series("out", "output", 0, "circle")],
		};
	};
}

function activityText(activity) {
	if (sparsity(activity) === null) return "not looked at";
	const seen = `${figureText(sparsity(activity), "share")} of ${figureText(activity.elements, "")} elements zero, ${activity.kind}`;
	return activity.unseen ? `${seen}; ${figureText(activity.unseen, "")} more not looked at` : seen;
}

function activityTip(row) {
	return tip(row.name, [
		["in:", activityText(row.module.in)],
		["out:", activityText(row.module.out)],
	]);
}

function sparsityByLayer(trace, choice) {
	const all = seenLayers(trace),
		id = `sparsity-layers-${trace.number}`;
	const unseen = all.some((row) => row.module.in.unseen || row.module.out.unseen);
	const side = (activity) => [
		activity.kind || "",
		activity.nonzero,
		activity.elements,
		sparsity(activity),
		...(unseen ? [activity.unseen] : []),
	];
	return panel(
		"By layer",
		h(
			"p",
			{class: "muted"},
			"Zeros among the elements of what went into a layer and of what it returned, over all calls.",
		),
		chart(
			id,
			"Sparsity of each layer's input and output; the table below has the figures",
			() => choice.rows.length * ROW + 54,
			(place) => sparsityOption(trace, choice.rows)(place),
		),
		asTable({
			caption: "Sparsity by layer",
			columns: [
				{head: "layer", text: true},
				{head: "calls", kind: ""},
				...["in", "out"].flatMap((name) => [
					{head: name, text: true, note: "kind of values"},
					{head: name + " nonzero", kind: ""},
					{head: name + " elements", kind: ""},
					{head: name + " sparsity", kind: "share"},
					...(unseen ? [{head: name + " not looked at", kind: ""}] : []),
				]),
			],
			rows: all.map((row) => ({
				name: row.name,
				parent: -1,
				cells: [
					withoutRoot(trace, row.name),
					row.module.calls,
					...side(row.module.in),
					...side(row.module.out),
				],
			})),
		}),
	);
}

/* Over time -------------------------------------------------------------------------------------------------------- */

const MANY_CELLS = 4000;

/* One cell for each bin in which a layer returned: it stands until the layer returns next. */
function timeCells(trace, rows) {
	const {width, modules} = trace.page.timeline,
		end = Math.max(trace.analysis.trace.ops, 1);
	const byPath = new Map(modules.map((module) => [module.path, module]));
	return rows.flatMap((row, at) => {
		const seen = byPath.get(row.name);
		return !seen
			? []
			: seen.bin.map((bin, i) => ({
					row: at,
					from: bin * width,
					until:
						i + 1 < seen.bin.length
							? seen.bin[i + 1] * width
							: Math.max(end, (bin + 1) * width),
					calls: seen.calls[i],
					elements: seen.elements[i],
					nonzero: seen.nonzero[i],
					sparsity: seen.elements[i] ? 1 - seen.nonzero[i] / seen.elements[i] : 0,
				}));
	});
}

function timeOption(trace, rows, cells) {
	return ({colors: c, width}) => {
		const room = fittedNames(
			width,
			rows.map((row) => withoutRoot(trace, row.name)),
		);
		const least = Math.floor(20 * Math.min(...cells.map((cell) => cell.sparsity), 1)) / 20;
		const scale = least < 1 ? least : 0.95;
		return {
			...baseOption(c),
			grid: {left: room.pixels, right: 20, top: 4, bottom: 84},
			xAxis: valueAxis(c, "", {
				min: 0,
				max: Math.max(...cells.map((cell) => cell.until), 1),
				name: "ops so far",
				nameLocation: "middle",
				nameGap: 26,
				nameTextStyle: {color: c.muted},
				splitLine: {show: false},
			}),
			yAxis: nameAxis(c, room),
			visualMap: {
				type: "continuous",
				dimension: 3,
				min: scale,
				max: 1,
				calculable: false,
				orient: "horizontal",
				left: "center",
				bottom: 0,
				itemWidth: 12,
				itemHeight: Math.min(160, width * 0.3),
				inRange: {color: c.ramp},
				text: ["100 % zeros", axisText(scale, "share")],
				textStyle: {color: c.muted},
			},
			tooltip: {...baseOption(c).tooltip, formatter: (at) => cellTip(rows, cells[at.dataIndex])},
			series: [
				{
					type: "custom",
					name: "sparsity",
					encode: {x: [1, 2], y: 0},
					clip: true,
					renderItem: timeCell,
					data: cells.map((cell) => ({
						name: rows[cell.row].name,
						value: [cell.row, cell.from, cell.until, cell.sparsity],
					})),
				},
			],
		};
	};
}

function timeCell(_, api) {
	const [x, y] = api.coord([api.value(1), api.value(0)]),
		[right] = api.coord([api.value(2), api.value(0)]);
	return {
		type: "rect",
		shape: {x, y: y - (ROW - 3) / 2, width: Math.max(1, right - x - 0.5), height: ROW - 3},
		style: {fill: api.visual("color")},
	};
}

function cellTip(rows, cell) {
	return tip(rows[cell.row].name, [
		["sparsity", figureText(cell.sparsity, "share")],
		["nonzero", `${figureText(cell.nonzero, "")} of ${figureText(cell.elements, "")}`],
		["calls", String(cell.calls)],
		["from op", String(cell.from)],
	]);
}

function sparsityOverTime(trace, choice) {
	const layers = seenLayers(trace),
		every = timeCells(trace, layers),
		id = `sparsity-time-${trace.number}`;
	if (!every.length) return null;
	const option = (place) => timeOption(trace, choice.rows, timeCells(trace, choice.rows))(place);
	return panel(
		"Over time",
		h("p", {class: "muted"}, "Zeros among what a layer returned, from that op on until it returns next."),
		chart(
			id,
			"Sparsity of each layer's output in the course of the run; the table below has the figures",
			() => choice.rows.length * ROW + 92,
			option,
			every.length > MANY_CELLS,
		),
		asTable({
			caption: "Sparsity over time",
			columns: [
				{head: "layer", text: true},
				{head: "from op", kind: ""},
				{head: "calls", kind: ""},
				{head: "nonzero", kind: ""},
				{head: "elements", kind: ""},
				{head: "sparsity", kind: "share"},
			],
			rows: every.map((cell) => ({
				name: layers[cell.row].name,
				parent: -1,
				cells: [
					withoutRoot(trace, layers[cell.row].name),
					cell.from,
					cell.calls,
					cell.nonzero,
					cell.elements,
					cell.sparsity,
				],
			})),
		}),
	);
}

function sparsitySection(trace) {
	const layers = seenLayers(trace),
		spiking = layers.filter(isSpiking),
		id = `sparsity-${trace.number}`;
	if (!layers.length) return null;
	const choice = {rows: spiking.length ? spiking : layers}; /* what both charts show */
	const choose = h(
		"select",
		{
			change: (event) => {
				choice.rows = event.target.value === "all" ? layers : spiking;
				["layers", "time"].forEach(
					(chart) =>
						charts.has(`sparsity-${chart}-${trace.number}`) &&
						draw(charts.get(`sparsity-${chart}-${trace.number}`)),
				);
			},
		},
		h("option", {value: "spiking"}, "layers that return spikes"),
		h("option", {value: "all"}, "all layers"),
	);
	return section(
		id,
		"Sparsity",
		spiking.length && spiking.length < layers.length
			? h("label", {class: "choice"}, "Charts show ", choose)
			: null,
		sparsityByLayer(trace, choice),
		sparsityOverTime(trace, choice),
	);
}
