"""The layering contracts hold for the package, and each of them fails when it is broken.

A small skeleton with every module that the contracts name is linted with the project's own
``.importlinter``: clean, it keeps all contracts; with one forbidden line, the named one breaks.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = (
    "__main__",
    "cli.serve",
    "bootstrap",
    "web.app",
    "web.own_facts",
    "workers.loop",
    "adapters.hub",
    "dialogue.turns",
    "dialogue.answering",
    "dialogue.asking",
    "dialogue.fact_access",
    "dialogue.profile_turns",
    "channels.intake",
    "channels.decisions",
    "channels.tabular",
    "evaluation.runs",
    "retrieval.knowledge_index",
    "retrieval.history_reader",
    "retrieval.history_indexing",
    "retrieval.history_trimming",
    "profile.pack.loading",
    "profile.receipts.issuing",
    "profile.visitor_merge",
    "profile.consent.grants",
    "profile.consent.ledger",
    "profile.erasure.requests",
    "profile.transparency.export",
    "profile.questions.facts",
    "profile.questions.proposals",
    "profile.transparency.reciprocity",
    "profile.transparency.own_data",
    "profile.transparency.items",
    "profile.transparency.standing",
    "profile.transparency.telling",
    "profile.questions.why_questions",
    "store.tables.events",
    "store.events",
    "store.history_blocks",
    "store.facts",
    "store.own_rows",
    "store.preferences",
    "store.why_questions",
    "vault.envelope",
    "core.ids",
    "settings",
)
ALLOWED = {
    "__main__": "import assistant.cli.serve",
    "cli.serve": "import assistant.bootstrap\nimport assistant.settings",
    "bootstrap": "import assistant.settings\nimport assistant.adapters.hub",
    "web.app": "import aiohttp\nimport assistant.dialogue.turns",
    "adapters.hub": "import redis\nimport torch\nimport sentence_transformers",
    "channels.intake": "import assistant.store.events",
    "dialogue.asking": "import assistant.profile.questions.why_questions",
    "retrieval.history_reader": "import assistant.store.history_blocks",
    "retrieval.knowledge_index": "import faiss",
    "store.events": "import sqlalchemy\nimport assistant.store.tables.events",
}
BREACHES = [
    ("core.ids", "import assistant.store.events", "Imports point down only"),
    ("profile.consent.grants", "import assistant.retrieval.history_reader", "Imports point down"),
    ("profile.pack.loading", "import assistant.profile.consent.ledger", "The rooms of profile"),
    ("profile.consent.ledger", "import assistant.profile.receipts.issuing", "The rooms of"),
    ("profile.questions.facts", "import assistant.profile.erasure.requests", "The rooms of"),
    ("profile.transparency.export", "import assistant.profile.visitor_merge", "The rooms of"),
    ("profile.gossip", "", "The rooms of profile"),
    ("web.app", "import assistant.workers.loop", "Imports point down only"),
    ("dialogue.turns", "import assistant.channels.tabular", "Imports point down only"),
    ("web.app", "import assistant.evaluation.runs", "Imports point down only"),
    ("dialogue.turns", "import assistant.evaluation.runs", "Imports point down only"),
    ("core.ids", "import assistant.settings", "Imports point down only"),
    ("gossip", "", "Imports point down only"),
    ("channels.tabular", "import assistant.channels.intake", "do not import in circles"),
    ("web.app", "import assistant.settings", "Settings are read by bootstrap and cli only"),
    ("web.app", "import assistant.adapters.hub", "Implementations are picked by bootstrap"),
    ("workers.loop", "import assistant.adapters.hub", "Implementations are picked by bootstrap"),
    ("retrieval.history_reader", "import assistant.store.tables.events", "Tables belong to store"),
    ("dialogue.turns", "import assistant.store.events", "A customer's history is read through"),
    ("web.app", "import assistant.store.history_blocks", "A customer's history is read through"),
    ("dialogue.answering", "import assistant.profile.questions.facts", "What was retrieved"),
    ("dialogue.answering", "import assistant.profile.consent.ledger", "What was retrieved"),
    ("retrieval.history_reader", "import assistant.profile.erasure.requests", "What was retrieved"),
    ("workers.loop", "import assistant.profile.questions.why_questions", "What was retrieved"),
    ("dialogue.asking", "import assistant.store.facts", "Rows of the profile are written"),
    ("dialogue.turns", "import assistant.store.own_rows", "Everything of a customer is read"),
    ("web.app", "import assistant.store.own_rows", "Everything of a customer is read"),
    ("dialogue.turns", "import aiohttp", "HTTP stays at the edge"),
    ("retrieval.history_reader", "import sqlmodel", "SQL is spoken in store only"),
    ("web.app", "import sqlalchemy", "SQL is spoken in store only"),
    ("retrieval.history_reader", "import sentence_transformers", "Model runtimes are adapters"),
    ("cli.serve", "import torch", "Model runtimes are adapters"),
    ("workers.loop", "import redis", "Redis is an adapter"),
    ("retrieval.history_reader", "import faiss", "faiss holds product knowledge"),
]


def write_skeleton(folder: Path, extra: dict[str, str] | None = None) -> None:
    """Write the package ``assistant`` with every named module, and ``extra`` lines in some."""
    lines = {name: [ALLOWED.get(name, "")] for name in MODULES}
    if "channels.tabular" in (extra or {}):
        lines["channels.intake"].append("import assistant.channels.tabular")
    for name, line in (extra or {}).items():
        lines.setdefault(name, []).append(line)
    for name, body in lines.items():
        path = folder / "assistant" / (name.replace(".", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(body) + "\n", encoding="utf-8")
    for inner in (folder / "assistant").rglob("*.py"):
        (inner.parent / "__init__.py").touch()
    shutil.copy(ROOT / ".importlinter", folder)


def lint(folder: Path) -> tuple[int, str]:
    """Run the linter over the package in ``folder`` and return exit code and output."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    run = subprocess.run(
        [*command, "--no-logo", "--no-cache"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def test_clean_skeleton_keeps_every_contract(tmp_path: Path) -> None:
    write_skeleton(tmp_path)
    code, output = lint(tmp_path)
    assert code == 0, output
    assert "0 broken" in output


@pytest.mark.parametrize(("module", "line", "contract"), BREACHES)
def test_contract_fails_when_broken(tmp_path: Path, module: str, line: str, contract: str) -> None:
    write_skeleton(tmp_path, {module: line})
    code, output = lint(tmp_path)
    broken = [text for text in output.splitlines() if " BROKEN" in text]
    assert code == 1, output
    assert any(contract in text for text in broken), output


def test_package_keeps_every_contract() -> None:
    code, output = lint(ROOT)
    assert code == 0, output
