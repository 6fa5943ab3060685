"""Sets of documents and questions: generic, banking, a knowledge pack, Markdown with FAQ pages."""

from dataclasses import replace
from pathlib import Path

import yaml

from assistant.evaluation.files import gold_of, read_lines
from assistant.evaluation.knowledge_asking import (
    KnowledgeQuestion,
    measure_knowledge,
)
from assistant.evaluation.results import SetResult
from assistant.retrieval.documents.document import Document
from assistant.retrieval.documents.folder import read_folder
from assistant.retrieval.documents.markdown import markdown_document
from assistant.retrieval.encoding import EncodingService

Questions = tuple[list[Document], list[KnowledgeQuestion]]


def read_generic(folder: Path) -> Questions:
    """Read ``documents.jsonl`` {id, title, text} and ``questions.jsonl``."""
    documents = [
        markdown_document(row["text"], document_id=row["id"], title=row.get("title") or None)
        for row in read_lines(folder / "documents.jsonl")
    ]
    questions = [
        KnowledgeQuestion(row["id"], row["question"], gold_of(row, "relevant"))
        for row in read_lines(folder / "questions.jsonl")
    ]
    return documents, questions


def measure_generic(folder: Path, encoding: EncodingService) -> SetResult:
    """Measure a generic set."""
    return measure_knowledge(folder.name, *read_generic(folder), encoding=encoding)


def measure_banking(folder: Path, encoding: EncodingService) -> SetResult:
    """Measure ``documents.jsonl`` {id, title, content} and the scenarios of ``tasks.jsonl``."""
    documents = [
        markdown_document(row["content"], document_id=row["id"], title=row.get("title") or None)
        for row in read_lines(folder / "documents.jsonl")
    ]
    questions = [
        KnowledgeQuestion(
            row["id"], row["scenario"]["instructions"], gold_of(row, "required_documents")
        )
        for row in read_lines(folder / "tasks.jsonl")
    ]
    return measure_knowledge(folder.name, documents, questions, encoding=encoding)


def read_pack(folder: Path) -> Questions:
    """Read a knowledge pack and its own ``tests/questions_*.yaml`` {question, article}."""
    questions = [
        KnowledgeQuestion(
            f"{path.stem}/{number}", row["question"], (row["article"],) if row["article"] else ()
        )
        for path in sorted((folder / "tests").glob("questions_*.yaml"))
        for number, row in enumerate(yaml.safe_load(path.read_text("utf-8")))
    ]
    return list(read_folder(folder).documents), questions


def measure_pack(folder: Path, encoding: EncodingService) -> SetResult:
    """Measure a knowledge pack by its own questions."""
    return measure_knowledge(folder.name, *read_pack(folder), encoding=encoding)


def measure_markdown_faq(folder: Path, encoding: EncodingService) -> SetResult:
    """Measure a folder of Markdown: a heading of its FAQ pages asks for the text below it."""
    documents: list[Document] = []
    questions: list[KnowledgeQuestion] = []
    for document in read_folder(folder).documents:
        if not _is_faq(document):
            documents.append(document)
            continue
        for number, section in enumerate(document.sections, start=1):
            id_ = f"{document.document_id}#{number}"
            bare = replace(section, headings=section.headings[:-1])
            documents.append(replace(document, document_id=id_, sections=(bare,)))
            if section.headings:
                questions.append(KnowledgeQuestion(id_, section.headings[-1], (id_,)))
    return measure_knowledge(folder.name, documents, questions, encoding=encoding)


def _is_faq(document: Document) -> bool:
    parts = Path(document.ref).parts
    return any(part.lower() == "faq" for part in parts[:-1]) and parts[-1].lower() != "readme.md"
