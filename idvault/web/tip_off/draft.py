"""What somebody has answered of a report so far: in a cookie, sealed under the browser's key.

- The processes of the pages share nothing and keep nothing, so the browser keeps the draft.
- The cookie goes to the addresses of this draft alone, and another cookie has the key: no header, address or
  page has an answer as it was typed, and a cookie that another host planted does not open.
- A text that does not fit into a cookie is carried by the forms themselves, from the question on.
- The file is no part of it. It is chosen on the last page, and sent with the report.
"""

import json
import os
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idvault_verify import seal

WHAT, WHERE, CONTACT, CODE, WHY = "what", "where", "contact", "code", "why"
CHECK, DONE = "check", "done"
STEPS = (WHAT, WHERE, CONTACT, CODE, WHY, CHECK)
QUESTIONS = (WHAT, WHERE, CONTACT, WHY)
_NONCE = 12
_MOST_PACKED = 2_750
"""Bytes of a draft that is kept: sealed and in base64, with name and address, under the 4,096 of a cookie."""
_MOST = 64 * 1024
"""Bytes of an opened draft, many times what one has: a browser can seal what it likes for itself."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The answers, and a filed report's reference and secret. contact: None until asked, empty for none.

    proof_id: of the proof of the contact that is under way or done, empty for none; is_proved: whether it is
    done. codes: how often one was asked for.
    """

    category: str = ""
    where: str = field(default="", repr=False)
    contact: str | None = field(default=None, repr=False)
    why: str = field(default="", repr=False)
    reference: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    due_day: str = ""
    proof_id: str = field(default="", repr=False)
    is_proved: bool = False
    codes: int = 0

    @property
    def newest(self) -> str:
        """The last step that can be shown: the first one without an answer, or the end."""
        if self.reference:
            return DONE
        if not self.category:
            return WHAT
        if not self.where:
            return WHERE
        if self.contact is None:
            return CONTACT
        if self.is_asked_for_code:
            return CODE
        return CHECK if self.why else WHY

    @property
    def is_kept(self) -> bool:
        """Whether a cookie has room for it; if not, forms carry its text."""
        return len(_packed(self)) <= _MOST_PACKED

    @property
    def is_asked_for_code(self) -> bool:
        """Whether a code was sent, and none has come back."""
        return bool(self.proof_id) and not self.is_proved

    def step(self, wanted: str) -> str:
        """Return the step to show: an earlier one may be answered again until the report is filed."""
        newest = self.newest
        if newest == DONE or wanted not in STEPS or STEPS.index(wanted) > STEPS.index(newest):
            return newest
        return newest if wanted == CODE and not self.is_asked_for_code else wanted

    def before(self, step: str) -> str:
        """Return the question to which a page leads back; empty for the first one, and once all is sent."""
        if step == DONE:
            return ""
        if self.newest == CHECK and step != CHECK:
            return CHECK
        asked = [each for each in QUESTIONS if STEPS.index(each) < STEPS.index(step)]
        return asked[-1] if asked else ""


def close(draft: Draft, *, key: str, place: str) -> str:
    """Return a draft sealed for the browser with a key. place: the address of the draft."""
    return _closed(_packed(draft), key=key, place=place)


def open_(sealed: str, *, key: str, place: str) -> Draft | None:
    """Return a sealed draft; None for what this browser did not get for this address."""
    packed = _opened(sealed, key=key, place=place)
    if packed is None:
        return None
    return Draft(**json.loads(zlib.decompressobj().decompress(packed, _MOST)))


def close_text(text: str, *, key: str, place: str) -> str:
    """Return a text sealed as a draft is, for a hidden field."""
    return _closed(text.encode(), key=key, place=place)


def open_text(sealed: str, *, key: str, place: str) -> str | None:
    """Return a sealed text, None for what does not open."""
    data = _opened(sealed, key=key, place=place)
    return None if data is None else data.decode()


def _packed(draft: Draft) -> bytes:
    return zlib.compress(json.dumps(asdict(draft), ensure_ascii=False).encode(), 9)


def _closed(data: bytes, *, key: str, place: str) -> str:
    nonce = os.urandom(_NONCE)
    return urlsafe_b64encode(nonce + _cipher(key).encrypt(nonce, data, place.encode())).decode()


def _opened(sealed: str, *, key: str, place: str) -> bytes | None:
    try:
        data = urlsafe_b64decode(sealed)
        return _cipher(key).decrypt(data[:_NONCE], data[_NONCE:], place.encode())
    except (ValueError, InvalidTag):
        return None


def _cipher(key: str) -> AESGCM:
    return AESGCM(sha256(seal.encode("idvault/tip-off-draft/v2", key)).digest())
