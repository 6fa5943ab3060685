"""Checks of the knowledge pack: its texts and purposes, its articles, its test questions."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from assistant.cli.findings import Finding
from assistant.profile.pack.files import read_pack_file
from assistant.profile.pack.loading import load_pack
from assistant.retrieval.documents.folder import read_folder
from assistant.settings import Settings


def check_pack(settings: Settings) -> Iterator[Finding]:
    """Load the pack whole: people, categories, event types, purposes, why-questions."""
    pack = load_pack(settings.knowledge)
    purposes = sum(1 for _ in pack.purposes)
    yield Finding(
        "ok",
        "pack",
        f"{pack.name}: {purposes} purposes, {len(pack.event_types)} event types, "
        f"{len(pack.questions.questions)} why-questions, languages {', '.join(pack.languages)}",
    )


def check_articles(settings: Settings) -> Iterator[Finding]:
    """Read every document as `assistant index` would, and name those that cannot be read."""
    reading = read_folder(settings.knowledge)
    for finding in reading.findings:
        yield Finding("error", "articles", f"{finding.ref}: {finding.reason}")
    if not reading.documents:
        yield Finding("error", "articles", f"{settings.knowledge} holds no document to answer from")
    elif not reading.findings:
        yield Finding("ok", "articles", f"{len(reading.documents)} documents can be read")


def check_questions(settings: Settings) -> Iterator[Finding]:
    """See that each test question names an article that exists."""
    articles = {path.stem for path in (settings.knowledge / "articles").glob("*")}
    count = 0
    for path in sorted((settings.knowledge / "tests").glob("questions*.yaml")):
        count += _check_questions(path, articles)
    if count:
        yield Finding("ok", "questions", f"{count} test questions name articles that exist")


def _check_questions(path: Path, articles: set[str]) -> int:
    file = read_pack_file(path)
    if not isinstance(file.value, list):
        raise file.wrong((), "a list of questions is expected")
    for number, entry in enumerate(file.value):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("question"), str):
            raise file.wrong((number,), "`question` and `article` are expected")
        article = entry.get("article")
        if article is not None and article not in articles:
            raise file.wrong((number, "article"), f"there is no article {article!r}")
    return len(file.value)
