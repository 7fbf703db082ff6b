/* parts.js: what several sections of the page are made of. */
"use strict";

const ROW = 20; /* pixels of a row of a chart */

function section(id, title, ...content) {
	return h("section", {id, "aria-labelledby": id + "-title"}, h("h3", {id: id + "-title"}, title), content);
}

/* The same for what stands beside the traces. */
function chapter(id, title, ...content) {
	return h(
		"section",
		{id, "aria-labelledby": id + "-title", class: "chapter"},
		h("h2", {id: id + "-title"}, title),
		content,
	);
}

function panel(title, ...content) {
	return h("figure", null, title ? h("figcaption", null, title) : null, content);
}

const MOST_ROWS = 5000;

/* The same figures as a table, for reading, sorting and for those who do not see the chart. It is made when it is
 * opened; options: what table() takes, or a function that gives it. */
function asTable(options) {
	const details = h(
		"details",
		{
			class: "numbers",
			toggle: () => {
				if (details.open && details.children.length === 1) {
					const {rows, ...rest} = typeof options === "function" ? options() : options;
					details.append(table({...rest, rows: rows.slice(0, MOST_ROWS)}));
					if (rows.length > MOST_ROWS)
						details.append(
							h(
								"p",
								{class: "muted"},
								`${MOST_ROWS} of ${rows.length} rows; the page's JSON has all.`,
							),
						);
				}
			},
		},
		h("summary", null, "Figures"),
	);
	return details;
}

function listed(names) {
	return names.length
		? names
				.map((name) => name || "(no stage)")
				.map(printable)
				.join(", ")
		: "–";
}

function estimateName(trace, at) {
	return printable(trace.page.labels[at]);
}

/* A list of warnings; what is more than a few is folded away. */
function warningList(texts, name) {
	const items = texts.map((text) => h("li", null, printable(text)));
	if (!items.length) return null;
	return h(
		"div",
		{class: "warnings", role: "note", "aria-label": name},
		h("ul", null, items.slice(0, 3)),
		items.length > 3
			? h(
					"details",
					null,
					h("summary", null, `${items.length - 3} more warnings`),
					h("ul", null, items.slice(3)),
				)
			: null,
	);
}

/* What each module has of a column itself, without the modules inside it: parts of one whole. */
function layers(trace, column) {
	const total = trace.columns[column].total;
	return trace.modules
		.map((row) => ({
			name: row.name,
			value: row.own[column],
			label: row.children.length ? row.name + " itself" : row.name,
		}))
		.filter((row) => row.value)
		.map((row) => ({
			...row,
			label: withoutRoot(trace, row.label),
			share: total ? row.value / total : null,
		}));
}

/* Paths without what all of them begin with: the name of the only outermost module. */
function withoutRoot(trace, path) {
	const roots = trace.modules.filter((row) => row.parent < 0 && !row.outside);
	const prefix = roots.length === 1 ? roots[0].name + "." : "";
	return prefix && path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
