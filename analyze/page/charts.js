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
	return {
		text: color("--text"),
		muted: color("--muted"),
		line: color("--line"),
		surface: color("--surface"),
		hue: (at) => color(`--hue-${at % HUES}`),
		ramp: [0, 1, 2, 3, 4, 5].map((at) => color(`--ramp-${at}`)),
	};
}

const family = getComputedStyle(document.body).fontFamily;
const measuring = document.createElement("canvas").getContext("2d");
measuring.font = "12px " + family;

function textWidth(text) {
	return measuring.measureText(text).width;
}

/* Keeps the end of a name, which tells layers apart, within so many pixels. */
function fitted(name, pixels) {
	const text = printable(name);
	if (textWidth(text) <= pixels) return text;
	const characters = Array.from(text);
	let few = 1,
		many = characters.length;
	while (few < many) {
		const middle = Math.ceil((few + many) / 2);
		if (textWidth("…" + characters.slice(-middle).join("")) <= pixels) few = middle;
		else many = middle - 1;
	}
	return "…" + characters.slice(-few).join("");
}

/* Names as they fit at the left of a chart, and the room that they take there. */
function fittedNames(width, names) {
	const most = Math.min(width * 0.36, 280);
	const texts = names.map((name) => fitted(name, most));
	return {texts, pixels: Math.ceil(Math.max(20, ...texts.map(textWidth))) + 12};
}

function baseOption(c) {
	return {
		animation: false,
		textStyle: {fontFamily: family, fontSize: 12, color: c.text},
		tooltip: {
			trigger: "item",
			confine: true,
			backgroundColor: c.surface,
			borderColor: c.line,
			padding: [6, 10],
			textStyle: {color: c.text, fontSize: 12},
			extraCssText: "box-shadow: 0 2px 8px rgb(0 0 0 / 0.15)",
		},
	};
}

function valueAxis(c, kind, more) {
	return {
		type: "value",
		axisLine: {show: false},
		axisTick: {show: false},
		splitNumber: 4,
		splitLine: {lineStyle: {color: c.line}},
		axisLabel: {color: c.muted, hideOverlap: true, formatter: (value) => axisText(value, kind)},
		...more,
	};
}

/* A round figure at an axis: without the zeros behind its point. */
function axisText(value, kind) {
	if (kind === "share") return Math.round(1000 * value) / 10 + " %";
	return figureText(value, kind)
		.replace(/(\.\d*?)0+(?= |$)/, "$1")
		.replace(/\.(?= |$)/, "");
}

function nameAxis(c, room, more) {
	return {
		type: "category",
		inverse: true,
		data: room.texts.map((_, at) => at),
		axisTick: {show: false},
		axisLine: {lineStyle: {color: c.line}},
		axisLabel: {color: c.text, interval: 0, margin: 8, formatter: (at) => room.texts[at]},
		...more,
	};
}

/* {name, "what it is": text, …} as the body of a tooltip. */
function tip(name, lines) {
	return h(
		"div",
		{class: "tip"},
		h("strong", null, printable(name)),
		lines.map(([what, value]) => h("div", null, h("span", null, what + " "), value)),
	);
}

/* Horizontal bars. rows: [{name, label, value, share}], hue: number of the colour. */
function barOption(rows, kind, hue, what) {
	return ({colors: c, width}) => {
		const room = fittedNames(
			width,
			rows.map((row) => row.label),
		);
		return {
			...baseOption(c),
			grid: {left: room.pixels, right: 78, top: 4, bottom: 22},
			xAxis: valueAxis(c, kind, {
				splitNumber: Math.max(1, Math.min(6, Math.floor((width - room.pixels - 78) / 80))),
			}),
			yAxis: nameAxis(c, room),
			tooltip: {
				...baseOption(c).tooltip,
				formatter: (at) =>
					tip(rows[at.dataIndex].name, [
						[what, figureText(rows[at.dataIndex].value, kind)],
						["share", figureText(rows[at.dataIndex].share, "share")],
					]),
			},
			series: [
				{
					type: "bar",
					name: what,
					barMaxWidth: 14,
					itemStyle: {color: c.hue(hue), borderRadius: [0, 2, 2, 0]},
					label: {
						show: true,
						position: "right",
						color: c.muted,
						fontSize: 11,
						formatter: (at) => figureText(at.value, kind),
					},
					data: rows.map((row) => ({name: row.name, value: row.value})),
				},
			],
		};
	};
}

/* Places a chart: `heightOf(width)` in pixels; the label is what a screen reader says of it. A chart of `many` thousand
 * shapes is drawn as pixels, others as SVG. */
function chart(id, label, heightOf, option, many) {
	const element = h("div", {class: "chart", id, role: "img", "aria-label": label});
	charts.set(id, {element, heightOf, option, instance: null, renderer: many ? "canvas" : "svg"});
	return element;
}

function draw(entry) {
	const width = entry.element.clientWidth;
	if (!width) return;
	const height = entry.heightOf(width);
	entry.element.style.height = height + "px";
	if (!entry.instance)
		entry.instance = echarts.init(entry.element, null, {renderer: entry.renderer, width, height});
	else entry.instance.resize({width, height});
	entry.instance.setOption(entry.option({colors: colors(), width}), true);
	entry.width = width;
}

function drawAll() {
	charts.forEach(draw);
}

/* From now on charts follow their width and the page's colours. */
function watchCharts() {
	const watcher = new ResizeObserver((entries) =>
		entries.forEach(({target}) => {
			const entry = charts.get(target.id);
			if (entry && target.clientWidth !== entry.width) draw(entry);
		}),
	);
	charts.forEach((entry) => watcher.observe(entry.element));
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
	addEventListener("beforeprint", () => {
		document.documentElement.dataset.print = "";
		drawAll();
	});
	addEventListener("afterprint", () => {
		delete document.documentElement.dataset.print;
		drawAll();
	});
}
