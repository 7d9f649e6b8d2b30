"""An appeal at a running vault with a shifted clock: overdue, decided late, its text deleted, never shown."""

import urllib.request
from datetime import timedelta
from pathlib import Path

from idvault_client import Vault
from idvault_client.sanctions import AppealState, Degree
from idvault_client.testing import invent_organization
from tests.journeys.test_sanction import moderator
from tests.support.house import House
from tools.support import folders
from tools.support.sanction_world import reasons
from tools.support.sandbox import verify_organization, wait_for
from tools.torture.theft import search

CANARY = "龖龗"
TEXT = f"{CANARY} wrote this (synthetic)"
ENTRIES = "select count(*) from log_entries where instr(leaf, cast(? as blob)) > 0"


def logged(house: House, kind: str) -> int:
    """Return how many log entries there are of a type."""
    ((count,),) = house.query(ENTRIES, kind)
    return int(count)


def metrics(house: House) -> str:
    """Return what all processes measure."""
    pages = []
    for url in house.ready["metrics"].values():
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - the url of our own server
            pages.append(answer.read().decode())
    return "".join(pages)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a deployment: databases and their journals, logs, public files, keys."""
    return {str(path): content for path, content in folders.contents(folder).items()}


def test_an_appeal_over_half_a_year(own_house: House) -> None:
    """The worker counts it as overdue, once; a late decision ends that; the text is deleted 90 days later."""
    company = invent_organization()
    own_house.registry.add_organizations(company)
    with own_house.vault() as vault:
        token = verify_organization(vault, company, ready=own_house.ready).account_token
        keys = moderator(vault), moderator(vault)
        warning = vault.sanctions.impose(token, Degree.WARN, reasons(), key=keys[0])
        appeal = vault.sanctions.file_appeal(warning.sanction_id, TEXT)
        assert vault.sanctions.list_appeals(overdue=True).appeals == ()
        own_house.shift(timedelta(days=17))
        _is_overdue(own_house, vault, appeal.appeal_id)
        decided = vault.sanctions.decide_appeal(
            appeal, AppealState.REJECTED, "as it was", sanction=warning, key=keys[1]
        )
        assert decided.outside_body
        assert vault.sanctions.list_appeals(overdue=True).appeals == ()
        assert vault.sanctions.get_appeal(appeal.appeal_id).text == TEXT
        _is_nowhere(own_house)
        own_house.shift(timedelta(days=17 + 92))
        assert wait_for(lambda: logged(own_house, "appeal:text:delete") == 1)
        assert vault.sanctions.get_appeal(appeal.appeal_id).text == ""
        assert own_house.query("select count(*) from appeals where text is not null") == [(0,)]
        assert wait_for(lambda: "idvault_appeals_overdue 0.0" in metrics(own_house))
    assert logged(own_house, "appeal:case:overdue") == 1
    _is_nowhere(own_house)


def _is_overdue(house: House, vault: Vault, appeal_id: str) -> None:
    assert wait_for(lambda: logged(house, "appeal:case:overdue") == 1)
    (found,) = vault.sanctions.list_appeals(overdue=True).appeals
    assert (found.appeal_id, found.overdue) == (appeal_id, True)
    assert wait_for(lambda: "idvault_appeals_overdue 1.0" in metrics(house))


def _is_nowhere(house: House) -> None:
    """No file of the deployment has the text in any form, and no metric; it was not found by luck."""
    assert search.search({"measured": metrics(house).encode()}, [CANARY]) == []
    found = files(house.folder)
    assert len(found) > 20
    assert any(name.endswith("dev.log") for name in found)
    assert search.search(found, [CANARY]) == []
