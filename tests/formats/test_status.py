"""Status tokens, credentials and lists: each accepts what the other signed, and the key sets are equal."""

from collections.abc import Callable
from itertools import product as itertools_product
from typing import Any

import pytest

from idvault_verify.attest import jose, status_check, status_list, status_token
from tools.support import status_tokens as product
from tools.support.reference import status
from tools.support.reference.encoding import RefusedError

SEED, LIST_SEED = bytes([1]) * 32, bytes([2]) * 32
PUBLIC, LIST_PUBLIC = (key.public_key().public_bytes_raw() for key in (product.TOKEN_KEY, product.LIST_KEY))
JWKS = product.KEYS.to_bytes()
NOW = int(product.NOW.timestamp())


def test_the_key_set_is_the_same_bytes() -> None:
    """jwks.json and the kid of each key."""
    assert status.jwk_set({PUBLIC: "status-token", LIST_PUBLIC: "status-list"}) == JWKS
    assert status.kid(PUBLIC) == jose.kid(PUBLIC)


def test_tokens_and_credentials_of_the_product() -> None:
    """The reference checks them; a revoked, expired or foreign one is refused."""
    audience = product.AUDIENCE
    token = product.signed(product.status_claims(), status_token.TOKEN_TYPE)
    assert status.check_token(token, jwks=JWKS, audience=audience, now=NOW) == product.SUBJECT
    credential = product.signed(product.credential_claims(), status_token.CREDENTIAL_TYPE)
    listed = product.status_list()
    found = status.check_credential(credential, listed, jwks=JWKS, audience=audience, now=NOW)
    assert found == product.SUBJECT
    revoked = product.status_list(valid=False)
    for wrong, against, time in (
        (credential, revoked, NOW),
        (credential, listed, NOW + 4_000),
        (token, listed, NOW),
        (credential[:-4] + "AAAA", listed, NOW),
    ):
        with pytest.raises(RefusedError):
            status.check_credential(wrong, against, jwks=JWKS, audience=audience, now=time)


def test_each_type_is_its_own() -> None:
    """Of every claim set under every type, each reader of the reference accepts exactly its own."""
    made = {
        status.TOKEN: product.status_claims(),
        status.CREDENTIAL: product.credential_claims(),
        status.PUBLIC_ACCOUNT: product.public_account_claims(),
        status.LIST: product.list_claims(),
    }
    listed = product.status_list()
    given: dict[str, Any] = {"jwks": JWKS, "audience": product.AUDIENCE, "now": NOW}
    readers: dict[str, Callable[[str], str]] = {
        status.TOKEN: lambda token: status.check_token(token, **given),
        status.CREDENTIAL: lambda token: status.check_credential(token, listed, **given),
        status.PUBLIC_ACCOUNT: lambda token: status.check_public_account(token, listed, **given),
    }
    accepted = set()
    for (kind, claims), typ, (own, reader) in itertools_product(made.items(), made, readers.items()):
        try:
            assert reader(product.signed(claims, typ)) in (product.SUBJECT, "pub_1")
            accepted.add((kind, typ, own))
        except (RefusedError, KeyError, TypeError):
            continue
    assert accepted == {(typ, typ, typ) for typ in readers}


def test_tokens_and_credentials_of_the_reference() -> None:
    """The product checks them, and both write the same bytes."""
    audience = product.AUDIENCE
    claims = product.credential_claims()
    credential = status.sign(claims, typ=status.CREDENTIAL, public=PUBLIC, private=SEED)
    assert credential == product.signed(claims, status_token.CREDENTIAL_TYPE)
    bits = bytes([0xFF ^ 1 << product.INDEX]) + b"\xff" * 7
    listed = product.list_claims() | {"status_list": status.status_list(bits)}
    signed = status.sign(listed, typ=status.LIST, public=LIST_PUBLIC, private=LIST_SEED)
    found = status_check.read_list(signed, keys=product.KEYS, now=product.NOW)
    attested = status_check.check(
        credential, keys=product.KEYS, audience=audience, now=product.NOW, lists={found.uri: found}
    )
    assert attested.subject == product.SUBJECT
    token = status.sign(product.status_claims(), typ=status.TOKEN, public=PUBLIC, private=SEED)
    assert status_check.check(token, keys=product.KEYS, audience=audience, now=product.NOW)


def test_a_list_is_read_alike() -> None:
    """Every entry of a list has the same value in both."""
    made = status_list.StatusList.filled(status_list.INVALID, size=64)
    for index in (0, 7, 8, 63):
        made.set(index, status_list.VALID)
    claim = made.to_json()
    assert [status.entry(claim, index) for index in range(64)] == [made.get(index) for index in range(64)]
    assert status.status_list(bytes(made.data)) == claim
    with pytest.raises(RefusedError):
        status.entry(claim, 64)
