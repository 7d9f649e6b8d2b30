"""Nothing of a person, of a case or of a token is in what recipients get, whatever happens."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from idvault.core.db.database import Database
from idvault.core.topic import Audience
from idvault.notification import acts
from idvault_verify.event import EventType
from idvault_verify.sanction import Degree
from idvault_verify.tip_off import TargetKind, TipOffChannel, TipOffTarget
from tests.support.notified import HookServer, MailHandler
from tests.support.notified_world import NotifiedWorld, told
from tests.support.tip_off_world import TipOffWorld, key_files
from tools.support import builders
from tools.support.flow_world import PARTY

TEXT, CONTACT, POST = "canary-text-91", "canary-contact-92@mail.example", "canary/post/93"


@pytest_asyncio.fixture
async def reports(main_database: Database, tmp_path: Path) -> AsyncIterator[TipOffWorld]:
    """Return reports over the same database."""
    made = TipOffWorld(main_database, key_files(tmp_path))
    yield made
    await made.world.claims.verification.drain()


async def test_what_is_sent_is_free_of_content(
    world: NotifiedWorld, reports: TipOffWorld, hooks: HookServer, mails: MailHandler
) -> None:
    """Reports, sanctions, proposals and erasures are told; no name, number, token, text, contact or id is."""
    key = await reports.world.moderator(1)
    world.by_hook(hooks.url)
    world.by_hook(hooks.url, Audience.MODERATOR)
    world.by_mail(mails.port, Audience.MODERATOR, of=PARTY)
    reporter, target = await reports.person(1), await reports.person(2)
    filed = await reports.file(text=TEXT, contact=CONTACT, target=TipOffTarget(TargetKind.CONTENT, POST))
    about = TipOffTarget(TargetKind.ACCOUNT, target)
    own = await reports.file(text=TEXT, target=about, channel=TipOffChannel.APP, reporter_token=reporter)
    proposed = await reports.world.impose(target, Degree.CLOSE, key=key)
    await world.erasure(EventType.ERASURE_REQUEST)
    assert await world.run() == 3
    kinds = {kind for hook in hooks.hooks for kind in told(hook)}
    assert kinds == {"report_filed", "proposal_made", "erasure_requested"}
    sent = b"\n".join(
        [*(hook.body + repr(hook.headers).encode() for hook in hooks.hooks), *mails.raw]
    ).decode()
    who = builders.identity()
    secrets = [TEXT, CONTACT, POST, reporter, target, who.name, who.document.number, f"{1:032x}", PARTY]
    secrets += [filed.tip_off.tip_off_id, filed.tip_off.reference, filed.secret, own.tip_off.tip_off_id]
    secrets += [proposed.sanction_id, key.moderator_id]
    assert len(mails.raw) == 1
    assert [each for each in secrets if each in sent] == []


async def test_a_failure_is_stored_without_an_address(world: NotifiedWorld) -> None:
    """What the database keeps of a message is a name of the file, kinds, numbers and a word."""
    world.by_hook(f"http://127.0.0.1:1/{TEXT}")
    await world.erasure(EventType.ERASURE_REQUEST)
    await world.run()
    (found,) = await acts.unsent(world.vault)
    assert (found.failure, found.recipient, found.body) == ("UNREACHABLE", "r0", {"erasure_requested": 1})
