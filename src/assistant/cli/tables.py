"""Tables on a terminal: columns that align, numbers to the right."""

from collections.abc import Sequence

from assistant.cli.terminal import print_line


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their heads and an empty line after them; nothing without rows."""
    if not rows:
        return
    told = [[_said(cell) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in (heads, *told)) for column in range(len(heads))]
    numbers = [all(isinstance(row[column], int) for row in rows) for column in range(len(heads))]
    for line in (list(heads), *told):
        cells = [
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, numbers, strict=True)
        ]
        print_line("  ".join(cells).rstrip())
    print_line()


def _said(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
