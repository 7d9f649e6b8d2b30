"""Helpers around a development deployment for demo and journeys: synthetic people, registry admin port."""

import json
import random
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from uuid import uuid4

from idvault.web import calls
from idvault_client import (
    Consent,
    FailureReason,
    Tls,
    Vault,
    VaultError,
    Verification,
    connect,
    resident_id,
    unified_social_credit_code,
)
from idvault_client.testing import MockRegistry, SyntheticOrganization
from idvault_verify import document, secret
from idvault_verify.document import DocumentType
from idvault_verify.session import Proof, SessionPurpose

_SURNAMES = "赵钱孙李周吴郑王冯陈"
_GIVEN = "安宁和平清明文远思源若水星河云舒景行知秋"
_PROVINCES = ("11", "31", "44", "51")
_PATIENCE = 90.0
_CONSENT = Consent("terms-3", datetime(2026, 1, 2, tzinfo=UTC))
# It only has to give names and numbers that differ between two runs on one state folder.
_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Person:
    """A synthetic person; the number's province code was never issued."""

    name: str = field(repr=False)
    number: str = field(repr=False)


def invent(*, born: date | None = None) -> Person:
    """Return a person new to every run, an adult unless the day of birth is given.

    Four characters do not occur in noise by chance.
    """
    born = born or date(1960, 1, 1) + timedelta(days=_random.randrange(15_000))
    body = f"{_random.choice(_PROVINCES)}0000{born:%Y%m%d}{_random.randrange(1000):03}"
    name = _random.choice(_SURNAMES) + "".join(_random.sample(_GIVEN, 3))
    return Person(name, body + document.resident_check_character(body=body))


def with_wrong_check(number: str) -> str:
    return number[:-1] + ("1" if number[-1] != "1" else "2")


def fetch(url: str, *, data: bytes | None = None, method: str = "GET") -> bytes:
    """Return this host's answer for an http URL; raises urllib.error.HTTPError."""
    request = urllib.request.Request(url, data=data, method=method)  # noqa: S310 - loopback only
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            content: bytes = answer.read()
    except HTTPError as refused:
        # Else its socket is closed by whichever test runs when the garbage is collected, and fails it.
        refused.close()
        raise
    return content


class Registry:
    """The mock registry's admin port."""

    def __init__(self, admin_url: str) -> None:
        self._url = admin_url

    @property
    def address(self) -> str:
        """The address of its admin port."""
        return self._url

    def behave(self, mode: str, *, count: int | None = None, latency_ms: int = 0) -> None:
        """Set the mode, for count calls or until changed."""
        self._ask("PUT", "/behaviour", {"mode": mode, "count": count, "latency_ms": latency_ms})

    def add(self, *people: Person) -> None:
        entries = [{"name": person.name, "number": person.number} for person in people]
        self._ask("POST", "/people", {"people": entries})

    def newcomer(self) -> Person:
        """Return a person whom the registry knows from now on."""
        person = invent()
        self.add(person)
        return person

    def add_organizations(self, *organizations: SyntheticOrganization) -> None:
        """Add organisations; any other code is NO_RECORD."""
        MockRegistry(self._url).add_organizations(*organizations)

    def notify(self, *notices: dict[str, object]) -> list[str]:
        """Let the registry give notices; return their ids."""
        ids: list[str] = self._ask("POST", "/notices", {"notices": notices})["ids"]
        return ids

    def settle(self, ai: str, *, matches: bool) -> None:
        """End a check that is in progress."""
        self._ask("POST", "/settle", {"ai": ai, "status": 0 if matches else 2})

    def counters(self) -> dict[str, int]:
        return self._ask("GET", "/counters")

    def charged(self) -> int:
        """Return how many checks it charged."""
        return self.counters()["charged"]

    def reset(self) -> None:
        """Reset counters and behaviour; the population stays."""
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str, content: object = None) -> dict[str, Any]:
        data = None if content is None else json.dumps(content).encode()
        result: dict[str, Any] = json.loads(fetch(self._url + path, data=data, method=method))
        return result


class UndecidedError(Exception):
    """A claim was not decided in time."""


def claim(
    vault: Vault, person: Person, *, request_id: str | None = None, account_token: str | None = None
) -> Verification:
    """Make one claim; return the first answer. A new request id is drawn unless one is given."""
    return vault.verify_individual(
        person.name,
        resident_id(person.number),
        consent=Consent("terms-3", datetime.now(UTC)),
        request_id=request_id or str(uuid4()),
        account_token=account_token,
    )


def claim_organization(
    vault: Vault, who: SyntheticOrganization, *, account_token: str | None = None
) -> Verification:
    """Make one claim for an organisation; return the first answer."""
    return vault.verify_organization(
        who.name,
        unified_social_credit_code(who.number),
        representative_name=who.representative.name,
        representative_document=resident_id(who.representative.number),
        consent=Consent("terms-3", datetime.now(UTC)),
        request_id=str(uuid4()),
        account_token=account_token,
    )


def decided(vault: Vault, answer: Verification) -> Verification:
    """Return a claim once it is decided; raises UndecidedError.

    A busy machine may answer PENDING first, although the registry answers: the worker settles the claim.
    """
    found = [answer]

    def ended() -> bool:
        if found[-1].pending:
            found.append(vault.get_verification(answer.request_id))
        return not found[-1].pending

    if not wait_for(ended):
        raise UndecidedError(f"still {found[-1].status.state}")
    return found[-1]


def verify(vault: Vault, person: Person, *, account_token: str | None = None) -> Verification:
    """Make one claim and wait until it is decided."""
    return decided(vault, claim(vault, person, account_token=account_token))


def match_organization(
    vault: Vault, who: SyntheticOrganization, *, account_token: str | None = None
) -> Verification:
    """Make one claim for an organisation and wait until the registry has decided it."""
    return decided(vault, claim_organization(vault, who, account_token=account_token))


def verify_organization(
    vault: Vault,
    who: SyntheticOrganization,
    *,
    ready: Mapping[str, Any],
    account_token: str | None = None,
) -> Verification:
    """Make one claim for an organisation; if it matches, let its representative prove to be present.

    ready: of the running vault.
    """
    matched = match_organization(vault, who, account_token=account_token)
    if matched.failure_reason is not FailureReason.REPRESENTATIVE_PENDING:
        return matched
    return represent(vault, who, ready=ready, account_token=matched.account_token)


def represent(
    vault: Vault, who: SyntheticOrganization, *, ready: Mapping[str, Any], account_token: str
) -> Verification:
    """Let the representative of an organisation go through its hosted session, without a browser."""
    site, paths = urlsplit(ready["pages"]["hosted verification"]), ready["certificates"]["web"]
    made = vault.sessions.create(
        return_url=f"{site.scheme}://{site.netloc}/back",
        locale="zh-CN",
        policy_version="terms-3",
        policy_text="Terms (synthetic).",
        purpose=SessionPurpose.REPRESENTATIVE,
        account_token=account_token,
        proof=Proof.HOLDER,
    )
    session_id, key = made.session_id, secret.make(_random.randbytes(secret.SIZE))
    tls = Tls(ready["ca"], paths["certificate"], paths["key"])
    with connect(ready["grpc"], tls=tls, server_name=ready["server_name"]) as web:
        web.run(calls.redeem_session(made.url.rpartition("/")[2], key))
        vault.sessions.bind(session_id, secret.bind_code(key, session_id=session_id))
        web.run(calls.agree_to_terms(session_id, key))
        person = calls.begin_proof(
            session_id,
            key,
            proof=1,
            typed={
                "name": who.representative.name,
                "kind": DocumentType.RESIDENT_ID,
                "number": who.representative.number,
                "guardian": None,
            },
        )
        page = web.run(person)
        _confirm(page.proof_url)
        web.run(calls.finish_proof(session_id, key, proof=1))
    found = vault.sessions.get(session_id).verification
    if found is None:
        raise UndecidedError("the session has no claim")
    return found


def _confirm(address: str) -> None:
    """Say at the mock provider that it is oneself; where it sends a browser is not followed."""
    page = urlsplit(address)
    connection = HTTPConnection(page.netloc, timeout=60)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        path = f"{page.path.removesuffix('/page')}/end"
        connection.request("POST", path, body="outcome=CONFIRMED", headers=headers)
        connection.getresponse().read()
    finally:
        connection.close()


def send(vault: Vault, person: Person, request_id: str) -> Verification | None:
    """Make a claim that is identical on every call; None without an answer."""
    try:
        return vault.verify_individual(
            person.name, resident_id(person.number), consent=_CONSENT, request_id=request_id
        )
    except VaultError:
        return None


def settled(vault: Vault, person: Person, request_id: str) -> Verification:
    """Repeat the request, as a backend without an answer does, until the claim has ended."""
    found: list[Verification] = []

    def ended() -> bool:
        answer = send(vault, person, request_id)
        found.extend([answer] if answer and not answer.pending else [])
        return bool(found)

    assert wait_for(ended, patience=90)
    return found[0]


def wait_for(condition: Callable[[], bool], *, patience: float = _PATIENCE) -> bool:
    """Wait until a condition holds; return whether it did in time."""
    deadline, pause = time.monotonic() + patience, 0.01
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.1)
    return True
