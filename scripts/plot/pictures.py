"""The pictures of one run. Each takes a Run and gives a chart, or a Missing with the reason."""

import math

import altair as alt
import polars as pl

import style
from style import bytes_text, finish

CACHES = {"l1": "in L1", "llc": "in the last-level cache", "memory": "in memory"}
KIND = {"copy": ("copy", 1), "zero": ("store", 1), "compare": ("read", 2)}


class Missing(Exception):
    """A picture whose rows the run does not hold."""


def throughput(run, operation):
    """Throughput against size for each routine, under the roofline."""
    rows = run.measured(operation).filter(
        (pl.col("threads") == 1)
        & pl.col("gbps").is_finite()
        & (pl.col("mismatch").is_null() | (pl.col("mismatch") == "none"))
        & pl.col("cache_state").is_not_null()
        & (pl.col("size_bytes") > 0)
    )
    if rows.is_empty():
        raise Missing(f"no measured {operation} rows")
    rows = with_family(rows)
    present = set(rows["cache_state"])
    durables = sorted(rows["durable"].fill_null("").unique().to_list())
    peaks = {
        (durable, cache): peak
        for durable in durables
        for cache, peak in rooflines(run, operation, durable == "1").items()
        if not rows.filter(
            (pl.col("durable").fill_null("") == durable) & (pl.col("cache_state") == cache)
        ).is_empty()
    }
    families = set(rows["family"]) | ({style.ROOFLINE} if peaks else set())
    color = style.family_color(families)
    extent = rows["gbps_low"].drop_nulls().to_list() + rows["gbps_high"].drop_nulls().to_list()
    extent += rows["gbps"].to_list() + list(peaks.values())
    y = dict(
        title="GB/s (log scale)",
        scale=alt.Scale(type="log", domain=style.padded(extent), nice=False),
        axis=alt.Axis(format="~g", tickCount=6),
    )
    lines = []
    for durable in durables:
        panels = []
        for cache in [name for name in CACHES if name in present]:
            part = rows.filter(
                (pl.col("durable").fill_null("") == durable) & (pl.col("cache_state") == cache)
            )
            if part.is_empty():
                continue
            kept = ", durable" if durable == "1" else ""
            panel = throughput_panel(part, peaks.get((durable, cache)), y, color)
            panels.append(panel.properties(title=f"{CACHES[cache]}{kept}", width=270, height=230))
        lines.append(alt.hconcat(*panels, spacing=24))
    return finish(
        alt.vconcat(*lines, spacing=24),
        f"Throughput of {operation} against size",
        [
            "Which routine is fastest at each size, and how far is it from the machine's peak?",
            run.machine,
        ],
    )


def throughput_panel(rows, peak, y, color):
    sizes = rows["size_bytes"].unique().to_list()
    x = style.size_axis(sizes)
    base = alt.Chart(rows).encode(x=x, color=color)
    layers = []
    if peak:
        roof = pl.DataFrame({"gbps": [peak], "family": [style.ROOFLINE]})
        layers.append(
            alt.Chart(roof)
            .mark_rule(strokeDash=[6, 4], strokeWidth=1.5)
            .encode(y=alt.Y("gbps:Q", **y), color=color)
        )
    is_other = alt.datum.family == style.OTHERS
    for shown, width, dot in (
        (is_other, alt.value(1.2), 18),
        (~is_other, alt.condition(alt.datum.family == "auto", alt.value(3.2), alt.value(1.8)), 30),
    ):
        part = base.transform_filter(shown)
        low = alt.Y("gbps_low:Q", **y)
        layers.append(part.mark_rule(strokeWidth=1.5).encode(y=low, y2="gbps_high:Q"))
        line = part.mark_line(point=alt.OverlayMarkDef(size=dot))
        line = line.encode(y=alt.Y("gbps:Q", **y), detail="routine:N", strokeWidth=width)
        layers.append(line)
    return alt.layer(*layers)


def rooflines(run, operation, durable):
    """The machine's peak for an operation in GB/s of its own count, by cache state.

    Durable stores end in memory, so only kernels that stream past the caches count for them.
    """
    kind, factor = KIND[operation]
    rows = run.measured("roofline").filter(pl.col("routine").str.split("-").list.first() == kind)
    if durable and kind != "read":
        rows = rows.filter(pl.col("routine").str.ends_with("-nt"))
    best = rows.group_by("cache_state").agg(pl.col("gbps").max() / factor)
    return {cache: peak for cache, peak in best.iter_rows() if peak}


def with_family(rows):
    return rows.with_columns(
        family=pl.col("routine").map_elements(style.family, return_dtype=pl.String)
    )


def edge_map(run):
    """The cost of an edge write by position and length: auto, the best libpmem way, the kernel."""
    rows = run.measured("cow-edge").filter(
        pl.col("position_bytes").is_not_null()
        & pl.col("length_bytes").is_not_null()
        & (pl.col("threads") == 1)
    )
    if rows.is_empty():
        raise Missing("no measured cow-edge rows")
    rows, shape = main_edge_shape(rows)
    cell = ["position_bytes", "length_bytes"]
    panels, costs = [], {}
    for prefix, words in (
        ("auto", "auto"), ("libpmem", "best through libpmem"), ("kernel", "kernel sequence")
    ):  # fmt: skip
        part = rows.filter(pl.col("routine").str.starts_with(prefix))
        if not part.is_empty():
            costs[prefix] = part.sort("cpu_ns_per_call").unique(cell, keep="first")
            panels.append((costs[prefix], words))
    if not panels:
        best = rows.sort("cpu_ns_per_call").unique(cell, keep="first")
        panels = [(best, "best routine")]
    all_costs = pl.concat([part for part, _ in panels])["cpu_ns_per_call"]
    color = alt.Color(
        "cpu_ns_per_call:Q",
        title="ns per call",
        scale=alt.Scale(scheme="cividis", reverse=True, domain=[all_costs.min(), all_costs.max()]),
        legend=alt.Legend(orient="bottom", gradientLength=220, direction="horizontal"),
    )
    middle = all_costs.min() + 0.42 * (all_costs.max() - all_costs.min())
    is_dark = alt.datum.cpu_ns_per_call > middle
    text = alt.Text("cpu_ns_per_call:Q", format=".3~s")
    drawn = [map_panel(part, text, color, is_dark, words) for part, words in panels]
    chart = grid(drawn, 2)
    if {"auto", "libpmem"} <= costs.keys():
        ratio = costs["auto"].join(costs["libpmem"], on=cell, suffix="_pmem")
        ratio = ratio.with_columns(
            ratio=pl.col("cpu_ns_per_call_pmem") / pl.col("cpu_ns_per_call"),
            is_tied=(pl.col("cpu_ns_low") <= pl.col("cpu_ns_high_pmem"))
            & (pl.col("cpu_ns_low_pmem") <= pl.col("cpu_ns_high")),
        ).filter(pl.col("ratio").is_finite())
        drawn.append(ratio_panel(ratio))
        chart = grid(drawn, 2)
    return finish(
        chart,
        "Cost of a copy-on-write edge write by position and length",
        [f"What does a write cost, and how many times longer does libpmem take? {shape}",
         run.machine],
    )  # fmt: skip


def main_edge_shape(rows):
    """The rows of the shape that matters most, and that shape in words."""
    words = []
    for name, preferred, text in (
        ("alignment_bytes", [4096.0], lambda value: f"{bytes_text(value)} blocks"),
        ("source_state", ["mapped"], lambda value: f"{value} source"),
        ("cache_state", ["memory", "llc", "l1"], lambda value: CACHES.get(value, value)),
        ("durable", ["1", "0"], lambda value: "durable" if value == "1" else "not durable"),
        ("size_bytes", [4096.0], None),
    ):
        present = rows[name].drop_nulls().unique().sort().to_list()
        if not present:
            continue
        value = next((value for value in preferred if value in present), present[0])
        rows = rows.filter(pl.col(name) == value)
        if text:
            words.append(text(value))
    return rows, ", ".join(words) + "."


def map_panel(rows, text, color, is_dark, title):
    positions = sorted({int(value) for value in rows["position_bytes"]})
    lengths = sorted({int(value) for value in rows["length_bytes"]}, reverse=True)
    base = alt.Chart(rows).encode(
        x=alt.X("position_bytes:O", title="position of the write in its block (bytes)",
                sort=positions, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("length_bytes:O", title="bytes written", sort=lengths),
    )  # fmt: skip
    cells = base.mark_rect(stroke="white").encode(color=color)
    ink = alt.condition(is_dark, alt.value("white"), alt.value(style.INK))
    numbers = base.mark_text(fontSize=10).encode(text=text, color=ink)
    width = max(220, 40 * len(positions))
    return alt.layer(cells, numbers).properties(title=title, width=width, height=28 * len(lengths))


def ratio_panel(ratio):
    reach = max(ratio["ratio"].log(2).abs().max(), 0.1)
    words = [f"{row['ratio']:.2f}{' =' if row['is_tied'] else ''}" for row in ratio.to_dicts()]
    ratio = ratio.with_columns(log_ratio=pl.col("ratio").log(2), words=pl.Series(words))
    color = alt.Color(
        "log_ratio:Q",
        title="libpmem / auto (above 1: auto is faster)",
        scale=alt.Scale(scheme="blueorange", reverse=True, domain=[-reach, reach]),
        legend=alt.Legend(
            orient="bottom", gradientLength=220, direction="horizontal", titleLimit=320,
            labelExpr="format(pow(2, datum.value), '.2f') + '×'",
        ),
    )  # fmt: skip
    is_dark = f"abs(datum.log_ratio) > {0.65 * reach}"
    tied = " (=: intervals overlap)" if ratio["is_tied"].any() else ""
    return map_panel(ratio, alt.Text("words:N"), color, is_dark, "ratio libpmem / auto" + tied)


def grid(panels, columns):
    """Panels in lines, each with its own legend."""
    rows = [
        alt.hconcat(*panels[i : i + columns], spacing=32).resolve_scale(color="independent")
        for i in range(0, len(panels), columns)
    ]
    return alt.vconcat(*rows, spacing=28).resolve_scale(color="independent")


MISMATCHES = {"first": "first byte", "middle": "middle", "last": "last byte", "none": "equal"}


def compare_mismatch(run):
    """Time and bytes really compared, by the position of the first difference."""
    rows = run.measured("compare").filter(
        pl.col("mismatch").is_in(list(MISMATCHES)) & pl.col("size_bytes").is_not_null()
    )
    if rows["mismatch"].n_unique() < 2:
        raise Missing("no compare rows with differing mismatch positions")
    rows = with_family(rows).with_columns(position=pl.col("mismatch").replace(MISMATCHES))
    shapes = rows.group_by("cache_state", "size_bytes").agg(pl.col("mismatch").n_unique())
    shapes = shapes.filter(pl.col("mismatch") > 1).sort("cache_state", "size_bytes")
    shapes = spread_out(shapes.select("cache_state", "size_bytes").rows(), 4)
    x = alt.X("position:N", title="first difference at", sort=list(MISMATCHES.values()),
              axis=alt.Axis(labelAngle=-30))  # fmt: skip
    color = style.family_color(set(rows["family"]))
    columns = []
    for index, (cache, size) in enumerate(shapes):
        part = rows.filter(
            pl.col("cache_state").eq_missing(cache) & (pl.col("size_bytes") == size)
        )
        where = f"{bytes_text(size)}, {CACHES.get(cache, 'anywhere')}"
        times = mismatch_times(part, x, color, index == 0).properties(title=where)
        columns.append(alt.vconcat(times, mismatch_bytes(part, x, index == 0), spacing=24))
    return finish(
        alt.hconcat(*columns, spacing=20),
        "Comparing by the position of the first difference",
        ["What does an early, a late and no difference cost, and how many bytes were really "
         "compared?", run.machine],
    )  # fmt: skip


def spread_out(items, count):
    """At most `count` items, from the first to the last."""
    if len(items) <= count:
        return items
    return [items[round(i * (len(items) - 1) / (count - 1))] for i in range(count)]


def mismatch_times(rows, x, color, is_first):
    y_title = "ns per call (log scale)" if is_first else None
    scale = alt.Scale(type="log", nice=True)
    base = alt.Chart(rows).encode(x=x, color=color, detail="routine:N")
    axis = alt.Axis(format="~s", tickCount=6)
    y = alt.Y("cpu_ns_per_call:Q", title=y_title, scale=scale, axis=axis)
    line = base.mark_line(point=True).encode(
        y=y,
        strokeWidth=alt.condition(alt.datum.family == "auto", alt.value(3.2), alt.value(1.5)),
    )
    spread = base.mark_rule(strokeWidth=1.5).encode(
        y=alt.Y("cpu_ns_low:Q", title=y_title, scale=scale, axis=axis), y2="cpu_ns_high:Q"
    )
    return alt.layer(spread, line).properties(width=200, height=230)


def mismatch_bytes(rows, x, is_first):
    counts = rows.filter(pl.col("bytes_per_call").is_not_null()).unique("mismatch", keep="first")
    words = [bytes_text(count) for count in counts["bytes_per_call"]]
    counts = counts.with_columns(words=pl.Series(words, dtype=pl.String))
    most = counts["bytes_per_call"].max() or 1
    base = alt.Chart(counts).encode(
        x=x,
        y=alt.Y("bytes_per_call:Q", title="bytes really compared" if is_first else None,
                scale=alt.Scale(domain=[0, most * 1.2], nice=False),
                axis=alt.Axis(labels=False, ticks=False, grid=False)),
    )  # fmt: skip
    bars = base.mark_bar(color=style.QUIET, width=22)
    text = base.mark_text(dy=-7, fontSize=10).encode(text="words:N")
    return alt.layer(bars, text).properties(width=200, height=140)


ACCESSES = {
    "read-untouched": "first read", "first-write": "first write",
    "write-after-read": "write after read", "private-cow": "CoW of a file page",
    "fork-cow": "CoW after fork",
}  # fmt: skip


def fault_rate(run):
    """Page faults a second by class, page size and threads."""
    rows = run.measured("fault").filter(
        pl.col("access").is_in(list(ACCESSES)) & (pl.col("wall_ns_per_call") > 0)
    )
    if rows.is_empty():
        raise Missing("no measured fault rows")
    # A call may take many faults: the expected count over all batches tells how many.
    per_call = pl.col("faults_expected") / (pl.col("calls") * pl.col("batches"))
    faults = pl.when(per_call > 0).then(per_call).otherwise(1.0)
    rows = rows.with_columns(
        rate=1e9 * faults / (pl.col("cpu_ns_per_call") * pl.col("clock")),
        rate_low=1e9 * faults / (pl.col("cpu_ns_high") * pl.col("clock")),
        rate_high=1e9 * faults / (pl.col("cpu_ns_low") * pl.col("clock")),
        page=pl.coalesce(pl.col("page_bytes"), pl.col("pages").cast(pl.Float64, strict=False)),
        class_=pl.col("access").replace(ACCESSES),
        threads_text=pl.col("threads").cast(pl.Int64).cast(pl.String),
        memory=pl.col("memory").fill_null("memory"),
    )
    threads = sorted(rows["threads_text"].unique().to_list(), key=int)
    palette = [style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, style.VERMILION, style.INK]
    color = alt.Color(
        "threads_text:N",
        title="threads",
        scale=alt.Scale(domain=threads, range=(palette * (len(threads) // 6 + 1))[: len(threads)]),
        legend=alt.Legend(orient="bottom", symbolType="circle", symbolSize=90, symbolOpacity=1),
    )
    lines = []
    for memory in sorted(rows["memory"].unique().to_list()):
        panels = []
        for page in sorted(rows["page"].drop_nulls().unique().to_list()):
            part = rows.filter((pl.col("memory") == memory) & (pl.col("page") == page))
            if not part.is_empty():
                title = f"{memory}, {bytes_text(page)} pages"
                same = rows.filter(pl.col("page") == page)["rate"]
                span = [10 ** math.floor(math.log10(same.min())), same.max() * 1.3]
                panels.append(fault_panel(part, color, span).properties(title=title))
        if panels:
            lines.append(alt.hconcat(*panels, spacing=28))
    if not lines:
        raise Missing("no fault row says which page size it got")
    return finish(
        alt.vconcat(*lines, spacing=20),
        "Page faults a second by class, page size and threads",
        [
            "How fast does this kernel take page faults, and what do more threads add?",
            run.machine,
        ],
    )


def fault_panel(rows, color, span):
    powers = range(math.floor(math.log10(span[0])), math.ceil(math.log10(span[1])) + 1)
    steps = (1, 3) if len(powers) > 3 else (1, 2, 5)
    ticks = [step * 10**power for power in powers for step in steps if step * 10**power <= span[1]]
    y = alt.Y("class_:N", title=None, sort=list(ACCESSES.values()), axis=alt.Axis(labelLimit=200))
    x = dict(
        title="faults per second (log scale)",
        scale=alt.Scale(type="log", domain=span, nice=False),
        axis=alt.Axis(labelExpr=style.COUNT_LABEL, values=ticks),
    )
    base = alt.Chart(rows).encode(y=y, color=color, yOffset=alt.YOffset("threads_text:N"))
    # Light guides to the dots, not bars: a length means nothing on a log axis.
    bars = base.mark_rule(strokeWidth=1, opacity=0.3).encode(
        x=alt.X("rate:Q", **x), x2=alt.datum(span[0])
    )
    dots = base.mark_circle(size=45, opacity=1).encode(x=alt.X("rate:Q", **x))
    spread = base.mark_rule(strokeWidth=2).encode(x=alt.X("rate_low:Q", **x), x2="rate_high:Q")
    classes = rows["class_"].n_unique()
    return alt.layer(bars, spread, dots).properties(width=330, height=34 * classes)
