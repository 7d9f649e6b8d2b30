"""Registrations of moderators' keys: what is signed, who countersigns, and the file that carries it."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from idvault_verify import seal
from idvault_verify.attest import registration
from idvault_verify.attest.registration import Registration, RegistrationFileError, Signing
from idvault_verify.error import DeniedError, FieldCode, Reason
from idvault_verify.moderator import CARRIED_FOR, CLOCK_DIFFERENCE, Moderator
from tests.support.violations import violation
from tools.support.builders import NOW
from tools.support.sanction_world import key_of

SECOND = timedelta(seconds=1)
SECONDS = 1_772_337_600  # NOW since 1970
REQUEST = "request-1"
NEW, FIRST, OTHER = key_of(3), key_of(1).of("1" * 32), key_of(2).of("2" * 32)
BY = {
    key.moderator_id: Moderator(key.moderator_id, "platform-a", key.public_key, NOW) for key in (FIRST, OTHER)
}
ASKED = registration.register(NEW, now=NOW, new_id=lambda: REQUEST)
FULL = ASKED.countersign(FIRST, now=NOW).countersign(OTHER, now=NOW)


def countersigned(given: Registration, place: int, by: Moderator = BY["2" * 32], **changes: Any) -> bytes:
    return given.countersigned_paper(place, countersigner=by, **{"now": NOW, **changes})


def second(**changes: Any) -> Registration:
    """Return the full registration with another second countersignature."""
    one, two = FULL.countersignatures
    return replace(FULL, countersignatures=(one, replace(two, **changes)))


def test_a_new_key_signs_itself() -> None:
    """The paper is platform, request, no moderator yet, time and key, followed by the key's own signature."""
    text = seal.encode("idvault/moderator/v1", "platform-a", REQUEST, "", SECONDS, NEW.public_key)
    assert ASKED.paper(now=NOW) == text + NEW.sign(text)
    assert (ASKED.relying_party, ASKED.request_id, ASKED.public_key) == (
        "platform-a",
        REQUEST,
        NEW.public_key,
    )
    assert (ASKED.own.moderator_id, ASKED.countersignatures) == ("", ())


def test_a_registration_names_whole_seconds_and_a_request_of_its_own() -> None:
    """Two registrations of one key are two requests, and a fraction of a second is not signed."""
    made = [registration.register(FIRST, now=NOW + timedelta(microseconds=9)) for _ in range(2)]
    assert made[0].request_id != made[1].request_id
    for each in made:
        assert str(UUID(each.request_id)) == each.request_id
        assert (each.own.signed_at, each.own.moderator_id) == (NOW, "")
        each.paper(now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"relying_party": "platform-b"},
        {"request_id": "request-2"},
        {"public_key": FIRST.public_key},
        {"own": replace(ASKED.own, moderator_id="3" * 32)},
        {"own": replace(ASKED.own, signed_at=NOW + SECOND)},
        {"own": replace(ASKED.own, signature=bytes(64))},
        {"own": replace(ASKED.own, signature=b"")},
    ],
)
def test_every_field_of_a_registration_is_signed(changes: dict[str, Any]) -> None:
    """With any other field the own signature is refused, and nobody countersigns."""
    wrong = replace(ASKED, **changes)
    expected = ("signature.signature", FieldCode.CHARACTER)
    assert violation(lambda: wrong.paper(now=NOW)) == expected
    assert violation(lambda: wrong.countersign(FIRST, now=NOW)) == expected


@pytest.mark.parametrize("weak", [b"", bytes(31), bytes(32), (1).to_bytes(32, "little")])
def test_a_weak_key_is_not_registered(weak: bytes) -> None:
    """A key of the wrong size or of small order is refused by its name, before any signature."""
    wrong = replace(ASKED, public_key=weak)
    assert violation(lambda: wrong.paper(now=NOW)) == ("public_key", FieldCode.CHARACTER)
    assert violation(lambda: wrong.countersign(FIRST, now=NOW)) == ("public_key", FieldCode.CHARACTER)


@pytest.mark.parametrize("late", [CARRIED_FOR, -CLOCK_DIFFERENCE])
def test_a_registration_is_carried_for_days(late: timedelta) -> None:
    """Own signature and countersignatures are accepted to the last second, each is refused after it."""
    ASKED.paper(now=NOW + late)
    after = NOW + late + (SECOND if late > timedelta() else -SECOND)
    assert violation(lambda: ASKED.paper(now=after)) == ("signature.sign_time", FieldCode.CHARACTER)
    for place, one in enumerate(FULL.countersignatures):
        name, by = f"countersignatures[{place}].sign_time", BY[one.moderator_id]
        countersigned(FULL, place, by, now=NOW + late)
        refused = violation(partial(countersigned, FULL, place, by, now=after))
        assert refused == (name, FieldCode.CHARACTER)


def test_others_sign_the_same_key_and_request() -> None:
    """A countersignature has a purpose of its own, and names the moderator who gave it."""
    for place, key in enumerate((FIRST, OTHER)):
        text = seal.encode(
            "idvault/moderator-countersignature/v1",
            "platform-a",
            REQUEST,
            key.moderator_id,
            SECONDS,
            NEW.public_key,
        )
        assert countersigned(FULL, place, BY[key.moderator_id]) == text + key.sign(text)
    assert replace(FULL, countersignatures=()) == ASKED


@pytest.mark.parametrize(
    "wrong",
    [
        replace(FULL, relying_party="platform-b"),
        replace(FULL, request_id="request-2"),
        replace(FULL, public_key=key_of(4).public_key),
        second(moderator_id="1" * 32),
        second(signed_at=NOW + SECOND),
        second(signature=FULL.countersignatures[0].signature),
        second(signature=b""),
        second(signature=ASKED.own.signature),
    ],
)
def test_every_field_of_a_countersignature_is_signed(wrong: Registration) -> None:
    """With any other field it is refused, and the refusal names its place in the request."""
    expected = ("countersignatures[1].signature", FieldCode.CHARACTER)
    assert violation(lambda: countersigned(wrong, 1)) == expected


def test_a_countersignature_is_its_moderator_s() -> None:
    """It is refused under the key of another moderator."""
    expected = ("countersignatures[1].signature", FieldCode.CHARACTER)
    assert violation(lambda: countersigned(FULL, 1, BY["1" * 32])) == expected


def test_nobody_vouches_for_the_own_key() -> None:
    """A key that countersigns itself is refused, whatever id its moderator has."""
    own = ASKED.countersign(NEW.of("3" * 32), now=NOW)
    by = Moderator("3" * 32, "platform-a", NEW.public_key, NOW)
    with pytest.raises(DeniedError) as refused:
        countersigned(own, 0, by)
    assert refused.value.reason is Reason.SELF_APPROVAL


def test_a_moderator_countersigns_once() -> None:
    """A second time replaces the first, in whole seconds of the new time; the other's stays."""
    later = NOW + timedelta(days=1)
    again = FULL.countersign(FIRST, now=later + timedelta(microseconds=9))
    assert [one.moderator_id for one in again.countersignatures] == ["2" * 32, "1" * 32]
    assert again.countersignatures[0] == FULL.countersignatures[1]
    assert again.countersignatures[1].signed_at == later
    countersigned(again, 1, BY["1" * 32], now=later)


def test_what_is_too_old_is_not_countersigned() -> None:
    """The countersigner's own clock decides."""
    refused = violation(lambda: ASKED.countersign(FIRST, now=NOW + CARRIED_FOR + SECOND))
    assert refused == ("signature.sign_time", FieldCode.CHARACTER)


def test_the_file_of_a_registration() -> None:
    """The file is JSON in hex and seconds, has no private key, and is read back as it was."""
    for given in (ASKED, FULL):
        file = given.to_bytes()
        assert file.endswith(b"\n")
        assert json.loads(file) == {
            "relying_party": "platform-a",
            "request_id": REQUEST,
            "public_key": NEW.public_key.hex(),
            "sign_time": SECONDS,
            "signature": ASKED.own.signature.hex(),
            "countersignatures": [
                {
                    "moderator_id": one.moderator_id,
                    "sign_time": SECONDS,
                    "signature": one.signature.hex(),
                }
                for one in given.countersignatures
            ],
        }
        assert NEW.private_key.private_bytes_raw().hex().encode() not in file
        assert Registration.from_bytes(file) == given


def test_a_file_does_not_say_whose_the_new_key_is() -> None:
    """An id in the file of a key that is not registered yet is not read."""
    file = json.dumps({**json.loads(ASKED.to_bytes()), "moderator_id": "1" * 32}).encode()
    assert Registration.from_bytes(file) == ASKED


def changed(**changes: Any) -> bytes:
    return json.dumps({**json.loads(FULL.to_bytes()), **changes}).encode()


def without(name: str) -> bytes:
    return json.dumps(
        {key: value for key, value in json.loads(FULL.to_bytes()).items() if key != name}
    ).encode()


def countersigned_with(**changes: Any) -> bytes:
    return changed(countersignatures=[{**FULL.countersignatures[0].to_object(), **changes}])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"{",
        b"[]",
        b"null",
        b"[" * 16_000,
        FULL.to_bytes()[:-3],
        *map(without, json.loads(FULL.to_bytes())),
        changed(public_key="no hex"),
        changed(public_key=7),
        changed(signature="0"),
        changed(sign_time="noon"),
        changed(sign_time=None),
        changed(sign_time=10**300),
        changed(sign_time=10**15),
        FULL.to_bytes().replace(str(SECONDS).encode(), b"1e999"),
        changed(countersignatures=7),
        changed(countersignatures=[7]),
        changed(countersignatures=[{}]),
        countersigned_with(signature="no hex"),
        countersigned_with(sign_time=10**300),
    ],
)
def test_what_is_no_registration(data: bytes) -> None:
    """A damaged or foreign file is refused with one text, which repeats nothing of it."""
    with pytest.raises(RegistrationFileError) as refused:
        Registration.from_bytes(data)
    assert str(refused.value) == "the file is no registration of a moderator's key"


def test_a_long_file_is_not_read() -> None:
    """A file of 16 KiB is read, one that is a byte longer is not."""
    file = FULL.to_bytes()
    largest = file + b" " * (16_384 - len(file))
    assert Registration.from_bytes(largest) == FULL
    with pytest.raises(RegistrationFileError):
        Registration.from_bytes(largest + b" ")


def test_no_key_shows() -> None:
    """The repr of a registration has neither its key nor a signature."""
    shown = repr(FULL)
    for secret in (NEW.public_key, FULL.own.signature, *(one.signature for one in FULL.countersignatures)):
        assert repr(secret) not in shown
    assert "signature" not in repr(Signing("", NOW, b"s" * 64))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("sign_time", value) for value in ("1772366400", True, 1.0, None)),
        ("signature", "AB" * 64),
        ("signature", "ab " * 64),
        ("public_key", "AB" * 32),
        ("public_key", " " + "ab" * 32),
        ("countersignatures", {}),
        ("countersignatures", ""),
    ],
)
def test_a_file_has_one_form(name: str, value: object) -> None:
    """Hex is in lower case without white space, times are whole numbers, and no name stands twice."""
    fields = json.loads(FULL.to_bytes())
    assert Registration.from_bytes(json.dumps(fields).encode()) == FULL
    with pytest.raises(RegistrationFileError):
        Registration.from_bytes(json.dumps({**fields, name: value}).encode())
    with pytest.raises(RegistrationFileError):
        Registration.from_bytes(FULL.to_bytes().replace(b"{", b'{"public_key": "ab",', 1))
