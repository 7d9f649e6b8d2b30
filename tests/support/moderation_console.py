"""The moderators' console in this process, in front of a real edge and a real database."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import grpc

from idvault.core.db.database import Database
from idvault.core.edge.server import Service
from idvault.core.telemetry.logs import Logs
from idvault.session.disavowal import acts as disavowal_acts
from idvault.session.disavowal import rules as disavowal_rules
from idvault.session.disavowal import store as disavowal_store
from idvault.session.disavowal.rules import DisavowalTerms
from idvault_client import transport
from idvault_client.backend.blocking.vault import Vault, connect
from idvault_client.sessions import AccountContest, AccountReinstatement
from idvault_people.moderation.own_history import OwnHistory
from idvault_people.moderation.pages import console
from idvault_people.moderation.workplace import Workplace
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.people.roster import Roster
from idvault_verify.v1 import campaign_pb2, public_account_pb2, sanction_pb2, session_pb2, tip_off_pb2
from tests.support.appeal_world import AppealWorld
from tests.support.console import Running, Seen, Visitor, running
from tests.support.served import served
from tests.support.session_world import SessionWorld
from tests.support.tip_off_world import TipOffWorld, key_files
from tools.support import builders, orders
from tools.support.edge import clock
from tools.support.flow_world import PARTY
from tools.support.public_account_world import PublicAccountWorld

_SERVICES = (
    sanction_pb2.DESCRIPTOR.services_by_name["SanctionService"],
    tip_off_pb2.DESCRIPTOR.services_by_name["TipOffService"],
    public_account_pb2.DESCRIPTOR.services_by_name["PublicAccountService"],
    session_pb2.DESCRIPTOR.services_by_name["SessionService"],
    campaign_pb2.DESCRIPTOR.services_by_name["CampaignService"],
)


class Wire(grpc.UnaryUnaryClientInterceptor):
    """Keeps what goes to the vault, and loses answers when told to."""

    def __init__(self) -> None:
        """Nothing was sent."""
        self.sent: list[tuple[str, bytes]] = []
        self.loses = ""

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        """Send, keep, and perhaps lose the answer."""
        self.sent.append((client_call_details.method, request))
        answer = continuation(client_call_details, request)
        if self.loses and client_call_details.method.endswith(self.loses):
            self.loses = ""
            answer.result()
            raise LostAnswerError
        return answer

    def calls(self, method: str) -> list[bytes]:
        """Return the requests of a method."""
        return [request for path, request in self.sent if path.endswith(f"/{method}")]


class LostAnswerError(grpc.RpcError):
    """No answer came in time, although the call had been done: a broken connection would be tried again."""

    def code(self) -> grpc.StatusCode:
        """Return what gRPC says of a deadline."""
        return grpc.StatusCode.DEADLINE_EXCEEDED

    def details(self) -> str:
        """Return nothing."""
        return ""

    def trailing_metadata(self) -> tuple[()]:
        """Return nothing."""
        return ()


@dataclass
class Office:
    """A world, and moderators' consoles in front of it. later: how far their clock is ahead."""

    world: TipOffWorld
    public_accounts: PublicAccountWorld
    sessions: SessionWorld
    target: str
    tls: Any
    folder: Path
    logs: Path
    wire: Wire = field(default_factory=Wire)
    later: timedelta = timedelta()
    roster: Callable[[], Sequence[Roster]] | None = lambda: (
        orders.roster(orders.OFFICE, orders.OTHER_OFFICE),
    )

    @property
    def age(self) -> float:
        """How many seconds have passed since the start of the tests' time: the edge serves the present."""
        return (datetime.now(UTC) - builders.NOW).total_seconds()

    @asynccontextmanager
    async def works(self, key: ModeratorKey, history: OwnHistory | None = None) -> AsyncIterator[Visitor]:
        """Run a moderator's console, and let a browser enter. history: of former sessions, None for none."""
        async with self.opens(key, history) as made:
            yield await made.enter()

    @asynccontextmanager
    async def opens(self, key: ModeratorKey, history: OwnHistory | None = None) -> AsyncIterator[Running]:
        """Run a moderator's console."""
        options = transport.options("localhost")
        channel = grpc.secure_channel(self.target, self.tls.credentials(), options=options)
        with Vault(grpc.intercept_channel(channel, self.wire), timeout=60.0) as vault:
            ends = datetime.now(UTC) + timedelta(days=200)
            place = Workplace(vault=vault, key=key, zone=UTC, roster=self.roster, ends=ends)
            place.clock = lambda: datetime.now(UTC) + self.later
            place.history = history or place.history
            folder = Path(tempfile.mkdtemp(dir=self.folder))
            async with running(console(place), folder) as made:
                yield made

    async def contest(self, account_token: str, verification_id: str, words: str) -> AccountContest:
        """Let the owner of an account contest a verification now."""

        def file() -> AccountContest:
            with connect(self.target, tls=self.tls, server_name="localhost") as vault:
                made: AccountContest = vault.sessions.contest(account_token, verification_id, words)
                return made

        return await asyncio.to_thread(file)

    async def appeal_withdrawal(self, account_token: str, words: str) -> AccountReinstatement:
        """Let the holder of a revoked account appeal now."""

        def file() -> AccountReinstatement:
            with connect(self.target, tls=self.tls, server_name="localhost") as vault:
                made: AccountReinstatement = vault.sessions.appeal_withdrawal(account_token, words)
                return made

        return await asyncio.to_thread(file)

    async def disowned(self, account_token: str) -> str:
        """Tell the platform now that a person disowned an account; return the disavowal's id."""
        now, database = clock(), self.sessions.database
        accounts = self.world.world.claims.accounts
        owner = await accounts.get(relying_party=PARTY, account_token=account_token)
        assert owner is not None
        waiting = disavowal_rules.disown(account=owner, person_id=owner.person_id or "", tell_at=now.business)
        await database.act("test", lambda one: disavowal_store.wait(one, waiting))
        terms = DisavowalTerms(zone=builders.ZONE)
        assert await disavowal_acts.tell_all(self.sessions.vault, now, terms=terms, limit=10) == 1
        told = await database.act("test", lambda one: disavowal_store.newest(one, account_token))
        assert told is not None
        return told.disavowal_id

    async def moderator(self, number: int) -> ModeratorKey:
        """Return a registered moderator."""
        return await self.world.world.moderator(number)


@asynccontextmanager
async def office(database: Database, folder: Path) -> AsyncIterator[Office]:
    """Serve a world until the block ends."""
    sessions = SessionWorld(database, moderation=AppealWorld(database))
    world = TipOffWorld(database, key_files(folder), sanctions=sessions.moderation)
    world.web_url = "https://verify.example"
    public_accounts = sessions.publishing
    servicers = (
        *(world.world.servicer, world.servicer, public_accounts.servicer, sessions.servicer),
        sessions.campaigns.servicer,
    )
    services = [
        Service(descriptor, servicer) for descriptor, servicer in zip(_SERVICES, servicers, strict=True)
    ]
    path = folder / "serve.jsonl"
    logs = Logs(process="serve-0", path=path)
    try:
        async with served([*services, world.world.status_service()], logs=logs, folder=folder) as (to, tls):
            yield Office(world, public_accounts, sessions, to, tls, folder, path)
    finally:
        await world.world.claims.verification.drain()
        await asyncio.to_thread(logs.close)


def form_of(page: Seen, path: str) -> dict[str, str]:
    """Return what a browser would send of a form: hidden fields, texts, chosen options and checked boxes."""
    (form,) = re.findall(rf'<form method="post" action="{path}".*?</form>', page.text, re.S)
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        each = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if (each["type"] in ("radio", "checkbox") and " checked" not in tag) or each["type"] == "file":
            continue
        found[unescape(each["name"])] = unescape(each.get("value", ""))
    for name, text in re.findall(r'<textarea id="[^"]*" name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = unescape(text)
    found["step"] = re.findall(r'<button name="step" value="([^"]*)"', form)[0]
    return found


async def submit(browser: Visitor, path: str, page: Seen | None = None, /, **fields: str) -> Seen:
    """Open a form, or take one that is open, fill it in, send it, and follow where it leads."""
    page = page or await browser.get(path)
    assert page.status in {200, 404, 409, 422, 503}, page.status
    return await post(browser, path, {**form_of(page, path), **fields})


async def post(
    browser: Visitor,
    path: str,
    fields: Mapping[str, str],
    files: Mapping[str, tuple[str, bytes]] | None = None,
) -> Seen:
    """Send fields and files, and follow where it leads."""
    answer = await browser.send(path, fields, files=files)
    return await browser.get(answer.headers["Location"]) if answer.status == 303 else answer
