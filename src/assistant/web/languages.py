"""Which language a caller reads: what they say, else what their browser accepts, else English."""

from typing import Final

from aiohttp import web

from assistant.web.keys import TOOLS

DEFAULT: Final = "en"


def language_of(request: web.Request, stated: str | None) -> str:
    """Return the first of the caller's languages that the pack has."""
    known = request.config_dict[TOOLS].services.languages
    for tag in [stated or "", *_accepted(request.headers.get("Accept-Language", ""))]:
        short = tag.split("-")[0].lower()
        if short in known:
            return short
    return DEFAULT


def _accepted(header: str) -> list[str]:
    """Return the header's language tags, best first."""
    weighted: list[tuple[float, str]] = []
    for part in header[:400].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighted.append((float(weight or 1), tag))
        except ValueError:
            continue
    return [tag for _, tag in sorted(weighted, key=lambda each: -each[0])]
