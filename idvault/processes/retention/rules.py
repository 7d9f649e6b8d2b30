"""What the vault keeps, for how long and why: one rule for every kind of data.

- A rule names the worker's task that enforces it, and the setting that changes it, if there are any.
- What a rule keeps without an end leads to nobody after an erasure, or is public accountability.
- Every table of both databases belongs to exactly one rule (tests/storage/test_retention.py).
"""

from dataclasses import dataclass
from datetime import timedelta

from idvault.account import rules as account_rules
from idvault.campaign.invitation.rules import CODE_LIFETIME
from idvault.claim.representative import rules as representative_rules
from idvault.claim.review import rules as review_rules
from idvault.claim.rules import CLAIM_LIFETIME, REQUEST_LIFETIME, WINDOW
from idvault.core.policy import CREDENTIAL_DAYS
from idvault.erasure.rules import DELAY, ErasureTerms
from idvault.notification import rules as notification_rules
from idvault.people.rules import PROPOSAL_LIFETIME
from idvault.processes.backup.rules import SHRED_KEPT
from idvault.sanction.objection.rules import TEXT_DAYS
from idvault.session.inquiry import rules as inquiry_rules
from idvault.session.rules import KEPT
from idvault.status.rules import REJECTED_ACCOUNT_DAYS
from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.contact import rules as contact_rules
from idvault.tip_off.flood import rules as flood_rules
from idvault_verify import disclosure as verify_disclosure

_NO_END = "no end"


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One kind of data. enforced_by: the worker's task, if it ends by time. setting: "" if it is fixed."""

    what: str
    kept: str
    why: str
    tables: tuple[str, ...]
    enforced_by: str = ""
    setting: str = ""


def table(terms: ErasureTerms) -> tuple[RetentionRule, ...]:
    """Return the rules under an operator's terms, the personal ones first."""
    return (
        *_identities(terms),
        *_representatives(),
        *_reviews(),
        *_people(),
        *_disowned(),
        *_words(),
        *_accounts(),
        *_accountability(),
        *_house(),
    )


def _identities(terms: ErasureTerms) -> tuple[RetentionRule, ...]:
    end = _days(terms.waiting + DELAY)
    longest = _days(terms.unproved + DELAY)
    erased = (
        f"while the account exists; {end} after its erasure is requested, "
        f"{longest} if on a page of the vault without a fresh verification"
    )
    return (
        RetentionRule(
            "sealed names and numbers, with the custodians' shares, and the shred keys",
            erased,
            "a disclosure to an auditor, by the custodians together",
            ("records", "record_keys", "shred_keys"),
            enforced_by="erase_accounts",
            setting="IDVAULT_ERASURE_WAITING_DAYS",
        ),
        RetentionRule(
            "former versions of a sealed identity, with their shred keys",
            f"{_days(account_rules.FORMER_KEPT)} after the new verification, or after the last disclosure of "
            "the version has ended; one that is held as evidence until the end of the hold",
            "a new verification ends no disclosure",
            ("kept_records",),
            enforced_by="destroy_versions",
        ),
        RetentionRule(
            "the sealed identity of a claim that waits for the registry, and the key that opens it",
            f"until the claim ends, at most {_hours(CLAIM_LIFETIME)}; the key about 20 minutes more",
            "the registry did not answer yet",
            ("intakes", "day_keys"),
            enforced_by="time_out",
        ),
        RetentionRule(
            "keyed hashes of requests, which cover names",
            _days(REQUEST_LIFETIME),
            "a repeated request is carried out once",
            ("requests", "person_requests"),
            enforced_by="purge_requests",
        ),
        RetentionRule(
            "keyed marks of attempts to verify",
            _hours(WINDOW),
            "guesses are limited per person and account",
            ("attempts", "account_attempts"),
            enforced_by="purge_requests",
        ),
    )


def _reviews() -> tuple[RetentionRule, ...]:
    return (
        RetentionRule(
            "which reviewers signed to have seen a person's document, without name and number",
            f"while the account exists; {_days(review_rules.KEPT)} if no second reviewer signs, or no "
            "account came of it",
            "what a reviewer has signed is found again once the key is revoked",
            ("reviews",),
            enforced_by="forget_reviews",
        ),
    )


def _representatives() -> tuple[RetentionRule, ...]:
    return (
        RetentionRule(
            "a keyed digest of an organisation's legal representative",
            f"while the claim is open, and {_days(representative_rules.KEPT_FOR)} after its match; so is the "
            "sealed identity of the claim",
            "the representative must prove to be present before the organisation is verified",
            ("representatives",),
            enforced_by="forget_representatives",
        ),
    )


def _withdrawn() -> RetentionRule:
    read = account_rules.KEPT_FOR + account_rules.FORMER_KEPT + account_rules.READ_FOR
    return RetentionRule(
        "what an account was before its verification was withdrawn, and whose",
        f"{_days(read)} and the embargo after the withdrawal; if requests keep its record longer, until it "
        f"is gone, and {_days(account_rules.READ_FOR)} and the embargo after its last opening; without whose "
        "it was, without an end",
        "name and number do not suffice again for 180 days; the account shows nothing of it, and its "
        "person reads who opened it",
        ("withdrawals",),
        enforced_by="forget_withdrawn",
        setting="IDVAULT_DISCLOSURE_EMBARGO_DAYS",
    )


def _people() -> tuple[RetentionRule, ...]:
    return (
        RetentionRule(
            "the blind index of a person's number, with a random id",
            "until the last account is erased, whose withdrawn verifications were is forgotten, and no "
            "sanction of the person is in force; of a number that no account has, until those at which it "
            "was claimed are gone",
            "the limit of accounts per person; a closed person does not come back",
            ("persons",),
            enforced_by="release_erased",
        ),
        _withdrawn(),
        RetentionRule(
            "which persons a notice of the registry is about, and on which day an account ends for it",
            "until the person's index is deleted, the notice is reversed, or the day has come",
            "who has died is not verified again; a new number renews the old one's accounts",
            ("person_marks", "account_notices"),
            enforced_by="expire_noticed",
        ),
        RetentionRule(
            "accounts that were never verified, with their claims",
            f"{REJECTED_ACCOUNT_DAYS} days after the day when the last claim ended, all of a day together",
            "the person may try again",
            (),
            enforced_by="remove_abandoned",
        ),
        RetentionRule(
            "the keys that connect log entries with an account",
            "while the account exists, and as long as its record",
            "receipts, disclosure histories and evidence",
            ("log_openings", "receipts"),
            enforced_by="erase_accounts",
        ),
        RetentionRule(
            "verification sessions, with the platform's terms as shown",
            _days(KEPT),
            "the platform reads the result",
            ("sessions",),
            enforced_by="purge_sessions",
        ),
    )


def _disowned() -> tuple[RetentionRule, ...]:
    return (
        RetentionRule(
            "whose accounts stand in a name: proofs under way, and who asked for the list",
            f"{_days(inquiry_rules.PURGED_AFTER)}; who asked, {_days(inquiry_rules.KEPT)} after it is ready",
            "a second proof shows the list, or cancels it",
            ("inquiries", "account_lists"),
            enforced_by="purge_inquiries",
        ),
        RetentionRule(
            "which accounts their person disowned",
            "until the platform is told; then without an end, without whose they are once it is over",
            "the platform must decide, and the person is told",
            ("waiting_disavowals", "disavowals"),
            enforced_by="tell_disavowals",
        ),
    )


def _words() -> tuple[RetentionRule, ...]:
    return (
        RetentionRule(
            "what owners wrote in appeals and contests, also of content, and against withdrawals, sealed",
            f"{TEXT_DAYS} days after the decision",
            "the moderator who decides must read it",
            ("appeals", "contests", "reinstatements"),
            enforced_by="delete_appeal_texts",
        ),
        RetentionRule(
            "what reporters wrote, their contact and copies of content, sealed",
            f"{tip_off_rules.TEXT_DAYS} days after the report is closed",
            "the report must be decided and answered",
            ("tip_off_texts",),
            enforced_by="tip_off_texts",
        ),
        RetentionRule(
            "keyed ids of ordinary reporters, tries of secrets, and counts of what moderators took down and "
            "referred",
            f"{tip_off_rules.TEXT_DAYS} days after the last report",
            "limits per reporter, and who was trusted or abusive",
            ("tip_off_reporters", "tip_off_tries"),
            enforced_by="tip_off_purge",
        ),
        RetentionRule(
            "codes that prove a reporter's address, and the mails that carry them, sealed",
            f"the mail until it is sent, at most {_minutes(contact_rules.CODE_LIFETIME)}; the code "
            f"{_minutes(contact_rules.CODE_LIFETIME)}, the proof {_hours(contact_rules.PROVED_FOR)} or "
            "until a report is filed with it",
            "the reporter must read the mail to be who the address says",
            ("contact_proofs", "contact_mails"),
            enforced_by="contact_purge",
        ),
        RetentionRule(
            "how many codes a mailbox was sent",
            "until the day (UTC) is over",
            "nobody is flooded with codes",
            ("contact_counts",),
            enforced_by="contact_purge",
        ),
        RetentionRule(
            "how many reports a form had on each day",
            f"{flood_rules.DAYS} days",
            "what is usual for a form, so that a flood of reports can be told",
            ("tip_off_form_days",),
            enforced_by="tip_off_purge",
        ),
    )


def _accounts() -> tuple[RetentionRule, ...]:
    return (
        RetentionRule(
            "tokens with their status, also of erased accounts",
            _NO_END,
            "caches and third parties must learn that an account is erased",
            ("accounts", "status_feed", "status_feed_heads", "erasures", "erasure_memos"),
        ),
        RetentionRule(
            "how and when claims ended, and which terms were agreed to; without the person after an erasure",
            "while the account exists; after an erasure without an end",
            "consent must be proved; the transparency report counts outcomes",
            ("claims", "jobs"),
        ),
        RetentionRule(
            "status credentials",
            f"{CREDENTIAL_DAYS} days",
            "each has an entry in a public list until it expires",
            ("status_credentials",),
            enforced_by="status_lists",
        ),
        RetentionRule(
            "used places of the public lists, without an account; daily counts of credentials",
            _NO_END,
            "no place is used twice",
            ("status_lists", "status_marks", "credential_counts"),
        ),
        RetentionRule(
            f"references of legacy accounts, and invitations; their codes for {_hours(CODE_LIFETIME)}",
            _NO_END,
            "an account is imported once; the figures of campaigns",
            ("legacy_accounts", "campaigns", "campaign_days", "invitations"),
        ),
        RetentionRule(
            "public accounts and their former versions",
            _NO_END,
            "filings with the authority, of past days too",
            ("public_accounts", "public_account_operators", "public_account_versions"),
        ),
    )


def _accountability() -> tuple[RetentionRule, ...]:
    return (
        RetentionRule(
            "the log: types, minutes and commitments, which tell of nobody without the keys above",
            _NO_END,
            "every act can be verified by anybody",
            ("log_entries", "log_misses", "log_head", "log_nodes", "log_statements", "log_checkpoints"),
        ),
        RetentionRule(
            "requests for disclosures, sealed, decisions and openings, without what opens a record",
            f"{_NO_END}; released shares until the disclosure ends, at most "
            f"{_days(verify_disclosure.LONGEST_LIFETIME)}",
            "auditors and custodians answer for them; the person's history",
            (
                "disclosures",
                "disclosure_decisions",
                "disclosure_openings",
                "disclosure_budgets",
                "disclosure_refusals",
            ),
        ),
        RetentionRule(
            "sanctions and measures on content with their statements of reasons, orders and operations;"
            " reports without their texts",
            _NO_END,
            "a sanction's history, and public supervision",
            (
                "moderators",
                "moderator_papers",
                "sanctions",
                "narrowings",
                "followers",
                "follower_closings",
                "content_measures",
                "authority_orders",
                "given_orders",
                "joint_operations",
                "operations",
                "tip_off_referrals",
                "tip_offs",
            ),
        ),
        RetentionRule(
            "templates of sanctions, which name nobody",
            "until the platform deletes them",
            "the form of a sanction begins with one",
            ("sanction_templates",),
        ),
    )


def _house() -> tuple[RetentionRule, ...]:
    return (
        RetentionRule(
            f"rosters, second factors, drills, hand-overs; proposals for {_days(PROPOSAL_LIFETIME)}",
            _NO_END,
            "who may open what; earlier rosters verify earlier papers",
            (
                "roster",
                "roster_versions",
                "roster_proposals",
                "roster_signatures",
                "second_factors",
                "drill_records",
                "drill_passes",
                "handed_quorums",
                "ended_handovers",
            ),
        ),
        *_notifications(),
        RetentionRule(
            "id, kind and day of each notice of the registry",
            _NO_END,
            "each is applied once; nothing says of whom it is",
            ("registry_notices", "notice_feeds"),
        ),
        RetentionRule(
            "platforms with their pinned keys, the vault's public keys and counters",
            _NO_END,
            "who may call; nothing of a person",
            (
                "platforms",
                "platform_keys",
                "platform_pages",
                "platform_usage",
                "status_keys",
                "key_versions",
                "budgets",
                "deployment",
                "contact_offers",
                "schema_floors",
            ),
        ),
        RetentionRule(
            "backups of the shred database",
            f"{_days(SHRED_KEPT)} at most, by the operator",
            "they keep the keys of who is erased meanwhile",
            (),
        ),
    )


def _notifications() -> tuple[RetentionRule, ...]:
    return (
        RetentionRule(
            "what recipients of notifications are still to hear, and messages that did not arrive",
            f"until a recipient's digest is over, at most {_days(notification_rules.LONGEST_DIGEST)}, "
            f"and the message arrives; after {_days(notification_rules.GIVEN_UP)} it is given up, "
            f"and kept for {notification_rules.DEAD_DAYS} days",
            "whoever must act is told, at least once",
            ("outbox", "notification_items", "notifications"),
            enforced_by="forget_notifications",
        ),
    )


def _days(time: timedelta) -> str:
    return f"{time.days} days"


def _minutes(time: timedelta) -> str:
    return f"{time // timedelta(minutes=1)} minutes"


def _hours(time: timedelta) -> str:
    return f"{time // timedelta(hours=1)} hours"
