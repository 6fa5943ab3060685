"""Receipts and deadlines: what is signed, what is kept and named, what is late."""

from datetime import timedelta

import orjson
import pytest
from tests.erasure_home import Home

from assistant.core.erasure import ErasureState
from assistant.profile.erasure.receipts import ErasureReceipts
from assistant.profile.erasure.states import DEADLINES, is_overdue, put_off, stages
from assistant.profile.receipts.signing import DocumentSigner
from assistant.profile.receipts.verifying import read_keys, verify_document

ADA = "ada@customers.example"
KEY_BACKUPS = timedelta(hours=24)


@pytest.fixture
def signer() -> DocumentSigner:
    return DocumentSigner(seed=b"s" * 32)


@pytest.fixture
def receipts(signer: DocumentSigner) -> ErasureReceipts:
    return ErasureReceipts(signer=signer, key_backups=KEY_BACKUPS, backups=timedelta(days=35))


def test_the_receipt_is_signed_names_what_is_kept_and_nothing_of_the_customer(
    home: Home, receipts: ErasureReceipts, signer: DocumentSigner
) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    home.send(ADA, "Alder kettle")
    requested = home.erase(ada, "everything")
    assert receipts.find_receipt(home.find(ada, requested)) is None
    home.work()

    receipt = receipts.find_receipt(home.find(ada, requested))

    assert receipt is not None
    assert verify_document(receipt, trusted=read_keys(signer.key_document())).valid
    text = orjson.dumps(receipt).decode()
    assert ADA not in text
    assert "Alder" not in text
    assert ada not in text
    for named in ("erasure ledger", "consent chain", "Storage hardware", "key database"):
        assert named in text
    kept_until = home.find(ada, requested).requested_at + timedelta(days=35 + 90)
    assert kept_until.strftime("%Y-%m-%d") in text


def test_the_same_state_gives_the_same_bytes_and_a_changed_receipt_is_not_valid(
    home: Home, receipts: ErasureReceipts, signer: DocumentSigner
) -> None:
    ada = home.customer(ADA)
    requested = home.erase(ada, "all_data")
    home.work()
    first = receipts.find_receipt(home.find(ada, requested))
    again = receipts.find_receipt(home.find(ada, requested))

    assert first is not None
    assert orjson.dumps(first) == orjson.dumps(again)
    forged = {**first, "assistant:rowsErased": 1_000}
    assert not verify_document(forged, trusted=None).valid


def test_every_state_has_a_deadline_and_a_late_one_is_noticed(home: Home) -> None:
    assert set(DEADLINES) == set(ErasureState)
    ada = home.customer(ADA)
    requested = home.erase(ada, "everything")
    erasure = home.find(ada, requested)
    begun = erasure.requested_at

    def late(**later: float) -> bool:
        return is_overdue(erasure, now=begun + timedelta(**later), key_backups=KEY_BACKUPS)

    assert not late(minutes=14)
    assert late(minutes=16)
    dues = [stage.due for stage in stages(erasure, key_backups=KEY_BACKUPS)]
    assert dues == sorted(dues)


def test_what_fails_is_tried_again_ever_more_rarely(home: Home) -> None:
    ada = home.customer(ADA)
    erasure = home.find(ada, home.erase(ada, "everything"))
    pauses = []
    for _ in range(30):
        erasure = put_off(erasure, "database_busy", now=erasure.requested_at)
        assert erasure.next_at is not None
        pauses.append((erasure.next_at - erasure.requested_at).total_seconds())

    assert pauses == sorted(pauses)
    assert pauses[0] < 1
    assert pauses[-1] == 300
