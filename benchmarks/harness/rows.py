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
    # What the floor is.
    beside: str = ""
    # The benchmark that it is of.
    benchmark: str = ""

    @property
    def met(self):
        judged = self.value if self.ratio is None else self.ratio
        return judged >= self.reach if self.sense == "at least" else judged <= self.reach

    def cells(self):
        floor = "" if self.floor is None else number(self.floor, self.unit)
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        reach = f"{self.sense} {self.reach:g}" + (f" {self.unit}" if self.ratio is None else "")
        return [self.name, number(self.value, self.unit), floor, self.beside, ratio, reach, "yes" if self.met else "NO"]


HEAD = ["what", "Jeton", "floor", "of", "ratio", "reach", "met"]


def number(value, unit):
    digits = f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
    return f"{digits} {unit}".strip() if unit != "/s" else f"{digits}/s"


def table(rows):
    """A table in Markdown, which is readable as it is."""
    cells = [HEAD] + [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def as_json(rows):
    fields = ("benchmark", "name", "value", "unit", "floor", "beside", "ratio", "sense", "reach", "met")
    return json.dumps([{field: getattr(row, field) for field in fields} for row in rows], indent=2)


def plot(rows, facts):
    """Bars of the rates as parts of those of their floors: a line at the floor, and a mark at the reach."""
    shown = [row for row in rows if row.unit == "/s" and row.ratio is not None]
    line, left, width = 26, 300, 330
    scale = width / max([1, *(max(row.ratio, row.reach) for row in shown)])
    height = 58 + len(shown) * line
    end = height - 20
    parts = [
        f'<line x1="{left + scale:.1f}" x2="{left + scale:.1f}" y1="30" y2="{end}" stroke="#888" stroke-dasharray="3 3"/>',
        f'<text x="{left + scale:.1f}" y="{end + 14}" text-anchor="middle" fill="#555">the floor</text>',
    ]
    for place, row in enumerate(shown):
        y = 34 + place * line
        colour = "#2a7f4f" if row.met else "#b3261e"
        of = number(row.floor, row.unit) + (f" of {row.beside}" if row.beside else "")
        parts.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{escape(row.name)}</text>')
        parts.append(f'<rect x="{left}" y="{y}" width="{row.ratio * scale:.1f}" height="17" fill="{colour}"/>')
        x = left + row.reach * scale
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 3}" y2="{y + 20}" stroke="#111" stroke-width="2"/>')
        said = f"{row.ratio:.2f}: {number(row.value, row.unit)}, {of}"
        parts.append(f'<text x="{left + max(row.ratio, row.reach) * scale + 8:.1f}" y="{y + 13}">{escape(said)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 330}" height="{height}" '
        f'font-family="sans-serif" font-size="13">'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="10" y="20" font-weight="bold">Requests per second as a part of the floor\'s; the mark is the reach. {escape(facts)}</text>'
        + "".join(parts) + "</svg>\n"
    )
