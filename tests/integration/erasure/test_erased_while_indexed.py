"""An event that is erased while its history is being indexed does not come back with the index."""

from collections.abc import Callable, Sequence

from tests.erasure_home import Home
from tests.fakes.embedder import HashingEmbedder

from assistant.retrieval.embedder import Vectors
from assistant.retrieval.encoding import EncodingService

SUBJECT = "ada@customers.example"


class InterruptedEmbedder(HashingEmbedder):
    """Lets something happen between what the indexing worker reads and what it writes."""

    meanwhile: Callable[[], None] | None = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        if self.meanwhile is not None:
            happening, self.meanwhile = self.meanwhile, None
            happening()
        return super().encode(texts)


def erase_while_indexing(home: Home, *, indexed_before: bool) -> None:
    embedder = InterruptedEmbedder()
    home.__dict__["encoding"] = EncodingService(embedder=embedder)
    ada = home.customer(SUBJECT)
    home.give(ada)
    if indexed_before:
        home.send(SUBJECT, "Alder kettle")
        home.index(ada)
    home.send(SUBJECT, "Quillfern lamp")
    erased = home.event_ids(ada)[-1]

    def erase() -> None:
        home.erase(ada, "item", erased)

    embedder.meanwhile = erase
    waiting = home.database.read_now(lambda c: home.stores.blocks.find_waiting(c, ada))
    assert waiting is not None
    home.indexer.index_now(waiting)
    assert not any("Quillfern" in told for told in home.indexed(ada))
    home.index(ada)
    assert not any("Quillfern" in told for told in home.indexed(ada))


def test_first_index_leaves_out_what_was_erased_while_it_was_made(home: Home) -> None:
    erase_while_indexing(home, indexed_before=False)


def test_next_index_leaves_out_what_was_erased_while_it_was_made(home: Home) -> None:
    erase_while_indexing(home, indexed_before=True)
