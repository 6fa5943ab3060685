"""``assistant check``: say what is missing or wrong before a customer notices."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from assistant.cli.findings import Finding, Look
from assistant.cli.options import DatabaseOption, DataDirOption, KnowledgeOption
from assistant.cli.read_settings import read_settings
from assistant.cli.terminal import print_line
from assistant.core.errors import AssistantError

if TYPE_CHECKING:
    from assistant.settings import Settings


def check(
    knowledge: KnowledgeOption = None,
    database: DatabaseOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Verify settings, pack, model, keys, database, consents and index: one line a finding.

    Changes nothing; customers whose facts it opens, or whom it names, have that in their access
    log. A line starts with `ok`, `warning` (it runs, but look at it) or `error` (it does not run);
    with any `error` the exit code is 1, so deployments can stop there.

    Example: `assistant check && assistant serve`
    """
    settings = read_settings(knowledge=knowledge, database_url=database, data_dir=data_dir)
    errors = 0
    for finding in _look_at_everything(settings):
        errors += finding.level == "error"
        print_line(f"{finding.level:8} {finding.subject:10} {finding.text}")
    if errors:
        raise typer.Exit(1)


def _look_at_everything(settings: "Settings") -> Iterator[Finding]:
    """Yield the findings of every part; a part that fails does not hide the next."""
    from assistant.store.unreachable import find_refusal  # noqa: PLC0415 - heavy

    for subject, look in _looks().items():
        try:
            yield from look(settings)
        except AssistantError as error:
            yield Finding("error", subject, error.message)
        except OSError as error:
            yield Finding("error", subject, f"{error.filename}: {error.strerror}")
        except Exception as error:
            reason = find_refusal(error)
            if reason is None:
                raise
            yield Finding("error", subject, reason)


def _looks() -> dict[str, Look]:
    from assistant.cli import (  # noqa: PLC0415 - heavy
        check_access,
        check_consents,
        check_erasures,
        check_facts,
        check_ledger,
        check_pack,
        check_settings,
        check_stores,
    )

    return {
        "settings": check_settings.check_names,
        "identity": check_settings.check_identity,
        "model": check_settings.check_model,
        "pack": check_pack.check_pack,
        "articles": check_pack.check_articles,
        "questions": check_pack.check_questions,
        "keys": check_stores.check_keys,
        "database": check_stores.check_database,
        "purposes": check_consents.check_published,
        "consents": check_consents.check_consents,
        "facts": check_facts.check_facts,
        "ledger": check_ledger.check_ledger,
        "erasures": check_erasures.check_erasures,
        "access": check_access.check_access,
        "index": check_stores.check_index,
    }
