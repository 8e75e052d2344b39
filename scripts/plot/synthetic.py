#!/usr/bin/env python3
"""Writes a plausible run folder without measuring anything: for tests and for work on the pictures.

    synthetic.py OUT [--seed N] [--only copy,fault] [--slower ROUTINE=FACTOR]
"""

import argparse
import csv
import random
from pathlib import Path

from run_folder import KEY, SCHEMA_VERSION

VALUES = (
    "page_bytes calls batches cpu_ns_per_call cpu_ns_low cpu_ns_high wall_ns_per_call "
    "bytes_per_call roofline_share reference reference_ratio between_moment_deviation "
    "faults_expected faults_observed contended status reason"
).split()
COLUMNS = ["schema", *KEY, *VALUES]

CACHES = ["l1", "llc", "memory"]
PEAK = {"l1": 160.0, "llc": 70.0, "memory": 22.0}
# Start-up in nanoseconds and share of the peak of each routine.
COPIES = {
    "libc": (6, 0.75), "libpmem": (9, 0.72), "rep-movsb": (14, 0.86), "fragile-8": (2, 0.12),
    "movnti": (5, 0.2), "sse2-nt": (6, 0.35), "avx2": (4, 0.8), "avx2-nt": (6, 0.5),
    "avx512": (4, 0.92), "avx512-nt": (6, 0.55), "auto": (4, 0.92),
}  # fmt: skip
DURABLE = {
    "libpmem": (40, 0.42), "movnti": (30, 0.2), "avx2+clwb": (44, 0.4), "avx2-nt": (24, 0.62),
    "avx512+clwb": (44, 0.42), "avx512-nt": (22, 0.66), "avx512+clflush": (90, 0.1),
    "auto": (22, 0.66),
}  # fmt: skip
COMPARES = {"libc": (5, 0.5), "word-8": (3, 0.08), "avx2": (4, 0.7), "avx512": (4, 0.85),
            "auto": (4, 0.86)}  # fmt: skip
EDGES = {"auto": 1.0, "libpmem": 1.46, "libpmem-edges": 1.6, "kernel": 2.1, "rep-movsb+clwb": 1.3}
FAULTS = {"read-untouched": 190, "first-write": 410, "write-after-read": 520, "private-cow": 560,
          "fork-cow": 640}  # fmt: skip


class Synthetic:
    """Rows of a run; times come from a simple cost model with seeded noise."""

    def __init__(self, seed=1, slower=None):
        self.random = random.Random(seed)
        self.slower = slower or {}
        self.rows = []

    def add(self, operation, routine, nanoseconds, bytes_per_call="", **fields):
        noise = self.random.lognormvariate(0, 0.01)
        time = nanoseconds * noise * self.slower.get(routine, 1)
        half = time * self.random.uniform(0.002, 0.015)
        row = dict.fromkeys(COLUMNS, "")
        row |= {
            "schema": SCHEMA_VERSION, "suite": operation, "operation": operation,
            "engine": "core", "routine": routine, "threads": 1, "page_bytes": 4096,
            "calls": max(1, round(1e6 / time)), "batches": 15,
            "cpu_ns_per_call": round(time, 3), "cpu_ns_low": round(time - half, 3),
            "cpu_ns_high": round(time + half, 3), "wall_ns_per_call": round(time * 1.01, 3),
            "bytes_per_call": bytes_per_call, "contended": 0, "status": "ok",
        }  # fmt: skip
        if operation not in ("floor", "clock", "roofline", "reference"):
            row |= {"reference": f"frozen-{operation}"}
            row |= {"reference_ratio": round(time / nanoseconds * 0.9, 6)}
        row |= fields
        self.rows.append(row)
        return row

    def skip(self, operation, routine, reason, **fields):
        row = self.add(operation, routine, 1, **fields)
        for name in VALUES:
            row[name] = ""
        row |= {"contended": 0, "status": "skipped", "reason": reason}

    def harness(self):
        self.add("floor", "empty", 0.9)
        for routine, time in {"thread-cpu": 212, "wall": 24}.items():
            self.add("clock", routine, time)
        for cache in CACHES:
            for routine, factor in {"read": 1.6, "store": 1.1, "copy": 1.0, "copy-nt": 0.8}.items():
                size = {"l1": 8192, "llc": 262144, "memory": 2097152}[cache]
                time = size / (PEAK[cache] * factor)
                self.add("roofline", routine, time, size, size_bytes=size, cache_state=cache)

    def throughput(self, operation):
        """Copy or zero, durable and not."""
        for cache, top in zip(CACHES, [16384, 262144, 4194304]):
            for durable, routines in ((0, COPIES), (1, DURABLE)):
                for routine, (start, share) in routines.items():
                    size = 64
                    while size <= top:
                        time = start + size / (PEAK[cache] * share)
                        shape = dict(size_bytes=size, durable=durable, cache_state=cache)
                        self.add(operation, routine, time, size, **shape)
                        size *= 4
        self.skip(operation, "sse2-nt+clwb", "this CPU has no clwb", size_bytes=64, durable=1,
                  cache_state="l1")  # fmt: skip

    def compare(self):
        for cache, sizes in {"l1": [256, 4096, 16384], "memory": [4096, 65536, 2097152]}.items():
            for size in sizes:
                for mismatch in ("first", "middle", "last", "none"):
                    read = {"first": 1, "middle": size // 2 + 1}.get(mismatch, size)
                    for routine, (start, share) in COMPARES.items():
                        time = start + 2 * read / (PEAK[cache] * 1.6 * share)
                        self.add("compare", routine, time, read, size_bytes=size,
                                 cache_state=cache, mismatch=mismatch)  # fmt: skip

    def edges(self):
        for position in (0, 1, 63, 64, 512, 1000, 2048, 4032, 4095):
            for length in (1, 8, 64, 512, 1024, 4096):
                if position + length > 4096:
                    continue
                for durable in (0, 1):
                    shared = bool(position % 64) + bool((position + length) % 64)
                    for routine, factor in EDGES.items():
                        excess = (factor - 1) * (0.6 + 0.3 * shared)
                        time = (150 + 60 * durable + 12 * shared) * (1 + excess)
                        self.add("cow-edge", routine, time, 4096, size_bytes=4096,
                                 position_bytes=position, length_bytes=length,
                                 alignment_bytes=4096, source_state="mapped", durable=durable,
                                 cache_state="memory")  # fmt: skip

    def faults(self):
        for access, time in FAULTS.items():
            for memory in ("anonymous", "memfd"):
                for pages in (4096, 2097152):
                    for threads in (1, 2):
                        scale = (1 if pages == 4096 else 130) * (0.6 if threads == 2 else 1)
                        cpu = time * scale * (1.2 if memory == "memfd" else 1)
                        self.add("fault", "touch", cpu * threads, pages, access=access,
                                 memory=memory, pages=pages, threads=threads, page_bytes=pages,
                                 wall_ns_per_call=round(cpu, 3), calls=64, batches=10,
                                 faults_expected=640, faults_observed=640)  # fmt: skip
        for access in FAULTS:
            self.skip("fault", "touch", "no huge pages are reserved", access=access,
                      memory="hugetlb", pages=2097152)  # fmt: skip

    def write(self, folder):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "cells.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        facts = {"cpu_model_name": "Synthetic CPU", "isa": "avx512", "synthetic": "1"}
        with open(folder / "machine.csv", "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["schema", "name", "value"])
            writer.writerows([SCHEMA_VERSION, name, value] for name, value in facts.items())


FAMILIES = {
    "copy": lambda run: run.throughput("copy"),
    "zero": lambda run: run.throughput("zero"),
    "compare": Synthetic.compare,
    "cow-edge": Synthetic.edges,
    "fault": Synthetic.faults,
}


def write_run(folder, seed=1, only=None, slower=None):
    """Writes a run with some of the operations, or with all of them."""
    run = Synthetic(seed, slower)
    run.harness()
    for name in only if only is not None else FAMILIES:
        FAMILIES[name](run)
    run.write(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", metavar="OUT", help="the run folder to write")
    parser.add_argument("--seed", type=int, default=1, help="seed of the noise (default 1)")
    parser.add_argument("--only", help=f"comma-separated operations of {', '.join(FAMILIES)}")
    parser.add_argument("--slower", help="ROUTINE=FACTOR: multiply the times of one routine")
    arguments = parser.parse_args()
    only = arguments.only.split(",") if arguments.only else None
    unknown = [name for name in only or [] if name not in FAMILIES]
    if unknown:
        parser.error(f"unknown operation {unknown[0]}; there are {', '.join(FAMILIES)}")
    slower = {}
    if arguments.slower:
        routine, _, factor = arguments.slower.partition("=")
        slower[routine] = float(factor)
    write_run(arguments.out, arguments.seed, only, slower)


if __name__ == "__main__":
    main()
