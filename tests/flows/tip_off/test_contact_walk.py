"""Random steps of people who prove addresses: codes, tries, limits, proofs and reporters."""

from collections import Counter
from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import select

from idvault.core.tables.contact import contact_counts, contact_mails, contact_proofs
from idvault.notification.rules import Failure, SendError
from idvault.sealing.ports import CodeLetter
from idvault_verify.error import ExhaustedError, PreconditionError
from idvault_verify.tip_off import ReporterStanding
from tests.support.contact_model import CODE, DAY, PROVED, ModelContacts, ModelProof
from tests.support.contact_world import OTHER, ContactWorld
from tests.support.steps import DatabaseSteps, take_steps
from tests.support.tip_off_world import TipOffWorld, key_files
from tools.support import builders, sql
from tools.support.databases import Maker
from tools.support.flow_world import PARTY, at

ADDRESSES = ("canary@example.org", "canary+x@example.org", "c.a@gmail.com", "ca@googlemail.com")
PLATFORMS = st.sampled_from([PARTY, OTHER])
PLACE = st.integers(0, 20)
PER_DAY = 2
BEGIN = int(at(0).real.timestamp()) % DAY


class ContactSteps(DatabaseSteps):
    """The steps; the databases exist for one run.

    places: of proofs, by the ids of their mails. letters: what the server took last, by these ids. answer: of
    the server: it takes a mail, refuses it for now or for ever, or takes it and does not answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now, self.answer = BEGIN, "TAKES"
        self.model = ModelContacts(PER_DAY)
        self.given: list[Any] = []
        self.codes: dict[int, str] = {}
        self.places: dict[str, int] = {}
        self.letters: dict[str, CodeLetter] = {}

    @initialize()
    def begin(self) -> None:
        """Register two platforms with a form."""
        reports = TipOffWorld(self.database, key_files(self.folder), reports_per_day=PER_DAY)
        self.world = ContactWorld(reports, self.folder)
        self.world.mails = self
        self.run(self.world.prepare())

    async def end(self) -> None:
        await self.world.reports.world.claims.verification.drain()

    async def send(self, letter: CodeLetter, *, mail_id: str, made_at: datetime) -> None:
        """Take a mail as the server does now (contact.ports.CodeSender)."""
        assert made_at.second == 0
        if self.answer in ("TAKES", "SILENT"):
            assert mail_id not in self.letters
            self.letters[mail_id] = letter
        if self.answer != "TAKES":
            failure = Failure.LATE if self.answer == "SILENT" else Failure.REFUSED
            raise SendError(failure, {"LATER": 451, "NEVER": 550}.get(self.answer))

    @rule(address=st.sampled_from(ADDRESSES), platform=PLATFORMS, times=st.sampled_from([1, 1, 4]))
    def somebody_asks(self, address: str, platform: str, times: int) -> None:
        """The answer is the same, whether a mail is sent or not."""
        self._ask(address, platform, times)

    def _ask(self, address: str, platform: str, times: int = 1) -> None:
        for _ in range(times):
            self.given.append(self.run(self.world.ask(address, platform=platform)))
            self.model.ask(platform, address, self.now)
            for row in self._rows(contact_mails, "mail_id"):
                self.places.setdefault(row.mail_id, len(self.given) - 1)

    @rule(answer=st.sampled_from(["TAKES", "TAKES", "LATER", "NEVER", "SILENT"]))
    def the_worker_mails(self, answer: str) -> None:
        """Each mail that is due is tried once, whatever the server does."""
        self._mail(answer)

    def _mail(self, answer: str) -> None:
        self.answer, self.letters = answer, {}
        self.run(self.world.deliver())
        assert self.world.failed == []
        tried = self.model.mail(self.now, ends=answer in ("TAKES", "NEVER"))
        came = {self.places[each]: letter for each, letter in self.letters.items()}
        wanted = [each.proof for each in tried] if answer in ("TAKES", "SILENT") else []
        assert sorted(came) == sorted(self.model.proofs.index(each) for each in wanted)
        for place, letter in came.items():
            assert letter.address == self.model.proofs[place].address
            assert self.codes.setdefault(place, letter.code) == letter.code

    @precondition(lambda self: self.given)
    @rule(place=PLACE, is_right=st.booleans(), platform=PLATFORMS | st.none())
    def somebody_types(self, place: int, is_right: bool, platform: str | None) -> None:
        """A code that came, or a wrong one; also at a platform that has no such proof."""
        self._type(place % len(self.given), is_right=is_right, platform=platform)

    def _type(self, place: int, *, is_right: bool, platform: str | None = None) -> None:
        proof, right = self.model.proofs[place], self.codes.get(place)
        where = platform or proof.platform
        is_right = is_right and right is not None
        code = str(right) if is_right else self._wrong(right)
        done = where == proof.platform and self.model.types(proof, is_right=is_right, now=self.now)
        assert self._passes(self.world.type(self.given[place], code, platform=where)) == (
            "" if done else "CONTACT_NOT_PROVED"
        )

    def _wrong(self, right: str | None) -> str:
        return f"{(int(right or 0) + 1) % 10**8:08}"

    @precondition(lambda self: self.given)
    @rule(place=PLACE, address=st.sampled_from(ADDRESSES) | st.none(), platform=PLATFORMS | st.none())
    def somebody_files(self, place: int, address: str | None, platform: str | None) -> None:
        """With a proof of this address at this platform, or with one of another."""
        self._file(place % len(self.given), address, platform)

    def _file(self, place: int, address: str | None, platform: str | None) -> None:
        proof = self.model.proofs[place]
        address, platform = address or proof.address, platform or proof.platform
        day = at(self.now - BEGIN).today(builders.ZONE).toordinal()
        wanted = self.model.file(proof, platform, address, day=day, now=self.now)
        filed = self._passes(self.world.file(self.given[place], address, platform=platform))
        assert (filed or "FILED") == wanted

    @rule(
        address=st.sampled_from(ADDRESSES),
        platform=PLATFORMS,
        wrong=st.sampled_from([0, 4, 5]),
        waits=st.sampled_from([0, CODE - 1, CODE]),
        other=st.sampled_from(ADDRESSES) | st.none(),
    )
    def somebody_proves(self, address: str, platform: str, wrong: int, waits: int, other: str | None) -> None:
        """The whole way, with wrong codes before the right one, and reports for this address and another."""
        self._ask(address, platform)
        self._mail("TAKES")
        self._goes_on(waits)
        place = len(self.given) - 1
        for number in range(wrong + 1):
            self._type(place, is_right=number == wrong)
        self._file(place, other, None)
        for _ in range(2):
            self._file(place, None, None)

    @precondition(lambda self: self._proved())
    @rule()
    def everybody_files(self) -> None:
        """Whoever has proved addresses uses them."""
        for proof in self._proved():
            self._file(self.model.proofs.index(proof), None, None)

    def _proved(self) -> list[ModelProof]:
        return [each for each in self.model.proofs if each.is_proved and not each.is_gone]

    @precondition(lambda self: any(platform == PARTY for platform, _ in self.model.reporters))
    @rule(place=PLACE, trusted=st.booleans())
    def a_platform_judges(self, place: int, trusted: bool) -> None:
        """It trusts a reporter, or does not any more."""
        known = sorted(self._reporters())
        found = [each for each in self.model.reporters.items() if each[0][0] == PARTY]
        count, reporter_id = known[place % len(known)]
        mine = [each for _, each in found if (each.filed, each.trusted) == count]
        if len(mine) != 1:
            return  # who is who cannot be told from outside
        standing = ReporterStanding.TRUSTED if trusted else ReporterStanding.ORDINARY
        self.run(self.world.reports.set_standing(reporter_id, standing, seconds=self.now - BEGIN))
        mine[0].trusted = trusted

    def _reporters(self) -> list[tuple[tuple[int, bool], str]]:
        found = self.run(self.world.reports.reporters(seconds=self.now - BEGIN))
        return [((each.filed, each.standing is ReporterStanding.TRUSTED), each.reporter_id) for each in found]

    @rule(seconds=st.sampled_from([1, 30, 60, 120, CODE - 1, CODE, PROVED - 1, PROVED, DAY // 2]))
    def time_passes(self, seconds: int) -> None:
        """Codes and proofs end; the worker publishes its keys."""
        self._goes_on(seconds)

    @precondition(lambda self: self._ends())
    @rule(early=st.booleans())
    def an_end_comes(self, early: bool) -> None:
        """It is the very time at which a code or a proof is over, or the second before."""
        self._goes_on(max(min(self._ends()) - early - self.now, 0))

    def _ends(self) -> list[int]:
        return [each.until for each in self.model.proofs if each.until > self.now]

    def _goes_on(self, seconds: int) -> None:
        self.now += seconds
        self.world.seconds = self.now - BEGIN
        self.run(self.world.rotate())

    @rule()
    def the_worker_purges(self) -> None:
        """What is over is deleted, and nothing else."""
        assert self.run(self.world.purge()) == self.model.purge(self.now)

    def _passes(self, work: Any) -> str:
        """Return why something is refused, empty if it is not."""
        try:
            self.run(work)
        except (PreconditionError, ExhaustedError) as error:
            return error.reason.value
        return ""

    @invariant()
    def rows_agree(self) -> None:
        """Proofs, mails and counts are the model's, without what is keyed."""
        if not self.given:
            return
        proofs = self._rows(contact_proofs, "tries", "expires_at", "proved_at")
        live = [each for each in self.model.proofs if not each.is_gone]
        assert Counter((row.tries, row.expires_at, row.proved_at is not None) for row in proofs) == Counter(
            (each.tries, self._at(each.until), each.is_proved) for each in live
        )
        mails = self._rows(contact_mails, "attempts", "expires_at", "next_at")
        assert Counter((row.attempts, row.expires_at, row.next_at) for row in mails) == Counter(
            (each.attempts, self._at(each.until), self._at(each.due) if each.proof.is_sent else None)
            for each in self.model.mails
        )
        counts = self._rows(contact_counts, "count")
        assert Counter(row.of_count for row in counts) == Counter(self.model.open_codes.values())

    def _rows(self, table: Any, *names: str) -> Any:
        columns = [table.c[name].label(f"of_{name}" if name == "count" else name) for name in names]
        return self.run(sql.rows(self.database, select(*columns)))

    def _at(self, seconds: int) -> datetime:
        return at(seconds - BEGIN).real

    @invariant()
    def reporters_agree(self) -> None:
        """Each proved address is a reporter of its own at each platform, as soon as it has reported."""
        if not self.model.reporters:
            return
        mine = [each for (party, _), each in self.model.reporters.items() if party == PARTY]
        assert Counter(each for each, _ in self._reporters()) == Counter(
            (each.filed, each.trusted) for each in mine
        )


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: what is mailed, proved, refused, filed and deleted."""
    take_steps(ContactSteps, maker, count=20)
