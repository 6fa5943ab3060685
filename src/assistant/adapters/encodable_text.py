"""Text in the form that every tokenizer accepts."""


def encodable(text: str) -> str:
    """Return ``text`` with lone surrogates replaced, which tokenizers refuse as broken UTF-8.

    They arrive in JSON escapes; one customer's broken text must not fail the batch of the others.
    """
    return text.encode("utf-8", "replace").decode("utf-8")
