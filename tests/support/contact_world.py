"""Proofs of addresses over a real database: what a visitor asks, what the worker sends, what arrives."""

import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.key.acts.version import DayKeys
from idvault.platform import acts as platform_acts
from idvault.processes.bootstrap.vault import vault_of
from idvault.processes.notifier.code import CodeMails
from idvault.processes.notifier.file import MailServer
from idvault.processes.notifier.mail import MailSender
from idvault.sealing.contact import DayLetterOpener
from idvault.sealing.intake import LocalDayKeyring
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.tip_off.contact import acts
from idvault.tip_off.contact.ports import CodeSender
from idvault_verify.clock import ClockReading
from idvault_verify.error import PreconditionError
from idvault_verify.v1 import tip_off_pb2 as pb
from idvault_verify.v1.sanction_pb2 import StatementOfReasons
from tests.support.notified import MailHandler
from tests.support.tip_off_world import TipOffWorld
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, at
from tools.support.people import CHEAP

WEB = Caller("web-1", "web", "c" * 32)
OTHER = "im-other"
ADDRESS = "canary@example.org"
WRONG = "00000000"


def worker_keys(folder: Path) -> LocalKeyProvider:
    """Return the worker's keys in a file, which a later call opens again."""
    path = folder / "work.keys"
    if path.exists():
        return LocalKeyProvider.load(path, passphrase=b"words", entropy=CountingEntropy(start=91_000_000))
    return LocalKeyProvider.create(
        path,
        keys={Purpose.INTAKE: KeySet()},
        passphrase=b"words",
        entropy=CountingEntropy(start=90_000_000),
        cost=CHEAP,
    )


def code_of(raw: bytes) -> str:
    """Return the code in a mail."""
    found = re.search(r"([0-9]{4}) ([0-9]{4})", text_of(raw))
    assert found is not None
    return found[1] + found[2]


def text_of(raw: bytes) -> str:
    """Return the text of a mail."""
    handler = MailHandler(raw=[raw])
    payload = handler.mails[0].get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


class ContactWorld:
    """Reports beside proofs, and the worker that sends codes.

    clock: of the worker, so many seconds after the beginning.
    """

    def __init__(
        self,
        reports: TipOffWorld,
        folder: Path,
        *,
        life: int = 0,
        clock: Callable[[float], ClockReading] = at,
    ) -> None:
        self._clock = clock
        self.reports = reports
        self.database: Database = reports.database
        self.worker = vault_of(
            reports.database,
            fingerprinter=FakeFingerprinter(),
            entropy=CountingEntropy(start=95_000_000 + life),
        )
        self.keys = worker_keys(folder)
        self.keyring = LocalDayKeyring(
            keys=self.keys,
            store=DayKeys(reports.database),
            entropy=CountingEntropy(start=96_000_000 + life * 1_000),
        )
        self.opener = DayLetterOpener(keys=self.keys)
        self.server: MailServer | None = None
        self.wait(60.0)
        self.seconds = 0.0
        self.failed: list[Exception] = []
        self._asked = life * 1_000

    def wait(self, patience: float) -> None:
        """Let each further attempt last so many seconds."""
        self.mails: CodeSender = CodeMails(MailSender(server=lambda: self.server, patience=patience))

    @property
    def now(self) -> ClockReading:
        """What time it is for all."""
        return self._clock(self.seconds)

    async def prepare(self) -> None:
        """Register two platforms that have a form, and publish the worker's keys."""
        vault = self.reports.world.vault
        for number, name in enumerate((PARTY, OTHER)):
            spki = str(number) * 64
            await platform_acts.register(vault, SYSTEM, at(0), name=name, role="platform", spki=spki)
            await platform_acts.present(vault, SYSTEM, at(0), name, title="Title", origins=())
        await self.rotate()

    async def rotate(self) -> None:
        """Publish and destroy the worker's keys that are due."""
        await self.keyring.publish(now=self.now.real)
        await self.keyring.destroy(now=self.now.real)

    def serve(self, handler: MailHandler) -> None:
        """Use a mail server of this machine."""
        self.server = MailServer(
            "127.0.0.1", handler.port, "vault@vault.example", is_implicit=False, is_local=True
        )

    def request_id(self) -> str:
        """Return a new one."""
        self._asked += 1
        return f"00000000-0000-4000-9000-{self._asked:012}"

    async def _call(self, method: str, message: Any) -> Any:
        call = getattr(self.reports.forms, method)
        return await call(message, caller=WEB, now=self.now, remaining=None)

    async def ask(
        self,
        address: str = ADDRESS,
        *,
        platform: str = PARTY,
        language: str = "en",
        request_id: str = "",
    ) -> pb.ContactProof:
        """Ask for a code."""
        message = pb.SendContactCodeRequest(
            request_id=request_id or self.request_id(), platform=platform, address=address, language=language
        )
        proof = await self._call("SendContactCode", message)
        assert isinstance(proof, pb.ContactProof)
        return proof

    async def type(
        self, proof: pb.ContactProof, code: str, *, platform: str = PARTY, request_id: str = ""
    ) -> pb.ContactProof:
        """Type a code."""
        message = pb.ConfirmContactCodeRequest(
            request_id=request_id or self.request_id(),
            platform=platform,
            proof_id=proof.proof_id,
            digits=code,
        )
        found = await self._call("ConfirmContactCode", message)
        assert isinstance(found, pb.ContactProof)
        return found

    async def file(
        self,
        proof: pb.ContactProof | None,
        contact: str = ADDRESS,
        *,
        platform: str = PARTY,
        request_id: str = "",
    ) -> pb.FiledTipOffForm:
        """File a report by the form."""
        message = pb.FileTipOffFormRequest(
            request_id=request_id or self.request_id(),
            platform=platform,
            content="post/17",
            category=StatementOfReasons.CATEGORY_RUMOUR,
            text="not true (synthetic)",
            contact=contact,
            contact_proof_id=proof.proof_id if proof is not None else "",
        )
        filed = await self._call("FileTipOffForm", message)
        assert isinstance(filed, pb.FiledTipOffForm)
        return filed

    async def deliver(self, *, after: float = 0.0) -> Counter[str]:
        """Let the worker send what is due, some seconds later."""
        self.seconds += after
        return await acts.deliver(
            self.worker, self.now, opener=self.opener, sender=self.mails, report=self.failed.append
        )

    async def prove(
        self, mails: MailHandler, address: str = ADDRESS, *, platform: str = PARTY
    ) -> pb.ContactProof:
        """Prove an address whose mail is read."""
        proof = await self.ask(address, platform=platform)
        before = len(mails.raw)
        assert (await self.deliver())["SENT"] >= 1
        mine = [raw for raw in mails.raw[before:] if f"To: {address.strip().lower()}\r\n".encode() in raw]
        for raw in mine:
            # Several codes may have waited for the same address.
            with suppress(PreconditionError):
                return await self.type(proof, code_of(raw), platform=platform)
        raise AssertionError("no code came")

    async def offer(self) -> bool:
        """Let the worker say that codes are sent."""
        return await acts.offer(self.worker, self.now)

    async def purge(self, *, after: float = 0.0) -> int:
        """Let the worker delete what is over."""
        self.seconds += after
        return await acts.purge(self.worker, self.now)
