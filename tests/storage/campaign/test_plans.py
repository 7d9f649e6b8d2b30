"""Campaign statements use their indexes, on both databases."""

from datetime import date

import pytest

from idvault.campaign.invitation.store import progress, upgrade
from idvault.campaign.invitation.store import rows as invitation_store
from idvault.campaign.legacy_account import store as legacy_account_store
from idvault.core.db.database import Database
from tests.storage.plans import Hot, check_index
from tools.support.builders import reading

_NOW = reading()
_COHORT = {"party": "platform-a", "label": "", "created_from": date.min, "created_before": date.max}
_LACKS = {"today": date.max, "below": ["REGISTRY_MATCH"]}
_DUE = {"campaign": "c" * 32, "now": _NOW.business, "limit": 9, **_LACKS}
_LOOKED = {"party": "platform-a", "after": 5, "window": 9}
# Each statement with its indexes: as SQLite's plan names them, and as PostgreSQL's does.
HOT: dict[str, Hot] = {
    "known references": (
        legacy_account_store._FIND,
        {"party": "platform-a", "references": [b"r" * 32, b"s" * 32]},
        "sqlite_autoindex_legacy_accounts_2 (relying_party=? AND reference=?)",
        "uq_legacy_accounts_relying_party",
    ),
    "members whom nobody invited": (
        invitation_store._NEVER_INVITED,
        {"campaign": "c" * 32, "limit": 9, **_COHORT},
        "ix_legacy_accounts_uninvited (relying_party=? AND invited_by=?)",
        "ix_legacy_accounts_uninvited",
    ),
    "members whom an earlier campaign invited": (
        invitation_store._INVITED_BEFORE,
        {"campaign": "c" * 32, "limit": 9, **_COHORT},
        "ix_legacy_accounts_uninvited (relying_party=? AND invited_by>? AND invited_by<?)",
        "ix_legacy_accounts_uninvited",
    ),
    "members whom a later campaign invited": (
        invitation_store._INVITED_AFTER,
        {"campaign": "c" * 32, "limit": 9, **_COHORT},
        "ix_legacy_accounts_uninvited (relying_party=? AND invited_by>?)",
        "ix_legacy_accounts_uninvited",
    ),
    "accounts that lack a minimum": (
        upgrade._LACKING,
        {**_COHORT, **_LACKS, "after": 5, "end": 14, "campaign": "c" * 32, "all": 1, "limit": 9},
        "sqlite_autoindex_status_feed_2 (relying_party=? AND sequence>? AND sequence<?)",
        "uq_status_feed_relying_party",
    ),
    "how far a campaign looks": (
        upgrade._END,
        _LOOKED,
        "sqlite_autoindex_status_feed_2 (relying_party=? AND sequence>?)",
        "uq_status_feed_relying_party",
    ),
    "size of a cohort with a minimum": (
        progress._COHORT_ABOVE,
        {**_COHORT, "campaign": "c" * 32, "sufficient": ["HOLDER"]},
        "SEARCH legacy_accounts USING INDEX sqlite_autoindex_legacy_accounts_2 (relying_party=?)",
        "uq_legacy_accounts_relying_party",
    ),
    "invited accounts that were not imported": (
        progress._OTHERS_ABOVE,
        {"campaign": "c" * 32},
        "ix_invitations_campaign_id_state_due_at (campaign_id=?)",
        "ix_invitations_campaign_id",
    ),
    "size of a cohort": (
        progress._COHORT,
        _COHORT,
        "SEARCH legacy_accounts USING INDEX sqlite_autoindex_legacy_accounts_2 (relying_party=?)",
        "uq_legacy_accounts_relying_party",
    ),
    "reminders": (
        invitation_store._REMINDERS,
        _DUE,
        "ix_invitations_campaign_id_state_due_at (campaign_id=? AND state=? AND due_at<?)",
        "ix_invitations_campaign_id",
    ),
    "lost deliveries": (
        invitation_store._RETURNED,
        {"real": _NOW.real, **_DUE},
        "ix_invitations_campaign_id_state_due_at (campaign_id=? AND state=? AND due_at<?)",
        "ix_invitations_campaign_id",
    ),
    "a batch": (
        invitation_store._FORMER,
        {"batch": "b" * 32},
        "ix_invitations_batch_id (batch_id=?)",
        "ix_invitations_batch_id",
    ),
    "invitations of an account": (
        invitation_store._FIND_ALL,
        {"token": "acct_1"},
        "SEARCH invitations USING INDEX sqlite_autoindex_invitations_1 (account_token=?)",
        "pk_invitations",
    ),
    "limited accounts": (
        invitation_store._LIFTABLE,
        {"limit": 9},
        "ix_campaigns_state (state=?)",
        "ix_legacy_accounts_limited",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, name: str) -> None:
    """No table is scanned."""
    but = ("SCAN json_each", "SCAN looked", *(() if name.startswith("members ") else ("TEMP B-TREE",)))
    await check_index(main_database, HOT[name], never=("TEMP B-TREE", "SCAN "), but=but)
