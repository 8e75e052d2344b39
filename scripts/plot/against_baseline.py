"""A run against its baseline: the change of each cell's ratio to its frozen reference."""

import json

import altair as alt
import polars as pl

import style
from pictures import Missing
from run_folder import KEY

# Changes inside this band are never called a move; see METHODOLOGY.md.
FLOOR = 0.03
# More lines than this would not be read: the largest changes are drawn.
LIMIT = 60


def changes(run, baseline):
    """Cells of both runs with their relative change and its interval, the slowest first."""
    new, old = (
        each.cells.filter((pl.col("status") == "ok") & (pl.col("reference_ratio") > 0)).filter(
            pl.col("cpu_ns_per_call") > 0
        )
        for each in (run, baseline)
    )
    both = new.join(old, on=[*KEY, "reference"], suffix="_old", nulls_equal=True)
    ratio = pl.col("reference_ratio") / pl.col("reference_ratio_old")
    time, old_time = pl.col("cpu_ns_per_call"), pl.col("cpu_ns_per_call_old")
    drift = (5 * pl.col("between_moment_deviation_old").fill_null(0.0)).clip(0, 0.9)
    low = (pl.col("cpu_ns_low") / time) / (pl.col("cpu_ns_high_old") / old_time) / (1 + drift)
    high = (pl.col("cpu_ns_high") / time) / (pl.col("cpu_ns_low_old") / old_time) / (1 - drift)
    return (
        both.with_columns(change=ratio - 1, low=ratio * low - 1, high=ratio * high - 1)
        .with_columns(
            verdict=pl.when((pl.col("low") > 0) & (pl.col("change") > FLOOR))
            .then(pl.lit("slower"))
            .when((pl.col("high") < 0) & (pl.col("change") < -FLOOR))
            .then(pl.lit("faster"))
            .otherwise(pl.lit("no move beyond interval and 3 %"))
        )
        .sort("change", descending=True)
    )


def label(row):
    """A cell in one line: operation, routine and what makes it different."""
    parts = [row["operation"], row["routine"]]
    if row["engine"] == "model":
        parts.insert(1, "model")
    if row["length_bytes"] is not None and row["position_bytes"] is not None:
        parts.append(f"{int(row['length_bytes'])} at {int(row['position_bytes'])}")
    elif row["size_bytes"] is not None:
        parts.append(style.bytes_text(row["size_bytes"]))
    if row["extent_bytes"] is not None:
        parts.append(f"in {style.bytes_text(row['extent_bytes'])} extents")
    for name in ("access", "memory", "source_state", "mismatch", "cache_state"):
        if row[name] not in (None, "none", "mapped"):
            parts.append(row[name])
    if row["pages"] not in (None, "any"):
        parts.append(f"{row['pages']} B pages")
    if row["threads"] and row["threads"] > 1:
        parts.append(f"{int(row['threads'])} threads")
    if row["durable"] == "1":
        parts.append("durable")
    return " ".join(parts)


def against_baseline(run, baseline):
    """The sorted changes with intervals over the floor band."""
    rows = changes(run, baseline)
    if rows.is_empty():
        raise Missing("no cell is in both runs with a ratio to the same reference")
    total = len(rows)
    moved = rows.filter(~pl.col("verdict").str.starts_with("no move")).height
    if total > LIMIT:
        # Those that moved first: a wide interval is no answer to the question above.
        is_still = pl.col("verdict").str.starts_with("no move")
        rows = rows.sort(is_still, -pl.col("change").abs()).head(LIMIT)
        rows = rows.sort("change", descending=True)
    names = [label(row) for row in rows.iter_rows(named=True)]
    rows = rows.with_columns(name=pl.Series(names), place=pl.Series(range(len(names))))
    low = min(-2 * FLOOR, rows["low"].min() or 0, rows["change"].min())
    high = max(2 * FLOOR, rows["high"].max() or 0, rows["change"].max())
    x = dict(
        title="change of the ratio to the frozen reference (right: slower)",
        scale=alt.Scale(domain=[low * 1.05, high * 1.05], nice=False),
        axis=alt.Axis(format="+.0%", tickCount=9),
    )
    labels = f"{json.dumps(names)}[datum.value]"
    y_axis = alt.Axis(labelExpr=labels, labelLimit=420, labelFontSize=10)
    y = alt.Y("place:O", title=None, axis=y_axis)
    verdicts = ["slower", "faster", "no move beyond interval and 3 %"]
    color = alt.Color("verdict:N", title=None, legend=alt.Legend(orient="bottom", columns=3),
        scale=alt.Scale(domain=verdicts, range=[style.VERMILION, style.BLUE, "#8A8A8A"]),
    )  # fmt: skip
    band = pl.DataFrame({"from": [-FLOOR], "to": [FLOOR]})
    zero = pl.DataFrame({"at": [0.0]})
    base = alt.Chart(rows).encode(y=y, color=color)
    chart = alt.layer(
        alt.Chart(band).mark_rect(color="#EDEDED").encode(x=alt.X("from:Q", **x), x2="to:Q"),
        alt.Chart(zero).mark_rule(color="#999999").encode(x=alt.X("at:Q", **x)),
        base.mark_rule(strokeWidth=1.6).encode(x=alt.X("low:Q", **x), x2="high:Q"),
        base.mark_circle(size=45, opacity=1).encode(x=alt.X("change:Q", **x)),
    )
    shown = f"; {LIMIT} are drawn, those that moved first" if total > LIMIT else ""
    return style.finish(
        chart.properties(width=480, height=alt.Step(15)),
        "Change against the baseline",
        [
            f"Which cells moved, and by more than noise? {moved} of {total} did{shown}. "
            "The grey band is ±3 %.",
            run.machine,
        ],
    )
