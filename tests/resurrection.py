"""Random orders of living, erasing, backing up and restoring, and what must hold after each.

The machine drives a service as ``bootstrap.build`` joins it. It remembers every text that was ever
written and every decision, across restores and abandoned copies, and after each step that could
bring something back it opens every sealed value of every table.
"""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import select
from tests.backup_parts import back_up, back_up_the_keys
from tests.resurrection_parts import PURPOSE, TYPES, Deployment, Kept, Written

from assistant.core.erasure import Scope
from assistant.core.ids import ConversationId, new_id
from assistant.profile.consent.grants import Grant
from assistant.profile.consent.ledger import ConsentDecision
from assistant.profile.erasure.ledger import LedgerHashes
from assistant.profile.erasure.ledger_noes import LedgerNoes
from assistant.store.consents import Decision
from assistant.store.tables import CATALOGUE, METADATA
from assistant.vault.rotation import rotate_key_file

SUBJECTS = ("ada@mail.example", "ben@mail.example")
WHAT = [*TYPES, "said", "said again"]
subjects = st.sampled_from(SUBJECTS)


class Resurrection(Deployment, RuleBasedStateMachine):
    """Subclasses say where each run's database is, and count what was tried."""

    @initialize()
    def begin(self) -> None:
        self._make()
        self.said_yes: dict[str, bool] = {}
        self.tried["orders"] += 1
        for subject in SUBJECTS:
            self.decide(subject, "given")
            for what in WHAT:
                self.write(subject, what)
        self.back_up()

    def teardown(self) -> None:
        """End every order with the restore that could bring back the most."""
        if hasattr(self, "assistant"):
            self._work()
            self._look()
            self.restore("restore", 0)
            self.assistant.close()

    # what customers do

    @rule(subject=subjects, decision=st.sampled_from(["given", "withdrawn"]))
    def decide(self, subject: str, decision: Decision) -> None:
        customer, shown = self._arrive(subject), self.assistant.pack.disclose(PURPOSE)
        made = ConsentDecision(
            customer_id=customer,
            purpose=PURPOSE,
            decision=decision,
            channel="api",
            at=self._now(),
            version=shown.version,
            text_sha256=shown.text_sha256,
            evidence={"page": "the evidence of a decision"},
        )
        if not self._is_held(customer):
            self._write(lambda c: self.assistant.ledger.decide(c, made))
            self.said_yes[subject] = decision == "given"
            if decision == "withdrawn":  # nothing else lets browsing be stored
                self._mark_erased(lambda w: w.subject == subject and w.category == "browsing")
            self._look_at_consent()

    @rule(subject=subjects, what=st.sampled_from(WHAT))
    def write(self, subject: str, what: str) -> None:
        customer, canary = self._arrive(subject), self._canary()
        if self._is_held(customer):
            return
        if what in TYPES:
            self._hand_over(subject, customer, what, canary)
            return
        spoken = self._conversations(customer) if what == "said again" else []
        conversation = ConversationId(spoken[-1] if spoken else new_id())
        turn_key = self._write(lambda c: self._say(c, customer, conversation, canary))
        self.written.append(Written(canary, subject, "chat", turn_key, conversation))

    @rule(
        subject=subjects,
        scope=st.sampled_from(["item", "conversation", "category", "all_data", "everything"]),
        choice=st.integers(0, 1000),
    )
    def erase(self, subject: str, scope: Scope, choice: int) -> None:
        customer = self._find(subject)
        if customer is None or self._is_held(customer):
            return
        chosen = self._target(customer, scope, choice)
        if chosen is None and scope in {"item", "conversation", "category"}:
            return
        self._request(customer, scope, chosen)
        in_scope: dict[str, Callable[[Written], bool]] = {
            "item": lambda w: w.item_id == chosen,
            "conversation": lambda w: w.conversation == chosen,
            "category": lambda w: w.category == chosen,
        }
        matches = in_scope.get(scope, lambda _: True)
        self._mark_erased(lambda w: w.subject == subject and matches(w))
        if scope == "everything":
            self.gone.add(customer)
            self.said_yes[subject] = False
        self.tried[f"erase {scope}"] += 1
        self._look()

    # what operators and machines do

    @rule()
    def work(self) -> None:
        self._work()
        self.assistant.index_histories()
        self._look()

    @rule()
    def back_up(self) -> None:
        number = len(self.backups)
        data, keys = self.folder / f"data-{number}", self.folder / f"keys-{number}"
        back_up(self.settings, data)
        back_up_the_keys(self.settings, keys)
        self.backups.append(Kept(data, keys, self._epoch(), self._copy(number)))
        self.tried["backup"] += 1

    @rule(how=st.sampled_from(["restore", "restore with keys", "copy"]), choice=st.integers(0, 99))
    def restore(self, how: str, choice: int) -> None:
        kept = self.backups[choice % len(self.backups)]
        if how == "restore with keys" and kept.epoch != self._epoch():
            how = "restore"  # nobody can use those keys any more
        if how == "copy" and kept.copied is None:
            how = "restore"
        self.assistant.close()
        if how == "copy":
            self._copy_back(kept)
        else:
            self._put_back(kept, lost_keys=how == "restore with keys")
        self._start_again(how)

    @rule()
    def restart(self) -> None:
        self.assistant.close()
        self._start_again("restart")

    @rule()
    def rotate_keys(self) -> None:
        rotate_key_file(self.assistant.stores.keys, self.settings.resolved_key_file())
        self.tried["rotate"] += 1

    # what must hold

    def _look(self) -> None:
        """See that nothing that was erased can be read, by whatever way."""
        opened = self._read(self._open_everything)
        erased = {written.canary for written in self.written if written.erased}
        assert [canary for canary in erased if any(canary in text for text in opened)] == []
        for subject in SUBJECTS:
            assert self._find(subject) not in self.gone
        self._look_at_consent()

    def _look_at_consent(self) -> None:
        """See that nobody's data is used whose last word was a no, and that no alarm is false."""
        for subject in SUBJECTS:
            customer = self._find(subject)
            if customer is not None and not self.said_yes.get(subject):
                assert not isinstance(self._authorize(customer), Grant)
        stores = self.assistant.stores
        noes = LedgerNoes(
            ledger=stores.ledger,
            hashes=LedgerHashes(stores.vault),
            consents=stores.consents,
            purposes=[purpose.id for purpose in self.assistant.pack.purposes],
        )
        assert list(noes.find_undone(stores.database.read_now)) == []

    def _look_for_the_erased(self) -> None:
        """See that no row of a customer of whom everything was erased is left."""
        left = {
            name: row
            for name, rule_ in CATALOGUE.items()
            if "customer_id" in METADATA.tables[name].columns and name != "erasures"
            for row in self._read(
                lambda c, name=name: c.execute(select(METADATA.tables[name].c.customer_id)).all()
            )
            if row.customer_id in self.gone and rule_.personal
        }
        assert left == {}

    def _start_again(self, how: str) -> None:
        self.assistant = self._build()
        self.tried[how] += 1
        self._look()
        if how.startswith("restore"):
            self._look_for_the_erased()

    def _work(self) -> None:
        engine = self.assistant.erasing.engine()
        for _ in range(50):
            if not engine.run_once():
                break
            self.clock.advance(seconds=1)
        self._look_for_the_erased()
