"""How the pictures look: colours, fonts, axes of bytes."""

import altair as alt

# Okabe and Ito's palette: told apart with every common colour blindness, and in grey.
BLUE, VERMILION, GREEN, PURPLE, ORANGE = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"
GREY, INK, QUIET = "#B4B4B4", "#222222", "#666666"

# Families of routines in the order of the legend; the product comes first, the crowd is muted.
OTHERS, ROOFLINE = "other routines", "roofline (machine peak)"
KERNEL_COPY, KERNEL_NOCACHE = "rep movsb, as the kernel copies", "movnti, as the kernel writes"
FAMILIES = {
    "auto": BLUE,
    "libpmem": VERMILION,
    "libc": GREEN,
    KERNEL_COPY: PURPLE,
    KERNEL_NOCACHE: ORANGE,
    OTHERS: GREY,
    ROOFLINE: INK,
}
PREFIXES = {"rep-movsb": KERNEL_COPY, "kernel": KERNEL_COPY, "movnti": KERNEL_NOCACHE}


def family(routine):
    """The family that a routine is drawn as."""
    for prefix in ("auto", "libpmem", "libc"):
        if routine.startswith(prefix):
            return prefix
    return next((name for prefix, name in PREFIXES.items() if routine.startswith(prefix)), OTHERS)


def family_color(present):
    """One legend for all panels of a picture: the families it holds, always in the same order."""
    families = {name: color for name, color in FAMILIES.items() if name in present}
    return alt.Color(
        "family:N",
        title=None,
        scale=alt.Scale(domain=list(families), range=list(families.values())),
        legend=alt.Legend(orient="bottom", columns=4, symbolType="stroke"),
    )


def bytes_text(count):
    """A byte count in words: 512 B, 4 KiB, 2 MiB."""
    count = int(count)
    if count >= 1 << 20 and count % (1 << 20) == 0:
        return f"{count >> 20} MiB"
    if count >= 1 << 10 and count % (1 << 10) == 0:
        return f"{count >> 10} KiB"
    return f"{count} B"


# Axis labels in Vega's expression language: byte counts, and counts without a `0k`.
BYTES_LABEL = (
    "datum.value >= 1048576 ? datum.value / 1048576 + ' MiB' : "
    "datum.value >= 1024 ? datum.value / 1024 + ' KiB' : datum.value + ' B'"
)
COUNT_LABEL = "datum.value == 0 ? '0' : format(datum.value, '~s')"


def size_axis(sizes, title="size (bytes, log scale)"):
    """A logarithmic axis of sizes with at most seven ticks, each on a size that was measured."""
    sizes = sorted({int(size) for size in sizes})
    step = -(-len(sizes) // 7)
    return alt.X(
        "size_bytes:Q",
        title=title,
        scale=alt.Scale(type="log", base=2, domain=padded(sizes), nice=False),
        axis=alt.Axis(values=sizes[::step], labelExpr=BYTES_LABEL, labelAngle=-40),
    )


def padded(values, factor=1.25):
    """A logarithmic domain a little wider than the values."""
    return [min(values) / factor, max(values) * factor]


def finish(chart, title, subtitle):
    """Puts title, subtitle and the common style on a chart."""
    return (
        chart.properties(
            title=alt.TitleParams(
                title, subtitle=subtitle, anchor="start", fontSize=17, subtitleFontSize=12,
                subtitleColor=QUIET, subtitlePadding=6, offset=16,
            ),
            padding=16,
            background="white",
        )
        .configure(font="Liberation Sans, Helvetica, Arial, sans-serif")
        .configure_view(stroke="#DDDDDD")
        .configure_axis(
            labelFontSize=11, titleFontSize=12, titleFontWeight="normal", titleColor=QUIET,
            gridColor="#EEEEEE", labelColor=INK, domainColor="#999999", tickColor="#999999",
            titlePadding=8,
        )
        .configure_legend(
            labelFontSize=12, titleFontSize=12, labelLimit=320, symbolStrokeWidth=3,
            titleFontWeight="normal", titleColor=QUIET,
        )
        .configure_header(labelFontSize=13, titleFontSize=12)
    )  # fmt: skip
