"""``assistant init-keys``: make the key that everything personal hangs on."""

from assistant.cli.options import DataDirOption
from assistant.cli.read_settings import read_settings
from assistant.cli.terminal import print_line
from assistant.core.errors import ConfigurationError


def init_keys(data_dir: DataDirOption = None) -> None:
    """Make the key-encryption key, once, in a file that only this user can read.

    It wraps the key of every customer, so losing it loses every history. Back the file up apart
    from the database, and never into the data folder: whoever has both can read everything. An
    existing key is never overwritten.

    Example: `ASSISTANT_KEY_FILE=/etc/assistant/key assistant init-keys`
    """
    settings = read_settings(data_dir=data_dir)
    if settings.key is not None:
        raise ConfigurationError("ASSISTANT_KEY is set, so no key file is used; unset it first")
    path = settings.resolved_key_file().resolve()
    if path.is_relative_to(settings.data_dir.resolve()):
        raise ConfigurationError(
            f"ASSISTANT_KEY_FILE {str(path)!r} lies in the data folder, whose backups would then "
            "hold lock and key; choose a place outside"
        )
    from assistant.vault.key_files import create_key_file  # noqa: PLC0415 - loads cryptography

    create_key_file(path)
    print_line(f"Made {path} (mode 0600). Back it up apart from the database.")
