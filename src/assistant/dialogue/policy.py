"""What to do in a turn, decided by a pure function that says why.

``decide`` sees what was understood and what was found, never a database or a model, so that each
rule here is tested with plain values.
"""

from dataclasses import dataclass
from typing import Literal

from assistant.dialogue.understanding import Understanding

Access = Literal["open", "not_allowed", "not_signed_in"]
"""Whether the customer's own history could be looked at: a grant opened it, no grant was given, or
nobody is signed in."""

Move = Literal["answer", "clarify", "abstain"]
Shortage = Literal["none", "none_stored", "none_in_time", "none_fit"]


@dataclass(frozen=True, slots=True)
class TurnState:
    """All that the decision rests on.

    ``records`` is how many of the customer's records fit the question, ``clear`` whether the first
    fits clearly better than the second, ``beside`` whether they are of another kind than was asked
    for; ``none_in_time`` says that nothing happened in the time that was asked about. ``knowledge``
    is the calibrated probability that the best passage answers the question, ``threshold`` the
    least at which it is said. ``withheld`` says that categories which might help are not open.
    """

    asked: Understanding
    access: Access
    records: int
    clear: bool
    withheld: bool
    history_empty: bool
    knowledge: float
    threshold: float
    beside: bool = False
    none_in_time: bool = False

    @property
    def known(self) -> bool:
        """Whether a passage answers; what the customer did stands in no article."""
        return self.knowledge >= self.threshold and not self.asked.deeds


@dataclass(frozen=True, slots=True)
class Decision:
    """The move, the sources it draws on, and the reason in words for logs and tests."""

    move: Move
    because: str
    use_records: bool = False
    use_knowledge: bool = False
    offer_consent: bool = False
    offer_sign_in: bool = False
    shortage: Shortage = "none"


def _asks_only_how(asked: Understanding) -> bool:
    """Whether instructions or rules are asked for ("how often should I descale it?").

    What "it" is may be told by a record that was spoken of; the record is no answer.
    """
    return asked.general and not asked.own and not asked.aspects


def decide(state: TurnState) -> Decision:
    """Return what to do; help from knowledge is never withheld for want of personal data."""
    if state.known and _asks_only_how(state.asked):
        return _from_knowledge(state)
    if state.records:
        return _from_records(state)
    if not state.asked.own and not (state.asked.follow_up and state.access == "open"):
        return _from_knowledge(state)
    if state.access != "open" or state.withheld:
        return _without_history(state)
    if state.known:
        return Decision("answer", "no record fits, a passage answers", use_knowledge=True)
    if state.history_empty:
        reason = "own records were asked for and none are stored"
        return Decision("abstain", reason, shortage="none_stored")
    if state.none_in_time:
        return Decision("abstain", "nothing happened in that time", shortage="none_in_time")
    return Decision("abstain", "none of the own records fits", shortage="none_fit")


def _from_knowledge(state: TurnState) -> Decision:
    if state.known:
        return Decision("answer", "a passage answers the question", use_knowledge=True)
    return Decision("abstain", "nothing found is likely enough to answer the question")


def _without_history(state: TurnState) -> Decision:
    """Answer from knowledge where it does, and say what own records would add."""
    if state.known and state.asked.general:
        return Decision("answer", "a passage gives the rule", use_knowledge=True)
    why = "some of it is withheld" if state.access == "open" else state.access.replace("_", " ")
    return Decision(
        "answer" if state.known else "abstain",
        f"own records were asked for; history: {why}",
        use_knowledge=state.known,
        offer_consent=state.access != "not_signed_in",
        offer_sign_in=state.access == "not_signed_in",
    )


def _from_records(state: TurnState) -> Decision:
    if not state.asked.aspects and not state.asked.follow_up and state.known:
        return Decision("answer", "nothing is asked of a record", use_knowledge=True)
    if not state.clear:
        return Decision("clarify", "more than one record fits", use_records=True)
    also_rules = state.known and (state.asked.general or state.beside)
    return Decision(
        "answer",
        "a record fits" + (" and a passage gives the rule" if also_rules else ""),
        use_records=True,
        use_knowledge=also_rules,
        offer_consent=state.beside and state.withheld,
    )
