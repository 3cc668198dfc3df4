"""What can be done with capacity requests; each function is one transaction."""

from tenants.services.requests.answer import (
    request_counter_accept,
    request_counter_decline,
    request_withdraw,
)
from tenants.services.requests.decide import (
    Decided,
    request_approve,
    request_claim,
    request_counter,
    request_reject,
)
from tenants.services.requests.drafts import RequestInput, request_draft_save
from tenants.services.requests.expire import request_expire_due
from tenants.services.requests.submit import request_submit

__all__ = [
    "Decided",
    "RequestInput",
    "request_approve",
    "request_claim",
    "request_counter",
    "request_counter_accept",
    "request_counter_decline",
    "request_draft_save",
    "request_expire_due",
    "request_reject",
    "request_submit",
    "request_withdraw",
]
