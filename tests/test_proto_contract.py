"""What the published contract promises for every method and message, read from the descriptors."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest
from google.protobuf.descriptor import (
    Descriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)
from google.protobuf.descriptor_pb2 import MethodOptions

import idvault_verify.v1
from idvault.core.telemetry import logs
from idvault_verify.v1 import options_pb2

FILES: list[FileDescriptor] = [
    import_module(f"idvault_verify.v1.{module.name}").DESCRIPTOR
    for module in iter_modules(idvault_verify.v1.__path__)
    if module.name.endswith("_pb2")
]
SERVICES: list[ServiceDescriptor] = [service for file in FILES for service in file.services_by_name.values()]
METHODS: list[MethodDescriptor] = [method for service in SERVICES for method in service.methods]
# Names of fields that could contain, or be derived from, a name, a number or a birth date.
PERSONAL_WORDS = ("name", "number", "birth", "gender", "sex", "age", "region", "photo", "phone", "digest_of")
MEMBERS = ["ROLE_OPERATOR", "ROLE_AUDITOR", "ROLE_CUSTODIAN", "ROLE_AUTHORITY"]
READERS_OF_THE_LOG = ["ROLE_AUDITOR", "ROLE_CUSTODIAN", "ROLE_OPERATOR", "ROLE_MONITOR", "ROLE_AUTHORITY"]
# Bytes could hide anything, so each bytes field of an answer is listed: hashes, signed notes and leaves.
BYTES_OF_THE_LOG = {
    "idvault.v1.Checkpoint.note",
    "idvault.v1.LogEntry.leaf",
    "idvault.v1.InclusionProof.hashes",
    "idvault.v1.ConsistencyProof.hashes",
    "idvault.v1.HistoryStatement.signature",
    "idvault.v1.HistoryStatement.key_note",
}
# A roster is public and signed, and a second factor is sealed to its roster member.
BYTES_OF_PEOPLE = {
    "idvault.v1.Roster.file",
    "idvault.v1.RosterProposal.file",
    "idvault.v1.SecondFactor.sealed_uri",
}
# What roster members need to decide, to open and to prove: sealed, signed or random.
BYTES_OF_DISCLOSURES = {
    "idvault.v1.LoggedEntry.leaf",
    "idvault.v1.LoggedEntry.opening_key",
    "idvault.v1.Disclosure.signed_request",
    "idvault.v1.CustodianDecision.signed_denial",
    "idvault.v1.PendingDisclosure.signed_request",
    "idvault.v1.SealedShare.sealed_share",
    "idvault.v1.SealedShare.share_hash",
    "idvault.v1.ShareToHandOver.sealed_share",
    "idvault.v1.ShareToHandOver.share_hash",
    "idvault.v1.SealedRecord.salt",
    "idvault.v1.SealedRecord.commitment",
    "idvault.v1.SealedRecord.ciphertext",
    "idvault.v1.SealedRecord.share_hashes",
    "idvault.v1.OpenedDisclosure.shred_value",
    "idvault.v1.ResealedShare.resealed",
    "idvault.v1.ResealedShare.signed_approval",
    "idvault.v1.DisclosureOpening.record_digest",
    "idvault.v1.RecordDisclosure.record_digest",
    "idvault.v1.PendingDisclosure.record_digest",
}
# A drill's share is of a synthetic record, and sealed to the calling custodian.
BYTES_OF_DRILLS = {"idvault.v1.Drill.sealed_share"}
# A receipt contains the digest of the sealed record and what it covers: the ciphertext, without any share.
BYTES_OF_RECEIPTS = {
    "idvault.v1.Receipt.record_digest",
    "idvault.v1.SealedRecord.salt",
    "idvault.v1.SealedRecord.commitment",
    "idvault.v1.SealedRecord.ciphertext",
    "idvault.v1.SealedRecord.share_hashes",
    "idvault.v1.SealingCustodian.hpke_public_key",
}
# Digests: of evidence that the platform preserves, of an order, and of what a moderator signed; a public key.
BYTES_OF_SANCTIONS = {
    "idvault.v1.StatementOfReasons.evidence_digests",
    "idvault.v1.AuthorityOrder.digest",
    "idvault.v1.Sanction.paper_digest",
    "idvault.v1.Contest.paper_digest",
    "idvault.v1.Reinstatement.paper_digest",
    "idvault.v1.Disavowal.paper_digest",
    "idvault.v1.Narrowing.paper_digest",
    "idvault.v1.ContentMeasure.paper_digest",
    "idvault.v1.Review.paper_digest",
    "idvault.v1.Moderator.public_key",
}
# What an authority signed, of a target that it named itself.
BYTES_OF_ORDERS = {
    "idvault.v1.RecordedOrder.signed_order",
    "idvault.v1.RecordedOrder.signed_withdrawal",
    "idvault.v1.IssuedOrder.signed_order",
    "idvault.v1.IssuedOrder.signed_withdrawal",
    "idvault.v1.JointOperation.signed_operation",
    "idvault.v1.Operation.signed_operation",
    "idvault.v1.Referral.signed_answer",
    "idvault.v1.Referral.target_salt",
}
# Digests of evidence, and a copy of reported content, which the platform itself sent.
BYTES_OF_TIP_OFFS = {
    "idvault.v1.TipOff.evidence_digests",
    "idvault.v1.TipOffCase.content_copy",
    "idvault.v1.TipOffCase.signed_referral_answer",
    "idvault.v1.TipOffCase.referral_salt",
}
# Reads for the people outside, by a secret; it writes only how often somebody tried.
READS_BY_SECRET = ("FollowTipOff", "FollowTipOffForm")
# Signs a statement and writes nothing: a repeat signs another one.
SIGNS_ONLY = ("IssueStatusToken",)
# Each notice has an id; a fingerprint of the request would be a digest of the numbers in it, and be kept.
# What a kept request of an inquiry would have is the time at which all accounts of a person are disowned.
BY_IDS_OF_ITS_OWN = (
    "SubmitNotices", "BeginInquiry", "FinishInquiry", "DisownAccount", "CancelInquiry",
)  # fmt: skip
PERSONAL_FIELDS = {
    "idvault.v1.IdentityDocument.number",
    "idvault.v1.VerifyIndividualRequest.real_name",
    "idvault.v1.VerifyOrganizationRequest.organization_name",
    "idvault.v1.VerifyOrganizationRequest.representative_name",
    "idvault.v1.SubmitIdentityRequest.representative_name",
    "idvault.v1.SubmitIdentityRequest.real_name",
    "idvault.v1.ReviewDocumentRequest.real_name",
    "idvault.v1.ConfirmReviewRequest.real_name",
    "idvault.v1.BeginProofRequest.real_name",
    "idvault.v1.Guardian.real_name",
    "idvault.v1.BeginInquiryRequest.real_name",
    "idvault.v1.BeginDisavowalAnswerRequest.real_name",
    "idvault.v1.SealedIdentity.document_number",
    "idvault.v1.SealedIdentity.real_name",
    "idvault.v1.SealedRepresentative.document_number",
    "idvault.v1.SealedRepresentative.real_name",
    "idvault.v1.SealedIdentity.assertion",
    "idvault.v1.SealedIdentity.opaque_id",
    "idvault.v1.LegacyAccount.reference",
    "idvault.v1.FileAppealRequest.text",
    "idvault.v1.AppealFromSessionRequest.text",
    "idvault.v1.ContestVerificationRequest.text",
    "idvault.v1.ContestFromSessionRequest.text",
    "idvault.v1.GetContestResponse.text",
    "idvault.v1.AppealWithdrawalRequest.text",
    "idvault.v1.AppealWithdrawalFromSessionRequest.text",
    "idvault.v1.GetReinstatementResponse.text",
    "idvault.v1.GetAppealResponse.text",
    "idvault.v1.FileContentAppealRequest.text",
    "idvault.v1.GetContentMeasureResponse.text",
    "idvault.v1.FileTipOffFormRequest.text",
    "idvault.v1.FileTipOffFormRequest.contact",
    "idvault.v1.SendContactCodeRequest.address",
    "idvault.v1.SupplementTipOffRequest.text",
    "idvault.v1.SupplementTipOffFormRequest.text",
    "idvault.v1.ConfirmContactCodeRequest.digits",
}
# What people write is personal whatever the field is called.
FREE_TEXTS = {
    "idvault.v1.FileAppealRequest.text",
    "idvault.v1.AppealFromSessionRequest.text",
    "idvault.v1.ContestVerificationRequest.text",
    "idvault.v1.ContestFromSessionRequest.text",
    "idvault.v1.GetContestResponse.text",
    "idvault.v1.AppealWithdrawalRequest.text",
    "idvault.v1.AppealWithdrawalFromSessionRequest.text",
    "idvault.v1.GetReinstatementResponse.text",
    "idvault.v1.GetAppealResponse.text",
    "idvault.v1.FileContentAppealRequest.text",
    "idvault.v1.GetContentMeasureResponse.text",
    "idvault.v1.FileTipOffFormRequest.text",
    "idvault.v1.FileTipOffFormRequest.contact",
    "idvault.v1.SendContactCodeRequest.address",
    "idvault.v1.SupplementTipOffRequest.text",
    "idvault.v1.SupplementTipOffFormRequest.text",
    "idvault.v1.ConfirmContactCodeRequest.digits",
}
# What a platform's staff must read to decide; only these answers have it.
TEXTS_OF_OWNERS = {
    "GetAppeal": {"idvault.v1.GetAppealResponse.text"},
    "GetContentMeasure": {"idvault.v1.GetContentMeasureResponse.text"},
    "GetContest": {"idvault.v1.GetContestResponse.text"},
    "GetReinstatement": {"idvault.v1.GetReinstatementResponse.text"},
}
# A platform's reference is opaque by contract; it is marked in case a platform uses a personal one.
OPAQUE_FIELDS = {
    "idvault.v1.SealedIdentity.assertion",
    "idvault.v1.SealedIdentity.opaque_id",
    "idvault.v1.LegacyAccount.reference",
}

# Which edge serves which services.
SERVICES_OF = {
    "platform": [
        "VerificationService",
        "ReviewService",
        "StatusService",
        "CampaignService",
        "SanctionService",
        "SessionService",
        "PublicAccountService",
        "TipOffService",
        "TipOffFormService",
        "ErasureService",
        "UsageService",
        "InquiryService",
        "RegistryNoticeService",
    ],
    "custody": [
        "TransparencyService",
        "RosterService",
        "DisclosureService",
        "CustodianService",
        "DrillService",
        "AuthorityService",
    ],
}
# Every method, and the roles that may call it.
WHO_MAY_CALL = {
    "VerificationService.VerifyIndividual": ["ROLE_PLATFORM"],
    "VerificationService.VerifyOrganization": ["ROLE_PLATFORM"],
    "VerificationService.GetVerification": ["ROLE_PLATFORM"],
    "ReviewService.ReviewDocument": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "ReviewService.ConfirmReview": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "ReviewService.ListReviews": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "StatusService.GetStatus": ["ROLE_PLATFORM"],
    "StatusService.BatchGetStatuses": ["ROLE_PLATFORM"],
    "StatusService.GetDisclosureHistory": ["ROLE_PLATFORM"],
    "StatusService.WatchStatuses": ["ROLE_PLATFORM"],
    "StatusService.IssueStatusToken": ["ROLE_PLATFORM"],
    "StatusService.IssueStatusCredential": ["ROLE_PLATFORM"],
    "CampaignService.ImportLegacyAccounts": ["ROLE_PLATFORM"],
    "CampaignService.CreateCampaign": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "CampaignService.GetCampaign": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "CampaignService.ListCampaigns": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "CampaignService.StartCampaign": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "CampaignService.PauseCampaign": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "CampaignService.ResumeCampaign": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "CampaignService.EndCampaign": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "CampaignService.ClaimDueInvitations": ["ROLE_PLATFORM"],
    "CampaignService.GetInvitation": ["ROLE_PLATFORM"],
    "CampaignService.RecordInvitationEvent": ["ROLE_PLATFORM"],
    "CampaignService.GetCampaignProgress": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.RegisterModerator": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.RevokeModerator": ["ROLE_PLATFORM"],
    "SanctionService.GetModerator": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ImposeSanction": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ConfirmSanction": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.LiftSanction": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.GetSanction": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ListSanctions": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.CreateVerificationSession": ["ROLE_PLATFORM"],
    "SessionService.CreateIdentitySession": ["ROLE_PLATFORM"],
    "SessionService.BindVerificationSession": ["ROLE_PLATFORM"],
    "SessionService.GetVerificationSession": ["ROLE_PLATFORM"],
    "SessionService.GetSessionLink": ["ROLE_WEB"],
    "SessionService.RedeemSession": ["ROLE_WEB"],
    "SessionService.GetSessionPage": ["ROLE_WEB"],
    "SessionService.AgreeToTerms": ["ROLE_WEB"],
    "SessionService.AnswerInvitation": ["ROLE_WEB"],
    "SessionService.SubmitIdentity": ["ROLE_WEB"],
    "SessionService.BeginProof": ["ROLE_WEB"],
    "SessionService.FinishProof": ["ROLE_WEB"],
    "SessionService.ContestPairing": ["ROLE_WEB"],
    "SessionService.GetIdentity": ["ROLE_WEB"],
    "SessionService.GetIdentityHistory": ["ROLE_WEB"],
    "SessionService.GetIdentityReceipt": ["ROLE_WEB"],
    "SessionService.AppealFromSession": ["ROLE_WEB"],
    "SessionService.ContestFromSession": ["ROLE_WEB"],
    "SessionService.AppealWithdrawalFromSession": ["ROLE_WEB"],
    "SessionService.EraseFromSession": ["ROLE_WEB"],
    "SessionService.KeepFromSession": ["ROLE_WEB"],
    "SessionService.ChangePublicAccountFromSession": ["ROLE_WEB"],
    "SessionService.GetPublicAccountFromSession": ["ROLE_WEB"],
    "SessionService.ContestVerification": ["ROLE_PLATFORM"],
    "SessionService.ConfirmContest": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.DecideContest": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.GetContest": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.ListContests": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.AppealWithdrawal": ["ROLE_PLATFORM"],
    "SessionService.ConfirmReinstatement": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.DecideReinstatement": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.GetReinstatement": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.ListReinstatements": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.BeginDisavowalAnswer": ["ROLE_WEB"],
    "SessionService.FinishDisavowalAnswer": ["ROLE_WEB"],
    "SessionService.DecideDisavowal": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.ConfirmDisavowal": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.GetDisavowal": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SessionService.ListDisavowals": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "InquiryService.GetInquiryForm": ["ROLE_WEB"],
    "InquiryService.BeginInquiry": ["ROLE_WEB"],
    "InquiryService.FinishInquiry": ["ROLE_WEB"],
    "InquiryService.GetInquiry": ["ROLE_WEB"],
    "InquiryService.DisownAccount": ["ROLE_WEB"],
    "InquiryService.CancelInquiry": ["ROLE_WEB"],
    "TipOffFormService.ListTipOffForms": ["ROLE_WEB"],
    "TipOffFormService.FileTipOffForm": ["ROLE_WEB"],
    "TipOffFormService.FollowTipOffForm": ["ROLE_WEB"],
    "TipOffFormService.SupplementTipOffForm": ["ROLE_WEB"],
    "TipOffFormService.SendContactCode": ["ROLE_WEB"],
    "TipOffFormService.ConfirmContactCode": ["ROLE_WEB"],
    "SanctionService.NarrowSanction": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ConfirmNarrowing": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ListNarrowings": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.SetSanctionTemplate": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.DeleteSanctionTemplate": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ListSanctionTemplates": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.FileAppeal": ["ROLE_PLATFORM"],
    "SanctionService.DecideAppeal": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.GetAppeal": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ListAppeals": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ImposeContentMeasure": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ReverseContentMeasure": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.DecideContentAppeal": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.GetContentMeasure": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ListContentMeasures": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.FileContentAppeal": ["ROLE_PLATFORM"],
    "SanctionService.GetMonthFigures": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.RecordOrder": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ListOrders": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.AcknowledgeOrder": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ObjectToOrder": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.OpenOperation": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.CloseOperation": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.GetOperation": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "SanctionService.ListOperations": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "PublicAccountService.ApplyPublicAccount": ["ROLE_PLATFORM"],
    "PublicAccountService.DecidePublicAccount": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "PublicAccountService.RenewPublicAccount": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "PublicAccountService.ClosePublicAccount": ["ROLE_PLATFORM"],
    "PublicAccountService.AddOperator": ["ROLE_PLATFORM"],
    "PublicAccountService.RemoveOperator": ["ROLE_PLATFORM"],
    "PublicAccountService.OfferTransfer": ["ROLE_PLATFORM"],
    "PublicAccountService.AcceptTransfer": ["ROLE_PLATFORM"],
    "PublicAccountService.GetPublicAccount": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "PublicAccountService.GetPublicProfile": ["ROLE_PLATFORM"],
    "PublicAccountService.ListPublicAccounts": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "PublicAccountService.ListExpiringPublicAccounts": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "TipOffService.FileTipOff": ["ROLE_PLATFORM"],
    "TipOffService.TakeTipOff": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "TipOffService.FollowTipOff": ["ROLE_PLATFORM"],
    "TipOffService.SupplementTipOff": ["ROLE_PLATFORM"],
    "TipOffService.AssignTipOff": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "TipOffService.ReturnTipOff": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "TipOffService.AddTipOffNote": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "TipOffService.AnswerTipOff": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "TipOffService.ResolveTipOff": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "TipOffService.MergeTipOffs": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "TipOffService.GetTipOff": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "TipOffService.ListTipOffs": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "TipOffService.SetReporterStanding": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "TipOffService.ListReporters": ["ROLE_PLATFORM", "ROLE_MODERATOR"],
    "PublicAccountService.ExportPublicAccountFilings": ["ROLE_PLATFORM"],
    "ErasureService.EraseAccount": ["ROLE_PLATFORM"],
    "ErasureService.CancelErasure": ["ROLE_PLATFORM"],
    "ErasureService.ListErasures": ["ROLE_PLATFORM"],
    "ErasureService.GetErasure": ["ROLE_PLATFORM"],
    "UsageService.GetUsage": ["ROLE_PLATFORM"],
    "RegistryNoticeService.SubmitNotices": ["ROLE_REGISTRY"],
    "RosterService.GetRoster": MEMBERS,
    "RosterService.ProposeRoster": ["ROLE_OPERATOR"],
    "RosterService.SignRoster": ["ROLE_CUSTODIAN"],
    "RosterService.RegisterPlatform": ["ROLE_OPERATOR"],
    "RosterService.RevokePlatform": ["ROLE_OPERATOR"],
    "RosterService.NameModerator": ["ROLE_OPERATOR"],
    "RosterService.GetSecondFactor": MEMBERS,
    "RosterService.BeginSecondFactor": MEMBERS,
    "RosterService.ConfirmSecondFactor": MEMBERS,
    "RosterService.SpendCode": ["ROLE_OPERATOR"],
    "TransparencyService.GetCheckpoint": READERS_OF_THE_LOG,
    "TransparencyService.ListLogEntries": READERS_OF_THE_LOG,
    "TransparencyService.GetInclusionProof": READERS_OF_THE_LOG,
    "TransparencyService.GetConsistencyProof": READERS_OF_THE_LOG,
    "DisclosureService.RequestDisclosure": ["ROLE_AUDITOR"],
    "DisclosureService.GetDisclosure": ["ROLE_AUDITOR"],
    "DisclosureService.ListDisclosures": ["ROLE_AUDITOR"],
    "DisclosureService.CancelDisclosure": ["ROLE_AUDITOR"],
    "DisclosureService.OpenDisclosure": ["ROLE_AUDITOR"],
    "DisclosureService.ConfirmOpening": ["ROLE_AUDITOR"],
    "DisclosureService.ReportShare": ["ROLE_AUDITOR"],
    "DisclosureService.ReportFinding": ["ROLE_AUDITOR"],
    "AuthorityService.IssueOrders": ["ROLE_AUTHORITY"],
    "AuthorityService.WithdrawOrder": ["ROLE_AUTHORITY"],
    "AuthorityService.GetIssuedOrder": ["ROLE_AUTHORITY"],
    "AuthorityService.ListIssuedOrders": ["ROLE_AUTHORITY"],
    "AuthorityService.OpenJointOperation": ["ROLE_AUTHORITY"],
    "AuthorityService.GetJointOperation": ["ROLE_AUTHORITY"],
    "AuthorityService.ListJointOperations": ["ROLE_AUTHORITY"],
    "AuthorityService.AnswerReferral": ["ROLE_AUTHORITY"],
    "AuthorityService.GetReferral": ["ROLE_AUTHORITY"],
    "AuthorityService.ListReferrals": ["ROLE_AUTHORITY"],
    "CustodianService.ListPendingDisclosures": ["ROLE_CUSTODIAN"],
    "CustodianService.ListDecidedDisclosures": ["ROLE_CUSTODIAN"],
    "CustodianService.GetSealedShare": ["ROLE_CUSTODIAN"],
    "CustodianService.ApproveDisclosure": ["ROLE_CUSTODIAN"],
    "CustodianService.ReleaseShare": ["ROLE_CUSTODIAN"],
    "CustodianService.DenyDisclosure": ["ROLE_CUSTODIAN"],
    "CustodianService.ReportFinding": ["ROLE_CUSTODIAN"],
    "DrillService.GetDrill": ["ROLE_CUSTODIAN"],
    "DrillService.PassDrill": ["ROLE_CUSTODIAN"],
    "DrillService.ReportDrillFinding": ["ROLE_CUSTODIAN"],
    "CustodianService.ListSharesToHandOver": ["ROLE_CUSTODIAN"],
    "CustodianService.HandOverShares": ["ROLE_CUSTODIAN"],
    "CustodianService.EndHandOver": ["ROLE_CUSTODIAN"],
}


def messages(file: FileDescriptor) -> Iterator[Descriptor]:
    """Yield the messages of a file, nested ones too."""
    waiting = list(file.message_types_by_name.values())
    while waiting:
        message = waiting.pop()
        waiting += message.nested_types
        yield message


def reachable(message: Descriptor) -> Iterator[FieldDescriptor]:
    """Yield every field of a message, at any depth."""
    seen, waiting = {message.full_name}, [message]
    while waiting:
        for field in waiting.pop().fields:
            yield field
            inner = field.message_type
            if inner is not None and inner.full_name not in seen:
                seen.add(inner.full_name)
                waiting.append(inner)


def is_personal(field: FieldDescriptor) -> bool:
    return bool(field.GetOptions().Extensions[options_pb2.pii])


def reads(method: MethodDescriptor) -> bool:
    return method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS


def test_the_methods_are_these() -> None:
    """The services have exactly the agreed methods, with the roles that may call them."""
    table = {
        method.full_name.removeprefix("idvault.v1."): [
            options_pb2.Role.Name(role) for role in method.GetOptions().Extensions[options_pb2.access]
        ]
        for method in METHODS
    }
    assert table == WHO_MAY_CALL


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.name))
def test_no_answer_is_personal(method: MethodDescriptor) -> None:
    """Only listed fields of answers are personal, and no name suggests that one is derived from such data."""
    for field in reachable(method.output_type):
        assert not is_personal(field) or field.full_name in TEXTS_OF_OWNERS.get(method.name, ())
        assert not any(word in field.name.split("_") for word in PERSONAL_WORDS), field.full_name
        assert (
            field.type != FieldDescriptor.TYPE_BYTES
            or field.full_name
            in BYTES_OF_THE_LOG
            | BYTES_OF_PEOPLE
            | BYTES_OF_DISCLOSURES
            | BYTES_OF_DRILLS
            | BYTES_OF_RECEIPTS
            | BYTES_OF_SANCTIONS
            | BYTES_OF_ORDERS
            | BYTES_OF_TIP_OFFS
        ), field.full_name


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.name))
def test_who_may_call_is_said(method: MethodDescriptor) -> None:
    """Every method has the access option, without UNSPECIFIED."""
    roles = method.GetOptions().Extensions[options_pb2.access]
    assert len(roles) > 0
    assert options_pb2.ROLE_UNSPECIFIED not in roles


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.name))
def test_mutations_have_a_request_id(method: MethodDescriptor) -> None:
    """Every method that is not marked as a read has request_id as its first field."""
    fields = method.input_type.fields_by_name
    reading = ("Get", "BatchGet", "List", "Watch", "Export", *SIGNS_ONLY, *READS_BY_SECRET)
    assert reads(method) == method.name.startswith(reading)
    if not reads(method) and method.name not in BY_IDS_OF_ITS_OWN:
        assert fields["request_id"].number == 1


def test_personal_fields_are_marked() -> None:
    """Exactly these fields are personal, and each is marked."""
    marked = {
        field.full_name
        for file in FILES
        for message in messages(file)
        for field in message.fields
        if is_personal(field)
    }
    assert marked == PERSONAL_FIELDS


def test_what_sounds_personal_is_marked() -> None:
    """A text field whose name suggests personal data is marked, or listed here with a reason."""
    suspects = {
        field.full_name
        for file in FILES
        for message in messages(file)
        for field in message.fields
        if any(word in field.name.split("_") for word in PERSONAL_WORDS)
    }
    assert suspects == PERSONAL_FIELDS - OPAQUE_FIELDS - FREE_TEXTS


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.name))
def test_a_platform_is_given_nothing_that_opens_a_record(method: MethodDescriptor) -> None:
    """Answers to a platform have no share and no key: only digests, parts of the log and receipts."""
    roles = method.GetOptions().Extensions[options_pb2.access]
    if list(roles) == [options_pb2.ROLE_PLATFORM]:
        found = {
            field.full_name
            for field in reachable(method.output_type)
            if field.type == FieldDescriptor.TYPE_BYTES
        }
        assert found <= BYTES_OF_THE_LOG | BYTES_OF_RECEIPTS | BYTES_OF_SANCTIONS | BYTES_OF_TIP_OFFS | {
            "idvault.v1.LoggedEntry.leaf",
            "idvault.v1.LoggedEntry.opening_key",
            "idvault.v1.DisclosureOpening.record_digest",
            "idvault.v1.RecordDisclosure.record_digest",
        }


def test_a_sealed_identity_is_in_no_service() -> None:
    """No method takes or returns the content of a record."""
    used = {
        name
        for method in METHODS
        for message in (method.input_type, method.output_type)
        for name in (
            message.full_name,
            *(field.message_type.full_name for field in reachable(message) if field.message_type),
        )
    }
    assert "idvault.v1.AccountStatus" in used
    assert "idvault.v1.SealedIdentity" not in used


def test_no_personal_field_is_shown_in_logs() -> None:
    """A log line redacts every field with the name of a personal one."""
    assert logs.FIELDS.isdisjoint(name.rpartition(".")[2] for name in PERSONAL_FIELDS)
    assert logs.FIELDS.isdisjoint(PERSONAL_WORDS)
