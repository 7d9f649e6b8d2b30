"""What the method of notices refuses before it applies anything, over both databases."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_client.errors import VaultError
from idvault_verify.notice import NoticeKind
from idvault_verify.v1 import notice_pb2
from tools.support.notice_world import DAY, NoticeWorld, day, notice, notice_id, resident, signed

GOOD = notice(1, NoticeKind.PERSON_ENDED, resident(1))
TO_COME = notice(1, NoticeKind.PERSON_ENDED, resident(1), day=day(2 * DAY))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([78]) * 32)
OF_NOTHING = notice(1, NoticeKind.REVERSED, reversed_id=notice_id(9))


def changed(**fields: Any) -> notice_pb2.RegistryNotice:
    """Return the message of a signed notice with some fields changed."""
    message = signed(GOOD)
    for name, value in fields.items():
        where: Any = message
        *path, last = name.split("__")
        for each in path:
            where = getattr(where, each)
        setattr(where, last, value)
    return message


REFUSED = {
    "no kind": (changed(kind=0), "INVALID_MESSAGE", "kind"),
    "another kind": (changed(kind=99), "INVALID_MESSAGE", "kind"),
    "kind that was not signed": (changed(kind=3), "INVALID_MESSAGE", "signature"),
    "id that was not signed": (changed(notice_id=notice_id(2)), "INVALID_MESSAGE", "signature"),
    "no id": (changed(notice_id=""), "INVALID_MESSAGE", "notice_id"),
    "no day": (changed(day=""), "INVALID_MESSAGE", "day"),
    "day in another form": (changed(day="20260301"), "INVALID_MESSAGE", "day"),
    "no signature": (changed(signature=b""), "INVALID_MESSAGE", "signature"),
    "no type": (changed(document__type=0), "UNSUPPORTED_DOCUMENT", "document.type"),
    "wrong number": (
        changed(document__number="110000199001010000"), "INVALID_DOCUMENT_NUMBER", "document.number"
    ),
    "number in another form": (
        changed(document__number=f" {resident(1).number}"), "INVALID_DOCUMENT_NUMBER", "document.number"
    ),
    "day to come": (signed(TO_COME), "INVALID_MESSAGE", "day"),
    "another key": (signed(GOOD, key=OTHER_KEY), "INVALID_MESSAGE", "signature"),
    "reversal of nothing": (signed(OF_NOTHING), "INVALID_MESSAGE", "reversed_notice_id"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_a_notice_that_is_none_is_refused(world: NoticeWorld, name: str) -> None:
    """The refusal names the field; of a call with one wrong notice none is applied."""
    wrong, reason, field = REFUSED[name]
    with pytest.raises(VaultError) as refused:
        await world.send([wrong])
    assert (refused.value.reason, [*refused.value.fields]) == (reason, [field])
    assert world.applied == []
    if field != "reversed_notice_id":
        with pytest.raises(VaultError):
            await world.send([signed(notice(5, NoticeKind.NAME_CHANGED, resident(2))), wrong])
        assert world.applied == []


async def test_a_call_has_at_most_a_hundred(world: NoticeWorld) -> None:
    """More are refused before anything of them is read."""
    many = [signed(notice(each, NoticeKind.NAME_CHANGED, resident(each))) for each in range(101)]
    with pytest.raises(VaultError) as refused:
        await world.send(many)
    assert refused.value.reason == "TOO_MANY_ITEMS"
    assert (await world.send(many[:100])).fresh == 100
    assert len(notice_pb2.SubmitNoticesRequest(notices=many[:100]).SerializeToString()) < 64 * 1024


async def test_without_a_key_nothing_is_taken(world: NoticeWorld) -> None:
    """Also not an empty call: the operator has to decide first whose notices count."""
    world.context.public_keys = []
    for given in ([], [signed(GOOD)]):
        with pytest.raises(VaultError) as refused:
            await world.send(given)
        assert refused.value.reason == "ACCESS_DENIED"
