"""Tokens, credentials, lists, keys, feeds and receipts, with a real database and public directory."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from idvault.claim.acts import claim as claim_acts
from idvault.claim.acts.claim import ReceiptContext
from idvault.claim.acts.registry_check import Proven
from idvault.core import act
from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.public_files import LocalPublicFiles
from idvault.core.tables.account import accounts
from idvault.core.tables.credential import status_lists
from idvault.log.acts import stored_log
from idvault.log.acts.sequencing import sequence
from idvault.log.acts.stored_log import LogProofs
from idvault.processes.bootstrap.periodic.account import LIST_PERIOD
from idvault.processes.bootstrap.vault import vault_of
from idvault.sealing.identity import KeyedPairwise
from idvault.sealing.key_set import KeySet
from idvault.sealing.signing import Ed25519Signer
from idvault.status.acts import Feeds
from idvault.status.credential import acts
from idvault.status.credential import store as credential_store
from idvault.status.credential.acts import (
    REBUILD,
    REFRESH,
    StatusKeys,
    StatusLists,
    TokenContext,
)
from idvault.status.credential.api import CredentialMethods
from idvault.status.credential.rules import LONGEST_TURN
from idvault_client.aio import Vault
from idvault_client.backend.status import IssuedToken
from idvault_client.errors import Exhausted, RequestIdReused
from idvault_verify.account import AccountState, Assurance, MinimumAssurance
from idvault_verify.attest import jose, status_check, status_token
from idvault_verify.attest.status_check import Attested, AttestedPublicAccount, CheckError
from idvault_verify.attest.status_list import INVALID, StatusList
from idvault_verify.claim import FailureReason
from idvault_verify.clock import ClockReading
from idvault_verify.error import (
    IdvaultError,
    Reason,
    UnavailableError,
)
from idvault_verify.registry import RegistryAnswer
from idvault_verify.sanction import Degree
from idvault_verify.signing_key import ANNOUNCED_FOR, StatusKey
from idvault_verify.transparency import entry
from idvault_verify.transparency.proof import verify_inclusion
from idvault_verify.v1 import status_pb2
from tests.support.list_turns import looked
from tests.support.refusal import reason_of, refused
from tools.support import builders, logs, merkle, sql
from tools.support.databases import Databases
from tools.support.erasure_world import DELAYED, WAITED, ErasureWorld
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, World, at, command, request_id
from tools.support.in_process import client
from tools.support.sanction_world import SanctionWorld, until

ISSUER = status_token.issuer("vault.example/log")
AUDIENCE = "https://taxi.example"
_STATUSES = status_pb2.DESCRIPTOR.services_by_name["StatusService"]
END = timedelta(days=365)
_DAY = LONGEST_TURN.total_seconds()


def signer_of(seed: int) -> Ed25519Signer:
    """Return the signer of a test key."""
    return Ed25519Signer(keys=KeySet("0", {"0": bytes([seed]) * 32}))


def _unexpected(error: IdvaultError) -> None:
    raise AssertionError("the receipt should be proved") from error


class Checks:
    """All flows that issue and publish, as bootstrap builds them."""

    def __init__(self, world: World, folder: Path) -> None:
        database = world.database
        self.world = world
        self.folder = folder
        self.files = LocalPublicFiles(directory=folder)
        self.vault = vault_of(
            database,
            guard=world.guard,
            fingerprinter=FakeFingerprinter(),
            entropy=CountingEntropy(start=70_000_000),
        )
        self.token_keys = self.keys_of(1, purpose=status_token.TOKEN_PURPOSE)
        self.list_keys = self.keys_of(2, purpose=status_token.LIST_PURPOSE)
        self.context = TokenContext(self.token_keys, KeyedPairwise(key=b"p" * 32), world.policy, ISSUER)
        self.lists = self.worker()

    def keys_of(self, *seeds: int, purpose: str) -> StatusKeys:
        return StatusKeys(vault=self.vault, signers=[signer_of(seed) for seed in seeds], purpose=purpose)

    def worker(self, files: Any = None) -> StatusLists:
        """Return another worker with the same database and directory."""
        return StatusLists(
            vault=self.vault,
            signer=self.list_keys,
            files=files or self.files,
            issued_by=ISSUER,
            zone=builders.ZONE,
        )

    async def publish(self, now: ClockReading) -> None:
        """Publish the lists as a worker that has run until then."""
        await looked(self.vault, now, builders.ZONE)
        await self.lists.run(now=now)

    def platform(self, now: ClockReading, *, party: str = PARTY) -> Vault:
        """Return the client of a platform, whose calls come at a time."""
        services = [Service(_STATUSES, CredentialMethods(vault=self.vault, tokens=self.context))]
        return client(services, Caller(party, "platform", "b" * 32), now)

    async def credential(
        self, token: str, number: int = 900, *, audience: str = AUDIENCE, now: ClockReading, **options: Any
    ) -> IssuedToken:
        """Issue a credential with the request of a number."""
        asked = request_id(number)
        return await self.platform(now).issue_status_credential(token, audience, request_id=asked, **options)

    async def token(
        self, token: str, *, party: str = PARTY, audience: str = AUDIENCE, now: ClockReading
    ) -> IssuedToken:
        """Issue a status token to a platform."""
        return await self.platform(now, party=party).issue_status_token(token, audience)

    async def start(self, *, now: datetime) -> None:
        """Announce and publish the keys."""
        await self.token_keys.announce(now=now)
        await self.list_keys.announce(now=now)
        await self.lists.publish_keys(now=ClockReading(now, now))

    async def sign_up(self, number: int = 1) -> str:
        """Return the token of a verified account."""
        return (await self.world.verify(command(number))).account.account_token

    def check(self, token: str, *, seconds: float = 0, audience: str = AUDIENCE) -> Attested:
        """Check an account's token like a third party, with the published files."""
        return status_check.check(token, audience=audience, **self._published(seconds))

    def check_public_account(self, token: str, *, seconds: float = 0) -> AttestedPublicAccount:
        """Check a public account's credential like a third party, with the published files."""
        return status_check.check_public_account(token, audience=AUDIENCE, **self._published(seconds))

    def _published(self, seconds: float) -> dict[str, Any]:
        keys = jose.parse_keys((self.folder / "jwks.json").read_bytes())
        now = at(seconds).real
        paths = sorted((self.folder / "status").glob("*.jwt")) if (self.folder / "status").is_dir() else []
        lists = [status_check.read_list(path.read_bytes(), keys=keys, now=now) for path in paths]
        return {"keys": keys, "issuer": ISSUER, "now": now, "lists": {one.uri: one for one in lists}}

    def reason(self, token: str, *, seconds: float = 0, audience: str = AUDIENCE) -> str:
        """Return why a check fails."""
        with pytest.raises(CheckError) as caught:
            self.check(token, seconds=seconds, audience=audience)
        return caught.value.reason


@pytest.fixture
async def checks(world: World, tmp_path: Path) -> Checks:
    """Return all flows, with announced and published keys."""
    made = Checks(world, tmp_path / "public")
    await made.start(now=at(0).real)
    return made


async def test_a_status_token(checks: Checks) -> None:
    """A token is valid for its audience for ten minutes, and its subject differs for each audience."""
    token = await checks.sign_up()
    issued = await checks.token(token, now=at(0))
    found = checks.check(issued.token)
    assert found.standing is None
    assert found.expires_at == int(issued.expires_at.timestamp()) == int(at(600).real.timestamp())
    other = await checks.token(token, audience="https://pay.example", now=at(0))
    assert checks.check(other.token, audience="https://pay.example").subject != found.subject
    assert token not in issued.token
    assert checks.reason(issued.token, seconds=601) == "EXPIRED"


async def test_standing_is_for_the_account_s_own_party(checks: Checks) -> None:
    """If the audience is the platform itself, the token contains the standing."""
    token = await checks.sign_up()
    issued = await checks.token(token, audience=PARTY, now=at(0))
    assert checks.check(issued.token, audience=PARTY).standing == "GOOD"


async def test_a_closed_account_is_attested_no_more(checks: Checks) -> None:
    """Tokens say so at once, the list with its next run; after the sanction, once it is asked for again."""
    token, hour = await checks.sign_up(), 3_600
    issued = await checks.credential(token, now=at(0))
    await checks.lists.run(now=at(0))
    checks.check(issued.token)
    sanctions = SanctionWorld(checks.world.database)
    keys = (await sanctions.moderator(1), await sanctions.moderator(2))
    await sanctions.closed(token, keys, given=until(hour))
    for audience in (AUDIENCE, PARTY):
        told = await checks.token(token, audience=audience, now=at(0))
        assert checks.reason(told.token, audience=audience) == "NOT_VERIFIED"
    await checks.lists.run(now=at(LIST_PERIOD))
    assert LIST_PERIOD <= 1
    assert checks.reason(issued.token, seconds=1) == "STATUS_INVALID"
    assert await reason_of(checks.credential(token, 901, now=at(hour - 1))) is Reason.ACCOUNT_CLOSED
    assert await sanctions.work(seconds=hour) == 1
    await checks.lists.run(now=at(hour))
    assert checks.reason(issued.token, seconds=hour) == "STATUS_INVALID"
    assert await checks.credential(token, 902, now=at(hour)) == issued
    await checks.lists.run(now=at(hour + 1))
    checks.check(issued.token, seconds=hour + 1)


async def test_a_follower_is_attested_until_it_follows(checks: Checks) -> None:
    """The other account's credential stays valid until its renewal, and is invalid until its own end."""
    named, other = await checks.sign_up(1), await checks.sign_up(2)
    credentials = {
        token: (await checks.credential(token, 900 + number, now=at(0))).token
        for number, token in enumerate((named, other))
    }
    sanctions = SanctionWorld(checks.world.database)
    keys = (await sanctions.moderator(1), await sanctions.moderator(2))
    closed = await sanctions.of_person(named, Degree.CLOSE, keys)
    await checks.lists.run(now=at(1))
    assert checks.reason(credentials[named], seconds=1) == "STATUS_INVALID"
    checks.check(credentials[other], seconds=1)
    renewal = await checks.world.verify(command(3, account_token=other), seconds=2)
    assert renewal.failure_reason is FailureReason.PERSON_CLOSED
    await checks.lists.run(now=at(3))
    assert checks.reason(credentials[other], seconds=3) == "STATUS_INVALID"
    await sanctions.lift(closed, key=keys[0], seconds=4)
    await checks.lists.run(now=at(5))
    await checks.publish(at(5 + _DAY))
    checks.check(credentials[named], seconds=5 + _DAY)
    assert checks.reason(credentials[other], seconds=5 + _DAY) == "STATUS_INVALID"
    late = 73 * 3_600
    assert await sanctions.release(seconds=late) == 1
    await checks.lists.run(now=at(late))
    await checks.publish(at(late + _DAY))
    checks.check(credentials[other], seconds=late + _DAY)


async def test_an_erased_account_is_invalid_within_a_day(checks: Checks, sqlite_databases: Databases) -> None:
    """A status token says so at once and no new one is issued; the list says it within 24 hours."""
    token = await checks.sign_up()
    issued = await checks.credential(token, now=at(0))
    shred = Database(url=sqlite_databases.shred_url)
    erasures = ErasureWorld(checks.world.database, shred)
    await erasures.request(token)
    await checks.lists.run(now=at(WAITED - 1))
    checks.check(issued.token, seconds=WAITED - 1)
    await erasures.work(seconds=WAITED)
    await checks.lists.run(now=at(WAITED + LIST_PERIOD))
    told = await checks.token(token, now=at(WAITED))
    assert checks.reason(told.token, seconds=WAITED) == "NOT_VERIFIED"
    await checks.publish(at(WAITED + LIST_PERIOD + _DAY))
    assert checks.reason(issued.token, seconds=WAITED + LIST_PERIOD + _DAY) == "STATUS_INVALID"
    assert await reason_of(checks.credential(token, 902, now=at(WAITED))) is Reason.ACCOUNT_ERASED
    await erasures.work(seconds=DELAYED)
    await checks.lists.run(now=at(DELAYED))
    assert checks.reason(issued.token, seconds=DELAYED) == "STATUS_INVALID"
    await shred.close()


async def test_a_token_says_what_is_so(checks: Checks) -> None:
    """The token of an expired account says that it is expired; another party's account is not found."""
    token = await checks.sign_up()
    late = END.total_seconds() + 86_400
    issued = await checks.token(token, now=at(late))
    assert checks.reason(issued.token, seconds=late) == "NOT_VERIFIED"
    theirs = checks.token(token, party="platform-b", now=at(0))
    assert await reason_of(theirs) is Reason.ACCOUNT_NOT_FOUND


async def test_a_token_does_not_outlive_the_confirmation(checks: Checks) -> None:
    """A token issued in the last minutes expires at midnight of the expire_date."""
    token = await checks.sign_up()
    account = await checks.world.accounts.get(relying_party=PARTY, account_token=token)
    assert account is not None
    assert account.expire_date is not None
    midnight = datetime.combine(account.expire_date, datetime.min.time(), builders.ZONE)
    seconds = (midnight - at(0).business).total_seconds() - 60
    issued = await checks.token(token, now=at(seconds))
    assert issued.expires_at == at(seconds + 60).real.replace(microsecond=0)


async def test_a_credential_holds_while_its_list_says_so(checks: Checks) -> None:
    """A credential is valid once its list is published, until the account expires."""
    token = await checks.sign_up()
    issued = await checks.credential(token, now=at(0))
    assert checks.reason(issued.token) == "LIST_MISSING"
    await checks.lists.run(now=at(1))
    assert checks.check(issued.token, seconds=1).expires_at == int(issued.expires_at.timestamp())
    await sql.change(
        checks.world.database,
        update(accounts).where(accounts.c.account_token == token).values(state=AccountState.EXPIRED.value),
    )
    await checks.lists.run(now=at(2))
    assert checks.check(issued.token, seconds=2)
    late = 1 + REBUILD.total_seconds()
    await checks.lists.run(now=at(late))
    await checks.publish(at(late + _DAY))
    assert checks.reason(issued.token, seconds=late + _DAY) == "STATUS_INVALID"


async def test_a_credential_states_the_minimum_that_was_asked_for(checks: Checks) -> None:
    """One that demands a HOLDER is issued to nobody else, and is invalid once a match replaces the proof."""
    token, holder = await checks.sign_up(), {"minimum_assurance": MinimumAssurance.HOLDER}
    plain = await checks.credential(token, 900, now=at(0))
    refused = checks.credential(token, 901, now=at(0), **holder)
    assert await reason_of(refused) is Reason.ASSURANCE_MISSING
    asks = checks.platform(at(0))
    told = asks.issue_status_token(token, AUDIENCE, **holder)
    assert await reason_of(told) is Reason.ASSURANCE_MISSING
    proven = Proven(RegistryAnswer.MATCH, Assurance.HOLDER, "signed")
    renewed = await checks.world.verify(command(2, account_token=token, proven=proven), seconds=1)
    assert renewed.account.assurances == {Assurance.REGISTRY_MATCH, Assurance.HOLDER}
    stated = await checks.credential(token, 902, now=at(2), **holder)
    either = {"minimum_assurance": MinimumAssurance.HOLDER_OR_DOCUMENT_SEEN}
    other = await checks.credential(token, 903, now=at(2), **either)
    assert len({plain, stated, other}) == 3
    assert await checks.credential(token, 904, now=at(3), **holder) == stated
    await checks.lists.run(now=at(4))
    found = {each: checks.check(each.token, seconds=4).minimum_assurance for each in (plain, stated, other)}
    assert list(found.values()) == [None, "HOLDER", "HOLDER_OR_DOCUMENT_SEEN"]
    own = await asks.issue_status_token(token, PARTY)
    assert jose.decode(own.token.split(".")[1]).count(b"assurances") == 1
    short = await asks.issue_status_token(token, AUDIENCE, **holder)
    assert b"assurances" not in jose.decode(short.token.split(".")[1])
    await checks.world.verify(command(3, account_token=token), seconds=5)
    await checks.lists.run(now=at(6))
    await checks.publish(at(6 + _DAY))
    reasons = [checks.reason(each.token, seconds=6 + _DAY) for each in (stated, other)]
    assert reasons == ["STATUS_INVALID", "STATUS_INVALID"]
    checks.check(plain.token, seconds=6 + _DAY)


async def test_a_public_account_meets_no_minimum(checks: Checks) -> None:
    """It attests no person, so a credential of one is not asked for with a minimum."""
    token = await checks.sign_up()
    asked = checks.credential(
        token, now=at(0), public_account_id="ab" * 16, minimum_assurance=MinimumAssurance.HOLDER
    )
    assert await reason_of(asked) is Reason.INVALID_MESSAGE


async def test_many_lists_are_rebuilt_in_turn(checks: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time four of them, also the newest, and from the first again after the last."""
    rebuilt: list[int] = []
    rebuild = acts.rebuild

    async def watched(vault: act.Vault, now: ClockReading, number: int, *, today: date) -> None:
        """Rebuild and remember."""
        rebuilt.append(number)
        await rebuild(vault, now, number, today=today)

    monkeypatch.setattr(acts, "rebuild", watched)
    worker = checks.worker()
    await worker.run(now=at(0))
    for number in range(6):
        entries = credential_store.packed(StatusList.filled(INVALID))
        await sql.change(
            checks.world.database, insert(status_lists).values(number=number, version=0, entries=entries)
        )
    step = REBUILD.total_seconds()
    for turn in range(1, 4):
        await worker.run(now=at(turn * step))
        await worker.run(now=at(turn * step + 1))
    assert rebuilt == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]


async def test_an_expiry_is_in_the_lists_within_a_day(checks: Checks) -> None:
    """A stored expiry is published for every credential of the account, each in its time."""
    token = await checks.sign_up()
    issued = [
        await checks.credential(token, number, audience=audience, now=at(0))
        for number, audience in ((900, AUDIENCE), (901, "b"))
    ]
    await checks.lists.run(now=at(0))
    late = END.total_seconds() + 86_400
    assert await checks.world.retention.expire_accounts(now=at(late), limit=9) == 1
    # The verifiers' clocks are not shifted.
    for seconds in (2, 2 + _DAY):
        await checks.publish(ClockReading(at(late).business, at(seconds).real))
    audiences = (AUDIENCE, "b")
    found = [
        checks.reason(each.token, seconds=2 + _DAY, audience=audience)
        for each, audience in zip(issued, audiences, strict=True)
    ]
    assert found == ["STATUS_INVALID"] * 2


async def test_a_repeat_is_the_same_credential(checks: Checks) -> None:
    """A repeat returns exactly the same token; another body is refused."""
    token = await checks.sign_up()
    first = await checks.credential(token, now=at(0))
    assert await checks.credential(token, now=at(100)) == first
    with pytest.raises(RequestIdReused):
        await checks.credential(token, audience="x", now=at(0))


async def test_a_credential_is_renewed_in_its_last_third(checks: Checks) -> None:
    """So a third party never meets a gap, and an account has few places over the years."""
    token = await checks.sign_up()
    expiries = {}
    for day in (0, 19, 20, 39):
        issued = await checks.credential(token, 1_000 + day, now=at(day * 86_400))
        expiries[day] = (issued.expires_at - at(0).real).days
    assert expiries == {0: 30, 19: 30, 20: 50, 39: 50}


async def test_a_platform_has_a_quota_of_new_credentials(checks: Checks) -> None:
    """Beyond it new ones are refused until tomorrow; what is handed out again is not counted."""
    policy = replace(checks.world.policy, credentials_per_day=2)
    checks.context = replace(checks.context, policy=policy)
    token = await checks.sign_up()
    for number, audience in enumerate(("a", "b", "a", "b")):
        await checks.credential(token, 900 + number, audience=audience, now=at(0))
    late = await refused(checks.credential(token, 999, audience="c", now=at(10)))
    assert (type(late), late.reason) == (Exhausted, Reason.CREDENTIAL_QUOTA_REACHED)
    # The tests begin at noon.
    assert late.retry_after == timedelta(hours=12) - timedelta(seconds=10)
    tomorrow = at(43_200)
    assert (await checks.credential(token, 999, audience="c", now=tomorrow)).token


async def test_no_credential_is_issued_while_the_log_waits(checks: Checks) -> None:
    """The answer is LOG_UNAVAILABLE."""
    token = await checks.sign_up()
    checks.world.waiting.oldest = at(0).real
    assert await reason_of(checks.credential(token, now=at(61))) is Reason.LOG_UNAVAILABLE


async def test_a_list_is_signed_anew(checks: Checks) -> None:
    """An unchanged list is signed again only each minute."""
    token = await checks.sign_up()
    await checks.credential(token, now=at(0))
    path, seen = checks.folder / "status" / "0.jwt", []
    for seconds in (0.0, 30.0, REFRESH.total_seconds()):
        await checks.lists.run(now=at(seconds))
        seen.append(path.read_bytes())
    assert seen[0] == seen[1] != seen[2]


async def test_several_workers_publish(checks: Checks) -> None:
    """A later or slower worker reverts nothing."""
    token = await checks.sign_up()
    issued = await checks.credential(token, now=at(0))
    other = checks.worker()
    await asyncio.gather(checks.lists.run(now=at(1)), other.run(now=at(1)))
    assert checks.check(issued.token, seconds=1)
    second = await checks.credential(await checks.sign_up(2), 901, now=at(2))
    for worker in (other, checks.lists, other):
        await worker.run(now=at(3))
        assert checks.check(second.token, seconds=3)

    class Overtaken(LocalPublicFiles):
        """Files that another worker replaces just before."""

        async def replace(self, path: str, *, former: bytes | None, content: bytes) -> bool:
            return False

    before = (checks.folder / "status" / "0.jwt").read_bytes()
    await checks.worker(Overtaken(directory=checks.folder)).run(now=at(70))
    assert (checks.folder / "status" / "0.jwt").read_bytes() == before


async def test_a_key_change_is_announced_before_it_is_used(checks: Checks) -> None:
    """For a day both keys are published and the old one signs; then the new one signs."""
    token = await checks.sign_up()
    rotated = checks.keys_of(1, 3, purpose=status_token.TOKEN_PURPOSE)
    await rotated.announce(now=at(100).real)
    await checks.lists.publish_keys(now=at(100))
    published = jose.parse_keys((checks.folder / "jwks.json").read_bytes())
    assert len(published.of(status_token.TOKEN_PURPOSE).keys) == 2
    old, new = (jose.kid(signer_of(seed).public_key) for seed in (1, 3))
    day = 100 + ANNOUNCED_FOR.total_seconds()
    for seconds, kid in ((100.0, old), (day - 1, old), (day, new)):
        signed = rotated.sign({"iss": ISSUER}, typ=status_token.TOKEN_TYPE, now=at(seconds).real)
        assert jose.verify(signed, published, typ=status_token.TOKEN_TYPE) == {"iss": ISSUER}
        assert f'"kid":"{kid}"' in jose.decode(signed.partition(".")[0]).decode()
    assert await checks.sign_up(2) != token


async def test_a_process_without_a_usable_key_signs_nothing(checks: Checks) -> None:
    """A key that was not announced, or too recently, signs nothing."""
    silent = checks.keys_of(9, purpose=status_token.TOKEN_PURPOSE)
    key = StatusKey(b"x" * 32, status_token.TOKEN_PURPOSE, at(0).real)
    await acts.announce(checks.vault, SYSTEM, at(0), key)
    for announce in (False, True):
        if announce:
            await silent.announce(now=at(1).real)
        with pytest.raises(UnavailableError):
            silent.sign({}, typ=status_token.TOKEN_TYPE, now=at(2).real)


async def test_a_feed_as_it_is_today(checks: Checks) -> None:
    """A feed can be read from any place, with today's statuses."""
    tokens = [await checks.sign_up(number) for number in (1, 2)]
    flow, status = Feeds(vault=checks.vault), checks.world.status
    assert await flow.heads([PARTY, "platform-b"], now=at(0)) == {PARTY: 2, "platform-b": 0}
    chunk = await flow.read(relying_party=PARTY, after=0)
    assert sorted(",".join(chunk.accounts.values()).split(",")) == sorted(tokens)
    assert (chunk.removed, chunk.place) == ((), 2)
    ((shown, token),) = (await flow.read(relying_party=PARTY, after=1)).accounts.items()
    late = at(END.total_seconds() + 86_400)
    early = status.unpack(token + shown, today=status.today(now=at(0)), now=at(0))
    assert early.state is AccountState.VERIFIED
    today = status.today(now=late)
    assert status.unpack(token + shown, today=today, now=late).state is AccountState.EXPIRED
    assert (await flow.read(relying_party=PARTY, after=2)).place == 2


async def test_a_receipt_is_covered_in_the_end(checks: Checks, sqlite_databases: Databases) -> None:
    """A receipt has the entry at once, and the proof once a checkpoint covers it."""
    shred = Database(url=sqlite_databases.shred_url)
    try:
        database = checks.world.database
        proofs = LogProofs(main=database, shred=shred)
        vault, context = vault_of(database), ReceiptContext(proofs, lambda _id: None, _unexpected)
        claim = await checks.world.verify(command(1))
        at_once = await claim_acts.receipt_of(vault, claim, context=context)
        assert at_once is not None
        assert (at_once.entry.hashes, at_once.note, at_once.record) == (None, b"", None)
        await sequence(database, limit=9, now=at(0).real)
        claim = await checks.world.get(1)
        sequenced = await claim_acts.receipt_of(vault, claim, context=context)
        assert sequenced is not None
        assert (sequenced.entry.hashes, sequenced.note) == (None, b"")
        leaves = await stored_log.read_leaves(database, start=0, limit=9)
        note = logs.signed(leaves)
        assert await stored_log.replace_note(shred, former=None, note=note)
        covered = await claim_acts.receipt_of(vault, claim, context=context)
        assert covered is not None
        assert covered.note == note
        assert covered.entry.index is not None
        verify_inclusion(
            leaf_hash=entry.leaf_hash(covered.entry.leaf),
            index=covered.entry.index,
            size=len(leaves),
            root=merkle.mth(leaves),
            proof=covered.entry.hashes or (),
        )
        assert covered.record_digest == at_once.record_digest
        assert covered.record is not None
        assert covered.record.digest() == covered.record_digest
    finally:
        await shred.close()
    # Although the second database is unreachable, the claim is answered; the operator is told.
    reported: list[IdvaultError] = []
    nowhere = Database(url="sqlite:///nowhere/at/all.sqlite3", patience=0.0)
    away = ReceiptContext(replace(proofs, shred=nowhere), lambda _: None, reported.append)
    shown = await claim_acts.receipt_of(vault, claim, context=away)
    assert shown is not None
    assert [type(error) for error in reported] == [UnavailableError]
    assert (shown.note, shown.entry.leaf) == (b"", covered.entry.leaf)


async def test_a_claim_that_failed_has_no_receipt(checks: Checks) -> None:
    """A failed claim has no receipt."""
    claim = await checks.world.verify(command(1))
    failed, context = replace(claim, receipt=None), ReceiptContext(None, lambda _: None, _unexpected)  # type: ignore[arg-type]
    assert await claim_acts.receipt_of(vault_of(checks.world.database), failed, context=context) is None
