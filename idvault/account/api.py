"""The message of a status."""

from idvault.core.edge.convert import numbers
from idvault_verify.account import Account, AccountState, Assurance, Standing, Status, SubjectKind
from idvault_verify.organization import OrganizationCategory
from idvault_verify.v1 import common_pb2

_SUBJECT_KINDS = numbers(SubjectKind, common_pb2.SubjectKind.Value, "SUBJECT_KIND_")
_STATES = numbers(AccountState, common_pb2.AccountStatus.State.Value, "STATE_")
STANDINGS = numbers(Standing, common_pb2.AccountStatus.Standing.Value, "STANDING_")
_ASSURANCES = numbers(Assurance, common_pb2.AccountStatus.Assurance.Value, "ASSURANCE_")
_CATEGORIES = numbers(OrganizationCategory, common_pb2.OrganizationCategory.Value, "ORGANIZATION_CATEGORY_")


def status(value: Status | Account) -> common_pb2.AccountStatus:
    """Return the message of a published status; an account must be as of today."""
    message = common_pb2.AccountStatus(
        account_token=value.account_token,
        subject_kind=_SUBJECT_KINDS[value.subject_kind],
        state=_STATES[value.state],
        standing=STANDINGS[value.standing],
        assurance=_ASSURANCES[value.assurance],
        verify_date=value.verify_date.isoformat() if value.verify_date else "",
        expire_date=value.expire_date.isoformat() if value.expire_date else "",
        revision=value.revision,
    )
    if value.standing_until is not None:
        message.standing_until.FromDatetime(value.standing_until)
    if value.erase_at is not None:
        message.erase_time.FromDatetime(value.erase_at)
    if value.organization_category is not None:
        message.organization_category = _CATEGORIES[value.organization_category]
    return message
