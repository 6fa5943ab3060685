"""Who acts: the roles that appear in the access log and in authorisation."""

from dataclasses import dataclass
from enum import StrEnum

from assistant.core.ids import CustomerId


class Role(StrEnum):
    """The closed set of roles a read or write can be made in."""

    CUSTOMER = "customer"
    VISITOR = "visitor"
    ASSISTANT = "assistant"
    AGENT = "agent"
    OPERATOR = "operator"
    BUSINESS_SYSTEM = "business_system"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class CustomerActor:
    """An authenticated customer, or a visitor without a token of the company.

    ``expires_at`` is the end of the token's life in milliseconds since 1970; no personal text may
    leave for this actor afterwards.
    """

    customer_id: CustomerId
    role: Role
    expires_at: int
