"""Both clients verify an organisation with the same arguments. All organisations are synthetic."""

from datetime import UTC, datetime

import pytest

from idvault_client import Consent, InvalidFields, SubjectKind, unified_social_credit_code
from idvault_verify.error import FieldCode
from idvault_verify.organization import OrganizationCategory
from idvault_verify.v1 import common_pb2, verification_pb2
from tests.clients.conftest import Ask
from tests.clients.vault_server import REQUEST_ID, TOKEN, VaultServer, verification
from tools.support.organizations import NAME, credit_code

CONSENT = Consent("terms-3", datetime(2026, 3, 1, 12, 0, tzinfo=UTC))


async def test_what_is_sent_and_read(ask: Ask, server: VaultServer) -> None:
    """Every argument is in the request; the status has the kind and the category."""
    answer = verification()
    answer.status.subject_kind = common_pb2.SUBJECT_KIND_ORGANIZATION
    answer.status.organization_category = common_pb2.ORGANIZATION_CATEGORY_SOLE_TRADER
    server.outcomes = [answer]
    found = await ask(
        "verify_organization",
        NAME,
        unified_social_credit_code(credit_code()),
        consent=CONSENT,
        request_id=REQUEST_ID,
        account_token=TOKEN,
        invitation_code="code",
    )
    assert found.succeeded
    assert found.status.subject_kind is SubjectKind.ORGANIZATION
    assert found.status.organization_category is OrganizationCategory.SOLE_TRADER
    assert server.asked[0].path == "/idvault.v1.VerificationService/VerifyOrganization"
    sent = verification_pb2.VerifyOrganizationRequest.FromString(server.asked[0].body)
    assert (sent.request_id, sent.organization_name, sent.document.number) == (
        REQUEST_ID,
        NAME,
        credit_code(),
    )
    assert sent.document.type == common_pb2.DOCUMENT_TYPE_UNIFIED_SOCIAL_CREDIT_CODE
    assert (sent.consent.policy_version, sent.account_token) == ("terms-3", TOKEN)
    assert sent.invitation_code == "code"


@pytest.mark.parametrize("number", [common_pb2.ORGANIZATION_CATEGORY_UNSPECIFIED, 99])
async def test_an_unknown_category_is_none(ask: Ask, server: VaultServer, number: int) -> None:
    """A person has no category, and a newer server may send an unknown one."""
    answer = verification()
    answer.status.organization_category = number  # type: ignore[assignment]
    server.outcomes = [answer]
    found = await ask("verify_organization", NAME, unified_social_credit_code(credit_code()), consent=CONSENT)
    assert found.status.organization_category is None


async def test_a_text_that_cannot_be_sent_is_refused_by_its_field(ask: Ask, server: VaultServer) -> None:
    """A lone surrogate is refused by field, without the value, and nothing is sent."""
    with pytest.raises(InvalidFields) as caught:
        await ask(
            "verify_organization",
            NAME + "\ud800",
            unified_social_credit_code(credit_code()),
            consent=CONSENT,
        )
    assert caught.value.fields == {"organization_name": FieldCode.CHARACTER}
    assert NAME not in str(caught.value)
    assert server.asked == []


def test_no_repr_shows_the_code() -> None:
    """A document's repr shows only its type."""
    assert credit_code() not in repr(unified_social_credit_code(credit_code()))
