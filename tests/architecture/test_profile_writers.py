"""Retrieved text and a language model have no way to write a profile, a consent or an erasure.

Import contracts hold the direct way (``.importlinter``); here every way is walked, over as many
modules as it takes. What makes replies out of what was found can reach no writer at all; the few
modules of the conversation that do take a customer's own steps are named with their reason.
"""

import grimp
import pytest

WRITERS = frozenset(
    f"assistant.{name}"
    for name in (
        "profile.questions.why_questions",
        "profile.questions.proposals",
        "profile.questions.facts",
        "profile.consent.ledger",
        "profile.erasure.requests",
        "store.why_questions",
        "store.facts",
        "store.consents",
        "store.erasures",
        "store.erasing",
        "store.preferences",
    )
)

GATES = (
    ("profile.consent.gate", "profile.consent.ledger"),
    ("profile.consent.state", "store.consents"),
    ("profile.consent.usable_history", "profile.consent.ledger"),
    ("profile.questions.fact_views", "store.facts"),
    ("profile.questions.confirmed_words", "store.facts"),
)
"""Imports that read where a customer stands, or name a type, and give no writer on."""

MAY_WRITE = {
    "dialogue.asking": "proposes a question about what the customer said themselves",
    "dialogue.conversation_log": "commits the proposal together with the reply it belongs to",
    "dialogue.fact_access": "opens confirmed facts under a grant",
    "dialogue.profile_turns": "does what the customer's own words ask about their data",
    "dialogue.turn_handler": "the use case that calls them",
    "retrieval.history_trimming": "takes what an erasure covers out of a block",
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    graph = grimp.build_graph("assistant", cache_dir=None)
    for importer, imported in GATES:
        graph.remove_import(importer=f"assistant.{importer}", imported=f"assistant.{imported}")
    return graph


def reaching(graph: grimp.ImportGraph) -> set[str]:
    """Return the modules of retrieval and dialogue from which some writer can be reached."""
    return {
        module.removeprefix("assistant.")
        for module in graph.modules
        if module.startswith(("assistant.retrieval.", "assistant.dialogue."))
        and any(graph.chain_exists(importer=module, imported=writer) for writer in WRITERS)
    }


def test_every_writer_exists(graph: grimp.ImportGraph) -> None:
    assert graph.modules >= WRITERS


def test_only_the_named_modules_of_the_conversation_reach_a_writer(
    graph: grimp.ImportGraph,
) -> None:
    assert reaching(graph) == set(MAY_WRITE)


def test_a_way_over_several_modules_is_seen(graph: grimp.ImportGraph) -> None:
    try:
        graph.add_import(
            importer="assistant.dialogue.passage_sentences", imported="assistant.dialogue.asking"
        )
        assert "dialogue.passage_sentences" in reaching(graph)
    finally:
        graph.remove_import(
            importer="assistant.dialogue.passage_sentences", imported="assistant.dialogue.asking"
        )
