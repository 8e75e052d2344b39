#!/usr/bin/env python3
"""Draws the pictures of a run folder, each as SVG and as PNG."""

import argparse
import sys
from pathlib import Path

import pictures
from against_baseline import against_baseline
from pictures import Missing
from run_folder import Run, RunFolderError

EPILOG = """\
pictures, by file name:
  copy-throughput-by-size, zero-..., compare-...
                             GB/s against size per routine, under the roofline
  cow-edge-cost-map          ns of an edge write by position and length, ratio to libpmem
  compare-by-mismatch        time and bytes really compared by the first difference
  fault-throughput           faults per second by class, page size and threads
  change-against-baseline    change of each cell's ratio with intervals (with --baseline)

A picture whose rows the run does not hold is left out with a line saying so.
Exit status: 0 drawn, 1 the folder is no readable run, 2 wrong arguments.
"""


def drawings(run, baseline):
    """File names and what draws them."""
    for operation in ("copy", "zero", "compare"):
        yield (
            f"{operation}-throughput-by-size",
            lambda operation=operation: pictures.throughput(run, operation),
        )
    yield "cow-edge-cost-map", lambda: pictures.edge_map(run)
    yield "compare-by-mismatch", lambda: pictures.compare_mismatch(run)
    yield "fault-throughput", lambda: pictures.fault_rate(run)
    if baseline:
        yield "change-against-baseline", lambda: against_baseline(run, baseline)


def draw(run, baseline, out):
    """Writes every picture that the run has rows for, and says which."""
    out.mkdir(parents=True, exist_ok=True)
    for name, make in drawings(run, baseline):
        try:
            chart = make()
        except Missing as missing:
            print(f"left out {name}: {missing}")
            continue
        for extension, options in (("svg", {}), ("png", {"scale_factor": 2})):
            path = out / f"{name}.{extension}"
            chart.save(str(path), **options)
            print(path)
    if not baseline:
        print("left out change-against-baseline: no --baseline was given")


def main():
    parser = argparse.ArgumentParser(
        prog="plot", description=__doc__, epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("run", metavar="RUN_DIR", help="a run folder with its cells.csv")
    parser.add_argument("--baseline", metavar="DIR", help="a run or baseline to hold it against")
    parser.add_argument("--out", metavar="DIR", help="where to write (default RUN_DIR/plots)")
    arguments = parser.parse_args()
    try:
        run = Run(arguments.run)
        baseline = Run(arguments.baseline) if arguments.baseline else None
        draw(run, baseline, Path(arguments.out or Path(arguments.run) / "plots"))
    except RunFolderError as error:
        sys.exit(f"plot: {error}")
    except OSError as error:
        sys.exit(f"plot: {error.filename} cannot be written: {error.strerror}.")


if __name__ == "__main__":
    main()
