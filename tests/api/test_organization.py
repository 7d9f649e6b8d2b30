"""VerifyOrganization over a real channel: what the flow gets, and what is refused before."""

from dataclasses import replace

from idvault.claim.rules import Claim
from idvault.core.edge import repetition
from idvault_verify.account import Account, SubjectKind
from idvault_verify.organization import OrganizationCategory
from idvault_verify.v1 import common_pb2, verification_pb2
from tools.support.edge import (
    REQUEST_ID,
    TOKEN,
    VERIFY_ORGANIZATION,
    Edge,
    call,
    refused,
    requests,
    succeeded,
)
from tools.support.organizations import NAME, REPRESENTATIVE, credit_code, organization


def request(**changes: object) -> verification_pb2.VerifyOrganizationRequest:
    made = requests()[VERIFY_ORGANIZATION]
    assert isinstance(made, verification_pb2.VerifyOrganizationRequest)
    for field, value in changes.items():
        holder, _, inner = field.partition("__")
        setattr(getattr(made, holder) if inner else made, inner or holder, value)
    return made


async def test_a_command(edge: Edge) -> None:
    """The flow gets the normalised organisation, and the content as received for the fingerprint."""
    asked = request(account_token=TOKEN, document__number=credit_code().lower())
    await call(edge.mine(), VERIFY_ORGANIZATION, asked.SerializeToString())
    [command] = edge.claims.commands
    assert (command.request_id, command.method) == (REQUEST_ID, "VerifyOrganization")
    assert command.identity == organization()
    assert command.content == repetition.content(asked)
    for told in (NAME, REPRESENTATIVE.name, REPRESENTATIVE.document.number):
        assert told not in repr(command)


async def test_a_success_tells_the_category(edge: Edge) -> None:
    """Each category is returned by its name, and the answer does not contain the code."""
    claim, channel = succeeded(), edge.mine()
    for category in OrganizationCategory:
        account = replace(
            claim.account, subject_kind=SubjectKind.ORGANIZATION, organization_category=category
        )

        async def happens(account: Account = account) -> Claim:
            return replace(claim, account=account)

        edge.claims.happens = happens
        body = await call(channel, VERIFY_ORGANIZATION, request().SerializeToString())
        status = verification_pb2.Verification.FromString(body).status
        assert status.subject_kind == common_pb2.SUBJECT_KIND_ORGANIZATION
        name = common_pb2.OrganizationCategory.Name(status.organization_category)
        assert name == f"ORGANIZATION_CATEGORY_{category}"
        assert credit_code().encode() not in body


async def test_what_is_refused(edge: Edge) -> None:
    """The error has the field's path in this request, and the flow is not called."""
    channel = edge.mine()
    for changes, fields in (
        ({"request_id": "1"}, {"request_id": "LENGTH"}),
        ({"organization_name": "虚" * 51}, {"organization_name": "LENGTH"}),
        ({"document__type": 0}, {"document.type": "REQUIRED"}),
        ({"document__type": 1}, {"document.type": "CHARACTER"}),
        ({"document__number": ""}, {"document.number": "REQUIRED"}),
        ({"account_token": "x"}, {"account_token": "LENGTH"}),
        ({"representative_name": ""}, {"representative_name": "REQUIRED"}),
        ({"representative_document__type": 0}, {"representative_document.type": "REQUIRED"}),
        ({"representative_document__type": 4}, {"representative_document.type": "CHARACTER"}),
        ({"representative_document__type": 9}, {"representative_document.type": "CHARACTER"}),
        ({"representative_document__number": "1"}, {"representative_document.number": "LENGTH"}),
    ):
        told = await refused(channel, VERIFY_ORGANIZATION, request(**changes).SerializeToString())
        assert (told.code.name, told.fields) == ("INVALID_ARGUMENT", fields)
    assert edge.claims.commands == []
