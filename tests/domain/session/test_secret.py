"""The secrets of a session: their form, and what is kept of them."""

import pytest

from idvault_verify import secret
from idvault_verify.error import InvalidError, Reason

KEY, OTHER = secret.make(bytes(16)), secret.make(bytes(15) + b"\x01")
SESSION = "0" * 32


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "REQUIRED"), ("short", "LENGTH"), ("8" + "0" * 25, "CHARACTER"), ("0" * 25 + "u", "CHARACTER")],
)
def test_a_secret_has_128_bits(text: str, code: str) -> None:
    """Anything but 26 digits of Crockford base32 is refused, naming the field and not the value."""
    assert not secret.is_secret(text)
    with pytest.raises(InvalidError) as refused:
        secret.check(text, field="link_code")
    [violation] = refused.value.violations
    assert (refused.value.reason, violation.field, violation.code) == (
        Reason.INVALID_MESSAGE,
        "link_code",
        code,
    )
    assert secret.check(KEY, field="link_code") == KEY
    assert secret.is_secret(KEY)


def test_what_is_derived_differs_by_purpose_and_session() -> None:
    """No hash or code of a key is that of another purpose, session or key."""
    made = [
        secret.link_hash(KEY),
        *(secret.browser_hash(key, session_id=of) for key in (KEY, OTHER) for of in (SESSION, "1" * 32)),
        secret.bind_hash(KEY, session_id=SESSION),
    ]
    assert len(set(made)) == len(made)
    codes = [secret.bind_code(key, session_id=of) for key in (KEY, OTHER) for of in (SESSION, "1" * 32)]
    codes += [secret.form_token(KEY), secret.form_token(OTHER)]
    assert len(set(codes)) == len(codes)
    assert all(map(secret.is_secret, codes))


def test_a_proof_has_a_nonce_and_a_reference_of_its_own() -> None:
    """Browser, session and number decide both; the platform, which knows the session, can compute neither."""
    given = [(key, of, number) for key in (KEY, OTHER) for of in (SESSION, "1" * 32) for number in (1, 2)]
    nonces = [secret.proof_nonce(key, session_id=of, number=number) for key, of, number in given]
    references = [
        secret.proof_session(nonce, session_id=of) for nonce, (_, of, _) in zip(nonces, given, strict=True)
    ]
    assert len({*nonces, *references}) == 2 * len(given)
    assert all(map(secret.is_secret, [*nonces, *references]))


def test_a_step_has_one_request_id() -> None:
    """A repeated step has the same UUID, another step or browser another one."""
    ids = [
        secret.request_id(key, session_id=SESSION, step=step)
        for key in (KEY, OTHER)
        for step in ("attempt 1", "attempt 2")
    ]
    assert len(set(ids)) == len(ids)
    assert ids[0] == secret.request_id(KEY, session_id=SESSION, step="attempt 1")
