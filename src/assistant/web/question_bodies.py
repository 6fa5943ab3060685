"""A why-question as the interface shows it."""

from assistant.core.clock import to_rfc3339
from assistant.profile.pack.question_catalogue import QuestionText
from assistant.profile.questions.cards import Card
from assistant.profile.questions.states import OPEN
from assistant.profile.questions.views import QuestionView
from assistant.web.schemas.profile import AskedBody, CardBody, ChoiceBody, QuestionBody, StepBody


def question_body(view: QuestionView) -> QuestionBody:
    """Return a question as the interface shows it."""
    return QuestionBody(
        id=view.question_id,
        state=view.state.value,
        origin=view.origin,
        guess=view.guess,
        purpose=view.purpose,
        version=view.version,
        catalogue_question=view.catalogue_question,
        conversation=view.conversation_id,
        card=_card(view.card) if view.state in OPEN else None,
        question=_asked(view.question) if view.question else None,
        proposed=view.proposed_words,
        to_confirm=view.to_confirm,
        fact=view.fact_id,
        expires_at=to_rfc3339(view.expires_at),
        steps=[StepBody(state=s.state.value, at=to_rfc3339(s.at)) for s in view.steps],
    )


def _card(card: Card) -> CardBody:
    return CardBody(
        purpose=card.purpose,
        version=card.version,
        lang=card.lang,
        title=card.title,
        text=card.text,
        text_sha256=card.text_sha256,
    )


def _asked(question: QuestionText) -> AskedBody:
    return AskedBody(
        text=question.text,
        lang=question.lang,
        kept_as_example=question.kept_as_example,
        improves=question.improves,
        choices=[ChoiceBody(say=choice.say, keep=choice.keep) for choice in question.choices],
    )
