/* charts.js: charts by Apache ECharts in the page's colours, drawn anew when colours or width change.
 *
 * A chart is a function from {colors, width} to an ECharts option. Tooltips are elements, not HTML text. */
"use strict";

const charts = new Map(); /* by id: what window.opjouleCharts offers to programs */
window.opjouleCharts = charts;

const HUES = 6; /* colours for estimators in report.css */

function colors() {
	const style = getComputedStyle(document.documentElement);
	const color = (name) => style.getPropertyValue(name).trim();
	return {text: color("--text"), muted: color("--muted"), line: color("--line"), surface: color("--surface"),
		hue: (at) => color(`--hue-${at % HUES}`), ramp: [0, 1, 2, 3, 4, 5].map((at) => color(`--ramp-${at}`))};
}

/* Room for names at the left of a chart, in pixels and in characters of 12 px type. */
function nameRoom(width, names) {
	const most = Math.max(8, Math.min(Math.floor((width * 0.34) / 6.7), 40));
	const longest = Math.min(most, Math.max(...names.map((name) => Array.from(name).length), 1));
	return {pixels: Math.ceil(longest * 6.9) + 10, characters: longest};
}

function baseOption(c) {
	return {
		animation: false,
		textStyle: {fontFamily: "inherit", fontSize: 12, color: c.text},
		tooltip: {trigger: "item", confine: true, backgroundColor: c.surface, borderColor: c.line, padding: [6, 10],
			textStyle: {color: c.text, fontSize: 12}, extraCssText: "box-shadow: 0 2px 8px rgb(0 0 0 / 0.15)"},
	};
}

function valueAxis(c, kind, more) {
	return {type: "value", axisLine: {show: false}, axisTick: {show: false}, splitNumber: 4,
		splitLine: {lineStyle: {color: c.line}},
		axisLabel: {color: c.muted, hideOverlap: true, formatter: (value) => axisText(value, kind)}, ...more};
}

/* A round figure at an axis: without the zeros behind its point. */
function axisText(value, kind) {
	if (kind === "share")
		return Math.round(1000 * value) / 10 + " %";
	return figureText(value, kind).replace(/(\.\d*?)0+(?= |$)/, "$1").replace(/\.(?= |$)/, "");
}

function nameAxis(c, names, room, more) {
	return {type: "category", inverse: true, data: names.map((_, at) => at), axisTick: {show: false},
		axisLine: {lineStyle: {color: c.line}},
		axisLabel: {color: c.text, interval: 0, margin: 8,
			formatter: (at) => shortened(printable(names[at]), room.characters)}, ...more};
}

/* {name, "what it is": text, …} as the body of a tooltip. */
function tip(name, lines) {
	return h("div", {class: "tip"}, h("strong", null, printable(name)),
		lines.map(([what, value]) => h("div", null, h("span", null, what + " "), value)));
}

/* Horizontal bars. rows: [{name, label, value, share}], hue: number of the colour. */
function barOption(rows, kind, hue, what) {
	return ({colors: c, width}) => {
		const names = rows.map((row) => row.label), room = nameRoom(width, names);
		return {...baseOption(c),
			grid: {left: room.pixels, right: 78, top: 4, bottom: 22},
			xAxis: valueAxis(c, kind),
			yAxis: nameAxis(c, names, room),
			tooltip: {...baseOption(c).tooltip, formatter: (at) => tip(rows[at.dataIndex].name,
				[[what, figureText(rows[at.dataIndex].value, kind)], ["share", figureText(rows[at.dataIndex].share, "share")]])},
			series: [{type: "bar", name: what, barMaxWidth: 14, itemStyle: {color: c.hue(hue), borderRadius: [0, 2, 2, 0]},
				label: {show: true, position: "right", color: c.muted, fontSize: 11,
					formatter: (at) => figureText(at.value, kind)},
				data: rows.map((row) => ({name: row.name, value: row.value}))}],
		};
	};
}

/* Places a chart: `heightOf(width)` in pixels; the label is what a screen reader says of it. */
function chart(id, label, heightOf, option) {
	const element = h("div", {class: "chart", id, role: "img", "aria-label": label});
	charts.set(id, {element, heightOf, option, instance: null});
	return element;
}

function draw(entry) {
	const width = entry.element.clientWidth;
	if (!width)
		return;
	const height = entry.heightOf(width);
	entry.element.style.height = height + "px";
	if (!entry.instance)
		entry.instance = echarts.init(entry.element, null, {renderer: "svg", width, height});
	else
		entry.instance.resize({width, height});
	entry.instance.setOption(entry.option({colors: colors(), width}), true);
	entry.width = width;
}

function drawAll() {
	charts.forEach(draw);
}

/* From now on charts follow their width and the page's colours. */
function watchCharts() {
	const watcher = new ResizeObserver((entries) => entries.forEach(({target}) => {
		const entry = charts.get(target.id);
		if (entry && target.clientWidth !== entry.width)
			draw(entry);
	}));
	charts.forEach((entry) => watcher.observe(entry.element));
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
	addEventListener("beforeprint", drawAll);
	addEventListener("afterprint", drawAll);
}
