"""Reads the documents of a zip file, distrusting what it says about itself.

Sizes in a zip's directory may lie, paths may lead out of it and a few kilobytes may unpack to
gigabytes; so members are read up to a limit, names are checked, and nothing is written to disk.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from assistant.retrieval.documents.document import Document, Finding, Reading, Unreadable

MEMBERS_LIMIT = 5_000
MEMBER_BYTES = 50_000_000
TOTAL_BYTES = 500_000_000
RATIO_LIMIT = 200
"""How many times its packed size a member may unpack to; text rarely exceeds 20."""

_ENCRYPTED = 0x1
_SYMLINK, _KIND = 0o120000, 0o170000


def open_zip(content: bytes) -> zipfile.ZipFile:
    """Return the archive.

    Raises:
        Unreadable: it is damaged, has too many members, or would unpack to too much.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise Unreadable("is not a sound zip file") from error
    members = archive.infolist()
    if len(members) > MEMBERS_LIMIT:
        raise Unreadable(f"holds more than {MEMBERS_LIMIT} files")
    if sum(member.file_size for member in members) > TOTAL_BYTES:
        raise Unreadable(f"unpacks to more than {TOTAL_BYTES // 1_000_000} MB")
    return archive


def read_zip(content: bytes, ref: str, *, read_member: Callable[[bytes, str], Reading]) -> Reading:
    """Read each document of the zip with ``read_member``, which returns findings for its faults."""
    documents: list[Document] = []
    findings: list[Finding] = []
    left = TOTAL_BYTES
    with open_zip(content) as archive:
        for member in _members(archive):
            path = f"{ref}/{member.filename}"
            try:
                unpacked = read_bounded(archive, member, limit=left)
                left -= len(unpacked)
                reading = read_member(unpacked, path)
            except Unreadable as reason:
                findings.append(Finding(path, str(reason)))
                continue
            documents += reading.documents
            findings += reading.findings
    return Reading(tuple(documents), tuple(findings))


def read_bounded(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, limit: int) -> bytes:
    """Return the content of a member, at most ``limit`` bytes.

    Raises:
        Unreadable: the name leads elsewhere, it is encrypted, a link, too large, or damaged.
    """
    if _leads_out(member.filename):
        raise Unreadable("has a path that leads out of the zip")
    if member.flag_bits & _ENCRYPTED:
        raise Unreadable("is protected by a password")
    if (member.external_attr >> 16) & _KIND == _SYMLINK:
        raise Unreadable("is a link, not a file")
    limit = min(limit, MEMBER_BYTES, max(member.compress_size, 1_000) * RATIO_LIMIT)
    try:
        with archive.open(member) as file:
            content = file.read(limit + 1)
    except Exception as error:  # zlib.error, BadZipFile and others have no common base
        raise Unreadable("is damaged in the zip") from error
    if len(content) > limit:
        raise Unreadable("unpacks to too much")
    return content


def _members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Yield the files of the archive by name, without what systems leave behind."""
    for member in sorted(archive.infolist(), key=lambda member: member.filename):
        parts = PurePosixPath(member.filename).parts
        left_behind = any(part.startswith(".") and not part.startswith("..") for part in parts)
        if not (member.is_dir() or left_behind or "__MACOSX" in parts):
            yield member


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
