"""Rows of proofs of an address, of mails that wait, of counts by mailbox, and of who offers to send."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, delete, exists, func, insert, or_, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Micros, Statement, for_change, param, scalar, statement, upsert
from idvault.core.tables.contact import contact_counts, contact_mails, contact_offers, contact_proofs
from idvault.tip_off.contact import rules
from idvault.tip_off.contact.rules import CodeMail, ContactProof


def _proof(row: Any) -> ContactProof:
    return ContactProof(
        row.relying_party,
        row.proof_id,
        row.reporter_id,
        row.mailbox,
        row.day,
        bytes(row.code_hash),
        row.key_version,
        row.expires_at,
        row.tries,
        row.proved_at,
    )


_MINE = (contact_proofs.c.relying_party == param("party")) & (contact_proofs.c.proof_id == param("proof"))
_GET: Statement[ContactProof] = statement(select(contact_proofs).where(_MINE), _proof)
_LOCK: Statement[ContactProof] = statement(for_change(select(contact_proofs).where(_MINE)), _proof)
_ADD = statement(insert(contact_proofs))
_LIFE = ("tries", "proved_at", "expires_at", "code_hash")
_PUT = statement(update(contact_proofs).where(_MINE).values({name: param(name) for name in _LIFE}))
_USE = statement(delete(contact_proofs).where(_MINE))


async def get(connection: Connection, relying_party: str, proof_id: str) -> ContactProof:
    """Return a proof; raises PreconditionError (CONTACT_NOT_PROVED)."""
    return _found(await connection.all(_GET, party=relying_party, proof=proof_id))


async def lock(connection: Connection, relying_party: str, proof_id: str) -> ContactProof:
    """Return a proof, locked; raises PreconditionError (CONTACT_NOT_PROVED)."""
    return _found(await connection.all(_LOCK, party=relying_party, proof=proof_id))


def _found(proofs: Sequence[ContactProof]) -> ContactProof:
    if not proofs:
        raise rules.not_proved()
    return proofs[0]


async def add(connection: Connection, proof: ContactProof) -> None:
    """Insert a proof."""
    await connection.later(_ADD, **asdict(proof))


async def put(connection: Connection, proof: ContactProof) -> None:
    """Store a proof that this act has locked."""
    life = {name: getattr(proof, name) for name in _LIFE}
    await connection.later(_PUT, party=proof.relying_party, proof=proof.proof_id, **life)


async def use(connection: Connection, proof: ContactProof) -> None:
    """Delete a proof that a report was filed with."""
    await connection.later(_USE, party=proof.relying_party, proof=proof.proof_id)


def _mail(row: Any) -> CodeMail:
    return CodeMail(
        row.mail_id,
        row.key_day,
        bytes(row.sealed),
        row.made_at,
        row.expires_at,
        row.attempts,
        row.next_at,
    )


_OF_MAIL = contact_mails.c.mail_id == param("mail")
_ADD_MAIL = statement(insert(contact_mails))
_DUE: Statement[CodeMail] = statement(
    select(contact_mails)
    .where(contact_mails.c.next_at <= param("now", Micros), contact_mails.c.expires_at > param("now", Micros))
    .order_by(contact_mails.c.next_at)
    .limit(param("limit", Integer)),
    _mail,
)
# Another worker that began an attempt has counted it.
_BEGIN: Statement[str] = statement(
    update(contact_mails)
    .where(
        _OF_MAIL,
        contact_mails.c.attempts == param("before", Integer),
        contact_mails.c.expires_at > param("now", Micros),
    )
    .values(attempts=param("attempts"), next_at=param("next_at"))
    .returning(contact_mails.c.mail_id),
    scalar,
)
_END_MAIL = statement(delete(contact_mails).where(_OF_MAIL))


OLDEST: Statement[datetime | None] = statement(
    select(func.min(contact_mails.c.made_at)).where(
        contact_mails.c.next_at.is_not(None), contact_mails.c.expires_at > param("now", Micros)
    ),
    scalar,
)


async def add_mail(connection: Connection, mail: CodeMail) -> None:
    """Insert a mail."""
    await connection.later(_ADD_MAIL, **asdict(mail))


async def due(connection: Connection, *, now: datetime, limit: int) -> list[CodeMail]:
    """Return the mails whose next attempt is due, and whose code counts."""
    return await connection.all(_DUE, now=now, limit=limit)


async def begin(connection: Connection, found: CodeMail, begun: CodeMail, *, now: datetime) -> bool:
    """Count an attempt before it is made; False if another worker has begun one, or the code is over."""
    changes = {"attempts": begun.attempts, "next_at": begun.next_at}
    place = {"mail": found.mail_id, "before": found.attempts, "now": now}
    return await connection.one(_BEGIN, **place, **changes) is not None


async def end_mail(connection: Connection, mail_id: str) -> None:
    """Delete a mail that was sent, or that no server takes."""
    await connection.run(_END_MAIL, mail=mail_id)


async def oldest(connection: Connection, *, now: datetime) -> datetime | None:
    """Return when the oldest mail was made whose code counts and that waits to be sent."""
    return await connection.only(OLDEST, now=now)


_NEW = upsert(contact_counts)
_COUNT: Statement[int] = statement(
    _NEW.on_conflict_do_update(
        index_elements=[contact_counts.c.mailbox, contact_counts.c.day],
        set_={"count": contact_counts.c["count"] + _NEW.excluded["count"]},
    ).returning(contact_counts.c["count"]),
    scalar,
)
_REFUND = statement(
    update(contact_counts)
    .where(
        contact_counts.c.mailbox == param("of"),
        contact_counts.c.day == param("on"),
        contact_counts.c["count"] > 0,
    )
    .values(count=contact_counts.c["count"] - param("back", Integer))
)


async def count(connection: Connection, *, mailbox: str, day: date) -> int:
    """Count a code; return the mailbox's unproved ones of the day with this one."""
    return await connection.only(_COUNT, mailbox=mailbox, day=day, count=1)


async def refund(connection: Connection, *, mailbox: str, day: date, codes: int = 1) -> None:
    """Take back codes that their owner has used, or that were not sent."""
    await connection.run(_REFUND, of=mailbox, on=day, back=codes)


_OLD_PROOF = contact_proofs.c.expires_at <= param("now", Micros)
_OLD_MAIL = contact_mails.c.expires_at <= param("now", Micros)
_OLD_COUNT = contact_counts.c.day < param("before")
IS_OLD: Statement[bool] = statement(
    select(
        or_(
            exists().where(_OLD_PROOF),
            exists().where(_OLD_MAIL),
            exists().where(_OLD_COUNT),
        )
    ),
    scalar,
)
FORGET_PROOFS = statement(delete(contact_proofs).where(_OLD_PROOF))
FORGET_MAILS = statement(delete(contact_mails).where(_OLD_MAIL))
FORGET_COUNTS = statement(delete(contact_counts).where(_OLD_COUNT))


async def is_old(connection: Connection, *, now: datetime, before: date) -> bool:
    """Tell whether there is something to delete."""
    found = await connection.only(IS_OLD, now=now, before=before)
    return bool(found)


async def forget(connection: Connection, *, now: datetime, before: date) -> int:
    """Delete what is over: proofs, mails, and counts of the days before one; return how many."""
    found = await connection.run(FORGET_PROOFS, now=now) + await connection.run(FORGET_MAILS, now=now)
    return found + await connection.run(FORGET_COUNTS, before=before)


_NUMBER = 1
_OFFER = upsert(contact_offers)
_PUT_OFFER = statement(
    _OFFER.on_conflict_do_update(
        index_elements=[contact_offers.c.number], set_={"until": _OFFER.excluded["until"]}
    )
)
_OFFERED: Statement[datetime] = statement(
    select(contact_offers.c["until"]).where(contact_offers.c.number == _NUMBER), scalar
)


async def offer(connection: Connection, *, until: datetime) -> None:
    """Store until when codes are sent."""
    await connection.run(_PUT_OFFER, number=_NUMBER, until=until)


async def offered(connection: Connection) -> datetime | None:
    """Return until when codes are sent, None if nobody ever said so."""
    return await connection.one(_OFFERED)
