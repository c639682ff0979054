#!/usr/bin/env python3
"""Draws docs/way-through.svg: the one way that data takes through Ridgepoint. Needs only Python."""

from pathlib import Path
from xml.sax.saxutils import escape

STEPS = [  # (name, what it is, file, folder)
    ("Suite", "TOML text, axes", "workloads/suites/", "workloads"),
    ("Case", "one thing to measure", "workloads/case.h", "workloads"),
    ("Graph", "ops with stable ids", "workloads/graph/", "workloads"),
    ("Backend", "yes, or a reason", "backends/backend.h", "backends"),
    ("Execution", "owns its buffers", "backends/backend.h", "backends"),
    ("Samples", "every one, in ns", "harness/run/", "harness"),
    ("Check", "against the reference", "harness/run/", "harness"),
    ("Record", "outcome and reason", "results/record.h", "results"),
    ("Store", "SQLite, merged at will", "results/store/", "results"),
    ("Table, export", "what people read", "results/report/", "results"),
]
COLOURS = {"workloads": "#2f6f9f", "backends": "#7a4f9a", "harness": "#b5651d", "results": "#3b7d4f"}
PER_ROW, WIDTH, HEIGHT, GAP, ROW_GAP, MARGIN, TOP = 5, 168, 84, 34, 62, 22, 92


def text(x, y, content, size, colour="#1f2328", weight="normal", anchor="middle"):
    return (f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" font-weight="{weight}" '
            f'text-anchor="{anchor}">{escape(content)}</text>')


def position(index):
    row, column = divmod(index, PER_ROW)
    if row % 2:
        column = PER_ROW - 1 - column  # the way turns back, so that no arrow crosses the page
    return MARGIN + column * (WIDTH + GAP), TOP + row * (HEIGHT + ROW_GAP)


def arrow(start, end):
    return f'<path d="M {start[0]} {start[1]} L {end[0]} {end[1]}" class="arrow" marker-end="url(#head)"/>'


def draw():
    rows = -(-len(STEPS) // PER_ROW)
    width = 2 * MARGIN + PER_ROW * WIDTH + (PER_ROW - 1) * GAP
    height = TOP + rows * HEIGHT + (rows - 1) * ROW_GAP + 26
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" role="img" '
        'aria-label="From a suite\'s text to a table: the way data takes">',
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M 0 0 L 10 5 L 0 10 z" fill="#57606a"/></marker></defs>',
        '<style>.arrow{stroke:#57606a;stroke-width:2;fill:none}</style>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        text(MARGIN, 34, "One way through", 20, weight="bold", anchor="start"),
        text(MARGIN, 58, "Each case runs in a process of its own; whatever happens to it becomes a record.",
             13, "#57606a", anchor="start"),
    ]
    for index, (name, what, file, folder) in enumerate(STEPS):
        x, y = position(index)
        colour = COLOURS[folder]
        out.append(f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8" fill="{colour}" '
                   f'fill-opacity="0.10" stroke="{colour}" stroke-width="1.5"/>')
        middle = x + WIDTH / 2
        out += [text(middle, y + 28, name, 16, colour, "bold"), text(middle, y + 49, what, 12),
                text(middle, y + 69, file, 11, "#57606a")]
        if index + 1 == len(STEPS):
            continue
        nx, ny = position(index + 1)
        if ny != y:
            out.append(arrow((middle, y + HEIGHT + 4), (middle, ny - 6)))
        elif nx > x:
            out.append(arrow((x + WIDTH + 3, y + HEIGHT / 2), (nx - 5, y + HEIGHT / 2)))
        else:
            out.append(arrow((x - 3, y + HEIGHT / 2), (nx + WIDTH + 5, y + HEIGHT / 2)))
    out.append("</svg>\n")
    return "\n".join(out)


if __name__ == "__main__":
    Path(__file__).with_name("way-through.svg").write_text(draw(), encoding="utf-8")
