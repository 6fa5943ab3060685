"""Small pieces of English that several layers say alike: lists, numbers, money, days."""

from collections.abc import Sequence
from datetime import datetime


def listing(parts: Sequence[str], *, most: int = 12) -> str:
    """Return ``a, b and c``; what exceeds ``most`` is counted."""
    if len(parts) > most:
        parts = [*parts[: most - 1], f"{len(parts) - most + 1} more"]
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def number(value: float) -> str:
    """Return ``value`` as a person writes it: ``2``, ``2.5``, ``1.25``."""
    return str(int(value)) if value == int(value) else f"{value:.2f}".rstrip("0").rstrip(".")


def money(amount: float, currency: str | None = None) -> str:
    """Return an amount with two decimals and its currency where it is known."""
    return f"{amount:.2f} {currency}" if currency else f"{amount:.2f}"


def day(moment: datetime, now: datetime) -> str:
    """Return ``3 November``, with the year where it is not the year of ``now``."""
    text = f"{moment.day} {moment:%B}"
    return text if moment.year == now.year else f"{text} {moment.year}"
