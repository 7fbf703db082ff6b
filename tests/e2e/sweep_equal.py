"""Every row of a sweep beside `opjoule analyze` with the same settings: sweep_equal.py OPJOULE TRACE GRID [EVERY [OPTION…]].

Each EVERYth row (default 1) is analyzed by itself with all its settings spelled out; every figure of the row must agree
to 1e-12, and so must the warnings. The marks of the Pareto front are compared with a search through all pairs. Options go
to `opjoule sweep`."""
import json
import subprocess
import sys


def fail(message):
    sys.exit(f"sweep_equal.py: {message}")


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        fail(f"{' '.join(command)}: {done.stderr}")
    return json.loads(done.stdout)


def at(tree, path):
    """The number at a path of keys with dots between them; keys may have dots too."""
    if path in tree:
        return tree[path]
    for key, inner in tree.items():
        if path.startswith(key + ".") and isinstance(inner, dict):
            found = at(inner, path[len(key) + 1:])
            if found is not None:
                return found
    return None


def same(a, b):
    return a == b or (a is not None and b is not None and abs(a - b) <= 1e-12 * max(abs(a), abs(b)))


def text(value):
    return {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else repr(value).strip("'")


def compare(opjoule, trace, row, counter):
    settings = "".join(f",{key}={text(value)}" for key, value in row["config"].items())
    if counter:
        report = run([opjoule, "analyze", trace, "--json", "-c", row["model"] + settings])
        own = next(iter(report["counters"].values()))
        report = {**own, **own.get("metrics", {}).get("Global", {})}
    else:
        preset = ":" + row["preset"] if row["preset"] else ""
        report = run([opjoule, "analyze", trace, "--json", "-m", row["model"] + preset + settings])["estimates"][0]
        report["energy_pj"] = report.get("energy_total_pj")
        parts = {"breakdown_pj." + key for key in report["breakdown_pj"]}
        if not parts | {"energy_pj"} <= set(row["figures"]):
            fail(f"row {row['configuration']} lacks figures")
    if report["config"] != row["config"] or report["warnings"] != row["warnings"]:
        fail(f"row {row['configuration']}: other settings or warnings than analyze")
    for name, figure in row["figures"].items():
        # A counter that nothing concerned has no metrics in the report.
        alone = at(report, name) if at(report, name) is not None or not counter else 0
        if not same(figure, alone):
            fail(f"row {row['configuration']} ({row['model']}{settings}): {name} is {figure}, by itself {alone}")


def check_front(grid, rows):
    """By the definition, pair by pair."""
    signs = [(o["figure"], 1 if o["better"] == "smaller" else -1) for o in grid["objectives"]]
    points = [[sign * row["config"].get(name, row["figures"].get(name)) for name, sign in signs] for row in rows]
    for row, point in zip(rows, points):
        beaten = any(other != point and all(o <= p for o, p in zip(other, point)) for other in points)
        expected = not beaten if signs else None
        if row["pareto"] != expected:
            fail(f"row {row['configuration']}: pareto is {row['pareto']}")


def main():
    opjoule, trace, grid_file = sys.argv[1:4]
    every = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    sweep = run([opjoule, "sweep", trace, "--grid", grid_file, "--format", "json", *sys.argv[5:]])
    rows = sweep["rows"]
    if len(rows) != sum(grid["configurations"] for grid in sweep["grids"]):
        fail("rows are missing")
    for i, grid in enumerate(sweep["grids"]):
        check_front(grid, [row for row in rows if row["grid"] == i])
    compared = rows[::every]
    for row in compared:
        compare(opjoule, trace, row, "unit" in sweep["grids"][row["grid"]])
    print(f"{trace}, {grid_file}: {len(compared)} of {len(rows)} configurations equal runs of their own")


main()
