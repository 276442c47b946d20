"""The graph of a trace as a drawing (SVG), laid out row by row: what is computed from a thing stands below it."""

from __future__ import annotations

from html import escape

from tinygrad_np.explain.diagrams import nodes_of
from tinygrad_np.explain.entries import Trace

CHARACTER, LINE = 6.7, 16  # width and height of a character of the drawing's font, in pixels
GAP, BETWEEN = 18, 44  # from box to box in a row, and from row to row
LONGEST = 50  # characters of a line; what is longer is cut, and is whole in the tooltip


def svg(trace: Trace, prefix: str) -> str:
    """Return an ``<svg>`` element; each step is a link to the element whose id is ``prefix`` and its number."""
    nodes = nodes_of(trace)
    boxes = _placed(trace, {name: rows for name, (rows, _) in nodes.items()})
    edges = dict.fromkeys(trace.edges)
    arrows = [(boxes[source], boxes[target], _passing(boxes, source, target)) for source, target in edges]
    width = max([*(x + w for x, _, w, _ in boxes.values()), *(aside or 0 for _, _, aside in arrows)], default=0) + GAP
    height = max((y + h for _, y, _, h in boxes.values()), default=0) + GAP
    number = {entry.output: entry.index for entry in trace}
    parts = [
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="group" '
        'aria-label="The graph, from inputs above to the result below">'
    ]
    parts += [_arrow(*arrow) for arrow in arrows]
    for name, (rows, is_step) in nodes.items():
        drawn = _box(boxes[name], rows, "step" if is_step else "source")
        parts.append(f'<a href="#{prefix}{number[name]}">{drawn}</a>' if is_step else drawn)
    return "".join([*parts, "</svg>"])


Box = tuple[float, float, float, float]  # left, top, width, height


def _placed(trace: Trace, texts: dict[str, list[str]]) -> dict[str, Box]:
    """Place each box: a step below all that it reads, a source right above the first step that reads it."""
    row: dict[str, int] = {}
    for entry in reversed(trace.entries):
        made = 1 + max((row[name] for name in entry.inputs if name in row), default=0)
        row[entry.output] = made
        for piece in entry.pieces:
            row[piece] = made + 1
        for name in entry.inputs:
            row.setdefault(name, made - 1)
    rows = [[name for name in texts if row[name] == level] for level in sorted(set(row.values()))]
    size = {
        name: (CHARACTER * min(max(map(len, text)), LONGEST) + 16, LINE * len(text) + 10.0)
        for name, text in texts.items()
    }
    widths = [sum(size[name][0] + GAP for name in level) for level in rows]
    boxes: dict[str, Box] = {}
    top = float(GAP)
    for level, width in zip(rows, widths, strict=True):
        left = GAP + (max(widths) - width) / 2
        tallest = max(size[name][1] for name in level)
        for name in level:
            boxes[name] = (left, top + tallest - size[name][1], *size[name])
            left += size[name][0] + GAP
        top += tallest + BETWEEN
    return boxes


def _passing(boxes: dict[str, Box], source: str, target: str) -> float | None:
    """Return how far to the right an arrow must bend to pass the boxes in the rows between, if there are any."""
    top, bottom = boxes[source][1] + boxes[source][3], boxes[target][1]
    between = [x + width for x, y, width, _ in boxes.values() if top < y < bottom]
    return max(between) + GAP / 2 if between else None


def _box(box: Box, rows: list[str], kind: str) -> str:
    x, y, width, height = box
    cut = [row if len(row) <= LONGEST else f"{row[: LONGEST - 1]}…" for row in rows]
    lines = "".join(
        f'<text x="{x + 8:.1f}" y="{y + LINE * (i + 1):.1f}"{" class=first" if i == 0 else ""}>{escape(row)}</text>'
        for i, row in enumerate(cut)
    )
    corner = 4 if kind == "step" else 14
    frame = f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{corner}"/>'
    return f'<g class="{kind}"><title>{escape(chr(10).join(rows))}</title>{frame}{lines}</g>'


def _arrow(source: Box, target: Box, aside: float | None) -> str:
    """Draw an arrow; one that has to pass other rows bends as far to the right as ``aside``."""
    x, y = source[0] + source[2] / 2, source[1] + source[3]
    to_x, to_y = target[0] + target[2] / 2, target[1] - 2
    if aside is None:
        control = (f"{x:.1f} {(y + to_y) / 2:.1f}", f"{to_x:.1f} {(y + to_y) / 2:.1f}")
    else:  # a cubic curve comes three quarters as far as its control points
        far = aside + (aside - min(x, to_x)) / 3
        control = (f"{far:.1f} {y:.1f}", f"{far:.1f} {to_y - 10:.1f}")
    path = f"M{x:.1f} {y:.1f}C{' '.join(control)} {to_x:.1f} {to_y:.1f}"
    head = f"M{to_x - 4:.1f} {to_y - 7:.1f}L{to_x:.1f} {to_y:.1f}L{to_x + 4:.1f} {to_y - 7:.1f}"
    return f'<path class="arrow" d="{path}{head}"/>'
