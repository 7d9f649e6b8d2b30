"""Every method by which a moderator decides something has the moderator's signature in its request."""

from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from idvault_verify.v1 import (
    campaign_pb2,
    erasure_pb2,
    options_pb2,
    public_account_pb2,
    review_pb2,
    sanction_pb2,
    session_pb2,
    status_pb2,
    tip_off_pb2,
    verification_pb2,
)

FILES = (
    campaign_pb2,
    erasure_pb2,
    public_account_pb2,
    review_pb2,
    sanction_pb2,
    session_pb2,
    status_pb2,
    tip_off_pb2,
    verification_pb2,
)
SIGNATURE = sanction_pb2.ModeratorSignature.DESCRIPTOR.full_name
# What a platform does without a moderator: what owners and reporters ask for, and what only takes away.
OF_THE_PLATFORM = {
    "SanctionService.RevokeModerator",
    "SanctionService.FileAppeal",
    "SanctionService.FileContentAppeal",
    "TipOffService.FileTipOff",
    "TipOffService.SupplementTipOff",
}
# What a desk keeps without deciding anything: a moderator reads and signs what comes of it.
TEMPLATES = {"SanctionService.SetSanctionTemplate", "SanctionService.DeleteSanctionTemplate"}
OF_MODERATORS = {"SanctionService", "TipOffService"}


def name_of(method: MethodDescriptor) -> str:
    return f"{method.containing_service.name}.{method.name}"


def methods() -> Iterator[MethodDescriptor]:
    """Yield every method of the platform edge."""
    for file in FILES:
        for service in file.DESCRIPTOR.services_by_name.values():
            yield from service.methods


def changes_something(method: MethodDescriptor) -> bool:
    """Return whether a method writes, as its options say."""
    return bool(method.GetOptions().idempotency_level != MethodOptions.NO_SIDE_EFFECTS)


def is_signed(message: Descriptor) -> bool:
    field = message.fields_by_name.get("signature")
    return field is not None and field.message_type is not None and field.message_type.full_name == SIGNATURE


def decides(method: MethodDescriptor) -> bool:
    """Return whether a moderator decides by a method: by its service, its request or who may call it."""
    if not changes_something(method) or name_of(method) in OF_THE_PLATFORM | TEMPLATES:
        return False
    names_one = any(field.name.endswith("moderator_id") for field in method.input_type.fields)
    roles = method.GetOptions().Extensions[options_pb2.access]
    of_service = method.containing_service.name in OF_MODERATORS
    return of_service or names_one or options_pb2.ROLE_MODERATOR in roles


DECISIONS = sorted(  # of the platform edge
    (
        each
        for each in methods()
        if options_pb2.ROLE_PLATFORM in each.GetOptions().Extensions[options_pb2.access] and decides(each)
    ),
    key=name_of,
)


@pytest.mark.parametrize("method", DECISIONS, ids=name_of)
def test_a_decision_is_signed(method: MethodDescriptor) -> None:
    """A new method of a moderator without a signature in its request fails here."""
    assert is_signed(method.input_type)


def test_the_list_of_decisions() -> None:
    """All of them are known by name, so that one that is forgotten above is noticed."""
    assert {name_of(each) for each in DECISIONS} == {
        "CampaignService.CreateCampaign",
        "CampaignService.EndCampaign",
        "CampaignService.PauseCampaign",
        "CampaignService.ResumeCampaign",
        "CampaignService.StartCampaign",
        "PublicAccountService.DecidePublicAccount",
        "PublicAccountService.RenewPublicAccount",
        "SanctionService.AcknowledgeOrder",
        "ReviewService.ConfirmReview",
        "ReviewService.ReviewDocument",
        "SanctionService.CloseOperation",
        "SanctionService.ConfirmNarrowing",
        "SanctionService.ConfirmSanction",
        "SanctionService.DecideAppeal",
        "SanctionService.DecideContentAppeal",
        "SanctionService.ImposeContentMeasure",
        "SanctionService.ReverseContentMeasure",
        "SanctionService.ImposeSanction",
        "SanctionService.LiftSanction",
        "SanctionService.NarrowSanction",
        "SanctionService.ObjectToOrder",
        "SanctionService.OpenOperation",
        "SanctionService.RecordOrder",
        "SanctionService.RegisterModerator",
        "SessionService.ConfirmContest",
        "SessionService.ConfirmDisavowal",
        "SessionService.ConfirmReinstatement",
        "SessionService.DecideContest",
        "SessionService.DecideDisavowal",
        "SessionService.DecideReinstatement",
        "TipOffService.AddTipOffNote",
        "TipOffService.AnswerTipOff",
        "TipOffService.AssignTipOff",
        "TipOffService.MergeTipOffs",
        "TipOffService.ResolveTipOff",
        "TipOffService.ReturnTipOff",
        "TipOffService.SetReporterStanding",
        "TipOffService.TakeTipOff",
    }


def test_a_desk_has_nothing_else() -> None:
    """A moderator's certificate reads what a desk needs, decides by signature, and keeps templates alone."""
    granted = {
        name_of(each)
        for each in methods()
        if options_pb2.ROLE_MODERATOR in each.GetOptions().Extensions[options_pb2.access]
    }
    reads = {each for each in granted if each.partition(".")[2].startswith(("Get", "List"))}
    assert granted - reads == {name_of(each) for each in DECISIONS} | TEMPLATES
    assert reads == {
        "CampaignService.GetCampaign",
        "CampaignService.GetCampaignProgress",
        "CampaignService.ListCampaigns",
        "PublicAccountService.GetPublicAccount",
        "PublicAccountService.ListExpiringPublicAccounts",
        "PublicAccountService.ListPublicAccounts",
        "ReviewService.ListReviews",
        "SanctionService.GetAppeal",
        "SanctionService.GetContentMeasure",
        "SanctionService.GetModerator",
        "SanctionService.GetMonthFigures",
        "SanctionService.GetOperation",
        "SanctionService.GetSanction",
        "SanctionService.ListAppeals",
        "SanctionService.ListContentMeasures",
        "SanctionService.ListNarrowings",
        "SanctionService.ListOperations",
        "SanctionService.ListOrders",
        "SanctionService.ListSanctionTemplates",
        "SanctionService.ListSanctions",
        "SessionService.GetContest",
        "SessionService.GetDisavowal",
        "SessionService.GetReinstatement",
        "SessionService.ListContests",
        "SessionService.ListDisavowals",
        "SessionService.ListReinstatements",
        "TipOffService.GetTipOff",
        "TipOffService.ListReporters",
        "TipOffService.ListTipOffs",
    }
