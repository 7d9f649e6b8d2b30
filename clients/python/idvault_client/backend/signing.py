"""Signs what moderators decide at the time of the call, and makes the message of a statement of reasons."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from idvault_client import codec
from idvault_client.codec import Named
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.registration import Signing
from idvault_verify.attest.sanction import SigningOccasion
from idvault_verify.sanction import AuthorityOrder, StatementOfReasons
from idvault_verify.seal import Part
from idvault_verify.v1 import sanction_pb2 as pb

codec.describe(AuthorityOrder, issued_on=Named("order_date"))
codec.describe(StatementOfReasons, evidence=Named("evidence_digests"), end_at=Named("end_time"))
codec.describe(Signing, signed_at=Named("sign_time"))


def signed(
    key: ModeratorKey, request_id: str, paper: Callable[..., bytes], **fields: object
) -> pb.ModeratorSignature:
    """Return the signature of a paper with these fields, as a message."""
    occasion = key.occasion(request_id, now=datetime.now(UTC))
    return _signature(key, occasion, paper(occasion, **fields))


def by(
    key: ModeratorKey | None, *names: str, words: str = "", beside: Sequence[str] = ()
) -> Callable[[str, Any], pb.ModeratorSignature] | None:
    """Return what signs a request that has no paper of its own kind; None without a key.

    names: what is signed of the request, in field-number order. words: the field of a text that the vault
    deletes later, "" if the request has none. beside: fields that are deleted with it, signed before it.
    """
    if key is None:
        return None

    def sign(method: str, request: Any) -> pb.ModeratorSignature:
        fields = [attrgetter(name)(request) for name in names]
        more = [attrgetter(name)(request) for name in beside]
        text = getattr(request, words) if words else None
        return act(key, method, request, *_parts(fields), words=text, beside=more)

    return sign


def _parts(fields: Iterable[Any]) -> Iterator[Part]:
    """Return what is signed of fields: of a list each element."""
    for field in fields:
        if isinstance(field, (str, bytes, int)):
            yield field
        else:
            yield from field


def act(
    key: ModeratorKey,
    method: str,
    request: Any,
    *fields: Part,
    words: str | None = None,
    beside: Sequence[str] = (),
) -> pb.ModeratorSignature:
    """Return the signature of a decision. words: the text that is deleted later, None if there is none.

    beside: further texts, which are deleted with it.
    """
    salt = os.urandom(papers.SALT_SIZE) if words else b""
    marked = () if words is None else (*beside, words)
    mark = tuple(papers.text_mark(each, salt=salt) for each in marked)
    occasion = key.occasion(request.request_id, now=datetime.now(UTC))
    message = _signature(key, occasion, papers.act(occasion, method=method, fields=(*fields, *mark)))
    message.text_salt = salt
    return message


def _signature(key: ModeratorKey, occasion: SigningOccasion, paper: bytes) -> pb.ModeratorSignature:
    message = pb.ModeratorSignature()
    codec.write(message, Signing(key.moderator_id, occasion.signed_at, key.sign(paper)))
    return message


def statement_message(statement: StatementOfReasons) -> pb.StatementOfReasons:
    """Return the message of a statement; the vault checks it."""
    message = pb.StatementOfReasons()
    codec.write(message, statement, path="statement")
    if statement.end_at is None:
        message.without_end = True
    return message
