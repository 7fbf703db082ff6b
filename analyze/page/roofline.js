/* roofline.js: what `opjoule roofline --json` says of a trace: layers under the ceilings of a machine, log-log. */
"use strict";

const decadeBelow = (value) => 10 ** Math.floor(Math.log10(value));
const decadeAbove = (value) => 10 ** Math.ceil(Math.log10(value));

/* The ends of both axes: all points, the ridges, and a little around them. */
function rooflineFrame(data, points) {
	const peak = data.machine.compute[0].flop_per_s,
		widest = data.machine.memory[0].byte_per_s;
	const slowest = data.machine.memory.at(-1).byte_per_s;
	const x = [...points.map((point) => point.flop_per_byte), peak / widest, peak / slowest];
	const left = decadeBelow(Math.min(...x)),
		right = decadeAbove(1.5 * Math.max(...x));
	const y = [
		...points.map((point) => point.flop_per_s),
		...data.machine.compute.map((ceiling) => ceiling.flop_per_s),
		Math.min(peak, left * slowest),
	];
	return {left, right, bottom: decadeBelow(Math.min(...y)), top: decadeAbove(1.2 * Math.max(...y)), peak};
}

/* Ceilings as lines: bandwidths rise until they meet the highest peak, peaks begin where the fastest memory feeds them. */
function ceilingLines(data, frame) {
	const widest = data.machine.memory[0].byte_per_s;
	const line = (ceiling, text, from, to, label) => ({
		name: ceiling.name,
		text: `${printable(shortened(ceiling.name, 16))} ${text}`,
		from,
		to,
		label,
	});
	return [
		...data.machine.memory.map((ceiling) => {
			const end = Math.min(frame.right, frame.peak / ceiling.byte_per_s),
				start = Math.max(frame.left, frame.bottom / ceiling.byte_per_s);
			return line(
				ceiling,
				axisText(ceiling.byte_per_s, "B/s"),
				[start, start * ceiling.byte_per_s],
				[end, end * ceiling.byte_per_s],
				"insideStartTop",
			);
		}),
		...data.machine.compute.map((ceiling) =>
			line(
				ceiling,
				axisText(ceiling.flop_per_s, "FLOP/s"),
				[Math.max(frame.left, ceiling.flop_per_s / widest), ceiling.flop_per_s],
				[frame.right, ceiling.flop_per_s],
				"insideEndTop",
			),
		),
	];
}

function logAxis(c, name, min, max, format) {
	return {
		type: "log",
		min,
		max,
		name,
		nameLocation: "middle",
		nameTextStyle: {color: c.muted},
		axisTick: {show: false},
		axisLine: {lineStyle: {color: c.line}},
		splitLine: {lineStyle: {color: c.line}},
		axisLabel: {color: c.muted, hideOverlap: true, formatter: format},
	};
}

const GRID = {left: 96, right: 18, top: 12, bottom: 48}; /* px around the plot */
const rooflineHeight = (width) => (width < 600 ? 320 : 460);

/* From figures to pixels of the chart. */
function pixels(frame, width) {
	const across = width - GRID.left - GRID.right,
		down = rooflineHeight(width) - GRID.top - GRID.bottom;
	const part = (value, from, to) => Math.log(value / from) / Math.log(to / from);
	return ([x, y]) => [
		GRID.left + across * part(x, frame.left, frame.right),
		GRID.top + down * (1 - part(y, frame.bottom, frame.top)),
	];
}

function meet(a, b) {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/* What the text beside a ceiling covers: it runs along the line from its start, or ends where the line ends. */
function ceilingBox(line, toPixels) {
	const [x, y] = toPixels(line.from),
		[endX, endY] = toPixels(line.to),
		long = textWidth(line.text) + 16;
	if (line.label === "insideEndTop") return {left: endX - long, right: endX, top: y - 20, bottom: y};
	const way = Math.hypot(endX - x, endY - y) || 1;
	return {left: x, right: x + (long * (endX - x)) / way, top: y + (long * (endY - y)) / way - 16, bottom: y};
}

/* Texts of ceilings, peaks first, as far as they cover no other; the boxes of those that stay. */
function placeCeilings(lines, toPixels) {
	const taken = [];
	[...lines].reverse().forEach((line) => {
		const box = ceilingBox(line, toPixels);
		line.shown = !taken.some((other) => meet(box, other));
		if (line.shown) taken.push(box);
	});
	return taken;
}

/* Names beside points, those of layers that took longest first, where they cover no other text and no point. */
function placeNames(trace, points, lines, frame, width) {
	const toPixels = pixels(frame, width),
		height = rooflineHeight(width);
	const plot = {left: GRID.left, right: width - GRID.right, top: GRID.top, bottom: height - GRID.bottom};
	const at = points.map((point) => toPixels([point.flop_per_byte, point.flop_per_s]));
	const taken = [
		...placeCeilings(lines, toPixels),
		...at.map(([x, y]) => ({left: x - 4, right: x + 4, top: y - 4, bottom: y + 4})),
	];
	const names = points.map(() => ({text: "", position: "right"}));
	[...points.keys()]
		.sort((a, b) => points[b].time_ns - points[a].time_ns)
		.forEach((index) => {
			const text = fitted(layerName(trace, points[index].name), width < 600 ? 80 : 160),
				wide = textWidth(text),
				[x, y] = at[index];
			const boxes = [
				["right", {left: x + 6, right: x + 12 + wide, top: y - 8, bottom: y + 8}],
				["left", {left: x - 12 - wide, right: x - 6, top: y - 8, bottom: y + 8}],
				["top", {left: x - wide / 2 - 2, right: x + wide / 2 + 2, top: y - 24, bottom: y - 6}],
				[
					"bottom",
					{left: x - wide / 2 - 2, right: x + wide / 2 + 2, top: y + 6, bottom: y + 24},
				],
			];
			const free = boxes.find(
				([, box]) =>
					box.left > plot.left &&
					box.right < plot.right &&
					box.top > plot.top &&
					box.bottom < plot.bottom &&
					!taken.some((other) => meet(box, other)),
			);
			if (free) {
				names[index] = {text, position: free[0]};
				taken.push(free[1]);
			}
		});
	return names;
}

function rooflineOption(trace, data, points) {
	return ({colors: c, width}) => {
		const frame = rooflineFrame(data, points),
			lines = ceilingLines(data, frame);
		const names = placeNames(trace, points, lines, frame, width);
		return {
			...baseOption(c),
			grid: GRID,
			xAxis: {
				...logAxis(c, "FLOP per byte", frame.left, frame.right, (value) =>
					String(Number(value.toPrecision(3))),
				),
				nameGap: 28,
			},
			yAxis: logAxis(c, "", frame.bottom, frame.top, (value) => axisText(value, "FLOP/s")),
			tooltip: {
				...baseOption(c).tooltip,
				formatter: (at) => (at.seriesType === "scatter" ? pointTip(points[at.dataIndex]) : ""),
			},
			series: [
				{
					type: "scatter",
					name: "layers",
					symbolSize: 9,
					itemStyle: {color: c.hue(0)},
					data: points.map((point, at) => ({
						name: point.name,
						value: [point.flop_per_byte, point.flop_per_s],
						label: {show: names[at].text !== "", position: names[at].position},
					})),
					label: {
						show: true,
						color: c.text,
						fontSize: 11,
						formatter: (at) => names[at.dataIndex].text,
					},
					markLine: {
						silent: true,
						symbol: "none",
						lineStyle: {color: c.hue(1), type: "solid", width: 1.5},
						data: lines.map(({text, from, to, label, shown}) => [
							{
								coord: from,
								name: text,
								label: {
									show: shown,
									position: label,
									distance:
										label === "insideStartTop"
											? [16, 4]
											: [4, 4],
									formatter: () => text,
									color: c.hue(1),
									fontSize: 11,
								},
							},
							{coord: to},
						]),
					},
				},
			],
		};
	};
}

/* A layer without those inside it, where it has any. */
function layerName(trace, name) {
	const row = trace.modules.find((other) => other.name === name && !other.outside);
	return !name ? "outside all modules" : withoutRoot(trace, name) + (row && row.children.length ? " itself" : "");
}

function boundText(bound) {
	return bound ? `${figureText(bound.flop_per_s, "FLOP/s")} by ${printable(bound.name)}` : "–";
}

function pointTip(point) {
	return tip(point.name, [
		["", figureText(point.flop_per_byte, "FLOP/byte")],
		["measured", figureText(point.flop_per_s, "FLOP/s")],
		["attainable", boundText(point.attainable)],
		["of it", figureText(point.share_of_attainable, "share")],
	]);
}

function rooflineTable(trace, data) {
	return table({
		caption: "Roofline",
		id: `roofline-table-${trace.number}`,
		columns: [
			{head: "layer", text: true},
			{head: "FLOPs", kind: ""},
			{head: "bytes", kind: "B"},
			{head: "intensity", kind: "FLOP/B"},
			{head: "time", kind: "ns"},
			{head: "rate", kind: "FLOP/s"},
			{head: "attainable", kind: "FLOP/s"},
			{head: "of it", kind: "share"},
			{head: "bound by", text: true},
			{head: "lacks", text: true},
		],
		rows: data.rows.map((row) => ({
			name: row.name || "outside all modules",
			parent: -1,
			cells: [
				layerName(trace, row.name),
				row.flops,
				row.bytes,
				row.flop_per_byte,
				row.time_ns,
				row.flop_per_s,
				row.attainable && row.attainable.flop_per_s,
				row.share_of_attainable,
				row.attainable ? row.attainable.name : "",
				row.lacks.join(", "),
			],
		})),
	});
}

function rooflineSection(trace) {
	const data = held(`roofline-${trace.number}`),
		id = `roofline-${trace.number}`;
	if (!data) return null;
	const points = data.rows.filter((row) => !row.lacks.length);
	const machine = [data.machine.name, data.machine.source].filter(Boolean).join(": ");
	return section(
		`${id}-section`,
		"Roofline",
		h(
			"p",
			{class: "lead"},
			"Arithmetic per byte and measured rate of each layer itself, under what the machine allows",
			machine ? ` (${printable(machine)}).` : ".",
		),
		facts([
			[
				"peaks",
				data.machine.compute
					.map((ceiling) => `${ceiling.name} ${axisText(ceiling.flop_per_s, "FLOP/s")}`)
					.join(", "),
			],
			[
				"bandwidths",
				data.machine.memory
					.map((ceiling) => `${ceiling.name} ${axisText(ceiling.byte_per_s, "B/s")}`)
					.join(", "),
			],
		]),
		points.length
			? h(
					"figure",
					null,
					chart(
						`${id}-chart`,
						"Layers under the ceilings of the machine, both axes logarithmic; the table below has the figures",
						rooflineHeight,
						rooflineOption(trace, data, points),
					),
				)
			: h("p", {class: "muted"}, "No layer has FLOPs, bytes and measured time."),
		rooflineTable(trace, data),
	);
}
