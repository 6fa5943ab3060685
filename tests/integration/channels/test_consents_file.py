import json
from pathlib import Path

import pytest
from tests.profile_parts import Parts

from assistant.channels.import_outcome import ImportOutcome
from assistant.core.errors import InvalidInput

HISTORY = "answer_from_history"
PAPER = {"form": "paper, store Larkhaven", "wording": "I agree that…"}


def decision(subject: str = "amara.example", **changes: object) -> dict[str, object]:
    entry = {
        "subject": subject,
        "purpose": HISTORY,
        "decision": "given",
        "categories": ["orders"],
        "at": "2026-02-01T10:00:00Z",
        "evidence": PAPER,
        **changes,
    }
    return {name: value for name, value in entry.items() if value is not ...}


def imported(parts: Parts, path: Path, *entries: object) -> ImportOutcome:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return parts.consent_import.run(path)


def test_decisions_are_recorded_with_their_evidence(parts: Parts, tmp_path: Path) -> None:
    outcome = imported(
        parts, tmp_path / "c.ndjson", decision(), decision("bruno.example", decision="refused")
    )

    amara = parts.customer("amara.example")
    assert (outcome.stored, outcome.invalid_count) == (2, 0)
    assert parts.state(amara).given(HISTORY) == {"orders"}
    assert parts.state(parts.customer("bruno.example")).given(HISTORY) == frozenset()
    evidence = parts.database.read_now(lambda c: parts.consents.find_evidence(c, amara, 1))
    assert evidence == PAPER


def test_importing_again_changes_nothing(parts: Parts, tmp_path: Path) -> None:
    entries = [decision(), decision(categories=...), decision("bruno.example")]
    imported(parts, tmp_path / "c.ndjson", *entries)
    epoch = parts.state(parts.customer()).epoch

    again = imported(parts, tmp_path / "c.ndjson", *entries)

    assert (again.stored, again.duplicates) == (0, 3)
    assert parts.state(parts.customer()).epoch == epoch


def test_a_customers_own_later_word_stands_against_the_file(parts: Parts, tmp_path: Path) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "withdrawn")

    imported(parts, tmp_path / "c.ndjson", decision(at="2026-02-01T10:00:00Z"))

    assert parts.state(amara).given(HISTORY) == frozenset()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"evidence": ...}, "evidence: is missing"),
        ({"at": ...}, "at: is missing"),
        ({"at": "2027-01-01T00:00:00Z"}, "at: lies in the future"),
        ({"decision": "SECRET"}, "decision:"),
        ({"purpose": "SECRET"}, "purpose:"),
        ({"purpose": "secret"}, "no such purpose"),
        ({"categories": ["secret"]}, "must name data categories"),
        ({"version": 9}, "now version 1"),
        ({"text_sha256": "0" * 64}, "text of this purpose has changed"),
        ({"SECRET": 1}, "not permitted"),
        ({"evidence": {"note": "SECRET" * 10_000}}, "evidence: larger than"),
    ],
)
def test_what_is_wrong_is_said_by_line_and_field(
    parts: Parts, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    outcome = imported(parts, tmp_path / "c.ndjson", decision(**changes), decision("b.example"))

    [problem] = outcome.invalid
    assert problem.line == 1
    assert said in problem.reason
    assert "secret" not in problem.reason.lower()
    assert outcome.stored == 1, "a bad line never stops the good ones"


def test_a_json_list_and_a_table_are_understood(parts: Parts, tmp_path: Path) -> None:
    listed, table = tmp_path / "c.json", tmp_path / "c.csv"
    listed.write_text(" " + json.dumps([decision("one.example"), 5]))
    table.write_text(
        "subject,purpose,decision,categories,version,at,evidence.form,evidence.page\n"
        "two.example,answer_from_history,given,orders;returns,1,2026-02-01T10:00:00Z,web,sign-up\n"
        "three.example,answer_from_history,withdrawn,,,2026-02-01T10:00:00Z,,\n"
        "four.example,answer_from_history,given,,one,2026-02-01T10:00:00Z,web,\n"
    )

    from_list = parts.consent_import.run(listed)
    from_table = parts.consent_import.run(table)

    assert (from_list.stored, from_list.invalid[0].line) == (1, 2)
    assert (from_table.stored, from_table.invalid[0].line) == (2, 4)
    two = parts.customer("two.example")
    assert parts.state(two).given(HISTORY) == {"orders", "returns"}
    assert parts.database.read_now(lambda c: parts.consents.find_evidence(c, two, 1)) == {
        "form": "web",
        "page": "sign-up",
    }


def test_a_file_that_cannot_be_read_is_explained(parts: Parts, tmp_path: Path) -> None:
    broken = tmp_path / "c.json"
    broken.write_text("[{")

    with pytest.raises(InvalidInput, match="not JSON"):
        parts.consent_import.run(broken)
    with pytest.raises(InvalidInput, match="cannot be read"):
        parts.consent_import.run(tmp_path / "absent.ndjson")


def test_imported_consent_lets_events_in(parts: Parts, tmp_path: Path) -> None:
    imported(parts, tmp_path / "c.ndjson", decision(categories=["browsing"]))

    [result] = parts.send(
        {
            "id": "1",
            "source": "https://shop.marlow.example",
            "type": "page.viewed",
            "time": "2026-02-02T10:00:00Z",
            "subject": "amara.example",
        }
    )

    assert result.status == "stored"
