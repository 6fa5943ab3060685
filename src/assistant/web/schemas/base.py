"""What all shapes share: strict types, unknown members ignored so that the protocol may grow."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

CLIENT_ID_PATTERN = r"^[^\u0000-\u001f\u007f]+$"

ClientId = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=CLIENT_ID_PATTERN)
]
"""An id a client chose (a ``turn_id``): any printable text up to 128 characters."""

Uuid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]
"""An id this service gave."""

LanguageTag = Annotated[
    str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
]
"""A BCP 47 language tag such as ``en`` or ``de-CH``."""


class Incoming(BaseModel):
    """Something a caller sent."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Outgoing(BaseModel):
    """Something the service answers; clients ignore members they do not know."""

    model_config = ConfigDict(strict=True, frozen=True)
