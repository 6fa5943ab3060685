"""The search for samples in live files: it finds what is there, anywhere, and nothing else."""

import random
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from assistant.core.errors import AssistantError
from assistant.store import file_search
from assistant.store.file_search import LENGTH, find_in_files, find_pieces, find_together, piece_of
from assistant.store.live_files import LiveFiles

CHANCE = random.Random(7)  # noqa: S311 - to be repeated


Search = Callable[[BinaryIO, list[bytes]], set[int]]


def pieces_of(count: int) -> list[bytes]:
    found = [piece_of(CHANCE.randbytes(200)) for _ in range(count)]
    return [piece for piece in found if piece is not None]


def test_a_piece_begins_with_a_byte_of_its_class_and_is_cut_from_the_value() -> None:
    for _ in range(200):
        value = CHANCE.randbytes(60)
        piece = piece_of(value, start=5)
        if piece is not None:
            assert len(piece) == LENGTH
            assert value.find(piece) >= 5
            assert piece[0] & 0x1F == 5
    assert piece_of(b"\x05" * 15) is None
    assert piece_of(b"\x00" * 100) is None


BLOCK = 1 << 22


@pytest.mark.parametrize("search", [find_pieces, find_together])
@pytest.mark.parametrize("place", [0, 1, BLOCK - LENGTH, BLOCK - 1, BLOCK, 2 * BLOCK - LENGTH])
def test_what_is_there_is_found_wherever_it_lies(search: Search, place: int) -> None:
    pieces = pieces_of(5)
    content = bytearray(CHANCE.randbytes(2 * BLOCK))
    content[place : place + LENGTH] = pieces[3]

    assert search(BytesIO(content), pieces) == {3}


def test_both_ways_of_searching_agree() -> None:
    pieces = pieces_of(300)
    content = CHANCE.randbytes(1 << 16) + b"".join(pieces[::3]) + CHANCE.randbytes(1 << 16)

    assert find_together(BytesIO(content), pieces) == find_pieces(BytesIO(content), pieces)
    assert find_pieces(BytesIO(content), pieces) == set(range(0, len(pieces), 3))


def test_the_program_says_what_it_found_and_skips_files_that_are_not_there(tmp_path: Path) -> None:
    pieces = pieces_of(3)
    (tmp_path / "one.db").write_bytes(CHANCE.randbytes(5_000) + pieces[1] + b"\x00" * 100)
    (tmp_path / "one.db-wal").write_bytes(b"")

    files = LiveFiles.of(f"sqlite:///{tmp_path / 'one.db'}")

    assert files.find(pieces) == {1}
    assert files.find([]) == frozenset()
    assert LiveFiles.of("postgresql://localhost/any").find(pieces) == frozenset()


def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "one.db").mkdir()

    assert find_in_files([str(tmp_path / "one.db")], pieces_of(1)) == (
        set(),
        [str(tmp_path / "one.db")],
    )
    with pytest.raises(AssistantError):
        LiveFiles.of(f"sqlite:///{tmp_path / 'one.db'}").find(pieces_of(1))


def test_the_program_loads_nothing_of_ours() -> None:
    source = Path(file_search.__file__).read_text(encoding="utf-8")
    assert "assistant." not in source.split('"""', 2)[2]
