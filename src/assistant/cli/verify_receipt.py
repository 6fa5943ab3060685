"""``assistant verify-receipt``: see offline whether a signed receipt is what was handed out."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.terminal import print_line
from assistant.core.errors import InvalidInput

_LARGEST = 4 * 1024 * 1024


def verify_receipt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The receipt, as it was got.")],
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys",
            metavar="FILE",
            help="The service's keys: /.well-known/assistant-keys.json, saved.",
        ),
    ] = None,
) -> None:
    """Verify a consent or erasure receipt, without the service and without a network.

    Says `valid` or `not valid` and why; the exit code is 0 or 1. With `--keys` the receipt must be
    signed by one of these keys. Without, it is only shown that the receipt is as the holder of the
    key it names signed it, and that key is printed to be compared with the service's.

    Example: `assistant verify-receipt receipt.json --keys assistant-keys.json`
    """
    from assistant.profile.receipts.verifying import read_keys, verify_document  # noqa: PLC0415 - crypto

    document = _read(file)
    trusted = None if keys is None else read_keys(_read(keys))
    verdict = verify_document(document, trusted=trusted)
    if not verdict.valid:
        print_line(f"not valid: {verdict.flaw}")
        raise typer.Exit(1)
    if trusted is None:
        print_line(f"valid for the key it names: {verdict.signer}")
        print_line(
            "whether that key is the service's, its /.well-known/assistant-keys.json says; "
            "save that file and give it with --keys"
        )
        return
    print_line(f"valid: signed with the service's key {verdict.signer}")


def _read(path: Path) -> object:
    """Return the JSON value in ``path``.

    Raises:
        InvalidInput: it is too large for a receipt, no JSON, or names something twice: then one
            reader may see another value than the one whose signature was checked.
    """
    import orjson  # noqa: PLC0415 - loaded when the command runs

    if path.stat().st_size > _LARGEST:
        raise InvalidInput(f"{path}: larger than any receipt")
    content = path.read_bytes()
    try:
        orjson.loads(content)  # stricter than what comes next: no NaN, no broken text
        return json.loads(content, object_pairs_hook=partial(_without_doubles, path))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(
            f"{path}: not JSON (line {error.lineno}), so neither a receipt nor a file of keys"
        ) from None


def _without_doubles(path: Path, members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        double = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"{path}: names {double!r} twice, as no receipt of the service does")
    return found
