"""A reporter proves an address with a code: it is a reporter then, and nobody else's address is."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from idvault.core.act import SYSTEM
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables import main as metadata
from idvault.core.telemetry.metrics import Metrics
from idvault.notification.rules import Failure, SendError
from idvault.sealing.key_set import Purpose
from idvault.tip_off.contact import acts, store
from idvault.tip_off.flood import rules as flood_rules
from idvault_verify.error import ExhaustedError, IdvaultError, InvalidError, PreconditionError, Reason
from idvault_verify.tip_off import ReporterStanding, TipOffChannel
from tests.support.contact_world import ADDRESS, OTHER, WRONG, ContactWorld, code_of, text_of
from tests.support.notified import MailHandler, mail_server
from tests.support.tip_off_world import DAY, TipOffWorld, key_files
from tools.support.flow_world import PARTY, at

PER_DAY = 2


@pytest_asyncio.fixture
async def mails() -> AsyncIterator[MailHandler]:
    """Return a mail server."""
    async with mail_server() as made:
        yield made


@pytest_asyncio.fixture
async def world(main_database: Database, tmp_path: Path, mails: MailHandler) -> AsyncIterator[ContactWorld]:
    """Return the world with a new database of each kind, and a worker with a mail server."""
    reports = TipOffWorld(main_database, key_files(tmp_path), reports_per_day=PER_DAY)
    made = ContactWorld(reports, tmp_path)
    made.serve(mails)
    await made.prepare()
    yield made
    await reports.world.claims.verification.drain()


async def refused(work: Any, kind: type[IdvaultError] = PreconditionError) -> Reason:
    """Return why something is refused."""
    with pytest.raises(kind) as caught:
        await work
    return caught.value.reason


NOT_PROVED = Reason.CONTACT_NOT_PROVED


async def test_a_proved_address_is_a_reporter(world: ContactWorld, mails: MailHandler) -> None:
    """It has a standing, counts and a limit of its own; a trusted flagger's report comes first."""
    plain = await world.file(None)
    proved = await world.file(await world.prove(mails, " Canary@EXAMPLE.org "))
    found = {each.reference: each for each in (await world.reports.asks().list_page()).tip_offs}
    first, second = found[plain.reference], found[proved.reference]
    assert (first.reporter_id, len(second.reporter_id)) == ("", 32)
    case = await world.reports.get(second)
    assert (case.contact, case.contact_proved) == (ADDRESS, True)
    assert not (await world.reports.get(first)).contact_proved
    [reporter] = await world.reports.reporters()
    assert (reporter.reporter_id, reporter.filed) == (second.reporter_id, 1)
    await world.reports.set_standing(reporter.reporter_id, ReporterStanding.TRUSTED)
    again = await world.file(await world.prove(mails))
    page = (await world.reports.asks().list_page()).tip_offs
    assert (page[0].reference, page[0].trusted, page[0].reporter_id) == (
        again.reference,
        True,
        reporter.reporter_id,
    )


async def test_a_trusted_flagger_is_first_in_a_flood(
    world: ContactWorld, mails: MailHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever floods the form: the flagger's report is owed and comes first; it is counted like all."""
    await world.file(await world.prove(mails))
    [reporter] = await world.reports.reporters()
    await world.reports.set_standing(reporter.reporter_id, ReporterStanding.TRUSTED)
    monkeypatch.setattr(flood_rules, "is_flooded", lambda **_: True)
    plain = await world.file(None)
    trusted = await world.file(await world.prove(mails))
    page = (await world.reports.asks().list_page()).tip_offs
    assert (page[0].reference, page[-1].reference) == (trusted.reference, plain.reference)
    assert (page[0].flooded, page[-1].flooded) == (False, True)


async def test_the_limit_of_the_day_is_told_after_the_proof(world: ContactWorld, mails: MailHandler) -> None:
    """Who has not proved the address learns nothing of it, however many reports it has filed today."""
    for _ in range(PER_DAY):
        await world.file(await world.prove(mails))
    assert await refused(world.file(await world.ask())) is NOT_PROVED
    await world.file(None)
    proof = await world.prove(mails)
    assert await refused(world.file(proof), ExhaustedError) is Reason.TIP_OFF_LIMIT_REACHED
    # The refusal spends nothing: it is the same proof the next day, if it still counts.
    assert await refused(world.file(proof), ExhaustedError) is Reason.TIP_OFF_LIMIT_REACHED
    assert (await world.reports.reporters())[0].filed == PER_DAY


async def test_a_proof_is_used_once_and_for_its_own(world: ContactWorld, mails: MailHandler) -> None:
    """Not for another address, another platform, or a second report; a repeat is the same report."""
    proof = await world.prove(mails)
    assert await refused(world.file(proof, "other@example.org")) is NOT_PROVED
    assert await refused(world.file(proof, platform=OTHER)) is NOT_PROVED
    assert await refused(world.file(proof, "no address"), InvalidError) is Reason.INVALID_MESSAGE
    mine = world.request_id()
    filed = await world.file(proof, request_id=mine)
    assert await world.file(proof, request_id=mine) == filed
    assert await refused(world.file(proof)) is NOT_PROVED
    assert (await world.reports.reporters())[0].filed == 1


async def written(world: ContactWorld, **values: Any) -> None:
    """Change every proof, as somebody who writes to the database and has no key."""

    async def write(connection: Connection) -> None:
        await connection.run(statement(update(metadata.tables["contact_proofs"]).values(values)))

    await world.database.act("test", write)


@pytest.mark.parametrize("values", [{}, {"code_hash": b"h" * 32}, {"key_version": "7"}])
async def test_who_writes_to_the_database_proves_nothing(
    world: ContactWorld, mails: MailHandler, values: dict[str, Any]
) -> None:
    """Neither by a row that says that it is proved, nor by one that a code of another address ends."""
    proof = await world.ask()
    await world.deliver()
    await written(world, proved_at=at(0).real, **values)
    assert await refused(world.type(proof, code_of(mails.raw[0]))) is NOT_PROVED
    assert await refused(world.file(proof)) is NOT_PROVED


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_code_proves_the_address_it_was_sent_to(
    world: ContactWorld, mails: MailHandler, when: str
) -> None:
    """Whoever makes the row another reporter's, or one that ends later, has no proof, and may not file."""
    await world.file(await world.prove(mails))
    [flagger] = await world.reports.reporters()
    for values in ({"reporter_id": flagger.reporter_id}, {"expires_at": at(9_000).real}):
        proof = await world.ask("thief@example.org")
        await world.deliver()
        code = code_of(mails.raw[-1])
        if when == "before":
            await written(world, **values)
            assert await refused(world.type(proof, code)) is NOT_PROVED
        else:
            await world.type(proof, code)
            await written(world, **values)
        address = ADDRESS if "reporter_id" in values else "thief@example.org"
        assert await refused(world.file(proof, address)) is NOT_PROVED


async def test_what_was_not_proved_is_no_proof(world: ContactWorld, mails: MailHandler) -> None:
    """Neither a code that was asked for, nor one that was typed wrong, nor an id that somebody made up."""
    proof = await world.ask()
    await world.deliver()
    assert await refused(world.file(proof)) is NOT_PROVED
    assert await refused(world.type(proof, WRONG)) is NOT_PROVED
    assert await refused(world.file(proof)) is NOT_PROVED
    proof.proof_id = "d" * 32
    assert await refused(world.type(proof, code_of(mails.raw[0]))) is NOT_PROVED
    assert await refused(world.file(proof)) is NOT_PROVED
    assert await world.reports.reporters() == []


async def test_a_code_has_five_tries_and_ten_minutes(world: ContactWorld, mails: MailHandler) -> None:
    """Then the right one is refused as a wrong one is; a repeat of a try is none."""
    proof = await world.ask()
    await world.deliver()
    right = code_of(mails.raw[0])
    one = world.request_id()
    for _ in range(9):
        assert await refused(world.type(proof, WRONG, request_id=one)) is NOT_PROVED
    for _ in range(4):
        assert await refused(world.type(proof, WRONG)) is NOT_PROVED
    assert await refused(world.type(proof, right)) is NOT_PROVED
    late = await world.ask()
    await world.deliver()
    world.seconds = 600
    assert await refused(world.type(late, code_of(mails.raw[1]))) is NOT_PROVED


async def test_a_right_code_may_be_sent_again(world: ContactWorld, mails: MailHandler) -> None:
    """The answer was lost: the same request finds the proof done; it counts for two hours."""
    proof = await world.ask()
    await world.deliver()
    mine, code = world.request_id(), code_of(mails.raw[0])
    done = await world.type(proof, code, request_id=mine)
    assert await world.type(proof, code, request_id=mine) == done
    assert await world.type(proof, WRONG) == done
    world.seconds = 7_199
    await world.file(proof)
    other = await world.prove(mails)
    world.seconds += 7_200
    assert await refused(world.file(other)) is NOT_PROVED


async def tries(world: ContactWorld, proof_id: str) -> int:
    """Return how many wrong codes were compared."""
    return (await world.database.read("test", lambda one: store.get(one, PARTY, proof_id))).tries


async def test_guessing_codes(world: ContactWorld, mails: MailHandler) -> None:
    """Whatever is asked for, a mailbox has 25 tries a day: beyond the cap there is no code to guess."""
    taken = 0
    for number in range(12):
        proof = await world.ask()
        for guess in range(7):
            before = await tries(world, proof.proof_id)
            assert await refused(world.type(proof, f"{number:04}{guess:04}")) is NOT_PROVED
            taken += number < 5 and await tries(world, proof.proof_id) > before
    assert taken == 25
    assert (await world.deliver())["SENT"] == 5
    # Nobody knows a code that leads to a proof beyond the cap; those that were sent lead to none of them.
    for raw in mails.raw:
        assert await refused(world.type(proof, code_of(raw))) is NOT_PROVED


async def test_flooding_an_address(world: ContactWorld, mails: MailHandler) -> None:
    """Five mails a day to one mailbox, by whichever spelling and platform; the answers are all alike."""
    spellings = ("canary@gmail.com", "CANARY@gmail.com", "c.anary@googlemail.com", "canary+{}@gmail.com")
    proofs = [
        await world.ask(each.format(number), platform=(PARTY, OTHER)[number % 2])
        for number in range(5)
        for each in spellings
    ]
    assert len({each.proof_id for each in proofs}) == 20
    assert {each.expire_time.seconds for each in proofs} == {proofs[0].expire_time.seconds}
    await world.deliver()
    await world.deliver(after=60)
    assert len(mails.raw) == 5
    await world.ask("other@example.org")
    await world.deliver()
    assert len(mails.raw) == 6
    # The next day has its own.
    world.seconds = DAY
    await world.rotate()
    await world.ask(spellings[0])
    await world.deliver()
    assert len(mails.raw) == 7


async def test_a_dot_is_another_person(world: ContactWorld, mails: MailHandler) -> None:
    """But at one provider: who uses up the cap of one address keeps nobody else from getting a code."""
    for _ in range(6):
        await world.ask("j.doe@example.org")
    await world.ask("jdoe@example.org")
    await world.deliver()
    assert mails.to.count("jdoe@example.org") == 1


async def test_what_is_held_back_uses_nothing_up(world: ContactWorld, mails: MailHandler) -> None:
    """However many are asked for beyond the cap, one code that comes back makes room for another."""
    proof = await world.ask()
    await world.deliver()
    for _ in range(12):
        await world.ask()
    await world.deliver()
    assert len(mails.raw) == 5
    await world.type(proof, code_of(mails.raw[0]))
    await world.ask()
    await world.deliver()
    assert len(mails.raw) == 6


async def test_a_mail_names_no_proof(world: ContactWorld) -> None:
    """Not by a time either: what a mail says of it is the same for all of a minute."""
    for world.seconds in (61.123456, 95.5):
        await world.ask()
    proofs = await kept(world, "contact_proofs")
    assert len({each.expires_at for each in proofs}) == 2
    mails = await kept(world, "contact_mails")
    assert {(each.made_at, each.expires_at, each.next_at) for each in mails} == {
        (at(60).real, at(660).real, at(60).real)
    }


async def test_mails_whose_code_is_over_hold_no_other_up(world: ContactWorld, mails: MailHandler) -> None:
    """Also while nothing is deleted: a turn is full of what can be sent."""
    for number in range(acts._MOST_MAILS):
        await world.ask(f"a{number}@example.org")
    world.seconds = 700
    await world.rotate()
    await world.ask()
    assert await world.deliver() == {"SENT": 1}
    assert mails.to == [ADDRESS]


async def test_an_attempt_that_fails_abandons_no_other(
    world: ContactWorld, mails: MailHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails is reported, and the mails beside it are sent before the turn is over."""
    for number in range(3):
        await world.ask(f"a{number}@example.org")
    begin, begun = acts.begin, list[str]()

    async def failing(vault: Any, actor: Any, now: Any, found: Any) -> bool:
        begun.append(found.mail_id)
        if len(begun) == 1:
            raise ConnectionError
        return await begin(vault, actor, now, found)

    monkeypatch.setattr(acts, "begin", failing)
    assert await world.deliver() == {"SENT": 2}
    assert [type(each) for each in world.failed] == [ConnectionError]
    assert len(mails.raw) == 2


async def test_a_server_that_answers_late_gets_few(
    world: ContactWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the mail and the worker hears nothing: five of one code at most, in all its ten minutes."""
    taken = []

    async def late(_: Any, *, mail_id: str, **__: Any) -> None:
        taken.append((mail_id, world.seconds))
        raise SendError(Failure.LATE)

    monkeypatch.setattr(world.mails, "send", late)
    await world.ask()
    for seconds in range(0, 600, 30):
        world.seconds = seconds
        await world.deliver()
    assert [seconds for _, seconds in taken] == [0, 30, 90, 210, 450]
    assert len({mail_id for mail_id, _ in taken}) == 1


async def test_its_owner_does_not_use_up_the_cap(world: ContactWorld, mails: MailHandler) -> None:
    """A code that comes back is not counted."""
    for _ in range(8):
        await world.prove(mails)
    assert len(mails.raw) == 8


async def test_the_form_tells_nothing_of_an_address(world: ContactWorld, mails: MailHandler) -> None:
    """New, known, trusted, over the limit of the day, or over the cap: the same answers and the same rows."""
    await world.file(await world.prove(mails, "trusted@example.org"), "trusted@example.org")
    [trusted] = await world.reports.reporters()
    await world.reports.set_standing(trusted.reporter_id, ReporterStanding.TRUSTED)
    for _ in range(PER_DAY):
        await world.file(await world.prove(mails, "busy@example.org"), "busy@example.org")
    for _ in range(6):
        await world.ask("capped@example.org")

    async def rows() -> list[int]:
        return [len(await kept(world, name)) for name in ("contact_proofs", "contact_mails", "requests")]

    told = set()
    for name in ("trusted", "busy", "capped", "new"):
        before = await rows()
        proof = await world.ask(f"{name}@example.org")
        grown = tuple(after - one for one, after in zip(before, await rows(), strict=True))
        wrong = await refused(world.type(proof, WRONG))
        told.add((grown, len(proof.proof_id), proof.expire_time.seconds, wrong))
    assert len(told) == 1


async def test_an_address_is_linked_to_no_account(world: ContactWorld, mails: MailHandler) -> None:
    """One person's account and proved address are two reporters, each with its own standing and count."""
    token = await world.reports.world.account(1)
    own = await world.reports.file(channel=TipOffChannel.APP, reporter_token=token, contact=ADDRESS)
    await world.file(await world.prove(mails))
    reporters = await world.reports.reporters()
    assert len({each.reporter_id for each in reporters}) == 2
    assert {each.filed for each in reporters} == {1}
    await world.reports.set_standing(own.tip_off.reporter_id, ReporterStanding.TRUSTED)
    await world.file(await world.prove(mails))
    standings = {each.standing for each in await world.reports.reporters()}
    assert standings == {ReporterStanding.ORDINARY, ReporterStanding.TRUSTED}
    assert not (await world.reports.get(own.tip_off)).contact_proved


async def test_somebody_elses_address(world: ContactWorld, mails: MailHandler) -> None:
    """With a trusted flagger's address and without the mail: never first, never counted, no standing lost."""
    await world.file(await world.prove(mails))
    [flagger] = await world.reports.reporters()
    trusted = await world.reports.set_standing(flagger.reporter_id, ReporterStanding.TRUSTED)
    thief = await world.ask()
    assert await refused(world.file(thief)) is NOT_PROVED
    # The thief's own proof does not lend the address, nor does a proof for a spelling of it.
    own = await world.prove(mails, "thief@example.org")
    assert await refused(world.file(own)) is NOT_PROVED
    spelling = await world.prove(mails, "canary+1@example.org")
    assert await refused(world.file(spelling)) is NOT_PROVED
    filed = await world.file(None)
    page = (await world.reports.asks().list_page()).tip_offs
    [mine] = [each for each in page if each.reference == filed.reference]
    assert (mine.trusted, mine.reporter_id) == (False, "")
    assert await world.reports.reporter(flagger.reporter_id) == trusted


@pytest.mark.parametrize(("language", "word"), [("zh", "您的验证码"), ("en", "Your code")])
async def test_the_mail_is_free_of_content(
    world: ContactWorld, mails: MailHandler, language: str, word: str
) -> None:
    """A code, and words that are the same for everybody: no platform, no report, no link."""
    await world.file(None)
    await world.ask(language=language)
    await world.deliver()
    [raw], [mail] = mails.raw, mails.mails
    assert mails.to == [ADDRESS]
    text = text_of(raw)
    assert text.startswith(f"{word}")
    assert mail["Auto-Submitted"] == "auto-generated"
    rest = text.replace(code_of(raw)[:4], "").replace(code_of(raw)[4:], "")
    for each in (PARTY, "Title", "http", "post/17", "report", "举报", ADDRESS):
        assert each not in rest + str(mail["Subject"])


@pytest.mark.parametrize("answer", ["451 later", "die", 2.0])
async def test_a_refused_mail_is_sent_again(world: ContactWorld, mails: MailHandler, answer: Any) -> None:
    """A server that refuses for now, dies in the middle or is slow gets the same mail within a minute."""
    mails.answers = [answer]
    proof = await world.ask()
    world.wait(1.0)
    [failure] = await world.deliver()
    world.wait(60.0)
    assert failure in ("REFUSED_451", "UNREACHABLE", "LATE")
    mails.raw.clear()
    assert await world.deliver(after=29) == {}
    assert await world.deliver(after=1) == {"SENT": 1}
    await world.type(proof, code_of(mails.raw[0]))
    assert await world.deliver(after=60) == {}


async def test_an_address_that_the_server_refuses_is_forgotten(
    world: ContactWorld, mails: MailHandler
) -> None:
    """It is not tried again, and no row of the mail is left."""
    mails.answers = ["550 nobody"]
    await world.ask()
    assert await world.deliver() == {"REFUSED_550": 1}
    assert await world.deliver(after=60) == {}
    assert await kept(world, "contact_mails") == []


async def test_without_a_server_a_code_ends(world: ContactWorld) -> None:
    """It is tried until it is over, and deleted then; nothing is sent later."""
    world.server = None
    await world.ask()
    assert await world.deliver() == {"NOT_SET_UP": 1}
    world.seconds = 600
    assert await world.deliver() == {}
    assert await world.purge() == 2
    assert await kept(world, "contact_mails") == []


async def test_a_worker_that_dies_after_sending_sends_again(
    world: ContactWorld, mails: MailHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the server's answer and the deletion nothing is lost: the same mail arrives twice."""

    class DiedError(BaseException):
        """The process ends here."""

    async def die(*_: object) -> None:
        raise DiedError

    proof = await world.ask()
    with monkeypatch.context() as patched:
        patched.setattr(acts, "end", die)
        with pytest.raises(BaseExceptionGroup) as died:
            await world.deliver()
    assert [type(each) for each in died.value.exceptions] == [DiedError]
    assert await world.deliver(after=29) == {}
    assert await world.deliver(after=1) == {"SENT": 1}
    first, second = mails.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert mails.raw[0] == mails.raw[1]
    assert proof.proof_id not in str(first["Message-ID"])
    await world.type(proof, code_of(mails.raw[1]))


async def test_two_workers_make_one_attempt(world: ContactWorld) -> None:
    """An attempt is counted before it is made, by one of them."""
    await world.ask()
    [found] = await world.database.read("test", lambda one: store.due(one, now=at(0).real, limit=9))
    assert [await acts.begin(world.worker, SYSTEM, at(0), found) for _ in range(2)] == [True, False]


async def test_a_mail_whose_key_is_gone_is_dropped(world: ContactWorld) -> None:
    """Nothing is sent of what the worker cannot open, and nothing of it is kept."""
    await world.ask()
    for name in tuple(world.keys.keys(Purpose.INTAKE).versions):
        world.keys.destroy(Purpose.INTAKE, name)
    assert await world.deliver() == {"UNREADABLE": 1}
    assert await kept(world, "contact_mails") == []


async def test_a_key_lives_as_long_as_a_code(world: ContactWorld) -> None:
    """Whenever a code is asked for, the worker can open its mail until it is over, and not for long after."""
    for seconds in (0, 300, 598):
        world.server = None
        world.seconds = seconds
        await world.rotate()
        await world.ask(f"a{seconds}@example.org")
    for seconds in range(600, 1_198, 60):
        world.seconds = seconds
        await world.rotate()
        assert "UNREADABLE" not in await world.deliver()
    world.seconds = 2_400
    await world.rotate()
    mail = (await kept(world, "contact_mails"))[-1]
    with pytest.raises(IdvaultError):
        world.opener.open(bytes(mail.sealed), mail_id=mail.mail_id, day=mail.key_day)


async def test_a_repeat_sends_no_second_mail(world: ContactWorld, mails: MailHandler) -> None:
    """A form that is sent twice has one proof; with another address it is refused."""
    mine = world.request_id()
    first = await world.ask(request_id=mine)
    assert await world.ask(request_id=mine) == first
    await world.deliver()
    assert len(mails.raw) == 1
    again = world.ask("other@example.org", request_id=mine)
    with pytest.raises(IdvaultError):
        await again


async def test_codes_are_offered_while_a_worker_has_a_server(world: ContactWorld) -> None:
    """It says so each minute; three minutes after the last time the form offers no proof."""
    assert not await acts.is_offered(world.worker, at(0))
    assert await world.offer()
    world.seconds = 59
    assert not await world.offer()
    world.seconds = 60
    assert await world.offer()
    assert await acts.is_offered(world.worker, at(239))
    assert not await acts.is_offered(world.worker, at(240))


async def kept(world: ContactWorld, table: str) -> list[Any]:
    """Return the rows of a table."""
    return await world.database.read("test", lambda one: one.all(statement(select(metadata.tables[table]))))


async def test_what_is_over_is_deleted(world: ContactWorld, mails: MailHandler) -> None:
    """A mail when it is sent; a code after ten minutes, a proof after two hours, a count after its day."""
    await world.ask("other@example.org")
    await world.prove(mails)
    assert await kept(world, "contact_mails") == []
    assert await world.purge(after=599) == 0
    assert await world.purge(after=1) == 1
    assert await world.purge(after=6_599) == 0
    assert await world.purge(after=1) == 1
    assert len(await kept(world, "contact_counts")) == 2
    assert await world.purge(after=DAY) == 2
    for name in ("contact_proofs", "contact_mails", "contact_counts"):
        assert await kept(world, name) == []


def plain(cell: Any) -> bytes:
    """Return what a thief sees of a cell."""
    return bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()


async def test_no_table_has_an_address_or_a_code(world: ContactWorld, mails: MailHandler, capfd: Any) -> None:
    """Not in any column of any table, at any step, nor in a log line, an event, or a metric."""
    secrets = [ADDRESS, "canary"]

    async def look() -> None:
        held = b""
        for table in metadata.sorted_tables:
            for row in await kept(world, table.name):
                held += b"|".join(map(plain, row))
        for word in secrets:
            assert word.encode() not in held
            assert word.encode("utf-16-le") not in held

    proof = await world.ask()
    await look()
    await world.deliver()
    secrets.append(code_of(mails.raw[0]))
    await look()
    with pytest.raises(PreconditionError):
        await world.type(proof, WRONG)
    await world.type(proof, code_of(mails.raw[0]))
    await look()
    await world.file(proof)
    await look()
    mails.answers = ["550 nobody"]
    await world.ask()
    await world.deliver()
    await look()
    shown = "".join(capfd.readouterr()) + str(list(Metrics().families()))
    assert not any(word in shown for word in secrets)
    assert [each for each in await world.reports.events() if "contact" in each] == []
