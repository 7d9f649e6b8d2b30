"""The JWT claims of status tokens, credentials and lists, with which idvault attests to third parties.

- A subject is pairwise: different for each audience, and never the account token.
- A status token states the current status, is valid for ten minutes and needs no list entry.
- A status credential is valid for 30 days; its current status is an entry in a Token Status List
  (draft-ietf-oauth-status-list): VALID if the account is VERIFIED and not closed, else INVALID.
- Neither is valid longer than the verification that it attests.
- Neither states what the verification is based on, but a minimum that its audience demanded.
- A credential of a public account has a type of its own, because it says nothing of a person: a public
  account may be active while its owner's verification has expired. Its entry is VALID while it is active.
- A list is public: a verifier fetches all of it, so nobody learns which account is being checked.
"""

import hmac
from datetime import datetime, timedelta
from typing import Any

from idvault_verify import seal
from idvault_verify.account import AccountState, MinimumAssurance, Standing, Status
from idvault_verify.attest import jose
from idvault_verify.attest.status_list import StatusList

TOKEN_TYPE = "idvault-status+jwt"  # noqa: S105 - the name of a type
CREDENTIAL_TYPE = "idvault-credential+jwt"
PUBLIC_ACCOUNT_TYPE = "idvault-public-account+jwt"
LIST_TYPE = "statuslist+jwt"
TOKEN_PURPOSE, LIST_PURPOSE = "status-token", "status-list"
TOKEN_LIFETIME = timedelta(minutes=10)
CREDENTIAL_LIFETIME = timedelta(days=30)
LIST_TTL = timedelta(seconds=300)
LIST_LIFETIME = timedelta(hours=1)
KEYS_PATH = "jwks.json"
_SUBJECT = "idvault/pairwise-subject/v1"


def issuer(origin: str) -> str:
    """Return a deployment's issuer: the URL of its public directory, made from its log's origin."""
    return f"https://{origin}"


def list_path(number: int) -> str:
    """Return the path of a list in the public directory."""
    return f"status/{number}.jwt"


def list_uri(issued_by: str, number: int) -> str:
    """Return the URL of a list, which is also its name."""
    return f"{issued_by}/{list_path(number)}"


def subject(*, key: bytes, audience: str, account_token: str) -> str:
    """Return an account's pairwise subject for an audience; subjects cannot be linked without the key.

    key: 32 bytes, for this purpose only.
    """
    return jose.encode(hmac.digest(key, seal.encode(_SUBJECT, audience, account_token), "sha256"))


def status_claims(
    *,
    issued_by: str,
    subject: str,
    audience: str,
    status: Status,
    own: bool,
    issued_at: datetime,
    expires_at: datetime,
    minimum: MinimumAssurance = MinimumAssurance.ANY,
) -> dict[str, Any]:
    """Return the claims of a status token. minimum: what the audience demands, which the account meets.

    own: whether the audience is the account's relying party. Any other learns the state, not the facts that
    it is based on, not the standing, not the kind of owner, and not the expiry day, by which accounts could
    be matched; a closed account, and one whose verification was withdrawn, is UNVERIFIED to it.
    """
    withdrawn = status.state is AccountState.REVOKED
    closed = not own and (withdrawn or status.standing is Standing.CLOSED)
    claims: dict[str, Any] = {
        "iss": issued_by,
        "sub": subject,
        "aud": audience,
        "iat": _seconds(issued_at),
        "exp": _seconds(expires_at),
        "state": (AccountState.UNVERIFIED if closed else status.state).value,
        **_demanded(minimum),
    }
    if own:
        claims["assurances"] = sorted(fact.value for fact in status.assurances)
        if status.standing_until is not None:
            claims["standing_until"] = _seconds(status.standing_until)
        claims |= {"subject_kind": status.subject_kind.value, "standing": status.standing.value}
        if status.expire_date is not None:
            claims["expire_date"] = status.expire_date.isoformat()
    return claims


def credential_claims(
    *,
    issued_by: str,
    subject: str,
    audience: str,
    list_number: int,
    list_index: int,
    issued_at: datetime,
    expires_at: datetime,
    minimum: MinimumAssurance = MinimumAssurance.ANY,
) -> dict[str, Any]:
    """Return the claims of an account's status credential, of the type CREDENTIAL_TYPE.

    minimum: what the audience demands; the entry is VALID only while the account meets it.
    """
    return {
        "iss": issued_by,
        "sub": subject,
        "aud": audience,
        "iat": _seconds(issued_at),
        "exp": _seconds(expires_at),
        "status": {"status_list": {"idx": list_index, "uri": list_uri(issued_by, list_number)}},
        **_demanded(minimum),
    }


def public_account_claims(*, public_account_id: str, **claims: Any) -> dict[str, Any]:
    """Return the claims of a public account's credential, of the type PUBLIC_ACCOUNT_TYPE.

    They name the public account, because its readers know it. claims: as for an account's credential.
    """
    return {"public_account_id": public_account_id} | credential_claims(**claims)


def list_claims(*, issued_by: str, number: int, entries: StatusList, issued_at: datetime) -> dict[str, Any]:
    """Return the claims of a Status List Token (draft-ietf-oauth-status-list, section 5.1)."""
    return {
        "iss": issued_by,
        "sub": list_uri(issued_by, number),
        "iat": _seconds(issued_at),
        "exp": _seconds(issued_at + LIST_LIFETIME),
        "ttl": int(LIST_TTL.total_seconds()),
        "status_list": entries.to_json(),
    }


def _demanded(minimum: MinimumAssurance) -> dict[str, str]:
    """Return the claim that states a minimum; ANY is not stated."""
    return {} if minimum is MinimumAssurance.ANY else {"minimum_assurance": minimum.value}


def _seconds(time: datetime) -> int:
    return int(time.timestamp())
