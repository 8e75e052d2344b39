#!/usr/bin/env python3
"""Tests of the peers' rules: against SciPy, against recorded pairs, and on data of known truth.

Run by the environment's python: scripts/peers/.venv/bin/python scripts/peers/test_peers.py
"""

import contextlib
import csv
import io
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np
from scipy import stats

import peers
from pairs import KEY, PairsError, Run, Series, read, series
from rules import (
    FIXED_RUNS, PEERS, Limits, Shift, bootstrap_1, duel, mann_whitney, signed_rank_cdf
)  # fmt: skip

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "../../Tests/VerdictTests/Golden/duel-pairs.csv"
COLUMNS = ["schema", *KEY, "run", "pair", "order", "calls", "a_cpu_ns", "b_cpu_ns", "extra"]


def write(path, rows, columns=COLUMNS):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def rows(cell, run, a, b, calls=10):
    for pair, (x, y) in enumerate(zip(a, b)):
        yield {
            "schema": 2, "suite": "copy", "operation": "copy", "engine": "core", "routine": "auto",
            "size_bytes": cell, "threads": 1, "run": run, "pair": pair, "order": "AB",
            "calls": calls, "a_cpu_ns": round(x * calls), "b_cpu_ns": round(y * calls),
        }  # fmt: skip


def synthetic(folder, seed, runs=12, cells=3, spread=0.01, moment=0.03, pairs=30):
    """Runs of one build against itself, each with a moment of its own that both sides share."""
    rng = np.random.default_rng(seed)
    for run in range(runs):
        path = folder / f"{run:03}" / "pairs.csv"
        path.parent.mkdir()
        lines = []
        for cell in range(cells):
            base = 1e5 * np.exp(moment * rng.normal())
            a, b = base * np.exp(spread * rng.normal(size=(2, pairs)))
            lines += rows(64 << cell, 0, a, b)
        write(path, lines)


def golden(name, effect):
    """The recorded pairs of VerdictTests, one Series for each benchmark."""
    entries = {}
    with open(GOLDEN, newline="") as file:
        for row in csv.DictReader(file):
            if row["set"] == name and row["effect"] == effect:
                a, b = (np.array(row[c].split(";"), float) for c in ("a_cpu_ns", "b_cpu_ns"))
                entry = entries.setdefault(row["benchmark"], Series((row["benchmark"],), [], []))
                entry.runs.append(Run(a, b))
                entry.gates.append(int(row["session"]))
    return list(entries.values())


def test_duel_on_recorded_pairs():
    """The same counts as VerdictTests: two programs of the same rule."""
    for name, effect, scale, regressed, inconclusive in (
        ("I_AA", "0", 1, 0, 1), ("I_AA", "0", 1.03, 239, 4), ("I_AA", "0", 1.05, 252, 0),
        ("I_INJ", "0.01", 1, 0, 0), ("I_INJ", "0.03", 1, 141, 0),
    ):  # fmt: skip
        outcomes, used = peers.alarms(golden(name, effect), FIXED_RUNS, "paired", scale, 30, 1)
        flat = [verdict for verdicts in outcomes.values() for verdict in verdicts]
        found = flat.count("regressed"), flat.count("inconclusive")
        assert found == (regressed, inconclusive), (name, effect, scale, found)
        assert scale > 1 or effect != "0" or 15 <= np.mean(used) < 17


def test_peers_on_recorded_pairs():
    entries = golden("I_AA", "0")
    for name, rule in PEERS.items():
        shares = []
        for scale in (1, 1.1):
            outcomes, _ = peers.alarms(entries, rule, "paired", scale, 30, 1)
            flat = [verdict for verdicts in outcomes.values() for verdict in verdicts]
            shares.append(flat.count("regressed") / len(flat))
        assert shares[0] < 0.05, (name, shares)
        assert shares[1] > 0.85, (name, shares)


def test_signed_rank():
    for n in (6, 15, 30, 60):
        ratios = np.random.default_rng(n).normal(0.3, 1, n)
        expected = stats.wilcoxon(ratios, alternative="greater", method="exact").pvalue
        averages = Shift(ratios).averages
        assert np.isclose(signed_rank_cdf(n)[(averages <= 0).sum()], expected)
        assert np.isclose(Shift(ratios).estimate, np.median(averages))
    assert Shift(np.zeros(5)).high(0.975) == np.inf and Shift(np.zeros(6)).high(0.975) == 0


def test_rules_on_known_samples():
    rng = np.random.default_rng(5)
    a = 1000 * np.exp(0.002 * rng.normal(size=30))
    for change, expected in ((1.0, {}), (0.9, {}), (1.03, {mann_whitney, bootstrap_1})):
        alarms = {rule for rule in PEERS.values() if rule(a, a * change, rng)}
        assert alarms == set(expected), (change, alarms)
    assert all(rule(a, a * 1.08, rng) for rule in PEERS.values())


def test_false_alarm_rate_of_the_u_test():
    """On independent samples its rate is its level, one side of it: 2.5 %."""
    rng = np.random.default_rng(6)
    count = sum(mann_whitney(*rng.normal(100, 1, (2, 30)), rng) for _ in range(2000))
    assert 30 <= count <= 75, count


def test_duel_branches():
    flat = np.linspace(-0.001, 0.001, 30)
    rng = np.random.default_rng(7)
    wide = rng.permutation(np.linspace(-0.3, 0.3, 30)) + 0.02
    assert duel([flat], FIXED_RUNS) == ("pass", 15)
    assert duel([flat + 0.05] * 3, FIXED_RUNS) == ("regressed", 60)
    assert duel([flat + 0.04, flat, flat], FIXED_RUNS) == ("pass", 60)
    assert duel([wide] * 3, FIXED_RUNS) == ("inconclusive", 90)
    assert duel([flat + 0.1, flat, flat], FIXED_RUNS) == ("inconclusive", 90)


def test_lengths():
    """Runs are as long as the spread asks for."""
    rng = np.random.default_rng(9)
    narrow, medium, wide = (rng.permutation(np.linspace(-s, s, 120)) for s in (0.001, 0.05, 0.3))
    assert Limits().length(Shift(narrow)) == 30 and FIXED_RUNS.length(Shift(wide)) == 30
    assert Limits().length(Shift(wide)) == 120 and Limits().length(Shift(medium)) % 15 == 0
    assert duel([narrow]) == ("pass", 15)
    assert duel([narrow + 0.05] * 3) == ("regressed", 60)
    assert duel([narrow + 0.012] * 3)[0] == "pass"
    assert duel([narrow + 0.025] * 3)[0] == "regressed"
    assert duel([wide] * 3) == ("pass", 240)
    assert duel([wide + 0.02] * 3) == ("inconclusive", 360)


def test_layouts():
    """Moments that differ by 3 % spoil the sequential layout and leave the paired one alone."""
    with tempfile.TemporaryDirectory() as name:
        synthetic(Path(name), 8)
        entries = series([name], 30)
        assert len(entries) == 3 and all(len(entry.runs) == 12 for entry in entries)
        shares = {}
        for layout in peers.LAYOUTS:
            outcomes, _ = peers.alarms(entries, mann_whitney, layout, 1, 30, 1)
            assert len(outcomes) == 12 and all(len(v) == 3 for v in outcomes.values())
            flat = [verdict for verdicts in outcomes.values() for verdict in verdicts]
            shares[layout] = flat.count("regressed") / len(flat)
        assert shares["paired"] <= 0.15 and shares["sequential"] > 0.3, shares
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            peers.main([name])
        lines = [line for line in output.getvalue().splitlines() if line.startswith("|")]
        assert len(lines) == 2 + 2 * len(PEERS) + 1
        assert len({line.count("|") for line in lines}) == 1, "a table of even rows"
        assert lines[-1].startswith("| duel, fixed runs of 30 | paired | 0/36 = 0.0 %"), lines[-1]
        assert lines[-1].endswith("| 100.0 % | 100.0 % |"), lines[-1]


def test_rule_in_force():
    """It has a row where every run is as long as it may ask for, and there alone."""
    with tempfile.TemporaryDirectory() as name:
        synthetic(Path(name), 10, pairs=Limits().maximum)
        lines, used = peers.table(series([name], 30), 30, 1)
        (row,) = [line for line in lines if line.startswith("| duel |")]
        assert "| 0/36 = 0.0 %" in row and row.endswith("| 100.0 % | 100.0 % |"), row
        assert list(used) == list(peers.OURS)


def test_calls_and_columns():
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "pairs.csv"
        write(path, reversed(list(rows(64, 3, [100, 200, 300], [110, 220, 330], calls=7))))
        ((key, runs),) = read(path).items()
        assert key[0] == "copy" and list(runs) == [3]
        assert np.allclose(runs[3].a, [100, 200, 300]) and np.allclose(runs[3].b, [110, 220, 330])


def test_bad_files():
    good = list(rows(64, 0, [100] * 3, [100] * 3))
    cases = {
        "no column b_cpu_ns": ([], [c for c in COLUMNS if c != "b_cpu_ns"]),
        "no pair": ([], COLUMNS),
        "a time or count of zero": ([good[0] | {"a_cpu_ns": 0}], COLUMNS),
        "pair 0 occurs twice": ([good[0], good[0]], COLUMNS),
        "line 3: invalid literal": ([good[0], good[1] | {"calls": "x"}], COLUMNS),
    }
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "pairs.csv"
        for message, (lines, columns) in cases.items():
            write(path, lines, columns)
            expect_error(lambda: read(path), message)
        write(path, good)
        expect_error(lambda: series([path], 3), "no cell has two runs")
        expect_error(lambda: series([path.parent / "none"], 3), "No such file")
        path.unlink()
        expect_error(lambda: series([name], 3), "no pairs.csv")


def expect_error(action, message):
    try:
        action()
    except PairsError as error:
        assert message in str(error), (message, str(error))
        return
    raise AssertionError(f"nothing was raised: {message}")


def main():
    failures = 0
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            try:
                test()
                print(f"passed {name}")
            except Exception:
                failures += 1
                print(f"FAILED {name}")
                traceback.print_exc()
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
