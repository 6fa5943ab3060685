"""Answers to questions about one's own data: who, what, why, and what it was good for.

Pure: from what was counted to a draft. Nothing here names an item; the items stand under "Your
data", where the customer sees them with everything that belongs to them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from assistant.core.wording import day
from assistant.dialogue.answering import Draft
from assistant.dialogue.profile_summary import CHAT, ProfileWords, Summary
from assistant.dialogue.turns import Action, Sentence
from assistant.profile.pack.purposes import Purpose, PurposeRegister
from assistant.store.own_counts import Readings

DATA, ACCESS_LOG, RECIPROCITY, QUESTIONS = (
    "/v1/me/data",
    "/v1/me/access-log",
    "/v1/me/reciprocity",
    "/v1/me/questions",
)
_PEOPLE = frozenset({"agent", "operator"})


class ProfileAnswers:
    """Composes the drafts."""

    def __init__(self, *, words: ProfileWords, purposes: PurposeRegister) -> None:
        self._words = words
        self._say = words.phrases.say
        self._purposes = purposes

    def known(self, summary: Summary, allowed: Collection[str]) -> Draft:
        """Tell what is kept, by category; ``allowed`` are those that answers may use."""
        counted = self._words.counted
        lines = [
            self._say("known_line", label=self._words.label(name), count=counted("item", number))
            for name, number in sorted(summary.events.items())
        ]
        lines += self._facts(summary)
        if not lines and summary.messages <= 1:
            return self._draft([self._say("known_nothing")], DATA)
        talked = self._say(
            "known_conversations",
            conversations=counted("conversation", summary.conversations),
            messages=counted("message", summary.messages),
        )
        kept = [name for name in allowed if name == CHAT or summary.number_of(name)]
        may = self._may(kept)
        said = [self._say("known_intro"), *lines, talked, "\n" + may, self._say("known_more")]
        return self._draft(said, DATA)

    def known_of_visitor(self, summary: Summary) -> Draft:
        """Tell somebody who is not signed in what is kept."""
        counted = self._words.counted
        said = self._say(
            "known_visitor",
            messages=counted("message", summary.messages),
            conversations=counted("conversation", summary.conversations),
        )
        return self._draft([said], None)

    def why_asked(self, purpose: Purpose | None) -> Draft:
        """Tell the purpose of the question at hand, or that there is none."""
        if purpose is None:
            return self._draft([self._say("why_none")], None)
        words = purpose.text("en")
        said = [
            self._say("why_open", title=words.title, benefit=words.benefit),
            self._say("why_example", example=words.example),
            self._say("why_refuse", if_refused=words.if_refused),
        ]
        return self._draft(said, QUESTIONS)

    def who_saw(self, readings: Sequence[Readings], now: datetime) -> Draft:
        """Tell who read what is kept, summed up by role and purpose."""
        if not readings:
            return self._draft([self._say("saw_none")], ACCESS_LOG)
        said = [self._say("saw_intro"), *(self._reading(each, now) for each in readings)]
        more = self._say("saw_more")
        if _PEOPLE.isdisjoint(each.role for each in readings):
            more = f"{self._say('saw_no_person')} {more}"
        return self._draft([*said, "\n" + more], ACCESS_LOG)

    def helped(self, uses: Mapping[str, int], verdicts: int) -> Draft:
        """Tell in how many answers each category was used."""
        if not uses:
            return self._draft([self._say("helped_none"), self._say("helped_more")], RECIPROCITY)
        said = [self._say("helped_intro")]
        for name, number in sorted(uses.items()):
            used = self._words.counted("answer", number)
            said.append(self._say("helped_line", label=self._words.what(name), count=used))
        more = self._say("helped_more")
        if verdicts:
            count = self._words.counted("answer", verdicts)
            more = f"{self._say('helped_verdict', count=count)} {more}"
        return self._draft([*said, "\n" + more], RECIPROCITY)

    def used(self, allowed: Collection[str], titles: Sequence[str]) -> Draft:
        """Tell what may be used now and for which purposes, and that this changed nothing."""
        said = [self._may(allowed)]
        if titles:
            purposes = self._words.listed([f"“{title}”" for title in titles])
            said.append(self._say("used_purposes", purposes=purposes))
        return self._draft([*said, self._say("used_unchanged")], DATA)

    def told_to_go(self, number: int) -> str:
        """Return what is said before a stop about the items that would be deleted by it."""
        if not number:
            return self._say("stop_ask_keeps")
        return self._say("stop_ask_deletes", count=self._words.counted("item", number))

    def stopped(self, category: str, allowed: Sequence[str], *, deleted: int) -> Draft:
        """Tell that a category (or all) is used for nothing any more.

        ``allowed`` are titles of purposes, ``deleted`` the number of items that went with it.
        """
        everything = category == "all_data"
        names = {"what": self._words.what(category)}
        if allowed:
            names["purposes"] = self._words.listed([f"“{title}”" for title in allowed])
        key = ("stop_all" if everything else "stop") + ("_done" if allowed else "_noted")
        said = [self._say(key, **names)]
        if deleted:
            said.append(self._say("stop_deleted", count=self._words.counted("item", deleted)))
        return self._draft([*said, self._say("stop_undo")], DATA)

    def unknown_category(self) -> Draft:
        """Tell that there is no such category."""
        return self._draft([self._say("stop_unknown")], DATA)

    def never_why(self, *, signed_in: bool) -> Draft:
        """Tell that no why-question follows."""
        key = "never_why_done" if signed_in else "never_why_visitor"
        return self._draft([self._say(key)], None)

    def _may(self, allowed: Collection[str]) -> str:
        named = [self._words.what(name) for name in sorted(allowed)]
        if not named:
            return self._say("known_allowed_none")
        return self._say("known_allowed", categories=self._words.listed(named))

    def _facts(self, summary: Summary) -> list[str]:
        if not summary.facts:
            return []
        label = self._words.label("stated_reasons")
        count = self._words.counted("item", summary.facts)
        return [self._say("known_line", label=label, count=count)]

    def _reading(self, each: Readings, now: datetime) -> str:
        return self._say(
            "saw_line",
            who=self._say(f"who_{each.role}"),
            why=self._why_read(each.purpose),
            times=self._words.counted("time", each.times),
            day=day(each.last_at, now),
        )

    def _why_read(self, purpose: str) -> str:
        own = self._words.phrases.find(f"saw_for_{purpose}")
        if own is not None:
            return own
        known = self._purposes.find_purpose(purpose)
        title = known.text("en").title if known else purpose.replace("_", " ")
        return self._say("saw_for", purpose=title)

    def _draft(self, said: Sequence[str], ref: str | None) -> Draft:
        actions = (Action("link", self._say("label_your_data"), ref=ref),) if ref else ()
        sentences = tuple(map(Sentence, said))
        return Draft("chatting", sentences, actions=actions, because="asked about their own data")
