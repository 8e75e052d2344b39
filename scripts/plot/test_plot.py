#!/usr/bin/env python3
"""Tests of the plot scripts: every picture is written and valid, every bad folder fails properly.

Run by the environment's python: scripts/plot/.venv/bin/python scripts/plot/test_plot.py
"""

import contextlib
import io
import struct
import subprocess
import sys
import tempfile
import traceback
import zlib
from pathlib import Path
from xml.etree import ElementTree

import polars as pl

import plot
from against_baseline import changes
from run_folder import Run, RunFolderError
from style import bytes_text, family
from synthetic import FAMILIES, Synthetic, write_run

HERE = Path(__file__).resolve().parent
NAMES = {
    "copy": {"copy-throughput-by-size"},
    "zero": {"zero-throughput-by-size"},
    "compare": {"compare-throughput-by-size", "compare-by-mismatch"},
    "cow-edge": {"cow-edge-cost-map"},
    "fault": {"fault-throughput"},
}


def draw(run, baseline, out):
    """Draws a run and gives the names drawn and the names left out."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        plot.draw(Run(run), Run(baseline) if baseline else None, out)
    left_out = {
        line.split()[2].rstrip(":")
        for line in output.getvalue().splitlines()
        if line.startswith("left out")
    }
    drawn = {path.stem for path in out.iterdir()}
    for name in drawn:
        check_svg(out / f"{name}.svg")
        check_png(out / f"{name}.png")
    return drawn, left_out


def check_svg(path):
    root = ElementTree.parse(path).getroot()
    assert root.tag.endswith("svg"), path
    marks = [node for node in root.iter() if node.tag.endswith(("path", "rect", "text"))]
    assert len(marks) > 20, f"{path} holds {len(marks)} marks"
    text = "".join(root.itertext())
    assert "Synthetic CPU" in text, f"{path} does not name the machine"
    assert "NaN" not in text and "undefined" not in text and "null" not in text, path


def check_png(path):
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[-8:-4] == b"IEND", path
    width, height = struct.unpack(">II", data[16:24])
    assert 400 < width < 6000 and 300 < height < 6000, f"{path} is {width} × {height}"
    start, packed = 8, b""
    while start < len(data):
        length, kind = struct.unpack(">I4s", data[start : start + 8])
        body = data[start + 8 : start + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[start + 8 + length :][:4])[0]
        packed += body if kind == b"IDAT" else b""
        start += 12 + length
    assert len(set(zlib.decompress(packed))) > 16, f"{path} is blank"


def command(*arguments):
    """Runs plot.py as a person does."""
    return subprocess.run(
        [sys.executable, HERE / "plot.py", *map(str, arguments)], capture_output=True, text=True
    )


def assert_refused(folder, *words):
    result = command(folder)
    assert result.returncode == 1, result
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("plot: ") and lines[0].endswith("."), result
    for word in words:
        assert word in lines[0], f"{word!r} is not in {lines[0]!r}"
    assert not (folder / "plots").exists()


def test_every_picture_of_a_full_run(folder):
    write_run(folder / "run")
    write_run(folder / "base", seed=2, slower={"avx512": 0.9, "libc": 1.1})
    drawn, left_out = draw(folder / "run", folder / "base", folder / "out")
    assert drawn == set().union(*NAMES.values(), {"change-against-baseline"}), drawn
    assert not left_out


def test_missing_operations_are_left_out_with_a_line(folder):
    for present in ([], *([name] for name in FAMILIES)):
        place = folder / ("-".join(present) or "none")
        write_run(place, only=present)
        drawn, left_out = draw(place, None, place / "out")
        expected = set().union(*(NAMES[name] for name in present))
        everything = set().union(*NAMES.values(), {"change-against-baseline"})
        assert drawn == expected, (present, drawn)
        assert left_out == everything - expected, (present, left_out)


def test_sparse_rows(folder):
    """One size, one cache state, no roofline, no kernel or libpmem rows, no intervals."""
    run = Synthetic()
    bare = dict(cpu_ns_low="", cpu_ns_high="", wall_ns_per_call="")
    run.add("copy", "libc", 40, 4096, size_bytes=4096, cache_state="l1", **bare)
    run.add("cow-edge", "mine", 200, 4096, size_bytes=4096, position_bytes=1, length_bytes=8)
    run.add("fault", "touch", 400, 4096, access="first-write", memory="anonymous", pages="any")
    run.write(folder)
    drawn, _ = draw(folder, None, folder / "out")
    assert drawn == {"copy-throughput-by-size", "cow-edge-cost-map", "fault-throughput"}, drawn


def test_a_run_against_itself_has_not_moved(folder):
    write_run(folder)
    rows = changes(Run(folder), Run(folder))
    questions = Run(folder).cells.filter(pl.col("reference_ratio").is_not_null()).height
    assert rows.height == questions > 1000
    assert rows["change"].abs().max() == 0
    assert set(rows["verdict"]) == {"no move beyond interval and 3 %"}


def test_a_known_slowdown_is_called_slower(folder):
    write_run(folder / "new", only=["copy"], slower={"avx2": 1.2})
    write_run(folder / "old", only=["copy"])
    rows = changes(Run(folder / "new"), Run(folder / "old"))
    slower = rows.filter(pl.col("verdict") == "slower")
    assert set(slower["routine"]) == {"avx2"}
    assert slower.height == rows.filter(pl.col("routine") == "avx2").height
    assert slower["change"].is_between(0.199, 0.201).all()
    back = changes(Run(folder / "old"), Run(folder / "new"))
    assert set(back.filter(pl.col("verdict") == "faster")["routine"]) == {"avx2"}


def test_two_threads_are_held_against_the_wall(folder):
    run = Synthetic()
    run.add("copy", "auto", 100, 4096, threads=2, cpu_ns_per_call=100, wall_ns_per_call=50)
    run.add("copy", "auto", 100, 4096, threads=1, cpu_ns_per_call=100, wall_ns_per_call=130)
    run.write(folder)
    assert Run(folder).measured("copy")["gbps"].to_list() == [81.92, 40.96]


def test_bad_folders_are_one_sentence(folder):
    assert_refused(folder / "nowhere", "does not exist")
    bad = folder / "bad"
    bad.mkdir()
    cells = bad / "cells.csv"
    assert_refused(bad, "does not exist")
    for content, words in {
        b"": ["cannot be read"],
        b"a,b\n1,2\n": ["not a daxmark run", "schema"],
        b"\x00\xff\xfe\x80,\n\x99": [str(cells)],
    }.items():
        cells.write_bytes(content)
        assert_refused(bad, *words)
    write_run(bad, only=["copy"])
    good = cells.read_text()
    lines = good.splitlines(keepends=True)
    cells.write_text(lines[0] + lines[1].replace("2,", "9,", 1))
    assert_refused(bad, "schema 9")
    for value in ("NaN", "inf", "forty", "1e999"):
        row = lines[20].split(",")
        row[lines[0].split(",").index("cpu_ns_per_call")] = value
        cells.write_text("".join(lines[:20]) + ",".join(row))
        assert_refused(bad, "line 21", "cpu_ns_per_call")
    for kept in (len(good) // 2, len(good) - 6):
        cells.write_text(good[:kept].rsplit(",", 3)[0])
        assert_refused(bad, "cut off")
    cells.write_text(good[:-20] + ',"torn')
    assert_refused(bad, str(cells))
    cells.write_text(good)
    (bad / "machine.csv").write_text("who,knows\n1,2\n")
    assert_refused(bad, "machine.csv")


def test_an_unwritable_place_is_one_sentence(folder):
    write_run(folder, only=["fault"])
    (folder / "file").write_text("")
    result = command(folder, "--out", folder / "file" / "plots")
    assert result.returncode == 1 and len(result.stderr.strip().splitlines()) == 1, result
    assert "cannot be written" in result.stderr


def test_help_and_wrong_arguments(folder):
    result = command("--help")
    assert result.returncode == 0 and "cow-edge-cost-map" in result.stdout
    assert command().returncode == 2
    assert command(folder, "--colour").returncode == 2


def test_words(folder):
    assert [bytes_text(n) for n in (1, 1023, 1024, 1025, 2097152)] == [
        "1 B", "1023 B", "1 KiB", "1025 B", "2 MiB",
    ]  # fmt: skip
    assert family("auto") == "auto" and family("libpmem-edges") == "libpmem"
    assert family("avx512-nt") == "other routines"
    try:
        Run(folder)
    except RunFolderError as error:
        assert "cells.csv" in str(error)
    else:
        raise AssertionError("an empty folder was read")


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    failed = 0
    for name, test in tests:
        with tempfile.TemporaryDirectory(prefix="daxmark-plot-") as folder:
            try:
                test(Path(folder))
            except Exception:
                failed += 1
                print(f"failed: {name}\n{traceback.format_exc()}", file=sys.stderr)
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
