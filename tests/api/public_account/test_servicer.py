"""PublicAccountService over a real channel and a real database, called by both clients."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from google.protobuf.message import Message

import idvault_client
from idvault.core.db.database import Database
from idvault.core.edge.server import Service
from idvault.core.telemetry.logs import Logs
from idvault_client import Consent, codec
from idvault_client.commands import filing
from idvault_client.errors import (
    InvalidFields,
    Unavailable,
)
from idvault_client.public_accounts import (
    AccountFiling,
    Licence,
    OwnedPublicAccount,
    PublicAccountCategory,
    PublicAccountKind,
    PublicAccountState,
    ReaderProfile,
)
from idvault_verify.account import Standing
from idvault_verify.v1 import public_account_pb2 as pb
from tests.support.both_clients import AskClient, connected
from tests.support.refusal import refused
from tests.support.served import Served, refused_raw, served
from tools.support.builders import ZONE
from tools.support.databases import Databases
from tools.support.edge import clock
from tools.support.public_account_world import PublicAccountWorld

SERVICE = pb.DESCRIPTOR.services_by_name["PublicAccountService"]
ACTIVE, REJECTED = PublicAccountState.ACTIVE, PublicAccountState.REJECTED


@pytest.fixture
async def world(sqlite_databases: Databases) -> AsyncIterator[PublicAccountWorld]:
    """Return the world with a new database."""
    database = Database(url=sqlite_databases.main_url)
    made = PublicAccountWorld(database)
    yield made
    await made.claims.verification.drain()
    await database.close()


@pytest.fixture
async def edge(world: PublicAccountWorld, logs: Logs, tmp_path: Path) -> AsyncIterator[Served]:
    """Serve the world; return the target and platform-a's certificate."""
    async with served([Service(SERVICE, world.servicer)], logs=logs, folder=tmp_path) as made:
        yield made


@pytest.fixture(params=["sync", "aio"])
async def ask(request: pytest.FixtureRequest, edge: Served) -> AsyncIterator[AskClient]:
    """The public accounts of one of the two clients."""
    async with connected(request.param, *edge, part="public_accounts") as made:
        yield made


def today() -> Any:
    """Return the day of the edge's clock in the deployment's time zone."""
    return clock().business.astimezone(ZONE).date()


async def test_a_public_account_from_end_to_end(world: PublicAccountWorld, ask: AskClient) -> None:
    """Applied for with a licence, approved, read, closed; every value arrives."""
    token = await world.company()
    end = today() + timedelta(days=30)
    licence = Licence(PublicAccountCategory.MEDIA, "licence 7 (synthetic)", end)
    applied: OwnedPublicAccount = await ask("apply", token, licence=licence)
    assert (applied.state, applied.account_token, applied.expire_date) == (
        PublicAccountState.APPLIED,
        token,
        None,
    )
    opened: OwnedPublicAccount = await ask("approve", applied.public_account_id)
    profile = opened.profile
    assert (profile.kind, profile.category) == (PublicAccountKind.COMPANY, PublicAccountCategory.MEDIA)
    assert (profile.state, profile.standing, profile.publishes) == (ACTIVE, Standing.GOOD, True)
    assert profile.licence is not None
    assert (profile.licence.reference, profile.licence.expire_date) == ("licence 7 (synthetic)", end)
    assert (profile.since, profile.owner_changed_on, profile.next_change_date) == (today(), None, end)
    assert opened.expire_date == today() + timedelta(days=365)
    assert "synthetic" not in repr(opened)
    assert await ask("get", applied.public_account_id) == opened
    assert await ask("get_profile", applied.public_account_id) == profile
    closed: OwnedPublicAccount = await ask("close", applied.public_account_id)
    assert (closed.state, closed.profile.publishes) == (PublicAccountState.CLOSED, False)


async def test_a_transfer(world: PublicAccountWorld, ask: AskClient) -> None:
    """Offered for 14 days, accepted with consent, repeated with a later consent; the day is public."""
    first, second = await world.company(90), await world.company(91, body="MA000002")
    opened = await ask("approve", (await ask("apply", first)).public_account_id)
    offered = await ask("offer_transfer", opened.public_account_id, second)
    assert offered.offer.account_token == second
    assert offered.offer.expire_time - offered.offer.offer_time == timedelta(days=14)
    asked = uuid4()
    for _ in range(2):
        consent = Consent("terms-3", datetime.now(UTC))
        moved = await ask(
            "accept_transfer", opened.public_account_id, second, consent=consent, request_id=asked
        )
        assert (moved.account_token, moved.offer) == (second, None)
        assert moved.profile.owner_changed_on == today()
    other = Consent("", datetime.now(UTC))
    missing = await refused(ask("accept_transfer", opened.public_account_id, second, consent=other))
    assert dict(missing.fields) == {"consent.policy_version": "REQUIRED"}
    with pytest.raises(TypeError):
        await ask("offer_transfer", opened.public_account_id, None)


async def test_filings(world: PublicAccountWorld, edge: Served, ask: AskClient) -> None:
    """The stream of a day: all, of a category, of a day before, and none of a day to come."""
    token = await world.company()
    end = today() + timedelta(days=30)
    licence = Licence(PublicAccountCategory.MEDIA, "=licence 7 (synthetic)", end)
    opened = await ask("approve", (await ask("apply", token, licence=licence)).public_account_id)
    target, tls = edge
    async with idvault_client.aio.connect(target, tls=tls) as vault:
        filings = [each async for each in vault.public_accounts.filings()]
        (one,) = filings
        assert (one.as_of, one.public_account_id, one.account_token) == (
            today(),
            opened.public_account_id,
            token,
        )
        assert (one.kind, one.category, one.state) == (
            PublicAccountKind.COMPANY,
            PublicAccountCategory.MEDIA,
            ACTIVE,
        )
        with pytest.raises(InvalidFields):
            [each async for each in vault.public_accounts.filings(as_of=end)]

    def read() -> list[list[AccountFiling]]:
        with idvault_client.connect(target, tls=tls) as vault:
            public_accounts = vault.public_accounts
            with pytest.raises(InvalidFields):
                list(public_accounts.filings(as_of=end))
            return [
                list(public_accounts.filings(category=PublicAccountCategory.MEDIA)),
                list(public_accounts.filings(category=PublicAccountCategory.COMPANY)),
                list(public_accounts.filings(as_of=today() - timedelta(days=1))),
            ]

    assert await asyncio.to_thread(read) == [filings, [], []]
    rows = list(csv.reader(io.StringIO("".join(filing.lines(filings)))))
    assert rows[0] == list(filing.COLUMNS)
    values = dict(zip(*rows, strict=True))
    assert (values["public_account_id"], values["category"]) == (opened.public_account_id, "MEDIA")
    # A spreadsheet must not take it for a formula.
    assert values["licence_reference"] == "'=licence 7 (synthetic)"


async def test_a_closed_client(edge: Served) -> None:
    """A stream after close() is refused as any other call."""
    target, tls = edge
    awaited = idvault_client.aio.connect(target, tls=tls)
    await awaited.close()
    with pytest.raises(Unavailable):
        [each async for each in awaited.public_accounts.filings()]
    vault = idvault_client.connect(target, tls=tls)
    vault.close()
    with pytest.raises(Unavailable):
        list(vault.public_accounts.filings())


def decided(**fields: Any) -> pb.DecidePublicAccountRequest:
    return pb.DecidePublicAccountRequest(request_id=str(uuid4()), public_account_id="a" * 32, **fields)


def with_licence(**fields: Any) -> pb.ApplyPublicAccountRequest:
    return pb.ApplyPublicAccountRequest(
        request_id=str(uuid4()), account_token="acct_" + "0" * 26, licence=pb.Licence(**fields)
    )


WRONG: list[tuple[str, Message, dict[str, str]]] = [
    ("DecidePublicAccount", decided(), {"decision": "REQUIRED"}),
    ("DecidePublicAccount", decided(decision=9), {"decision": "CHARACTER"}),
    ("DecidePublicAccount", decided(decision=2), {"reason": "REQUIRED"}),
    ("DecidePublicAccount", decided(decision=2, reason=99), {"reason": "CHARACTER"}),
    ("DecidePublicAccount", decided(decision=1, reason=1), {"reason": "CHARACTER"}),
    (
        "ApplyPublicAccount",
        with_licence(),
        {"licence.category": "REQUIRED", "licence.expire_date": "REQUIRED"},
    ),
    (
        "ApplyPublicAccount",
        with_licence(category=99, expire_date="2026-02-30"),
        {"licence.category": "CHARACTER", "licence.expire_date": "CHARACTER"},
    ),
    ("ListPublicAccounts", pb.ListPublicAccountsRequest(state=cast(Any, 99)), {"state": "CHARACTER"}),
    ("ListPublicAccounts", pb.ListPublicAccountsRequest(page_size=-1), {"page_size": "LENGTH"}),
    ("ListPublicAccounts", pb.ListPublicAccountsRequest(page_token="x"), {"page_token": "CHARACTER"}),
    (
        "ExportPublicAccountFilings",
        pb.ExportPublicAccountFilingsRequest(category=cast(Any, 99)),
        {"category": "CHARACTER"},
    ),
    (
        "ExportPublicAccountFilings",
        pb.ExportPublicAccountFilingsRequest(as_of="yesterday"),
        {"as_of": "CHARACTER"},
    ),
    (
        "ListExpiringPublicAccounts",
        pb.ListExpiringPublicAccountsRequest(within_days=367),
        {"within_days": "LENGTH"},
    ),
    (
        "ListExpiringPublicAccounts",
        pb.ListExpiringPublicAccountsRequest(page_token="2026-03-01.x"),
        {"page_token": "CHARACTER"},
    ),
    (
        "ListExpiringPublicAccounts",
        pb.ListExpiringPublicAccountsRequest(page_token="x." + "a" * 32),
        {"page_token": "CHARACTER"},
    ),
    ("GetPublicAccount", pb.GetPublicAccountRequest(), {"public_account_id": "REQUIRED"}),
    (
        "ClosePublicAccount",
        pb.ClosePublicAccountRequest(request_id=str(uuid4()), public_account_id="me"),
        {"public_account_id": "CHARACTER"},
    ),
]


async def test_a_request_is_checked(edge: Served) -> None:
    """What is wrong in a request without our client is named with its code."""
    for method, asked, fields in WRONG:
        assert dict((await refused_raw(edge, SERVICE, method, asked)).fields) == fields, method


def test_a_message_that_breaks_the_contract() -> None:
    """A public account without owner, and a profile without id, are not understood."""
    profile = pb.PublicProfile(public_account_id="a" * 32)
    with pytest.raises(ValueError, match="account_token is missing"):
        codec.read(OwnedPublicAccount, pb.PublicAccount(profile=profile))
    with pytest.raises(ValueError, match="public_account_id is missing"):
        codec.read(ReaderProfile, pb.PublicProfile())
