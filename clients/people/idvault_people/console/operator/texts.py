"""The texts of the operator's console, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


_PARTS: Mapping[str, Text] = {
    "vault": _("the vault"),
    "databases": _("the databases"),
    "platforms": _("the registered names"),
    "pages": _("what the hosted pages call each platform"),
    "usage": _("the usage"),
    "limits": _("the limits"),
    "certificates": _("the vault's own certificates"),
    "drills": _("the drills"),
    "log": _("the public log"),
    "queue": _("the queue"),
    "deadlines": _("the deadlines"),
    "backups": _("the backups"),
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


def _named(prefix: str, texts: Mapping[str, Text]) -> dict[str, Text]:
    return {f"{prefix}.{name}": text for name, text in texts.items()}


OPERATOR: Mapping[str, Text] = {
    **_named("part", _PARTS),
    **_named("role", _ROLES),
    **_named("proof", _PROOFS),
    **_named("limit", _LIMITS),
    "service": _("The operator's console"),
    "head": _("{name} · {vault} · your certificate lasts until {until}"),
    "as_of": _("As of {time}."),
    "ask_again": _("Check again"),
    "never_yet": _("never"),
    "unread": _("Not read: {part}. {why}"),
    "technical_details": _("Technical details"),
    "commands_away": _(
        "The vault's commands cannot be run from here. Start the console with --vault and the words that run"
        " them on the vault's host."
    ),
    "command_refused": _("The vault's command did not do this."),
    # The first page
    "today": _("Today"),
    "tile_ending": _("Certificates that end within 14 days"),
    "tile_unknown": _("Certificates whose last day is not known here"),
    "tile_verified": _("Verifications this month"),
    "open_name": _("Open {name}"),
    # Platforms
    "platforms": _("Platforms"),
    "name": _("Name"),
    "kind": _("Kind"),
    "valid_keys": _("Valid keys"),
    "last_day": _("Certificate ends"),
    "calls": _("Calls this month"),
    "waits_here": _("Waiting for the registry"),
    "search_key": _("Name, or start of a key's SHA-256"),
    "search": _("Search"),
    "search_all": _("Show all"),
    "none_found": _("No name and no key fits."),
    "no_names": _("No platform is registered yet. Register the first one with its certificate."),
    "no_valid_key": _("no valid key"),
    "not_known": _("not known here"),
    "ends_in": _("in {days} days"),
    "ends_tomorrow": _("in one day"),
    "ends_today": _("within a day"),
    "has_ended": _("has ended"),
    "certificate_ends": _(
        "The certificate of {name} ends on {day}, {left}. Its calls are refused afterwards: ask for a new"
        " request, certify it, and register the new key."
    ),
    "certificate_ended": _(
        "The certificate of {name} ended on {day}, and its calls are refused: ask for a new request, certify"
        " it, and register the new key."
    ),
    "last_day_not_known": _(
        "The vault knows the key, not the certificate. Add a copy of the certificate below, and the console"
        " warns in time."
    ),
    "title_of_pages": _("Title on the hosted pages"),
    "return_origins": _("Where the hosted pages may send a browser"),
    "accepts_proofs": _("Accepts"),
    "none_set": _("none"),
    "actor_id": _("Id in the public log"),
    "key_valid": _("Valid key"),
    "key_revoked": _("Revoked key"),
    "fingerprint": _("Fingerprint"),
    "key_hash": _("SHA-256 of the public key"),
    "registered_at": _("Registered"),
    "revoked_at": _("Revoked"),
    "usage_of": _("Usage in {month}"),
    "usage_details": _("All figures"),
    "verified": _("Verifications that succeeded"),
    "charged": _("Checks that the registry charges"),
    "stored_accounts": _("Accounts"),
    "stored_records": _("Sealed records"),
    "limits": _("Limits in force"),
    "limits_are": _("What they are"),
    "limits_text": _("Settings of the vault, the same for every platform. A change needs a restart."),
    "add_certificate": _("Add a copy of its certificate"),
    "add_certificate_text": _(
        "Only this console reads it, for the last day. The vault is told nothing, and no key changes."
    ),
    "certificate_file": _("Certificate"),
    "certificate_hint": _("A PEM file of one of the keys above."),
    "no_certificate": _("This is not a certificate in PEM form with the name of a caller"),
    "other_key": _("This certificate has another key than those of {name}"),
    # The operator's own page
    "own_keys": _("My keys"),
}
