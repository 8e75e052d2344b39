#!/usr/bin/env python3
"""False alarms and power of several decision rules on one set of recorded pairs.

    scripts/peers/run FOLDER_OR_FILE... [--pairs 30] [--seed 1]

The pairs must be of one build against itself: every alarm is then false, and B's times scaled by
1.01 to 1.10 show what a rule finds. Two layouts come from the same batches. Paired: A and B of one
run, batch by batch. Sequential: A of one run against B of the next run of the same cell, so that the
two sides are other processes at another moment, as when a benchmark is run before and after a
change; it is derived from the paired recording, and no sequential one was made.

A gate run is one run of every cell; its false alarms are the gate runs with an alarm in any cell.
Bounds are exact binomial ones, 95 %; cells of one gate run share its moment, so those of cells are
too narrow. The duel takes its fresh runs from the next runs of the same cell, and has a row where
the runs are as long as it may ask for; the others see the first pairs of each run.
"""

import argparse
import sys

import numpy as np
from scipy import stats

from pairs import PairsError, series
from rules import FIXED_RUNS, PEERS, Limits, duel

SCALES = (1, 1.01, 1.03, 1.05, 1.10)
LAYOUTS = ("paired", "sequential")
OURS = {"duel": Limits(), "duel, fixed runs of 30": FIXED_RUNS}


def bounds(count, total):
    interval = stats.binomtest(count, total).proportion_ci(0.95, method="exact")
    return interval.low, interval.high


def comparisons(entries, layout, pairs):
    """(gate run, A's batches, B's batches, runs from there on) for every run of every cell."""
    for entry in entries:
        runs = [run for run in entry.runs]
        count = len(runs)
        for first in range(count):
            chain = [runs[(first + step) % count] for step in range(min(3, count))]
            other = chain[0] if layout == "paired" else chain[1]
            yield entry.gates[first], runs[first].a[:pairs], other.b[:pairs], chain


def alarms(entries, rule, layout, scale, pairs, seed):
    """{gate run: [whether each cell alarms]} and the pairs used, for one rule."""
    rng = np.random.default_rng(seed)
    outcomes, used = {}, []
    for gate, a, b, chain in comparisons(entries, layout, pairs):
        if isinstance(rule, Limits):
            verdict, count = duel([np.log(run.b / run.a * scale) for run in chain], rule)
            used.append(count)
        else:
            verdict = "regressed" if rule(a, b * scale, rng) else "pass"
        outcomes.setdefault(gate, []).append(verdict)
    return outcomes, used


def percent(value, digits=1):
    return f"{100 * value:.{digits}f}"


def share(count, total):
    low, high = bounds(count, total)
    return f"{count}/{total} = {percent(count / total)} % [{percent(low, 2)}, {percent(high, 2)}]"


def table(entries, pairs, seed):
    """One Markdown table, a row for each rule and layout."""
    lines = [
        "| rule | layout | false alarms, cells | false alarms, gate runs | inconclusive | "
        + " | ".join(f"+{round(100 * (scale - 1))} %" for scale in SCALES[1:])
        + " |",
        "|---" * (5 + len(SCALES) - 1) + "|",
    ]
    shortest = min(len(run.a) for entry in entries for run in entry.runs)
    ours = {name: rule for name, rule in OURS.items() if max(rule.full, rule.maximum) <= shortest}
    for name in OURS.keys() - ours.keys():
        print(f"peers: no row for '{name}': a run has {shortest} pairs alone", file=sys.stderr)
    used = {}
    for name, rule in [*PEERS.items(), *ours.items()]:
        for layout in LAYOUTS if name in PEERS else LAYOUTS[:1]:
            outcomes, taken = alarms(entries, rule, layout, 1, pairs, seed)
            if taken:
                used[name] = np.mean(taken)
            flat = [verdict for verdicts in outcomes.values() for verdict in verdicts]
            gates = sum("regressed" in verdicts for verdicts in outcomes.values())
            row = [
                name,
                layout,
                share(flat.count("regressed"), len(flat)),
                share(gates, len(outcomes)),
                "–" if name in PEERS else str(flat.count("inconclusive")),
            ]
            for scale in SCALES[1:]:
                found, _ = alarms(entries, rule, layout, scale, pairs, seed)
                verdicts = [verdict for group in found.values() for verdict in group]
                row.append(percent(verdicts.count("regressed") / len(verdicts)) + " %")
            lines.append("| " + " | ".join(row) + " |")
    return lines, used


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", help="pairs.csv, or folders that hold some")
    parser.add_argument("--pairs", type=int, default=30, help="pairs of a run (default 30)")
    parser.add_argument("--seed", type=int, default=1, help="of the bootstrap")
    options = parser.parse_args(arguments)
    if options.pairs < 15:
        parser.error("the rules need 15 pairs")
    try:
        entries = series(options.paths, options.pairs)
    except PairsError as error:
        sys.exit(f"peers: {error}")
    lines, used = table(entries, options.pairs, options.seed)
    runs = [len(entry.runs) for entry in entries]
    print(
        f"{len(entries)} cells, {min(runs)} to {max(runs)} runs of {options.pairs} pairs each; thread"
        " CPU time; B is A, scaled in the last columns. The sequential layout is derived: A of one"
        " run, B of the next.\n"
    )
    print("\n".join(lines))
    print()
    for name, mean in used.items():
        print(f"{name}: {mean:.1f} pairs a cell without a change.")


if __name__ == "__main__":
    main()
