"""What somebody has answered of a report so far: in a cookie, sealed under the browser's key.

- The processes of the pages share nothing and keep nothing, so the browser keeps the draft.
- The cookie goes to the addresses of this draft alone, and another cookie has the key: no header, address or
  page has an answer as it was typed, and a cookie that another host planted does not open.
- The long text is no part of it. It is sent with the last answer.
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idvault_verify import seal

WHAT, WHERE, CONTACT, CODE, WHY, DONE = "what", "where", "contact", "code", "why", "done"
STEPS = (WHAT, WHERE, CONTACT, CODE, WHY)
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Draft:
    """The answers, and a filed report's reference and secret. contact: None until asked, empty for none.

    proof_id: of the proof of the contact that is under way or done, empty for none; is_proved: whether it is
    done. codes: how often one was asked for.
    """

    category: str = ""
    where: str = field(default="", repr=False)
    contact: str | None = field(default=None, repr=False)
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
        return CODE if self.is_asked_for_code else WHY

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


def close(draft: Draft, *, key: str, place: str) -> str:
    """Return a draft sealed for the browser with a key. place: the address of the draft."""
    return close_text(json.dumps(asdict(draft), ensure_ascii=False), key=key, place=place)


def open_(sealed: str, *, key: str, place: str) -> Draft | None:
    """Return a sealed draft; None for what this browser did not get for this address."""
    text = open_text(sealed, key=key, place=place)
    return None if text is None else Draft(**json.loads(text))


def close_text(text: str, *, key: str, place: str) -> str:
    """Return a text sealed as a draft is, for a hidden field."""
    nonce = os.urandom(_NONCE)
    sealed = _cipher(key).encrypt(nonce, text.encode(), place.encode())
    return urlsafe_b64encode(nonce + sealed).decode()


def open_text(sealed: str, *, key: str, place: str) -> str | None:
    """Return a sealed text, None for what does not open."""
    try:
        data = urlsafe_b64decode(sealed)
        return _cipher(key).decrypt(data[:_NONCE], data[_NONCE:], place.encode()).decode()
    except (ValueError, InvalidTag):
        return None


def _cipher(key: str) -> AESGCM:
    return AESGCM(sha256(seal.encode("idvault/tip-off-draft/v1", key)).digest())
