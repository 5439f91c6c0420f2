"""Small drawings as inline SVG, mirrored for right-to-left pages. Every drawing stands beside its numbers."""

from __future__ import annotations

import math
from typing import Any

from markupsafe import Markup, escape

from cxnlp.report.rows import Row
from cxnlp.report.words import Words

ACCENT, SOFT, PALE, HAIR, GREY = "#2f3e8f", "#4d5b69", "#b9c0c8", "#eceff2", "#6b7784"
NEGATIVE, POSITIVE = "#a4470f", "#0d6868"
WIDTH, HEIGHT = 132, 30  # of small charts, in CSS pixels


def spark(rows: list[Row], w: Words, label: str) -> Markup:
    """A line of `value` over periods, its last point marked; empty where fewer than four are known."""
    known = [(i, r["value"]) for i, r in enumerate(rows) if r["value"] is not None]
    if len(known) < 4:
        return Markup("")
    low, high = min(v for _, v in known), max(v for _, v in known)
    step = (WIDTH - 8) / (len(rows) - 1)
    points = [
        (_side(4 + i * step, WIDTH, w), 3 + (HEIGHT - 6) * (1 - (v - low) / ((high - low) or 1))) for i, v in known
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dot = f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="2.6" fill="{ACCENT}"/>'
    return _small(f'<polyline points="{line}" fill="none" stroke="{SOFT}" stroke-width="1.5"/>{dot}', rows, w, label)


def bars(rows: list[Row], w: Words, label: str) -> Markup:
    """Bars of `value` over periods, from zero; the last one in the accent colour."""
    return _bars([r["value"] or 0 for r in rows], rows, w, label)


def kinds(rows: list[Row], kind: str, w: Words, label: str) -> Markup:
    """Bars over periods: mentions of one kind (details.kinds) per text of the period."""
    values = [r["details"].get("kinds", {}).get(kind, 0) / r["base"] if r["base"] else 0 for r in rows]
    return _bars(values, rows, w, label)


def band(value: float, low: float | None, high: float | None, reach: float, w: Words) -> Markup:
    """A point and its 95 % interval on a scale from −`reach` to `reach`, zero marked."""
    width = 170

    def at(v: float) -> float:
        return _side(width / 2 + min(max(v / reach, -1), 1) * (width / 2 - 5), width, w)

    colour = NEGATIVE if value < 0 else POSITIVE
    parts = [f'<path d="M{at(0):.1f} 0V18" stroke="#9aa5b0"/>']
    if low is not None and high is not None:
        parts.append(f'<path d="M{at(low):.1f} 9H{at(high):.1f}" stroke="{colour}" stroke-width="2" opacity=".55"/>')
    parts.append(f'<circle cx="{at(value):.1f}" cy="9" r="4" fill="{colour}"/>')
    return _drawing(parts, f'width="{width}" height="18" viewBox="0 0 {width} 18" aria-hidden="true"')


def reach(rows: list[Row]) -> float:
    """The largest distance from zero of any value or interval: one scale for all of them."""
    return max((abs(v) for r in rows for v in (r["value"], r["low"], r["high"]) if v is not None), default=1) or 1


def history(rows: list[Row], w: Words, metric: str, label: str) -> Markup:
    """A score over periods with its 95 % band, three levels written beside it."""
    width, height, room, foot = 400, 170, 44, 24
    known = [
        (i, r["value"], *(v if v is not None else r["value"] for v in (r["low"], r["high"])))
        for i, r in enumerate(rows)
        if r["value"] is not None
    ]
    if len(known) < 2:
        return Markup("")
    bottom, top = min(k[2] for k in known), max(k[3] for k in known)

    def x(i: int) -> float:
        return _side(room + i * (width - room - 8) / (len(rows) - 1), width, w)

    def y(v: float) -> float:
        return 8 + (height - foot - 14) * (1 - (v - bottom) / ((top - bottom) or 1))

    style = f'font-size="12" fill="{GREY}"'
    parts = []
    for level in _levels(bottom, top):
        parts.append(f'<path d="M{x(0):.1f} {y(level):.1f}H{x(len(rows) - 1):.1f}" stroke="{HAIR}"/>')
        text = escape(w.value(metric, level))
        parts.append(
            f'<text x="{_side(room - 8, width, w):.1f}" y="{y(level) + 4:.1f}" text-anchor="end" {style}>{text}</text>'
        )
    area = [f"{x(i):.1f},{y(high):.1f}" for i, _, _, high in known] + [
        f"{x(i):.1f},{y(low):.1f}" for i, _, low, _ in known[::-1]
    ]
    line = " ".join(f"{x(i):.1f},{y(v):.1f}" for i, v, _, _ in known)
    parts.append(f'<polygon points="{" ".join(area)}" fill="{ACCENT}" opacity=".13"/>')
    parts.append(f'<polyline points="{line}" fill="none" stroke="{ACCENT}" stroke-width="2"/>')
    parts.append(f'<circle cx="{x(known[-1][0]):.1f}" cy="{y(known[-1][1]):.1f}" r="4" fill="{ACCENT}"/>')
    for i, anchor in ((0, "start"), (len(rows) - 1, "end")):
        text = escape(w.period(rows[i]["period"]))
        parts.append(f'<text x="{x(i):.1f}" y="{height - 4}" text-anchor="{anchor}" {style}>{text}</text>')
    return _drawing(parts, f'class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}"')


def _levels(bottom: float, top: float) -> list[float]:
    """Two to five round numbers between `bottom` and `top`."""
    size = 10 ** math.floor(math.log10((top - bottom) or 1))
    step = next(s for s in (0.2 * size, 0.5 * size, size, 2 * size, 5 * size) if (top - bottom) / s <= 5)
    return [step * i for i in range(math.ceil(bottom / step), math.floor(top / step) + 1)]


def mood(counts: Row, w: Words) -> Markup:
    """Positive, neutral and negative mentions as one bar, with its numbers as spoken text."""
    parts = [counts[k] or 0 for k in ("pos", "neu", "neg")]
    said = escape(w.say("mood_said", **dict(zip(("pos", "neu", "neg"), parts, strict=True))))
    shapes, at = [], 0.0
    for value, colour in zip(parts, (POSITIVE, PALE, NEGATIVE), strict=True):
        size = WIDTH * value / (sum(parts) or 1)
        x = _side(at, WIDTH, w) - (size if w.rtl else 0)
        shapes.append(f'<rect x="{x:.1f}" y="0" width="{size:.1f}" height="8" fill="{colour}"/>')
        at += size
    attributes = f'width="{WIDTH}" height="8" viewBox="0 0 {WIDTH} 8" role="img" aria-label="{said}"'
    return _drawing([*shapes, f"<title>{said}</title>"], attributes)


def heat(score: float | None) -> str:
    """Class of a cell's colour: h-4 (all negative) … h0 … h4 (all positive)."""
    strength = min(4, round(abs(score or 0) / 20))
    return f"h-{strength}" if (score or 0) < 0 and strength else f"h{strength}"


def width(row: Row, rows: dict[str, Any]) -> float:
    """Length of a horizontal bar, in percent of the longest of `rows`."""
    return round(100 * (row["value"] or 0) / (max(r["value"] or 0 for r in rows.values()) or 1), 1)


def _bars(values: list[float], rows: list[Row], w: Words, label: str) -> Markup:
    if len(values) < 2 or not any(values):
        return Markup("")
    step = WIDTH / len(values)
    shapes = []
    for i, value in enumerate(values):
        tall = (HEIGHT - 2) * value / max(values)
        x = _side(i * step, WIDTH, w) - (step if w.rtl else 0)
        fill = ACCENT if i == len(values) - 1 else PALE
        size = f'width="{max(1.0, step - 1.5):.1f}" height="{tall:.1f}"'
        shapes.append(f'<rect x="{x + 0.5:.1f}" y="{HEIGHT - tall:.1f}" {size} fill="{fill}"/>')
    return _small("".join(shapes), rows, w, label)


def _small(shapes: str, rows: list[Row], w: Words, label: str) -> Markup:
    spoken = escape(f"{label}: {w.period(rows[0]['period'])} {w.say('to')} {w.period(rows[-1]['period'])}")
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return _drawing([shapes], f'{size} role="img" aria-label="{spoken}"')


def _drawing(parts: list[str], attributes: str) -> Markup:
    return Markup(f"<svg {attributes}>{''.join(parts)}</svg>")  # noqa: S704 - numbers, colours and escaped labels only


def _side(x: float, width: float, w: Words) -> float:
    """Time runs with the direction of reading."""
    return width - x if w.rtl else x
