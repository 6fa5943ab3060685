"""Every setting of the service, read once from the environment and an optional TOML file.

Only ``bootstrap`` and ``cli`` import this module; everything below receives plain values.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """Settings with the prefix ``ASSISTANT_``; the environment wins over ``ASSISTANT_CONFIG``."""

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", extra="ignore")

    data_dir: Path = Field(Path("data"), description="Folder of the database and the index.")
    database_url: str | None = Field(
        None, description="SQLite or PostgreSQL URL; default: assistant.db in the data folder."
    )
    keys_url: str | None = Field(
        None, description="URL of the key database; default: keys.db in the key folder."
    )
    ledger_url: str | None = Field(
        None,
        description="URL of the erasure ledger; default: ledger.db in a folder beside the data.",
    )
    backup_days: int = Field(
        35, ge=1, description="Days the oldest backup of the database is kept."
    )
    key_backup_hours: int = Field(
        24, ge=1, description="Hours a backup of the key database is kept at most."
    )
    key_file: Path | None = Field(
        None, description="File (mode 0600) with the key-encryption key, outside the data folder."
    )
    key: SecretStr | None = Field(
        None, description="The key-encryption key itself, base64, instead of a file."
    )
    knowledge: Path = Field(Path("knowledge/market"), description="Folder of the knowledge pack.")
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port the server listens on.")
    identity_secret: SecretStr | None = Field(
        None, description="HS256 secret shared with the company's backend, at least 32 bytes."
    )
    identity_public_key: str | None = Field(
        None, description="Ed25519 public key (PEM) of the company's backend, for EdDSA tokens."
    )
    audience: str = Field("assistant", description="`aud` that customer tokens must carry.")
    issuer: str | None = Field(None, description="`iss` that tokens must carry; unset: unchecked.")
    allowed_origins: list[str] = Field(
        default_factory=list,
        description="Origins (JSON list) whose pages may open the chat; the service's own always.",
    )
    events_api_key: SecretStr | None = Field(
        None, description="API key with the scope events:write."
    )
    embedding_model: str = Field(
        "packaged",
        description="`packaged` (all-MiniLM-L6-v2), a local folder, or a hub id.",
    )
    embedding_sha256: str | None = Field(
        None, description="Expected SHA-256 of model.safetensors of another model."
    )
    embedding_runtime: Literal["auto", "openvino", "onnx", "torch"] = Field(
        "auto",
        description="`openvino` (bfloat16), `onnx` (ONNX Runtime), both exported from `torch` "
        "(sentence-transformers), or `auto`: the first of them that works here.",
    )
    redis_url: str | None = Field(
        None, description="Redis for wake-ups between processes; unset: within the process."
    )
    region: str = Field("EU", description="Region where this deployment stores data.")
    log_format: Literal["json", "console"] = Field("json", description="Form of the log lines.")
    turns_per_minute: int = Field(60, ge=1, description="Turns one customer may send a minute.")
    visitors_per_minute: int = Field(
        30, ge=1, description="New visitors one address may register a minute."
    )
    alarm_minutes: int = Field(
        60, ge=1, description="Length of the window in which readings are added up for the alarm."
    )
    alarm_customers: int = Field(
        100, ge=1, description="Customers one person may read in a window without an alarm."
    )
    alarm_items: int = Field(
        20_000, ge=1, description="Items one person may read in a window without an alarm."
    )
    alarm_service_customers: int = Field(
        100_000, ge=1, description="The same for a worker of the service, which no turn asked."
    )
    alarm_service_items: int = Field(
        10_000_000, ge=1, description="Items a worker may read in a window without an alarm."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read, in order of precedence: arguments, environment, the TOML file."""
        del dotenv_settings, file_secret_settings
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        if path := os.environ.get("ASSISTANT_CONFIG"):
            sources += (TomlConfigSettingsSource(settings_cls, Path(path)),)
        return sources

    @property
    def key_folder(self) -> Path:
        """Where keys lie by default: beside the data folder, never inside it."""
        return self.data_dir.with_name(self.data_dir.name + "-keys")

    def resolved_database_url(self) -> str:
        """Return the database URL, SQLite in the data folder by default."""
        return self.database_url or f"sqlite:///{self.data_dir / 'assistant.db'}"

    def resolved_keys_url(self) -> str:
        """Return the URL of the key database."""
        return self.keys_url or f"sqlite:///{self.key_folder / 'keys.db'}"

    @property
    def ledger_folder(self) -> Path:
        """Where the erasure ledger lies by default: beside the data folder, outside its backups."""
        return self.data_dir.with_name(self.data_dir.name + "-ledger")

    def resolved_ledger_url(self) -> str:
        """Return the URL of the erasure ledger."""
        return self.ledger_url or f"sqlite:///{self.ledger_folder / 'ledger.db'}"

    def resolved_key_file(self) -> Path:
        """Return the file that holds the key-encryption key."""
        return self.key_file or self.key_folder / "key"
