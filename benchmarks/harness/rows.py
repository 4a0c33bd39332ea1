"""What was measured: as a table, as JSON, and as a plot."""

import json
from dataclasses import dataclass
from html import escape


@dataclass
class Row:
    """One figure. Where there is a floor, the reach is about the ratio to it; else about the value."""

    name: str
    value: float
    floor: float | None
    unit: str
    reach: float
    sense: str
    ratio: float | None = None

    @property
    def met(self):
        judged = self.value if self.ratio is None else self.ratio
        return judged >= self.reach if self.sense == "at least" else judged <= self.reach

    def cells(self):
        floor = "" if self.floor is None else number(self.floor, self.unit)
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        reach = f"{self.sense} {self.reach:g}" + (f" {self.unit}" if self.ratio is None else "")
        return [self.name, number(self.value, self.unit), floor, ratio, reach, "yes" if self.met else "NO"]


HEAD = ["what", "Jeton", "floor", "ratio", "reach", "met"]


def number(value, unit):
    digits = f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
    return f"{digits} {unit}" if unit != "/s" else f"{digits}/s"


def table(rows):
    """A table in Markdown, which is readable as it is."""
    cells = [HEAD] + [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def as_json(rows):
    fields = ("name", "value", "floor", "ratio", "reach", "met")
    return json.dumps([{field: getattr(row, field) for field in fields} for row in rows], indent=2)


def plot(rows, facts):
    """Bars of the ratios, each with a mark at its reach."""
    shown = [row for row in rows if row.ratio is not None]
    line, left, width = 26, 330, 380
    most = max(max(row.ratio, row.reach) for row in shown)
    scale = width / most
    parts = []
    for place, row in enumerate(shown):
        y = 34 + place * line
        colour = "#2a7f4f" if row.met else "#b3261e"
        parts.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{escape(row.name)}</text>')
        parts.append(f'<rect x="{left}" y="{y}" width="{row.ratio * scale:.1f}" height="17" fill="{colour}"/>')
        x = left + row.reach * scale
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 3}" y2="{y + 20}" stroke="#111" stroke-width="2"/>')
        parts.append(f'<text x="{left + row.ratio * scale + 8:.1f}" y="{y + 13}">{row.ratio:.2f} ({row.sense} {row.reach:g})</text>')
    height = 44 + len(shown) * line
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 190}" height="{height}" '
        f'font-family="sans-serif" font-size="13">'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="10" y="20" font-weight="bold">As a ratio to the floor; the mark is the reach. {escape(facts)}</text>'
        + "".join(parts) + "</svg>\n"
    )
