/* roofline.js: what `opjoule roofline --json` says of a trace: layers under the ceilings of a machine, log-log. */
"use strict";

const decadeBelow = (value) => 10 ** Math.floor(Math.log10(value));
const decadeAbove = (value) => 10 ** Math.ceil(Math.log10(value));

/* The ends of both axes: all points, the ridges, and a little around them. */
function rooflineFrame(data, points) {
	const peak = data.machine.compute[0].flop_per_s, widest = data.machine.memory[0].byte_per_s;
	const slowest = data.machine.memory.at(-1).byte_per_s;
	const x = [...points.map((point) => point.flop_per_byte), peak / widest, peak / slowest];
	const left = decadeBelow(Math.min(...x)), right = decadeAbove(1.5 * Math.max(...x));
	const y = [...points.map((point) => point.flop_per_s), ...data.machine.compute.map((ceiling) => ceiling.flop_per_s),
		Math.min(peak, left * slowest)];
	return {left, right, bottom: decadeBelow(Math.min(...y)), top: decadeAbove(1.2 * Math.max(...y)), peak};
}

/* Ceilings as lines: bandwidths rise until they meet the highest peak, peaks begin where the fastest memory feeds them. */
function ceilingLines(data, frame) {
	const widest = data.machine.memory[0].byte_per_s;
	const line = (ceiling, text, from, to, label) => ({name: ceiling.name, text: `${printable(shortened(ceiling.name, 16))} ${text}`,
		from, to, label});
	return [...data.machine.memory.map((ceiling) => {
		const end = Math.min(frame.right, frame.peak / ceiling.byte_per_s), start = Math.max(frame.left, frame.bottom / ceiling.byte_per_s);
		return line(ceiling, axisText(ceiling.byte_per_s, "B/s"), [start, start * ceiling.byte_per_s],
			[end, end * ceiling.byte_per_s], "insideStartTop");
	}), ...data.machine.compute.map((ceiling) => line(ceiling, axisText(ceiling.flop_per_s, "FLOP/s"),
		[Math.max(frame.left, ceiling.flop_per_s / widest), ceiling.flop_per_s], [frame.right, ceiling.flop_per_s], "insideEndTop"))];
}

function logAxis(c, name, min, max, format) {
	return {type: "log", min, max, name, nameLocation: "middle", nameTextStyle: {color: c.muted}, axisTick: {show: false},
		axisLine: {lineStyle: {color: c.line}}, splitLine: {lineStyle: {color: c.line}},
		axisLabel: {color: c.muted, hideOverlap: true, formatter: format}};
}

function rooflineOption(trace, data, points) {
	return ({colors: c, width}) => {
		const frame = rooflineFrame(data, points), lines = ceilingLines(data, frame);
		const middle = Math.sqrt(frame.left * frame.right), room = width < 600 ? 80 : 160;
		return {...baseOption(c),
			grid: {left: 96, right: 18, top: 12, bottom: 48},
			xAxis: {...logAxis(c, "FLOP per byte", frame.left, frame.right, (value) => String(Number(value.toPrecision(3)))), nameGap: 28},
			yAxis: logAxis(c, "", frame.bottom, frame.top, (value) => axisText(value, "FLOP/s")),
			tooltip: {...baseOption(c).tooltip, formatter: (at) => at.seriesType === "scatter" ? pointTip(points[at.dataIndex]) : ""},
			series: [{type: "scatter", name: "layers", symbolSize: 9, itemStyle: {color: c.hue(0)}, labelLayout: {hideOverlap: true},
				data: points.map((point) => ({name: point.name, value: [point.flop_per_byte, point.flop_per_s],
					label: {position: point.flop_per_byte > middle ? "left" : "right"}})),
				label: {show: true, color: c.text, fontSize: 11,
					formatter: (at) => fitted(withoutRoot(trace, at.name), room)},
				markLine: {silent: true, symbol: "none", lineStyle: {color: c.hue(1), type: "solid", width: 1.5},
					data: lines.map(({text, from, to, label}) => [{coord: from, name: text,
						label: {show: true, position: label, formatter: () => text, color: c.hue(1), fontSize: 11}}, {coord: to}])}}]};
	};
}

function boundText(bound) {
	return bound ? `${figureText(bound.flop_per_s, "FLOP/s")} by ${printable(bound.name)}` : "–";
}

function pointTip(point) {
	return tip(point.name, [["", figureText(point.flop_per_byte, "FLOP/byte")], ["measured", figureText(point.flop_per_s, "FLOP/s")],
		["attainable", boundText(point.attainable)], ["of it", figureText(point.share_of_attainable, "share")]]);
}

function rooflineTable(trace, data) {
	return table({caption: "Roofline", id: `roofline-table-${trace.number}`,
		columns: [{head: "layer", text: true}, {head: "FLOPs", kind: ""}, {head: "bytes", kind: "B"}, {head: "intensity", kind: "FLOP/B"},
			{head: "time", kind: "ns"}, {head: "rate", kind: "FLOP/s"}, {head: "attainable", kind: "FLOP/s"}, {head: "of it", kind: "share"},
			{head: "bound by", text: true}, {head: "lacks", text: true}],
		rows: data.rows.map((row) => ({name: row.name || "outside all modules", parent: -1,
			cells: [withoutRoot(trace, row.name) || "outside all modules", row.flops, row.bytes, row.flop_per_byte, row.time_ns, row.flop_per_s,
				row.attainable && row.attainable.flop_per_s, row.share_of_attainable, row.attainable ? row.attainable.name : "",
				row.lacks.join(", ")]}))});
}

function rooflineSection(trace) {
	const data = held(`roofline-${trace.number}`), id = `roofline-${trace.number}`;
	if (!data)
		return null;
	const points = data.rows.filter((row) => !row.lacks.length);
	const machine = [data.machine.name, data.machine.source].filter(Boolean).join(": ");
	return section(`${id}-section`, "Roofline",
		h("p", {class: "lead"}, "Arithmetic per byte and measured rate of each layer itself, under what the machine allows",
			machine ? ` (${printable(machine)}).` : "."),
		points.length ? h("figure", null, chart(`${id}-chart`, "Layers under the ceilings of the machine, both axes logarithmic; the table below has the figures",
			(width) => width < 600 ? 320 : 460, rooflineOption(trace, data, points))) :
			h("p", {class: "muted"}, "No layer has FLOPs, bytes and measured time."),
		rooflineTable(trace, data));
}
