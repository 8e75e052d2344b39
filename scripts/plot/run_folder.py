"""Reads a run folder: cells.csv as typed columns, machine.csv as facts."""

from pathlib import Path

import polars as pl

SCHEMA_VERSION = 3
# Their numbers mean the same; 2 and 3 added words and counts.
READABLE_VERSIONS = {"1", "2", "3"}

WORDS = (
    "suite operation engine routine source_state durable cache_state memory pages access mismatch "
    "reference status reason"
).split()
NUMBERS = (
    "size_bytes position_bytes length_bytes alignment_bytes extent_bytes threads page_bytes calls "
    "batches cpu_ns_per_call cpu_ns_low cpu_ns_high wall_ns_per_call bytes_per_call roofline_share "
    "reference_ratio between_moment_deviation faults_expected faults_observed"
).split()

# What makes a cell the same cell in another run.
KEY = (
    "suite operation engine routine size_bytes position_bytes length_bytes alignment_bytes "
    "extent_bytes source_state durable cache_state memory pages access threads mismatch"
).split()


class RunFolderError(Exception):
    """A folder that is no readable run; the message is one sentence."""


class Run:
    """The rows of a run and what it was measured on."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.cells = read_cells(self.folder / "cells.csv")
        self.facts = read_facts(self.folder / "machine.csv")

    @property
    def machine(self):
        """The machine class in a few words."""
        model = self.facts.get("cpu_model_name") or "unknown CPU"
        isa = self.facts.get("isa")
        return f"{model}, {isa}" if isa else model

    def measured(self, operation):
        """Rows of one operation that ended well, with throughput and its interval in GB/s.

        Rows of the model are left out: they are a whole filesystem and no competing routine.
        Several threads are held against the wall clock, one against its own CPU time.
        """
        rows = self.cells.filter(
            (pl.col("operation") == operation)
            & (pl.col("engine") != "model")
            & (pl.col("status") == "ok")
            & (pl.col("cpu_ns_per_call") > 0)
        )
        clock = (
            pl.when(pl.col("threads") > 1)
            .then(pl.col("wall_ns_per_call") / pl.col("cpu_ns_per_call"))
            .otherwise(1.0)
        )
        rows = rows.with_columns(clock=clock)
        return rows.with_columns(
            gbps=pl.col("bytes_per_call") / (pl.col("cpu_ns_per_call") * pl.col("clock")),
            gbps_low=pl.col("bytes_per_call") / (pl.col("cpu_ns_high") * pl.col("clock")),
            gbps_high=pl.col("bytes_per_call") / (pl.col("cpu_ns_low") * pl.col("clock")),
        )


def read_cells(path):
    """The rows of cells.csv, numbers as floats and empty fields as nulls."""
    table = read_text_table(path)
    missing = [name for name in ["schema", *WORDS, *NUMBERS] if name not in table.columns]
    if missing:
        raise RunFolderError(f"{path} is not a daxmark run: the column {missing[0]} is missing.")
    versions = table["schema"].unique().to_list()
    if not set(versions) <= READABLE_VERSIONS:
        found = ", ".join(sorted(str(version) for version in versions))
        read = " and ".join(sorted(READABLE_VERSIONS))
        raise RunFolderError(f"{path} has schema {found}; this script reads {read}.")
    cut = table["status"].is_null()
    if cut.any():
        raise RunFolderError(f"{path} line {cut.arg_true()[0] + 2}: the row is cut off.")
    for name in NUMBERS:
        column = table[name].cast(pl.Float64, strict=False)
        wrong = table[name].is_not_null() & (column.is_null() | ~column.is_finite())
        if wrong.any():
            line = wrong.arg_true()[0] + 2
            raise RunFolderError(f"{path} line {line}: {name} is not a finite number.")
        table = table.with_columns(column)
    return table


def read_facts(path):
    """The facts of machine.csv by name; a folder without the file has none."""
    if not path.exists():
        return {}
    table = read_text_table(path)
    if not {"name", "value"} <= set(table.columns):
        raise RunFolderError(f"{path} is not a machine description: it needs name and value.")
    return dict(zip(table["name"].to_list(), table["value"].to_list()))


def read_text_table(path):
    """A CSV file with every field as text."""
    try:
        return pl.read_csv(path, infer_schema=False, glob=False)
    except FileNotFoundError:
        raise RunFolderError(f"{path} does not exist, so {path.parent} is no run.") from None
    except (OSError, pl.exceptions.PolarsError, UnicodeError) as error:
        reason = str(error).strip().splitlines() or ["no reason given"]
        raise RunFolderError(f"{path} cannot be read as CSV ({reason[0].rstrip('.')}).") from None
