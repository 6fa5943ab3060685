import io

from assistant.channels.lines import Line, decoded_lines, is_broken, read_lines


def lines(content: bytes, limit: int = 100) -> list[Line]:
    return list(read_lines(io.BytesIO(content), limit=limit))


def test_lines_are_numbered_as_an_editor_shows_them() -> None:
    assert lines(b"\xef\xbb\xbfa\r\n\nb") == [Line(1, b"a"), Line(2, b""), Line(3, b"b")]


def test_nothing_and_a_bare_line_end() -> None:
    assert lines(b"") == []
    assert lines(b"\n") == [Line(1, b"")]


def test_a_line_of_exactly_the_limit_is_read_and_one_more_is_not() -> None:
    assert lines(b"x" * 100 + b"\r\nok") == [Line(1, b"x" * 100), Line(2, b"ok")]
    assert lines(b"x" * 101 + b"\nok") == [Line(1, None), Line(2, b"ok")]


def test_a_line_much_longer_than_any_buffer_is_passed_over() -> None:
    content = b"x" * 1_000_000 + b"\nok\n" + b"y" * 200_000

    assert lines(content) == [Line(1, None), Line(2, b"ok"), Line(3, None)]


def test_nul_and_broken_utf8_pass_through() -> None:
    assert lines(b"\x00\xff\n") == [Line(1, b"\x00\xff")]


def test_text_lines_mark_what_is_broken() -> None:
    text = list(decoded_lines(io.BytesIO(b"good\n\xffbad\n")))

    assert [is_broken(line) for line in text] == [False, True]
