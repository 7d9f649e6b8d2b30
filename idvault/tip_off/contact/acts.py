"""Sends codes to addresses, compares what is typed, and forgets both.

- The log has no entry of it: an entry for each code would tell when somebody proves an address.
- What is asked and answered is the same for every address: nothing here reads who reported, and a code that
  the cap holds back costs the same statements and leaves the same rows.
- Any number of workers may send. An attempt is counted before it is made, so a worker that is killed after
  the server took a mail leaves one that is sent again, with the same id and code.
- Rows are locked in this order: request, proof, count.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date
from enum import StrEnum

from idvault.core.act import SYSTEM, Asking, Tx, Vault, act, mutation
from idvault.core.entropy import Entropy
from idvault.notification.rules import Failure, SendError
from idvault.sealing.ports import CodeLetter, CodeLetterOpener, CodeLetterSealer
from idvault.tip_off.contact import rules, store
from idvault.tip_off.contact.ports import CodeSender, ContactSecrets, ProofMarks
from idvault.tip_off.contact.rules import CodeMail, ContactProof
from idvault_verify.clock import ClockReading
from idvault_verify.error import DamagedError

KIND = "contact"
"""What the reporter's id is derived from beside the address; that of an account is another word."""
_WHY = "the log does not tell that somebody proves an address"
_RANDOM, _HASH = 8, 32
# All at once: a lease runs from the beginning of the turn.
_MOST_MAILS = 32
_REFUSED_ADDRESS = f"{Failure.REFUSED.value}_55"


@dataclass(kw_only=True, eq=False, repr=False)
class ContactContext:
    """What proofs need beside the vault."""

    secrets: ContactSecrets
    sealer: CodeLetterSealer
    entropy: Entropy


@dataclass(frozen=True, slots=True)
class SendingCode:
    """A code to send. decoy: stored in place of its hash if the cap holds it back; no code leads to it."""

    proof: ContactProof
    mail: CodeMail
    decoy: bytes = field(repr=False)


async def send_code(
    vault: Vault,
    call: Asking,
    now: ClockReading,
    *,
    address: str,
    language: str,
    context: ContactContext,
) -> ContactProof:
    """Send a code to an address that the rules have checked; return its proof, which says nothing of it.

    Raises AlreadyExistsError (REQUEST_ID_REUSED), PreconditionError (CONTACT_NOT_PROVED) of a repeat whose
    proof is over, and UnavailableError.
    """
    await vault.guard.check(now=now)
    proof_id, mail_id, today = vault.new_id(), vault.new_id(), now.real.astimezone(UTC).date()
    drawn = int.from_bytes(context.entropy.random(_RANDOM), "big")
    code = f"{drawn % 10**rules.CODE_DIGITS:0{rules.CODE_DIGITS}}"
    secrets, party, until = context.secrets, call.relying_party, now.real + rules.CODE_LIFETIME
    reporter_id = secrets.reporter_id(relying_party=party, kind=KIND, value=address)
    code_hash, version = secrets.code_hash(
        relying_party=party, proof_id=proof_id, reporter_id=reporter_id, expires_at=until, code=code
    )
    proof = ContactProof(
        relying_party=party,
        proof_id=proof_id,
        reporter_id=reporter_id,
        mailbox=secrets.mailbox(value=rules.mailbox_of(address), day=today.isoformat()),
        day=today,
        code_hash=code_hash,
        key_version=version,
        expires_at=until,
    )
    letter = CodeLetter(address, code, language)
    sealed = await context.sealer.seal(letter, mail_id=mail_id, day=today.isoformat())
    made, over = rules.to_the_minute(now.real), rules.to_the_minute(until)
    mail = CodeMail(mail_id, sealed.day, sealed.ciphertext, made, over, next_at=made)
    sending = SendingCode(proof, mail, context.entropy.random(_HASH))
    return await _send.run(vault, call, now, call.request(vault.fingerprinter), proof_id, sending)


@mutation("contact.send_code", again=store.get)
async def _send(tx: Tx, proof_id: str, sending: SendingCode) -> ContactProof:
    """Store a proof and its mail; beyond the cap, a proof that no code ends and a mail that is never sent."""
    tx.unchanged(_WHY)
    proof, mail = sending.proof, sending.mail
    asked = await store.count(tx.connection, mailbox=proof.mailbox, day=proof.day)
    is_sent = rules.is_sent(asked=asked)
    # In either case, so that both cost the same: what is held back uses nothing up.
    await store.refund(tx.connection, mailbox=proof.mailbox, day=proof.day, codes=0 if is_sent else 1)
    if not is_sent:
        proof, mail = replace(proof, code_hash=sending.decoy), replace(mail, next_at=None)
    await store.add(tx.connection, proof)
    await store.add_mail(tx.connection, mail)
    return proof


async def confirm(
    vault: Vault, call: Asking, now: ClockReading, proof_id: str, code: str, *, context: ContactContext
) -> ContactProof:
    """Compare a code; return the proof once it is done.

    Raises PreconditionError (CONTACT_NOT_PROVED) in the same words for a wrong code, one try too many, a code
    that is over or was never sent, and an unknown proof.
    """
    await vault.guard.check(now=now)
    request = call.request(vault.fingerprinter)
    proof = await _confirm.run(vault, call, now, request, proof_id, code, context.secrets)
    rules.check_proved(proof=proof, now=now.real)
    _check_mark(proof, context.secrets)
    return proof


@mutation("contact.confirm", again=store.get)
async def _confirm(tx: Tx, proof_id: str, code: str, secrets: ContactSecrets) -> ContactProof:
    """Count a try, or end the proof: a refusal is the caller's, so that the try is stored."""
    tx.unchanged(_WHY)
    proof = await store.lock(tx.connection, tx.party, proof_id)
    if not rules.takes(proof=proof, now=tx.now.real):
        return proof
    after = rules.attempt(proof=proof, matches=secrets.matches(proof, code), now=tx.now.real)
    if after.proved_at is not None:
        after = replace(after, code_hash=secrets.proved_mark(after))
        await store.refund(tx.connection, mailbox=after.mailbox, day=after.day)
    await store.put(tx.connection, after)
    return after


def _check_mark(proof: ContactProof, marks: ProofMarks) -> None:
    """Raise PreconditionError (CONTACT_NOT_PROVED) of a row that nobody with the key made a proof."""
    if not marks.is_proved(proof):
        raise rules.not_proved()


async def use(tx: Tx, proof_id: str, reporter_id: str, marks: ProofMarks) -> None:
    """Spend a proof within the act that files a report; raises PreconditionError (CONTACT_NOT_PROVED)."""
    proof = await store.lock(tx.connection, tx.party, proof_id)
    rules.check_uses(proof=proof, reporter_id=reporter_id, now=tx.now.real)
    _check_mark(proof, marks)
    await store.use(tx.connection, proof)


class Mailed(StrEnum):
    """What became of an attempt to send a code."""

    SENT = "SENT"
    OTHERS = "OTHERS"
    UNREADABLE = "UNREADABLE"


async def deliver(
    vault: Vault,
    now: ClockReading,
    *,
    opener: CodeLetterOpener,
    sender: CodeSender,
    report: Callable[[Exception], None],
) -> Counter[str]:
    """Send the mails that are due; return how many ended how: by a `Mailed`, or a word of a `SendError`.

    report: gets what else fails in an attempt; the others go on, and are waited for.
    """
    due = await vault.read("contact.due", lambda one: store.due(one, now=now.real, limit=_MOST_MAILS))

    async def attempt(found: CodeMail) -> str | None:
        try:
            return await _attempt(vault, now, found, opener=opener, sender=sender)
        except Exception as error:  # the other attempts are on their way
            report(error)
            return None

    async with asyncio.TaskGroup() as group:
        made = [group.create_task(attempt(found)) for found in due]
    return Counter(word for each in made if (word := each.result()) is not None)


async def _attempt(
    vault: Vault, now: ClockReading, found: CodeMail, *, opener: CodeLetterOpener, sender: CodeSender
) -> str:
    if not await begin(vault, SYSTEM, now, found):
        return Mailed.OTHERS
    try:
        letter = opener.open(found.sealed, mail_id=found.mail_id, day=found.key_day)
        rules.check_letter(address=letter.address, code=letter.code, language=letter.language)
        await sender.send(letter, mail_id=found.mail_id, made_at=found.made_at)
    except DamagedError:
        ended: str = Mailed.UNREADABLE
    except SendError as error:
        ended = str(error)
        if not ended.startswith(_REFUSED_ADDRESS):
            return ended
    else:
        ended = Mailed.SENT
    await end(vault, SYSTEM, now, found.mail_id)
    return ended


@act("contact.begin")
async def begin(tx: Tx, found: CodeMail) -> bool:
    """Count an attempt; False if another worker makes it."""
    tx.unchanged(_WHY)
    return await store.begin(
        tx.connection, found, rules.mailing(mail=found, now=tx.now.real), now=tx.now.real
    )


@act("contact.end")
async def end(tx: Tx, mail_id: str) -> None:
    """Delete a mail that was sent, or that nobody can take."""
    tx.unchanged(_WHY)
    await store.end_mail(tx.connection, mail_id)


async def offer(vault: Vault, now: ClockReading) -> bool:
    """Say that codes are sent; False if a worker has just said so."""
    until = await vault.read("contact.offered", store.offered)
    if not rules.is_renewed(until=until, now=now.real):
        return False
    await _offer(vault, SYSTEM, now)
    return True


@act("contact.offer")
async def _offer(tx: Tx) -> None:
    tx.unchanged("whether codes are sent is on the pages")
    await store.offer(tx.connection, until=tx.now.real + rules.OFFERED_FOR)


async def is_offered(vault: Vault, now: ClockReading) -> bool:
    """Tell whether codes are sent."""
    return rules.is_offered(until=await vault.read("contact.offered", store.offered), now=now.real)


async def oldest(vault: Vault, now: ClockReading) -> float:
    """Return the seconds for which the oldest code that counts has not been sent, 0 without one.

    Codes that the cap holds back are not among them.
    """
    made_at = await vault.read("contact.oldest", lambda one: store.oldest(one, now=now.real))
    return 0.0 if made_at is None else max((now.real - made_at).total_seconds(), 0.0)


async def purge(vault: Vault, now: ClockReading) -> int:
    """Delete proofs and mails that are over, and counts of former days; return how many."""
    today = now.real.astimezone(UTC).date()
    if not await vault.read("contact.is_old", lambda one: store.is_old(one, now=now.real, before=today)):
        return 0
    return await _purge(vault, SYSTEM, now, today)


@act("contact.purge")
async def _purge(tx: Tx, today: date) -> int:
    tx.unchanged(_WHY)
    return await store.forget(tx.connection, now=tx.now.real, before=today)
