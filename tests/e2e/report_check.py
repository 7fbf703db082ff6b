#!/usr/bin/env python3
"""report_check.py PAGE ANALYSIS.json… [-- PAGE ANALYSIS.json…]…: opens pages of `opjoule report` in Chromium, at desktop
and phone width, light and dark, and holds what tables and charts show against what `opjoule analyze --json` printed for
each trace.

With SHOTS=FOLDER it leaves screenshots there."""
import itertools
import json
import math
import os
import sys

from browser import Browser

failures = []


def expect(what, got, wanted):
    if isinstance(wanted, float) or isinstance(got, float):
        same = got is not None and wanted is not None and math.isclose(got, wanted, rel_tol=1e-12, abs_tol=1e-9)
    else:
        same = got == wanted
    if not same:
        failures.append(f"{what}: the page has {str(got)[:300]}, the JSON {str(wanted)[:300]}")


def columns(analysis):
    """(by name of module, by name of op, total) of each column of figures, in the order of the page."""
    found = []
    for counter in analysis["counters"].values():
        if "by_scope" in counter:
            by_scope = {name: sum(ops.values()) for name, ops in counter["by_scope"].items()}
            found.append((by_scope, counter["by_scope"]["Global"], counter["total"], 0))
        for metric in counter.get("metrics", {}).get("Global", {}):
            found.append(({name: values[metric] for name, values in counter["metrics"].items()}, {},
                          counter["metrics"]["Global"][metric], 0))
    if analysis["time"]:
        found.append((analysis["time"]["by_scope"], analysis["time"]["by_op"], analysis["time"]["total"], None))
    for estimate in analysis["estimates"]:
        total = estimate.get("energy_total_pj")
        found.append((estimate["by_scope_pj"], estimate["by_op_pj"], total, None))
        found.append(({name: pj / total if total else None for name, pj in estimate["by_scope_pj"].items()},
                      {name: pj / total if total else None for name, pj in estimate["by_op_pj"].items()},
                      1.0 if total else None, None))
    return found


def shown(browser, selector):
    """{name of a row: its figures} of a table."""
    return browser.value("""Object.fromEntries([...document.querySelectorAll(%s)].map((row) => [row.dataset.name,
        [...row.querySelectorAll("td.n")].map((cell) => {
            const data = cell.querySelector("data");
            return data ? Number(data.value) : null;
        })]))""" % json.dumps(selector))


def held(browser, name):
    return browser.value(f'JSON.parse(document.getElementById("{name}")?.textContent || "null")')


def sparsity(activity):
    return 1 - activity["nonzero"] / activity["elements"] if activity["nonzero"] is not None else None


def check_modules(browser, number, analysis):
    rows, wanted = shown(browser, f"#modules-table-{number} tr[data-name]"), columns(analysis)
    names = [module["path"] for module in analysis["modules"]]
    expect("modules", sorted(name for name in rows if name not in ("total", "outside all modules")), sorted(set(names)))
    for module in analysis["modules"]:
        name = module["path"]
        figures = [module["ops"], *(by.get(name, missing) for by, _, _, missing in wanted), sparsity(module["out"])]
        for at, (got, want) in enumerate(zip(rows[name], figures, strict=True)):
            expect(f"trace {number}, module {name}, column {at}", got, want)
    for at, (got, (_, _, want, _)) in enumerate(zip(rows["total"][1:], wanted)):
        expect(f"trace {number}, total, column {at}", got, want)


def check_ops(browser, number, analysis):
    rows, wanted = shown(browser, f"#ops-table-{number} tr[data-name]"), columns(analysis)
    for name, figures in rows.items():
        for at, (got, (_, by_op, _, _)) in enumerate(zip(figures, wanted, strict=True)):
            expect(f"trace {number}, op {name}, column {at}", got, by_op.get(name))


def points(browser, chart):
    """[name, value] of what a chart draws, asked of the chart library."""
    return browser.value("""(opjouleCharts.get(%s) || {instance: null}).instance?.getOption().series.flatMap((series) =>
        series.data.map((point) => [point.name, point.value]))""" % json.dumps(chart))


def check_energy_charts(browser, number, analysis):
    page = held(browser, f"report-{number}")["page"]
    for counter, figures in analysis["counters"].items():
        if "total" in figures:
            own = [row["own"][page["columns"].index(counter)] for row in page["rows"]]
            expect(f"trace {number}, {counter} of all modules themselves", sum(own), figures["total"])
    for at, estimate in enumerate(analysis["estimates"]):
        by_scope = estimate["by_scope_pj"]
        parents = [name for name in by_scope if any(other.startswith(name + ".") for other in by_scope)]
        drawn = dict(points(browser, f"layers-{number}-{at}") or [])
        for name, value in drawn.items():
            if name not in parents and name != "outside all modules":
                expect(f"trace {number}, chart of layers {at}, {name}", value, by_scope[name])
        energy = [name for name in page["columns"] if name.startswith("energy[")][at]
        below = any((row["own"][page["columns"].index(energy)] or 0) < 0 for row in page["rows"])
        noted = browser.value(f'document.getElementById("layers-{number}-{at}")?.parentElement.textContent.includes("below 0")')
        expect(f"trace {number}, note on what is below 0 in chart of layers {at}", bool(noted), below)
        leaves = [name for name, pj in by_scope.items() if pj and name not in parents]
        missing = [name for name in leaves if name not in drawn]
        if len(leaves) <= 40 and missing:
            failures.append(f"trace {number}, chart of layers {at} lacks {missing}")
        for axis, key in (("op", "by_op_pj"), ("stage", "by_stage_pj")):
            for name, value in points(browser, f"{axis}-{number}-{at}") or []:
                expect(f"trace {number}, chart by {axis} {at}, {name}", value,
                       estimate[key]["" if name == "(no stage)" else name])


def check_sparsity(browser, number, analysis):
    """Over all bins of the chart of time a layer returned what the analysis says of all its calls."""
    modules = {module["path"]: module for module in analysis["modules"]}
    for name, value in points(browser, f"sparsity-layers-{number}") or []:
        wanted = [sparsity(modules[name][side]) for side in ("in", "out")]
        if not any(want is not None and math.isclose(value[0], want, rel_tol=1e-12, abs_tol=1e-12) for want in wanted):
            failures.append(f"trace {number}, sparsity of {name}: the page has {value[0]}, the JSON {wanted}")
    timeline = held(browser, f"report-{number}")["page"]["timeline"]
    for row in timeline["modules"]:
        out = modules[row["path"]]["out"]
        expect(f"trace {number}, elements over time of {row['path']}", sum(row["elements"]), out["elements"])
        expect(f"trace {number}, nonzero over time of {row['path']}", sum(row["nonzero"]), out["nonzero"])
    drawn = points(browser, f"sparsity-time-{number}") or []
    known = {(row["path"], bin * timeline["width"]): 1 - nonzero / elements for row in timeline["modules"]
             for bin, nonzero, elements in zip(row["bin"], row["nonzero"], row["elements"])}
    for name, (_, start, _, value) in drawn:
        expect(f"trace {number}, {name} from op {start}", value, known[name, start])
    if timeline["modules"] and not drawn:
        failures.append(f"trace {number}: nothing is drawn of sparsity over time")


def check_roofline(browser, number):
    """Table and chart against the JSON in the page, which report.sh holds against `opjoule roofline --json`."""
    data = held(browser, f"roofline-{number}")
    if not data:
        return
    rows = shown(browser, f"#roofline-table-{number} tbody tr")
    for row in data["rows"]:
        wanted = [row["flops"], row["bytes"], row["flop_per_byte"], row["time_ns"], row["flop_per_s"],
                  (row["attainable"] or {}).get("flop_per_s"), row["share_of_attainable"]]
        for at, (got, want) in enumerate(zip(rows[row["name"]], wanted, strict=True)):
            expect(f"trace {number}, roofline of {row['name']}, column {at}", got, want)
    drawn = dict(points(browser, f"roofline-{number}-chart") or [])
    places = {row["name"]: [row["flop_per_byte"], row["flop_per_s"]] for row in data["rows"] if not row["lacks"]}
    expect(f"trace {number}, layers of the roofline", drawn, places)


def check_diff(browser):
    data = held(browser, "diff-0")
    if not data:
        return
    totals = shown(browser, "#diff-totals tbody tr")
    for name, pair in data["total"].items():
        expect(f"diff, total of {name}", totals.get(name), [pair["a"], pair["b"], pair["change"], pair["relative"]])
    wanted = sorted((row["own"][data["effect"]]["change"] for row in data["modules"]
                     if row["own"].get(data["effect"], {}).get("change")), key=abs, reverse=True)
    drawn = [value for _, value in points(browser, "diff-chart") or []] if wanted else []
    expect("diff, changes drawn", drawn, wanted[:40])


# Texts of one chart that lie over each other, and charts whose texts leave them.
OVERLAPS = """[...opjouleCharts].flatMap(([id, {element}]) => {
    const frame = element.getBoundingClientRect();
    const texts = [...element.querySelectorAll("text")].filter((text) => text.textContent.trim())
        .map((text) => ({text: text.textContent, box: text.getBoundingClientRect()})).filter(({box}) => box.width > 0);
    const out = texts.filter(({box}) => box.left < frame.left - 1 || box.right > frame.right + 1)
        .map(({text}) => `${id}: "${text}" leaves the chart`);
    texts.sort((a, b) => a.box.top - b.box.top);
    texts.forEach(({text, box}, i) => {
        for (let j = i + 1; j < texts.length && texts[j].box.top < box.bottom; j++) {
            const other = texts[j].box;
            if (Math.min(box.right, other.right) - Math.max(box.left, other.left) > 1 && box.bottom - other.top > 3)
                out.push(`${id}: "${text}" and "${texts[j].text}" overlap`);
        }
    });
    return out;
})"""


def check_look(browser, width):
    failures.extend(browser.complaints())
    expect("the page is done", browser.value('"ready" in document.documentElement.dataset'), True)
    expect(f"width of the page at {width}", browser.value("document.documentElement.scrollWidth"), width)
    failures.extend(browser.value(OVERLAPS))
    # What scripts or style brought in besides the page's own elements.
    foreign = "img, iframe, object, embed, form, video, audio"
    expect("foreign elements", browser.value(f'document.querySelectorAll("{foreign}").length'), 0)
    expect("handlers in markup", browser.value("""[...document.querySelectorAll("*")].filter((element) =>
        [...element.attributes].some((attribute) => attribute.name.startsWith("on"))).length"""), 0)


def check_use(browser):
    """What a reader does: opens the tables beside charts, sorts, searches, folds."""
    browser.value('document.querySelectorAll("details").forEach((details) => { details.open = true; })')
    browser.value("new Promise((done) => setTimeout(done))")
    empty = browser.value("""[...document.querySelectorAll("details.numbers")].filter((details) =>
        !details.querySelector("tbody tr")).length""")
    expect("tables beside charts without rows", empty, 0)
    order = """[...document.querySelectorAll("#ops-table-0 tbody tr")].map((row) =>
        Number(row.children[1].querySelector("data")?.value)).filter(Number.isFinite)"""
    browser.value('document.querySelector("#ops-table-0 thead th:nth-child(2) button").click()')
    expect("ops sorted", browser.value(order), sorted(browser.value(order), reverse=True))
    rows = 'document.querySelectorAll("#modules-table-0 tbody tr").length'
    whole = browser.value(rows)
    toggle = browser.value("""(() => { const button = document.querySelector("#modules-table-0 .toggle");
        if (button) button.click(); return !!button; })()""")
    if toggle and browser.value(rows) >= whole:
        failures.append("a folded module still shows those inside it")
    failures.extend(browser.complaints())


def check_figures(browser, analyses):
    for number, analysis in enumerate(analyses):
        check_modules(browser, number, analysis)
        check_ops(browser, number, analysis)
        check_energy_charts(browser, number, analysis)
        check_sparsity(browser, number, analysis)
        check_roofline(browser, number)
    check_diff(browser)
    check_use(browser)


def check_colors(browser, scheme):
    """Charts follow the reader's setting: their names have the colour of the page's text."""
    text = browser.value('getComputedStyle(document.documentElement).getPropertyValue("--text").trim()')
    expect("colour of text, " + scheme, text, {"light": "#1b1f24", "dark": "#e6e8eb"}[scheme])
    stale = browser.value("""[...opjouleCharts.values()].filter(({element, instance}) => instance && !element.hidden &&
        !JSON.stringify(instance.getOption()).includes(%s)).length""" % json.dumps(text))
    expect("charts in colours of another scheme", stale, 0)


def check_page(browser, page, analyses):
    for width in (1440, 390):
        browser.prefer("light")
        browser.open(os.path.abspath(page), width)
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            check_look(browser, width)
            check_colors(browser, scheme)
            if os.environ.get("SHOTS"):
                browser.screenshot(os.path.join(os.environ["SHOTS"], f"{os.path.basename(page)}-{width}-{scheme}.png"))
        check_figures(browser, analyses)


with Browser() as browser:
    for page, *files in (group for is_end, group in itertools.groupby(sys.argv[1:], "--".__eq__) if not is_end):
        before = len(failures)
        check_page(browser, page, [json.load(open(name, encoding="utf-8")) for name in files])
        print(f"{page}: {len(failures) - before} failures")

for failure in failures[:20]:
    print("report_check.py:", failure, file=sys.stderr)
sys.exit(bool(failures))
