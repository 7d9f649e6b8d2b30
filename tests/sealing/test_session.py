"""The codes of sessions' links under the request key."""

from idvault.sealing.request import KeyedLinkCoder
from idvault_verify import secret

ID = "11111111-1111-4111-8111-111111111111"


def test_a_link_is_the_same_for_the_same_request() -> None:
    """Another key, party or request id gives another code of 128 bits."""
    coder = KeyedLinkCoder(key=bytes(32))
    code = coder.code(relying_party="platform-a", request_id=ID)
    assert secret.is_secret(code)
    assert KeyedLinkCoder(key=bytes(32)).code(relying_party="platform-a", request_id=ID) == code
    others = {
        KeyedLinkCoder(key=b"k" * 32).code(relying_party="platform-a", request_id=ID),
        coder.code(relying_party="platform-b", request_id=ID),
        coder.code(relying_party="platform-a", request_id=ID.replace("1", "2")),
    }
    assert len(others | {code}) == 4
