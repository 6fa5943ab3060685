"""Reading a folder and a zip: what is sound is read, everything else is a finding."""

import io
import zipfile
from pathlib import Path

import pytest
from tests.unit.documents.making import make_docx, make_pdf, make_zip

from assistant.core.errors import ConfigurationError
from assistant.retrieval.documents import zipped
from assistant.retrieval.documents.document import Reading
from assistant.retrieval.documents.folder import read_folder


def write(root: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def titles(reading: Reading) -> list[str]:
    return [document.title for document in reading.documents]


def reasons(reading: Reading) -> dict[str, str]:
    return {finding.ref: finding.reason for finding in reading.findings}


def test_every_format_is_read_in_the_order_of_paths(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.md": "# A\n\nText.",
            "b/b.html": "<html><body><h1>B</h1><p>Some text of this page.</p></body></html>",
            "c.pdf": make_pdf([("C", 24, 800), ("Text of the manual.", 11, 700)]),
            "d.docx": make_docx(("Title", "D"), ("Normal", "Text.")),
            "e.csv": "question,answer\nE?,Yes.",
            "f.zip": make_zip({"in/f.md": b"# F\n\nText."}),
            "picture.png": b"\x89PNG",
            ".hidden/x.md": "# Hidden\n\nText.",
        },
    )

    reading = read_folder(tmp_path)

    assert titles(reading) == ["A", "B", "C", "D", "E?", "F"]
    assert reading.documents[-1].ref == "f.zip/in/f.md"
    assert reading.findings == ()


def test_unreadable_files_are_findings_and_the_rest_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "bad.pdf": b"%PDF-1.7 broken",
            "bad.docx": b"PK not really",
            "bad.md": b"caf\xe9",
            "front.md": "---\ntitle: [\n---\nText.",
            "good.md": "# Good\n\nText.",
            "bad.zip": b"PK\x03\x04 cut off",
        },
    )

    reading = read_folder(tmp_path)

    assert titles(reading) == ["Good"]
    assert set(reasons(reading)) == {"bad.pdf", "bad.docx", "bad.md", "front.md", "bad.zip"}
    assert all(reasons(reading).values())


def test_of_a_pack_only_the_articles_are_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pack.yaml": "id: market",
            "README.md": "# For authors\n\nText.",
            "articles/tea/pots.md": "# Pots\n\nText.",
        },
    )

    (document,) = read_folder(tmp_path).documents

    assert document.document_id == "tea/pots"
    assert document.ref == "articles/tea/pots.md"


def test_documents_get_ids_of_their_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "fees.html": "<html><body><h1>Fees</h1><p>Two pounds for a return.</p></body></html>",
            "fees.md": "# Fees\n\nText.",
            "one.md": "---\nid: same\n---\nText one.",
            "two.md": "---\nid: same\n---\nText two.",
        },
    )

    reading = read_folder(tmp_path)

    ids = [document.document_id for document in reading.documents]
    assert len(set(ids)) == 4
    assert reasons(reading) == {"two.md": "has the id 'same' of one.md"}


def test_single_file_and_empty_folder_are_knowledge_too(tmp_path: Path) -> None:
    write(tmp_path, {"one.md": "# One\n\nText."})
    (tmp_path / "empty").mkdir()

    assert titles(read_folder(tmp_path / "one.md")) == ["One"]
    assert read_folder(tmp_path / "empty") == Reading()
    with pytest.raises(ConfigurationError, match="no knowledge folder"):
        read_folder(tmp_path / "missing")


def test_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"outside/secret.md": "# Secret\n\nText.", "inside/a.md": "# A\n\nText."})
    (tmp_path / "inside" / "link.md").symlink_to(tmp_path / "outside" / "secret.md")

    assert titles(read_folder(tmp_path / "inside")) == ["A"]


@pytest.mark.parametrize(
    "name", ["../out.md", "/etc/out.md", "a/../../out.md", "C:\\out.md", "..\\out.md"]
)
def test_zip_paths_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"k.zip": make_zip({name: b"# Out\n\nText.", "in.md": b"# In\n\nText."})})

    reading = read_folder(tmp_path)

    assert titles(reading) == ["In"]
    assert list(reasons(reading).values()) == ["has a path that leads out of the zip"]


def test_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = make_zip({"bomb.md": b"0" * 30_000_000, "in.md": b"# In\n\nText."})
    assert len(bomb) < 100_000
    write(tmp_path, {"k.zip": bomb})

    reading = read_folder(tmp_path)

    assert titles(reading) == ["In"]
    assert reasons(reading) == {"k.zip/bomb.md": "unpacks to too much"}


def test_zip_that_lies_about_its_sizes_is_a_finding(tmp_path: Path) -> None:
    content = make_zip({"liar.md": b"0" * 5_000_000, "in.md": b"# In\n\nText."})
    true_size = (5_000_000).to_bytes(4, "little")
    assert content.count(true_size) >= 1
    write(tmp_path, {"k.zip": content.replace(true_size, (40).to_bytes(4, "little"))})

    reading = read_folder(tmp_path)

    assert titles(reading) == ["In"]
    assert "k.zip/liar.md" in reasons(reading)


def test_zip_limits_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"k.zip": make_zip({f"{n}.md": b"# T\n\n" + b"word " * 50 for n in range(9)})})

    monkeypatch.setattr(zipped, "TOTAL_BYTES", 1_000)
    assert reasons(read_folder(tmp_path)) == {"k.zip": "unpacks to more than 0 MB"}
    monkeypatch.setattr(zipped, "MEMBERS_LIMIT", 8)
    assert reasons(read_folder(tmp_path)) == {"k.zip": "holds more than 8 files"}


def test_links_nested_zips_and_locked_members_of_a_zip_are_findings(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("link.md")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("inner.zip", make_zip({"a.md": b"# A"}))
        archive.writestr("__MACOSX/._a.md", b"\0\1")
        archive.writestr("ok.md", b"# Ok\n\nText.")
    locked = bytearray(make_zip({"locked.md": b"# Locked"}))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    write(tmp_path, {"k.zip": buffer.getvalue(), "locked.zip": bytes(locked)})

    reading = read_folder(tmp_path)

    assert titles(reading) == ["Ok"]
    found = reasons(reading)
    assert found["k.zip/link.md"] == "is a link, not a file"
    assert found["k.zip/inner.zip"] == "is a zip within a zip, which is not opened"
    assert found["locked.zip/locked.md"] == "is protected by a password"
    assert "k.zip/__MACOSX/._a.md" not in found
