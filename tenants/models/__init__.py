"""Tables of the tenants app."""

from tenants.models.membership import Membership, PlatformRole
from tenants.models.preference import UserPreference
from tenants.models.tenant import KEY_HELP, KEY_PATTERN, Tenant
from tenants.models.token import MAX_LIFE, ApiToken

__all__ = [
    "KEY_HELP",
    "KEY_PATTERN",
    "MAX_LIFE",
    "ApiToken",
    "Membership",
    "PlatformRole",
    "Tenant",
    "UserPreference",
]
