"""A deployment to attack: its valid values, its callers, and what must not be found in it afterwards."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from google.protobuf.message import Message

from idvault.core.edge import convert
from idvault_client import transport
from idvault_client.testing import SyntheticOrganization, invent_organization
from idvault_client.transport import Tls
from idvault_verify.v1 import campaign_pb2, common_pb2, disclosure_pb2, roster_pb2, verification_pb2
from tools.demo.disclosure import DisclosureSteps
from tools.support import traces
from tools.support.sandbox import Person, Registry, fetch, invent
from tools.torture.fuzz.messages import Canaries, Facts

_ACCOUNTS = 4
_PEOPLE = 20
_CAMPAIGNS = 12
_CALLERS = {
    "platform": "platform-a",
    "auditor": "auditor-a",
    "custodian": "custodian-a",
    "operator": "operator",
    "authority": "authority-a",
    "monitor": "monitor",
    "web": "web",
    "moderator": "moderator-a",
    "registry": "registry",
}
EDGES = ("grpc", "grpc_custody")


@dataclass(frozen=True, slots=True)
class Ground:
    """A running deployment (its ready file) and the values an attack knows."""

    ready: Mapping[str, Any]
    facts: Facts
    canaries: Canaries

    def tls(self, role: str) -> Tls:
        return tls(self.ready, role)


def tls(ready: Mapping[str, Any], role: str) -> Tls:
    paths = ready["certificates"][_CALLERS[role]]
    return Tls(ready["ca"], paths["certificate"], paths["key"])


def prepare(ready: Mapping[str, Any], *, scratch: Path) -> Ground:
    """Create some accounts, a campaign and a disclosure; choose the people whose data must not be found."""
    registry = Registry(ready["registry"]["admin_url"])
    people = [invent() for _ in range(_PEOPLE)]
    registry.add(*people[: _PEOPLE // 2])
    organizations = [invent_organization() for _ in range(_PEOPLE)]
    registry.add_organizations(*organizations[: _PEOPLE // 2])
    with (
        grpc.secure_channel(
            ready["grpc"],
            tls(ready, "platform").credentials(),
            options=transport.options(ready["server_name"]),
        ) as platform,
        grpc.secure_channel(
            ready["grpc_custody"],
            tls(ready, "auditor").credentials(),
            options=transport.options(ready["server_name"]),
        ) as custody,
    ):
        tokens = [_sign_up(platform, registry.newcomer()) for _ in range(_ACCOUNTS)]
        disclosure_id = DisclosureSteps(scratch=scratch).file(ready, account_token=tokens[0])
        facts = {
            **_of_campaigns(platform, tokens),
            **_of_people(custody, disclosure_id),
            **_of_claims(people, organizations),
        }
    companies = [Person(each.name, each.number) for each in organizations]
    represented = [Person(each.representative.name, each.representative.number) for each in organizations]
    named = [*people, *companies, *represented]
    personal = [text for owner in named for text in (owner.name, owner.number)]
    return Ground(ready, facts, Canaries(personal, [invent().name for _ in range(8)]))


def _of_claims(people: list[Person], organizations: list[SyntheticOrganization]) -> dict[str, Sequence[Any]]:
    """Return valid claims and the values in them."""
    persons = [_claim(person) for person in people]
    companies = [_company(organization) for organization in organizations]
    return {
        "real_name": [person.name for person in people],
        "organization_name": [organization.name for organization in organizations],
        "number": [*(each.number for each in people), *(each.number for each in organizations)],
        "reference": ["user-1", "user-2", *(person.name for person in people)],
        persons[0].DESCRIPTOR.full_name: persons,
        companies[0].DESCRIPTOR.full_name: companies,
    }


def _claim(person: Person) -> verification_pb2.VerifyIndividualRequest:
    request = verification_pb2.VerifyIndividualRequest(request_id=str(uuid4()), real_name=person.name)
    request.document.type, request.document.number = 1, person.number  # type: ignore[assignment]
    _consent(request.consent)
    return request


def _company(organization: SyntheticOrganization) -> verification_pb2.VerifyOrganizationRequest:
    request = verification_pb2.VerifyOrganizationRequest(organization_name=organization.name)
    request.document.type, request.document.number = 4, organization.number  # type: ignore[assignment]
    person, document = organization.representative, request.representative_document
    request.representative_name = person.name
    document.type, document.number = 1, person.number  # type: ignore[assignment]
    _consent(request.consent)
    return request


def _consent(consent: common_pb2.Consent) -> None:
    consent.policy_version = "terms-3"
    consent.agree_time.FromDatetime(datetime.now(UTC))


def _sign_up(channel: grpc.Channel, person: Person) -> str:
    path = "/idvault.v1.VerificationService/VerifyIndividual"
    return verification_pb2.Verification.FromString(_call(channel, path, _claim(person))).account_token


def _of_campaigns(channel: grpc.Channel, tokens: list[str]) -> dict[str, Sequence[Any]]:
    """Import legacy accounts and start a campaign for them."""
    service = "/idvault.v1.CampaignService/"
    rows = [
        campaign_pb2.LegacyAccount(reference=f"user-{place}", create_date="2012-05-01") for place in range(4)
    ]
    imported = campaign_pb2.ImportLegacyAccountsRequest(request_id=str(uuid4()), label="2012", accounts=rows)
    found = _call(channel, service + "ImportLegacyAccounts", imported)
    legacy = [row.account_token for row in campaign_pb2.ImportLegacyAccountsResponse.FromString(found).rows]
    plan = campaign_pb2.CampaignPlan(title="Verify", methods=[1, 2, 3], daily_limit=100)  # type: ignore[list-item]
    campaigns = [_campaign(channel, plan) for _ in range(_CAMPAIGNS)]
    for campaign_id in campaigns[: _CAMPAIGNS // 2]:
        start = campaign_pb2.StartCampaignRequest(request_id=str(uuid4()), campaign_id=campaign_id)
        _call(channel, service + "StartCampaign", start)
    return {
        "account_token": [*tokens, *legacy, "acct_" + "0" * 26],
        "account_tokens": [*tokens, *legacy, "acct_" + "0" * 26],
        "campaign_id": [*campaigns, "0" * 32],
        "label": ["2012", "2013"],
        "create_date": ["2012-05-01"],
        "create_date_from": ["", "2010-01-01"],
        "create_date_before": ["", "2016-01-01"],
        "enforcement_date": [""],
        "daily_limit": [1, 100],
        "reminder_days": [3, 7, 14],
        "start": ["22:00"],
        "end": ["08:00"],
        "time_zone": ["Asia/Shanghai"],
        "audience": ["https://taxi.example"],
        "invitation_code": ["", "", "0" * 26],
        "policy_version": ["terms-3"],
        "seconds": [60, 600],
        "nanos": [0],
    }


def _campaign(channel: grpc.Channel, plan: campaign_pb2.CampaignPlan) -> str:
    request = campaign_pb2.CreateCampaignRequest(request_id=str(uuid4()), plan=plan)
    made = _call(channel, "/idvault.v1.CampaignService/CreateCampaign", request)
    return campaign_pb2.Campaign.FromString(made).campaign_id


def _of_people(channel: grpc.Channel, disclosure_id: str) -> dict[str, Sequence[Any]]:
    """Read what auditors and custodians see, to send it back changed."""
    asked = disclosure_pb2.GetDisclosureRequest(disclosure_id=disclosure_id)
    found = disclosure_pb2.Disclosure.FromString(
        _call(channel, "/idvault.v1.DisclosureService/GetDisclosure", asked)
    )
    roster = roster_pb2.Roster.FromString(
        _call(channel, "/idvault.v1.RosterService/GetRoster", roster_pb2.GetRosterRequest())
    )
    newer = json.dumps(json.loads(roster.file) | {"version": 2}).encode()
    return {
        "disclosure_id": [disclosure_id, disclosure_id, "0" * 32],
        "signed_request": [found.signed_request, found.signed_request[:-1], b""],
        "file": [roster.file, newer, newer],
        "hash": [roster.hash, "0" * 64],
        "version": [0, 1, 2],
        "code": ["", "000000", "123456"],
        "platform": ["platform-c", "platform-d"],
        "spki": [f"{place:064x}" for place in range(8)],
        "page_token": ["", "", convert.page_token(1, of="ListCampaigns")],
        "cursor": [""],
    }


def _call(channel: grpc.Channel, path: str, request: Message) -> bytes:
    method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path)
    return method(request.SerializeToString(), timeout=20)


def metrics(ground: Ground) -> bytes:
    return b"".join(fetch(url) for url in ground.ready["metrics"].values())


def left_behind(ground: Ground, *, output: Path, pages: bytes) -> list[str]:
    """Return forbidden findings: canaries, and log lines about unexpected errors.

    Personal canaries must be nowhere; other canaries may be in databases, as titles are, but not in logs or
    metrics. The deployment must have stopped, so that everything is written. pages: its metrics from before.
    """
    ready = ground.ready
    logs = [Path(path) for name, path in ready["logs"].items() if name != "mock-registry"]
    others = [Path(ready["registry"]["population"]), Path(ready["logs"]["mock-registry"])]
    everything = [*traces.files(Path(ready["state"]), without=others), output]
    found = [_said(hit, "personal") for hit in traces.search(everything, ground.canaries.personal)]
    found += [_said(hit, "other") for hit in traces.search([*logs, output], ground.canaries.others)]
    canaries = [*ground.canaries.personal, *ground.canaries.others]
    found += [
        "metrics: a canary"
        for value in canaries
        for form in traces.encodings(value).values()
        if form in pages
    ]
    return found + [f"{path.name}: {line}" for path in (*logs, output) for line in _alarms(path)]


def _said(hit: traces.Hit, kind: str) -> str:
    return f"{hit.path.name}: a canary ({kind}, {hit.encoding})"


def _alarms(path: Path) -> list[str]:
    """Return the log lines that report an error; no attack may cause one.

    Lines from libraries do not count: the SQLite driver complains if a call is cancelled half-way.
    """
    words = ('"level":"error"', '"level":"critical"', "Traceback")
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    told = [line.replace('": "', '":"') for line in lines]
    return [
        line[:300] for line in told if any(word in line for word in words) and '"event":"library"' not in line
    ]
