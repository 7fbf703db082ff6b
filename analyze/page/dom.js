/* dom.js: elements, figures as people read them, and tables.
 *
 * Names on this page come from traces, which anybody may have written. They become text nodes and nothing else: no code
 * here makes HTML from strings. */
"use strict";

/* h("td", {class: "n"}, "text", element, [more], null): attributes that are null or false are left out, functions
 * become listeners. */
function h(tag, attributes, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes || {})) {
		if (typeof value === "function") element.addEventListener(name, value);
		else if (value !== null && value !== undefined && value !== false)
			element.setAttribute(name, value === true ? "" : value);
	}
	element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
	return element;
}

/* Figures ---------------------------------------------------------------------------------------------------------- */

/* Four significant digits: 1.234, 12.34, 123.4. */
function scaled(value, prefixes, at, unit) {
	while (Math.abs(value) >= 999.95 && at < prefixes.length - 1) {
		value /= 1000;
		at++;
	}
	const size = Math.abs(value);
	return value.toFixed(size < 9.9995 ? 3 : size < 99.995 ? 2 : 1) + " " + prefixes[at] + unit;
}

/* A figure as the text reports write it; kind: "pJ", "ns", "B", "share" (of 1), "" for plain counts. */
function figureText(value, kind) {
	if (value === null || value === undefined) return "–";
	if (kind === "pJ") return value === 0 ? "0 pJ" : scaled(value, ["p", "n", "µ", "m", "", "k", "M"], 0, "J");
	if (kind === "ns") return Math.abs(value) < 999.95 ? value + " ns" : scaled(value, ["n", "µ", "m", ""], 0, "s");
	if (kind === "share") return (100 * value).toFixed(1) + " %";
	if (Math.abs(value) < 10000)
		return (Number.isInteger(value) ? String(value) : value.toPrecision(4)) + (kind ? " " + kind : "");
	return scaled(value, ["", "k", "M", "G", "T", "P", "E"], 0, kind).trim();
}

/* A change: "+4.510 µJ", "−48". */
function signedText(value, kind) {
	if (value === null || value === undefined) return "–";
	return (value > 0 ? "+" : value < 0 ? "−" : "") + figureText(Math.abs(value), kind);
}

/* The figure with its exact value in reach of pointers and programs. */
function figure(value, kind, signed) {
	if (value === null || value === undefined) return h("span", {class: "unknown", title: "not known"}, "–");
	const unit = kind === "share" ? "" : " " + kind;
	return h(
		"data",
		{value: String(value), title: value + unit},
		signed ? signedText(value, kind) : figureText(value, kind),
	);
}

/* Keeps the end of a path, which tells layers apart, within so many characters. */
function shortened(name, length) {
	const characters = Array.from(name);
	return characters.length <= length ? name : "…" + characters.slice(1 - length).join("");
}

/* Control characters and those that turn the direction of writing would disturb the text around a name. */
function printable(name) {
	return name.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/* Tables ----------------------------------------------------------------------------------------------------------- */

/* A table that sorts by its heads and can be searched.
 *
 * columns: [{head, kind, text, note, signed}], `text` for columns that hold no figures. rows: [{cells, parent, name}], parents
 * before children, `parent` an index or -1; cells hold what figure() takes, a string for text columns, or
 * {value, kind, bar}, bar a share of 1. With parents the table is a tree: sorting keeps children below their parents. */
function table({caption, columns, rows, total, id}) {
	const body = h("tbody");
	const tree = rows.some((row) => row.parent >= 0);
	const inside = rows.map(() => []),
		outermost = []; /* indices of rows by their parent */
	rows.forEach((row, index) => (tree && row.parent >= 0 ? inside[row.parent] : outermost).push(index));
	const heads = columns.map((column, at) =>
		h(
			"th",
			{scope: "col", class: column.text ? null : "n"},
			h(
				"button",
				{type: "button", title: column.note || null, click: () => sortBy(at)},
				column.head,
				h("span", {class: "arrow", "aria-hidden": "true"}),
			),
		),
	);
	const elements = rows.map((row, index) => tableRow(columns, row, index, tree));
	const state = {column: -1, down: true, filter: "", closed: new Set()};

	function tableRow(columns, row, index, tree) {
		const children = index >= 0 && inside[index].length > 0;
		const cells = columns.map((column, at) => {
			const cell = row.cells[at];
			const content = column.text
				? h("span", null, printable(cell || "–"))
				: figure(
						cell && typeof cell === "object" ? cell.value : cell,
						cell && typeof cell === "object" ? cell.kind : column.kind,
						column.signed,
					);
			if (at === 0)
				return h(
					"th",
					{scope: "row", style: tree ? `--depth: ${row.depth || 0}` : null},
					children ? toggle(index, row) : null,
					content,
				);
			return h(
				"td",
				{class: column.text ? null : "n"},
				cell && cell.bar !== undefined
					? h("span", {
							class: "bar",
							style: `--share: ${Math.max(0, Math.min(1, cell.bar))}`,
						})
					: null,
				content,
			);
		});
		return h("tr", {"data-name": row.name}, cells);
	}

	function toggle(index, row) {
		const button = h("button", {
			type: "button",
			class: "toggle",
			"aria-expanded": "true",
			"aria-label": "Modules inside " + printable(row.name),
			click: () => {
				const open = state.closed.delete(index);
				if (!open) state.closed.add(index);
				button.setAttribute("aria-expanded", String(open));
				show();
			},
		});
		return button;
	}

	function key(row, at) {
		const cell = row.cells[at];
		return cell && typeof cell === "object" ? cell.value : cell;
	}

	function compare(a, b) {
		const x = key(rows[a], state.column),
			y = key(rows[b], state.column);
		const missing = (x === null || x === undefined) - (y === null || y === undefined);
		if (missing) return missing;
		const order = typeof x === "string" ? x.localeCompare(y) : x - y;
		return state.down ? -order : order;
	}

	/* Indices in the order of display, children after their parents. */
	function ordered(siblings) {
		const order = state.column >= 0 ? [...siblings].sort(compare) : siblings;
		return tree ? order.flatMap((index) => [index, ...ordered(inside[index])]) : order;
	}

	function hidden(index) {
		for (let at = rows[index].parent; tree && at >= 0; at = rows[at].parent) {
			if (state.closed.has(at)) return true;
		}
		return false;
	}

	function show() {
		const order = ordered(outermost);
		const wanted = new Set(order.filter((index) => rows[index].name.toLowerCase().includes(state.filter)));
		for (const index of [...wanted]) {
			for (let at = rows[index].parent; tree && at >= 0; at = rows[at].parent) wanted.add(at);
		}
		body.replaceChildren(
			...order
				.filter((index) => wanted.has(index) && (state.filter || !hidden(index)))
				.map((index) => elements[index]),
		);
	}

	function sortBy(at) {
		state.down = state.column === at ? !state.down : !columns[at].text;
		state.column = at;
		heads.forEach((head, index) => {
			if (index === at) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
			else head.removeAttribute("aria-sort");
		});
		show();
	}

	show();
	const search =
		rows.length > 12
			? h(
					"label",
					{class: "search"},
					"Find ",
					h("input", {
						type: "search",
						autocomplete: "off",
						spellcheck: "false",
						input: (event) => {
							state.filter = event.target.value.toLowerCase();
							show();
						},
					}),
				)
			: null;
	const foot = total ? h("tfoot", null, tableRow(columns, total, -1, false)) : null;
	return h(
		"div",
		{class: "table"},
		search,
		h(
			"div",
			{class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
			h(
				"table",
				{id: id || null},
				h("caption", {class: "hidden"}, caption),
				h("thead", null, h("tr", null, heads)),
				body,
				foot,
			),
		),
	);
}

/* A list of names and what belongs to them: [[name, text or element], …]; empty ones are left out. */
function facts(list) {
	return h(
		"dl",
		{class: "facts"},
		list
			.filter(([, value]) => value !== null && value !== undefined && value !== "")
			.map(([name, value]) =>
				h(
					"div",
					null,
					h("dt", null, name),
					h("dd", null, typeof value === "string" ? printable(value) : value),
				),
			),
	);
}
