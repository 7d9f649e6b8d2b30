"""How the operator's console calls parts, roles, limits, checks, keys and what has a deadline."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


_PARTS: Mapping[str, Text] = {
    "vault": _("the vault"),
    "process": _("the process of these settings"),
    "databases": _("the databases"),
    "platforms": _("the registered names"),
    "pages": _("what the hosted pages call each platform"),
    "usage": _("the usage"),
    "credentials": _("the status credentials of today"),
    "limits": _("the limits"),
    "certificates": _("the vault's own certificates"),
    "drills": _("the drills"),
    "log": _("the public log"),
    "queue": _("the queue"),
    "deadlines": _("the deadlines"),
    "backups": _("the backups"),
    "keys": _("the versions of keys"),
}
_ROLES: Mapping[str, Text] = {
    "platform": _("Platform"),
    "monitor": _("Program that watches the log"),
    "web": _("Hosted pages"),
    "moderator": _("Moderator's desk"),
    "registry": _("Notices of the registry"),
}
_PROOFS: Mapping[str, Text] = {
    "NUMBER_MATCH": _("name and number, asked of the registry"),
    "HOLDER": _("a proof of presence by a provider"),
    "RESULT_ONLY": _("a proof without a name by a provider"),
    "ONE_REVIEWER": _("a document that one reviewer has seen"),
    "TWO_REVIEWERS": _("a document that two reviewers have seen"),
}
_LIMITS: Mapping[str, Text] = {
    "registry_calls_per_second": _("Calls of the registry in a second, of all platforms together"),
    "accounts_per_person": _("Accounts of one person at a platform"),
    "verification_days": _("Days that a verification lasts"),
    "credentials_per_day": _("Status credentials of a platform in a day"),
    "tip_offs_per_day": _("Reports of one reporter in a day"),
    "disclosures_per_day": _("Disclosures that one auditor requests in a day"),
    "public_accounts_per_individual": _("Public accounts of one person"),
    "public_accounts_per_organization": _("Public accounts of one organisation"),
    "processes": _("Processes of one edge"),
}

_MEMBERS: Mapping[str, Text] = {
    "auditor": _("Auditor"),
    "custodian": _("Custodian"),
    "operator": _("Operator's staff"),
    "authority": _("Authority's officer"),
}
_CHECKS: Mapping[str, Text] = {
    "databases": _("Databases"),
    "roster": _("Roster"),
    "log": _("Places in the log"),
    "checkpoint": _("Cosignatures of the log"),
    "witness": _("Witnesses"),
    "drills": _("Drills of the custodians"),
    "hand-over": _("Hand-overs of custodians"),
    "erasures": _("Steps of erasures"),
    "disavowals": _("Disowned accounts"),
    "notifications": _("Notifications of platforms"),
    "records": _("Keys of sealed records"),
    "disk": _("Space on the disks"),
    "files": _("Owners of the files"),
    "keys": _("Key file"),
    "servers": _("Servers of the main database"),
    "shred-servers": _("Servers of the shred database"),
    "database-clock": _("Clock of the databases"),
    "registry": _("Registry of persons"),
    "registry-clock": _("Clock of the registry"),
    "registry-enterprise": _("Registry of organisations"),
    "edge": _("Edge behind the hosted pages"),
    "tls-certificate": _("Certificate of the edges"),
    "tls-ca": _("Certificate of the authority"),
    "web-tls-certificate": _("Certificate of the hosted pages"),
}
_PURPOSES: Mapping[str, Text] = {
    "index": _("Index of persons"),
    "request": _("Hashes of requests"),
    "reference": _("References to persons"),
    "intake": _("Identities that wait"),
    "log": _("Signature of the log"),
    "status-token": _("Signature of tokens and credentials"),
    "status-list": _("Signature of status lists"),
    "pairwise": _("Subjects of third parties"),
    "case-text": _("Texts of disclosures"),
    "moderation-text": _("Texts of decisions"),
    "tip-off": _("Reports and reporters"),
    "second-factor": _("Second factors"),
    "person-request": _("Hashes of requests at the custody edge"),
}
_OVERDUE: Mapping[str, Text] = {
    "reports": _("Replies to reports"),
    "appeals": _("Appeals"),
    "contests": _("Contests of verifications"),
    "disavowals": _("Disowned accounts"),
    "reinstatements": _("Appeals against withdrawals"),
    "narrowings": _("Sanctions to be narrowed"),
    "orders": _("Orders of authorities"),
    "content_appeals": _("Appeals about content"),
    "solutions": _("Solutions of reports"),
    "flood": _("Solutions of reports in a flood"),
    "erasures": _("Steps of erasures, which the worker takes"),
}


def _named(prefix: str, texts: Mapping[str, Text]) -> dict[str, Text]:
    return {f"{prefix}.{name}": text for name, text in texts.items()}


NAMES: Mapping[str, Text] = {
    **_named("part", _PARTS),
    **_named("role", _ROLES),
    **_named("proof", _PROOFS),
    **_named("limit", _LIMITS),
    **_named("member", _MEMBERS),
    **_named("overdue", _OVERDUE),
    **_named("check", _CHECKS),
    **_named("purpose", _PURPOSES),
}
