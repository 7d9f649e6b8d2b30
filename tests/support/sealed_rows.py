"""Rows under the keys of an edge: persons, texts of cases, and second factors."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Boolean, Date, Integer, LargeBinary, Table, insert, select

from idvault.account.store import person as account_person
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Day, Micros, statement
from idvault.core.tables.account import accounts, withdrawals
from idvault.core.tables.claim import claims
from idvault.core.tables.disclosure import disclosure_decisions, disclosures
from idvault.core.tables.people import second_factors
from idvault.core.tables.sanction import appeals, content_measures, sanctions
from idvault.core.tables.session import contests, reinstatements
from idvault.core.tables.tip_off import tip_off_texts
from idvault.sealing.identity import CurrentIndexer
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.ports import CaseField, PersonKey, SealedModerationText, SealedText
from idvault.sealing.second_factor import TotpSealer
from idvault.sealing.text import KeyedCaseTextSealer, KeyedModerationTextSealer
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType
from tools.support.fakes.sealing import CountingEntropy
from tools.support.storage_world import NOW

PARTY = "platform-a"
TEXT = "Kept in confidence, 机密 (synthetic)"
TEXTS_OF_A_CASE = 5
"""How many `SealedRows.file_texts` stores."""


def _synthetic(column: Any, number: int) -> Any:
    """Return a value of a column that may not be null."""
    kinds: list[tuple[type[Any], Any]] = [
        (Micros, NOW),
        (Day, date(2026, 3, 1)),
        (Date, date(2026, 3, 1)),
        (Boolean, False),
        (Integer, number),
        (LargeBinary, b"x"),
    ]
    found = (value for kind, value in kinds if isinstance(column.type, kind))
    return next(found, f"{number}"[: getattr(column.type, "length", None) or 32])


def synthetic_row(table: Table, number: int, **values: Any) -> dict[str, Any]:
    """Return a synthetic row; values: what matters in it."""
    made = {column.name: None if column.nullable else _synthetic(column, number) for column in table.columns}
    return made | values


async def plant(connection: Connection, table: Table, number: int, **values: Any) -> None:
    """Insert a synthetic row."""
    await connection.run(statement(insert(table)), **synthetic_row(table, number, **values))


def _identity(number: int) -> Identity:
    return Identity("张 (synthetic)", Document(DocumentType.RESIDENT_ID, f"{number:018}"))


@dataclass
class SealedRows:
    """What an edge stores under its keys, and reads again."""

    database: Database
    entropy: CountingEntropy = field(default_factory=CountingEntropy)

    def person(self, keys: LocalKeyProvider, number: int) -> PersonKey:
        """Return the index of a person, with the id of one who is new."""
        return CurrentIndexer(keys=keys).person(
            relying_party=PARTY,
            identity=_identity(number),
            person_id=self.entropy.random(16).hex(),
            today=date(2026, 3, 1),
        )

    async def sign_up(self, keys: LocalKeyProvider, number: int) -> str:
        """Return the id of the person with a number, as a sign-up finds or makes it."""
        key = self.person(keys, number)

        async def act(connection: Connection) -> str:
            return await account_person.lock_or_add(connection, relying_party=PARTY, key=key, known=False)

        return await self.database.act("test.sign_up", act)

    async def file_texts(self, keys: LocalKeyProvider, number: int) -> None:
        """Store a text of each kind of case."""
        sealer, token = KeyedModerationTextSealer(keys=keys, entropy=self.entropy), f"acct_{number}"
        case = f"{number}"
        one, note = (sealer.seal(CaseField(PARTY, case, name), TEXT) for name in ("text", "note"))

        async def act(connection: Connection) -> None:
            sealed = {"key_version": one.key_version, "text": one.data, "relying_party": PARTY}
            own = {"account_token": token}
            await plant(connection, accounts, number, **own)
            await plant(connection, claims, number, **own, claim_id=case)
            await plant(connection, sanctions, number, **own, sanction_id=case)
            await plant(connection, appeals, number, **own, **sealed, appeal_id=case, sanction_id=case)
            await plant(connection, contests, number, **own, **sealed, contest_id=case, claim_id=case)
            against = {"withdrawal_id": case}
            await plant(connection, withdrawals, number, **own, **against)
            await plant(connection, reinstatements, number, **own, **sealed, **against, reinstatement_id=case)
            await plant(connection, content_measures, number, **sealed, measure_id=case)
            named = {"relying_party": PARTY, "tip_off_id": case, "name": "note"}
            stored = {"key_version": note.key_version, "data": note.data}
            await plant(connection, tip_off_texts, number, **named, **stored)

        await self.database.act("test.file_texts", act)

    async def file_case(self, keys: LocalKeyProvider, number: int) -> None:
        """Store the text of a disclosure with a denial, and a member's second factor."""
        texts, case = KeyedCaseTextSealer(keys=keys, entropy=self.entropy), f"{number}"
        asked = texts.seal(disclosure_id=case, text=TEXT.encode())
        denied = texts.seal(disclosure_id=case, text=TEXT.encode(), custodian="c")
        factor = TotpSealer(keys=keys, entropy=self.entropy)._sealed(case, b"s" * 20)

        async def act(connection: Connection) -> None:
            own = {"account_token": f"acct_{number}", "disclosure_id": case}
            sealed = {"key_version": asked.key_version, "text": asked.data}
            await plant(connection, disclosures, number, **own, **sealed)
            kept = {"key_version": denied.key_version, "signed": denied.data, "custodian": "c"}
            await plant(connection, disclosure_decisions, 1, **own, **kept)
            open_ = {"key_version": None, "signed": TEXT.encode(), "custodian": "d"}
            await plant(connection, disclosure_decisions, 2, **own, **open_)
            await plant(connection, second_factors, number, actor_id=case, active=factor, pending=factor)

        await self.database.act("test.file_case", act)

    async def read_texts(self, keys: LocalKeyProvider) -> int:
        """Open every text of a case; return how many there are. Raises DamagedError."""
        sealer, count = KeyedModerationTextSealer(keys=keys, entropy=self.entropy), 0
        for table, name, id_ in (
            (appeals, "text", "appeal_id"),
            (contests, "text", "contest_id"),
            (content_measures, "text", "measure_id"),
            (reinstatements, "text", "reinstatement_id"),
        ):
            for row in await self._rows(table):
                place = CaseField(PARTY, getattr(row, id_), name)
                assert sealer.open(place, SealedModerationText(row.key_version, row.text)) == TEXT
                count += 1
        for row in await self._rows(tip_off_texts):
            place = CaseField(PARTY, row.tip_off_id, row.name)
            assert sealer.open(place, SealedModerationText(row.key_version, row.data)) == TEXT
            count += 1
        return count

    async def read_cases(self, keys: LocalKeyProvider) -> int:
        """Open every text and second factor of the custody edge; return how many there are."""
        texts, factors = (
            KeyedCaseTextSealer(keys=keys, entropy=self.entropy),
            TotpSealer(keys=keys, entropy=self.entropy),
        )
        count = 0
        for row in await self._rows(disclosures):
            sealed = SealedText(row.key_version, row.text)
            assert texts.open(disclosure_id=row.disclosure_id, sealed=sealed) == TEXT.encode()
            count += 1
        for row in await self._rows(disclosure_decisions):
            if row.key_version is not None:
                sealed = SealedText(row.key_version, row.signed)
                opened = texts.open(disclosure_id=row.disclosure_id, sealed=sealed, custodian=row.custodian)
                assert opened == TEXT.encode()
                count += 1
        for row in await self._rows(second_factors):
            assert {factors._opened(row.actor_id, each) for each in (row.active, row.pending)} == {b"s" * 20}
            count += 2
        return count

    async def _rows(self, table: Table) -> list[Any]:
        everything = statement(select(table))
        return await self.database.read("test.rows", lambda connection: connection.all(everything))
