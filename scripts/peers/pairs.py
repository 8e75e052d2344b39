"""Reads recorded pairs: `pairs.csv` of a duel, by the columns of FORMAT.md, and no others."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

KEY = (
    "suite operation engine routine size_bytes position_bytes length_bytes alignment_bytes "
    "extent_bytes source_state durable cache_state memory pages access threads mismatch"
).split()
NEEDED = [*KEY, "run", "pair", "calls", "a_cpu_ns", "b_cpu_ns"]


class PairsError(Exception):
    """A file that cannot be used; the message names it."""


@dataclass
class Run:
    """The pairs of one cell in one run: nanoseconds a call, in the order of the pairs."""

    a: np.ndarray
    b: np.ndarray

    def scaled(self, factor):
        return Run(self.a, self.b * factor)


def files(paths):
    """Every pairs.csv of the files and folders given, in the order of their names."""
    found = []
    for path in map(Path, paths):
        if path.is_dir():
            found += sorted(path.rglob("pairs.csv"))
        else:
            found.append(path)
    if not found:
        raise PairsError("no pairs.csv in " + ", ".join(map(str, paths)))
    return found


def read(path):
    """{cell key: {run: Run}} of one file."""
    cells = {}
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in NEEDED if name not in (reader.fieldnames or [])]
            if missing:
                raise PairsError(f"{path}: no column {missing[0]}")
            for row in reader:
                key = tuple(row[name] for name in KEY)
                numbers = [int(row[name]) for name in NEEDED[len(KEY) :]]
                run, pair, calls, a, b = numbers
                if min(calls, a, b) <= 0:
                    raise PairsError(f"{path} line {reader.line_num}: a time or count of zero")
                times = cells.setdefault(key, {}).setdefault(run, {})
                if pair in times:
                    raise PairsError(f"{path} line {reader.line_num}: pair {pair} occurs twice")
                times[pair] = (a / calls, b / calls)
    except (OSError, UnicodeDecodeError) as error:
        raise PairsError(f"{path}: {error}") from error
    except (TypeError, ValueError) as error:
        raise PairsError(f"{path} line {reader.line_num}: {error}") from error
    if not cells:
        raise PairsError(f"{path}: no pair")
    return {key: {run: _run(times) for run, times in runs.items()} for key, runs in cells.items()}


def _run(times):
    ordered = np.array([times[pair] for pair in sorted(times)], dtype=float)
    return Run(ordered[:, 0], ordered[:, 1])


@dataclass
class Series:
    """One cell: its runs in the order of time, each with the invocation that made it."""

    key: tuple
    runs: list
    gates: list


def series(paths, minimum):
    """Every cell with its runs of at least `minimum` pairs, over all files."""
    cells = {}
    for gate, path in enumerate(files(paths)):
        for key, runs in read(path).items():
            entry = cells.setdefault(key, Series(key, [], []))
            for number in sorted(runs):
                if len(runs[number].a) >= minimum:
                    entry.runs.append(runs[number])
                    entry.gates.append((gate, number))
    kept = [entry for entry in cells.values() if len(entry.runs) >= 2]
    if not kept:
        raise PairsError(f"no cell has two runs of {minimum} pairs; record A against A with them")
    return kept
