"""A registry's notices in a running vault: from its feed to the accounts, and no number in any file."""

from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

from idvault_client import FailureReason, State
from idvault_dev import environment
from idvault_dev.layout import REGISTRIES, Layout
from tests.support.house import House
from tools.support import folders, programs
from tools.support.sandbox import Person, claim, verify, wait_for


def follow(house: House) -> str:
    """Let the program that follows the feed take what there is; return its last line."""
    layout = Layout(house.state)
    (name,) = REGISTRIES
    registry = house.ready["registry"]["base_url"]
    settings = {
        **environment.common(layout),
        **environment.registry(layout, base_url=registry),
        "IDVAULT_TLS_CERTIFICATE": str(layout.certificate(name)),
        "IDVAULT_TLS_KEY": str(layout.key(name)),
        "IDVAULT_TLS_CA": str(layout.authority),
    }
    options = ("--feed", registry, "--target", house.ready["grpc"], "--server-name", "localhost", "--once")
    done = programs.run(programs.VAULT, "notices", "follow", *options, environment=settings)
    (house.state / "follow.log").write_text(done.stdout + done.stderr, "utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def document(person: Person) -> dict[str, str]:
    """Return a person's document, as the registry's admin port takes it."""
    return {"type": "RESIDENT_ID", "number": person.number}


def places_of(house: House, *people: Person) -> set[Path]:
    """Return every file of the vault, and its metrics, that have a number of somebody."""
    found = {
        path
        for path, content in folders.contents(house.state).items()
        if path.name != "population.json" and any(each.number.encode() in content for each in people)
    }
    for address in house.ready["metrics"].values():
        with urlopen(address) as answer:  # noqa: S310 - the vault's own
            content = answer.read()
        found |= {Path(address) for each in people if each.number.encode() in content}
    return found


def test_from_the_feed_to_the_accounts(own_house: House) -> None:
    """Of two people one ends and one gets a new number; the others' notices leave a row each."""
    registry = own_house.registry
    ended, moved, new, unknown = (registry.newcomer() for _ in range(4))
    with own_house.vault() as vault:
        tokens = [verify(vault, person).account_token for person in (ended, moved)]
        registry.notify(
            {"kind": "PERSON_ENDED", "document": document(ended)},
            {"kind": "NUMBER_REPLACED", "document": document(moved), "newDocument": document(new)},
            {"kind": "PERSON_ENDED", "document": document(unknown)},
            {"kind": "NAME_CHANGED", "document": document(unknown)},
        )
        assert follow(own_house) == "notices: 4 new"
        assert follow(own_house) == "notices: 0 new"
        assert own_house.query("select count(*) from registry_notices") == [(4,)]
        assert claim(vault, ended).failure_reason is FailureReason.MISMATCH
        assert verify(vault, new, account_token=tokens[1]).succeeded
        assert [vault.get_status(token).state for token in tokens] == [State.VERIFIED] * 2
        own_house.shift(timedelta(days=31))
        assert wait_for(lambda: vault.get_status(tokens[0]).state is State.EXPIRED)
        assert vault.get_status(tokens[1]).state is State.VERIFIED
        assert own_house.query("select count(*) from account_notices") == [(0,)]
    assert places_of(own_house, ended, moved, new, unknown) == set()
    left = own_house.state / "left"
    left.write_text(f"before {unknown.number} after", "utf-8")
    assert places_of(own_house, unknown) == {left}
