"""The few shapes of which charts for print are made."""

from collections.abc import Iterable
from zlib import crc32

from markupsafe import Markup, escape

INK, QUIET, GRID, ACCENT, BEFORE = "#191d1b", "#626964", "#ececE6", "#1c5d99", "#7d847f"
# Nobody knows, or nobody is told: the one texture for it.
_PATTERN = Markup(
    '<defs><pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<rect width="6" height="6" fill="#f6f6f2"/><path d="M0 6L6 0" stroke="#b9bbb1" stroke-width="1"/></pattern></defs>'
)


def picture(width: float, height: float, parts: Iterable[Markup]) -> Markup:
    """All of it. Sizes are CSS pixels."""
    head = Markup('<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}">').format(
        w=width, h=height
    )
    drawn = Markup().join(parts)
    # A name of its own: several pictures are in one page.
    hatch = f"hatch{crc32(drawn.encode())}"
    pattern, inside = _PATTERN.format(name=hatch), str(drawn).replace("url(#hatch)", f"url(#{hatch})")
    return head + pattern + Markup(inside) + Markup("</svg>")  # noqa: S704  # what was in it is escaped


def rect(x: float, y: float, width: float, height: float, colour: str = "url(#hatch)") -> Markup:
    """A bar or a square; hatched where no colour is given."""
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5" fill="{}"/>').format(
        x, y, width, height, colour
    )


def rule(x: float, y: float, right: float, colour: str = GRID) -> Markup:
    """A hairline from left to right."""
    return Markup('<path d="M{:.1f} {:.1f}H{:.1f}" stroke="{}" stroke-width="1" fill="none"/>').format(
        x, y, right, colour
    )


def line(spots: list[tuple[float, float]], colour: str, *, dashed: bool = False) -> Markup:
    """A line through spots; a lone one is a dot."""
    if len(spots) == 1:
        return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="1.8" fill="{}"/>').format(*spots[0], colour)
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
    dash = Markup(' stroke-dasharray="4 3"') if dashed else ""
    return Markup('<path d="{}" stroke="{}" stroke-width="{}" fill="none"{}/>').format(
        path, colour, 1.2 if dashed else 1.8, dash
    )


def text(x: float, y: float, words: str, anchor: str = "start", colour: str = QUIET) -> Markup:
    """A line of text; x is its start, middle or end."""
    return Markup(
        '<text x="{:.1f}" y="{:.1f}" text-anchor="{}" font-size="10" font-family="Inter Variable, sans-serif" fill="{}">'
        "{}</text>"
    ).format(x, y, anchor, colour, escape(words))
