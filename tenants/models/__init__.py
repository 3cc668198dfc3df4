"""Tables of the tenants app."""

from tenants.models.membership import Membership, PlatformRole
from tenants.models.preference import UserPreference
from tenants.models.requests import MAX_JUSTIFICATION, CapacityRequest, RequestEvent
from tenants.models.tenant import KEY_HELP, KEY_PATTERN, Tenant
from tenants.models.token import MAX_LIFE, ApiToken

__all__ = [
    "KEY_HELP",
    "KEY_PATTERN",
    "MAX_JUSTIFICATION",
    "MAX_LIFE",
    "ApiToken",
    "CapacityRequest",
    "Membership",
    "PlatformRole",
    "RequestEvent",
    "Tenant",
    "UserPreference",
]
