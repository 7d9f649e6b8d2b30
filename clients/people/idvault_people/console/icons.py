"""Which icon of icons.svg stands before a link of a console's menu, by the key of the link's text."""

from collections.abc import Mapping

MENU_ICONS: Mapping[str, str] = {
    # The moderators' desk.
    "overview": "grid",
    "reports": "flag",
    "sanctions": "ban",
    "templates": "copy",
    "appeals": "speech",
    "measures": "hide",
    "orders": "document",
    "public_accounts": "megaphone",
    "contests": "question",
    "disavowals": "person-off",
    "reinstatements": "back",
    "narrowings": "narrow",
    "reporters": "people",
    "campaigns": "send",
    "figures": "bars",
    "own_history": "clock",
    # The operator.
    "today": "grid",
    "platforms": "server",
    "roster_title": "people",
    "log_title": "list",
    "queue_title": "hourglass",
    "deadlines_title": "clock",
    "doctor_title": "pulse",
    "storage_title": "database",
    "keys_title": "key",
    "own_keys": "person",
    # Custodians, auditors and authorities' officers.
    "waiting": "inbox",
    "own_decisions": "clock",
    "drill": "repeat",
    "hand_over": "swap",
    "cases": "folder",
    "new": "plus",
    "evidence": "document",
    "issue": "plus",
    "referrals": "send",
    "operations": "folder",
    "own": "person",
}
