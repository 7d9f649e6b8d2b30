"""The events in the log: their types, and the fields that each commits to, in order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from idvault_verify import seal

SYSTEM_ACTOR = "system"
PLATFORM_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""The registered name of a platform: public, for ever, and one platform's alone."""
_LATE = ("miss", "overdue")


def names_platform(kind: str) -> bool:
    """Return whether entries of a type name a platform: the last word of the type is `miss` or `overdue`.

    Of a provider's lateness the log says whose it is, of nothing else.
    """
    return kind.rpartition(":")[2] in _LATE


class EventType(StrEnum):
    """What happened, as noun:thing:verb. A value that has been logged never changes its meaning."""

    CLAIM_OPEN = "verification:claim:open"
    CLAIM_POSTPONE = "verification:claim:postpone"
    CLAIM_SETTLE = "verification:claim:settle"
    CLAIM_SUPERSEDE = "verification:claim:supersede"
    CLAIM_ERASE = "verification:claim:erase"
    REVIEW_SIGN = "verification:document:sign"
    REVIEW_CONFIRM = "verification:document:countersign"
    ACCOUNT_EXPIRE = "status:account:expire"
    ACCOUNT_REMOVE = "status:account:remove"
    # Nothing says whom a notice is about: the number of a person can be tried.
    REGISTRY_NOTICE = "registry:notice:apply"
    PAIRING_FALL = "registry:pairing:fall"
    CREDENTIAL_ISSUE = "status:credential:issue"
    REQUEST_PURGE = "request:retention:purge"
    PLATFORM_REGISTER = "platform:certificate:register"
    PLATFORM_REVOKE = "platform:certificate:revoke"
    PLATFORM_PRESENT = "platform:pages:present"
    PLATFORM_ACCEPT = "platform:proof:accept"
    ROSTER_ADOPTED = "roster:version:adopted"
    LOG_BEGIN_EPOCH = "log:epoch:begin"
    KEYS_LOSE = "shred:keys:lose"
    KEY_ANNOUNCE = "key:version:announce"
    KEY_END = "key:version:end"
    KEY_WITHDRAW = "key:version:withdraw"
    ROSTER_PROPOSE = "roster:version:propose"
    ROSTER_SIGN = "roster:version:sign"
    SECOND_FACTOR_BEGIN = "secondfactor:enrolment:begin"
    SECOND_FACTOR_CONFIRM = "secondfactor:enrolment:confirm"
    SECOND_FACTOR_EXHAUST = "secondfactor:tries:exhaust"
    DISCLOSURE_REQUEST = "disclosure:request:file"
    DISCLOSURE_APPROVE = "disclosure:request:approve"
    DISCLOSURE_DENY = "disclosure:request:deny"
    DISCLOSURE_CANCEL = "disclosure:request:cancel"
    DISCLOSURE_EXPIRE = "disclosure:request:expire"
    DISCLOSURE_RELEASE = "disclosure:share:release"
    DISCLOSURE_REPORT_SHARE = "disclosure:share:report"
    DISCLOSURE_DISCLOSE = "disclosure:record:disclose"
    DISCLOSURE_OPEN = "disclosure:record:open"
    DISCLOSURE_CONFIRM = "disclosure:record:confirm"
    DISCLOSURE_REFUSE = "disclosure:attempt:refuse"
    DRILL_RENEW = "custodian:drill:renew"
    DRILL_COMPLETE = "custodian:drill:pass"
    SHARES_HAND_OVER = "custody:shares:handover"
    HANDOVER_END = "custody:handover:end"
    LEGACY_IMPORT = "campaign:chunk:import"
    CAMPAIGN_CREATE = "campaign:plan:create"
    CAMPAIGN_START = "campaign:plan:start"
    CAMPAIGN_PAUSE = "campaign:plan:pause"
    CAMPAIGN_RESUME = "campaign:plan:resume"
    CAMPAIGN_END = "campaign:plan:end"
    INVITATION_CLAIM = "campaign:batch:claim"
    INVITATION_RECORD = "campaign:invitation:record"
    ACCOUNT_LIMIT = "campaign:account:limit"
    ACCOUNT_LIFT = "campaign:account:lift"
    SESSION_CREATE = "session:link:create"
    SESSION_SHOW = "session:identity:create"
    SESSION_REDEEM = "session:link:redeem"
    SESSION_BIND = "session:browser:bind"
    SESSION_AGREE = "session:terms:agree"
    SESSION_ATTEMPT = "session:attempt:begin"
    SESSION_PROVE = "session:proof:begin"
    PAIRING_CONTEST = "session:pairing:contest"
    SESSION_PURGE = "session:retention:purge"
    CONTEST_FILE = "contest:case:file"
    CONTEST_PROPOSE = "contest:case:propose"
    CONTEST_UPHOLD = "contest:case:uphold"
    CONTEST_REJECT = "contest:case:reject"
    CONTEST_OVERDUE = "contest:case:overdue"
    CONTEST_DELETE = "contest:text:delete"
    # On the operator's own page: these are about no platform and no account.
    INQUIRY_BEGIN = "inquiry:proof:begin"
    INQUIRY_ASK = "inquiry:list:ask"
    INQUIRY_SHOW = "inquiry:list:show"
    INQUIRY_CANCEL = "inquiry:list:cancel"
    INQUIRY_PURGE = "inquiry:retention:purge"
    # None of these says which account; what was told to its platform has a drawn time.
    DISAVOWAL_FILE = "disavowal:case:file"
    DISAVOWAL_PROPOSE = "disavowal:case:propose"
    DISAVOWAL_REJECT = "disavowal:case:reject"
    DISAVOWAL_ANSWER = "disavowal:case:answer"
    DISAVOWAL_END = "disavowal:case:end"
    DISAVOWAL_OVERDUE = "disavowal:case:overdue"
    # The type says that somebody decided, or that nobody did; why is under the commitment.
    WITHDRAWAL_DECIDE = "withdrawal:account:decide"
    WITHDRAWAL_SILENCE = "withdrawal:account:silence"
    WITHDRAWAL_FORGET = "withdrawal:link:forget"
    REINSTATEMENT_FILE = "reinstatement:case:file"
    REINSTATEMENT_PROPOSE = "reinstatement:case:propose"
    # Whether the account got its verification back is under the commitment.
    REINSTATEMENT_UPHOLD = "reinstatement:case:uphold"
    REINSTATEMENT_REJECT = "reinstatement:case:reject"
    REINSTATEMENT_OVERDUE = "reinstatement:case:overdue"
    REINSTATEMENT_DELETE = "reinstatement:text:delete"
    MODERATOR_NAME = "moderator:key:name"
    MODERATOR_COUNTERSIGN = "moderator:key:countersign"
    MODERATOR_REVOKE = "moderator:key:revoke"
    # The degree is in the type, so that anybody can count sanctions by degree in the public log.
    SANCTION_WARN_IMPOSE = "sanction:warn:impose"
    SANCTION_WARN_LIFT = "sanction:warn:lift"
    SANCTION_WARN_LAPSE = "sanction:warn:lapse"
    SANCTION_WARN_OVERTURN = "sanction:warn:overturn"
    SANCTION_WARN_NARROW = "sanction:warn:narrow"
    SANCTION_LIMIT_IMPOSE = "sanction:limit:impose"
    SANCTION_LIMIT_LIFT = "sanction:limit:lift"
    SANCTION_LIMIT_LAPSE = "sanction:limit:lapse"
    SANCTION_LIMIT_OVERTURN = "sanction:limit:overturn"
    SANCTION_LIMIT_NARROW = "sanction:limit:narrow"
    SANCTION_SUSPEND_IMPOSE = "sanction:suspend:impose"
    SANCTION_SUSPEND_LIFT = "sanction:suspend:lift"
    SANCTION_SUSPEND_LAPSE = "sanction:suspend:lapse"
    SANCTION_SUSPEND_OVERTURN = "sanction:suspend:overturn"
    SANCTION_SUSPEND_NARROW = "sanction:suspend:narrow"
    SANCTION_CLOSE_PROPOSE = "sanction:close:propose"
    SANCTION_CLOSE_WITHDRAW = "sanction:close:withdraw"
    SANCTION_CLOSE_EXPIRE = "sanction:close:expire"
    SANCTION_CLOSE_IMPOSE = "sanction:close:impose"
    SANCTION_CLOSE_LIFT = "sanction:close:lift"
    SANCTION_CLOSE_LAPSE = "sanction:close:lapse"
    SANCTION_CLOSE_OVERTURN = "sanction:close:overturn"
    SANCTION_CLOSE_NARROW = "sanction:close:narrow"
    APPEAL_FILE = "appeal:case:file"
    APPEAL_UPHOLD = "appeal:case:uphold"
    APPEAL_REJECT = "appeal:case:reject"
    APPEAL_OVERDUE = "appeal:case:overdue"
    APPEAL_DELETE = "appeal:text:delete"
    # Of scope PERSON: the verbs above, whatever the degree, because two moderators are needed for each.
    PERSON_WARN_PROPOSE = "person:warn:propose"
    PERSON_WARN_WITHDRAW = "person:warn:withdraw"
    PERSON_WARN_EXPIRE = "person:warn:expire"
    PERSON_WARN_IMPOSE = "person:warn:impose"
    PERSON_WARN_LIFT = "person:warn:lift"
    PERSON_WARN_LAPSE = "person:warn:lapse"
    PERSON_WARN_OVERTURN = "person:warn:overturn"
    PERSON_WARN_NARROW = "person:warn:narrow"
    PERSON_LIMIT_PROPOSE = "person:limit:propose"
    PERSON_LIMIT_WITHDRAW = "person:limit:withdraw"
    PERSON_LIMIT_EXPIRE = "person:limit:expire"
    PERSON_LIMIT_IMPOSE = "person:limit:impose"
    PERSON_LIMIT_LIFT = "person:limit:lift"
    PERSON_LIMIT_LAPSE = "person:limit:lapse"
    PERSON_LIMIT_OVERTURN = "person:limit:overturn"
    PERSON_LIMIT_NARROW = "person:limit:narrow"
    PERSON_SUSPEND_PROPOSE = "person:suspend:propose"
    PERSON_SUSPEND_WITHDRAW = "person:suspend:withdraw"
    PERSON_SUSPEND_EXPIRE = "person:suspend:expire"
    PERSON_SUSPEND_IMPOSE = "person:suspend:impose"
    PERSON_SUSPEND_LIFT = "person:suspend:lift"
    PERSON_SUSPEND_LAPSE = "person:suspend:lapse"
    PERSON_SUSPEND_OVERTURN = "person:suspend:overturn"
    PERSON_SUSPEND_NARROW = "person:suspend:narrow"
    PERSON_CLOSE_PROPOSE = "person:close:propose"
    PERSON_CLOSE_WITHDRAW = "person:close:withdraw"
    PERSON_CLOSE_EXPIRE = "person:close:expire"
    PERSON_CLOSE_IMPOSE = "person:close:impose"
    PERSON_CLOSE_LIFT = "person:close:lift"
    PERSON_CLOSE_LAPSE = "person:close:lapse"
    PERSON_CLOSE_OVERTURN = "person:close:overturn"
    PERSON_CLOSE_NARROW = "person:close:narrow"
    # What follows another account of the same person has changed; no field says which account.
    PERSON_FOLLOW = "person:account:follow"
    # A sanction of a withdrawn account is to concern that account alone.
    NARROWING_PROPOSE = "narrowing:sanction:propose"
    NARROWING_OVERDUE = "narrowing:sanction:overdue"
    ORDER_RECORD = "order:authority:record"
    # A deadline has passed and the order was not carried out: anybody can count these.
    ORDER_MISS = "order:deadline:miss"
    # Signed by an authority's own key; the platform and the target are under the commitment.
    ORDER_ISSUE = "order:authority:issue"
    ORDER_WITHDRAW = "order:authority:withdraw"
    ORDER_ACKNOWLEDGE = "order:platform:acknowledge"
    ORDER_OBJECT = "order:platform:object"
    OPERATION_OPEN = "operation:moderation:open"
    OPERATION_CLOSE = "operation:moderation:close"
    # An authority's, of several platforms; it ends at each of them by itself.
    OPERATION_JOIN = "operation:joint:open"
    OPERATION_END = "operation:joint:end"
    # Of a piece of content, not of an account: what was done to it is in the type.
    CONTENT_REMOVED_IMPOSE = "content:removed:impose"
    CONTENT_REMOVED_REVERSE = "content:removed:reverse"
    CONTENT_REMOVED_OVERTURN = "content:removed:overturn"
    CONTENT_LABELLED_IMPOSE = "content:labelled:impose"
    CONTENT_LABELLED_REVERSE = "content:labelled:reverse"
    CONTENT_LABELLED_OVERTURN = "content:labelled:overturn"
    CONTENT_RESTRICTED_IMPOSE = "content:restricted:impose"
    CONTENT_RESTRICTED_REVERSE = "content:restricted:reverse"
    CONTENT_RESTRICTED_OVERTURN = "content:restricted:overturn"
    CONTENT_APPEAL_FILE = "contentappeal:case:file"
    CONTENT_APPEAL_UPHOLD = "contentappeal:case:uphold"
    CONTENT_APPEAL_REJECT = "contentappeal:case:reject"
    CONTENT_APPEAL_OVERDUE = "contentappeal:case:overdue"
    CONTENT_APPEAL_DELETE = "contentappeal:text:delete"
    PUBLIC_ACCOUNT_APPLY = "publicaccount:application:file"
    PUBLIC_ACCOUNT_APPROVE = "publicaccount:application:approve"
    PUBLIC_ACCOUNT_REJECT = "publicaccount:application:reject"
    PUBLIC_ACCOUNT_RENEW = "publicaccount:term:renew"
    PUBLIC_ACCOUNT_GRACE = "publicaccount:term:grace"
    PUBLIC_ACCOUNT_EXPIRE = "publicaccount:term:expire"
    PUBLIC_ACCOUNT_LICENCE_END = "publicaccount:licence:end"
    PUBLIC_ACCOUNT_CLOSE = "publicaccount:account:close"
    PUBLIC_ACCOUNT_ADD_OPERATOR = "publicaccount:operator:add"
    PUBLIC_ACCOUNT_REMOVE_OPERATOR = "publicaccount:operator:remove"
    PUBLIC_ACCOUNT_OFFER = "publicaccount:transfer:offer"
    PUBLIC_ACCOUNT_ACCEPT = "publicaccount:transfer:accept"
    # No event about a report names an account: neither who reported nor who was reported.
    TIP_OFF_FILE = "tipoff:report:file"
    TIP_OFF_TAKE = "tipoff:report:take"
    TIP_OFF_ASSIGN = "tipoff:report:assign"
    TIP_OFF_RETURN = "tipoff:report:return"
    TIP_OFF_NOTE = "tipoff:report:note"
    TIP_OFF_ANSWER = "tipoff:report:answer"
    TIP_OFF_SUPPLEMENT = "tipoff:report:supplement"
    TIP_OFF_MERGE = "tipoff:report:merge"
    # A decision that waits for a second moderator, and its end without one.
    TIP_OFF_PROPOSE = "tipoff:report:propose"
    TIP_OFF_REOPEN = "tipoff:report:reopen"
    TIP_OFF_UPHOLD = "tipoff:report:uphold"
    # To an authority, which decides the report by accepting it; else it is open again.
    TIP_OFF_REFER = "tipoff:referral:make"
    TIP_OFF_ACCEPT = "tipoff:referral:accept"
    TIP_OFF_DECLINE = "tipoff:referral:decline"
    TIP_OFF_LAPSE = "tipoff:referral:lapse"
    TIP_OFF_DISMISS = "tipoff:report:dismiss"
    TIP_OFF_CLOSE_DUPLICATE = "tipoff:report:duplicate"
    TIP_OFF_FIND_ABUSIVE = "tipoff:report:abusive"
    TIP_OFF_REMIND_HALF = "tipoff:reminder:half"
    TIP_OFF_REMIND_FOUR_FIFTHS = "tipoff:reminder:fourfifths"
    # Two types, so that anybody can count deadlines without a reply and those without a solution.
    TIP_OFF_MISS_REPLY = "tipoff:reply:miss"
    TIP_OFF_MISS_SOLUTION = "tipoff:solution:miss"
    TIP_OFF_FLOOD = "tipoff:flood:begin"
    TIP_OFF_MISS_FLOOD = "tipoff:flood:miss"
    TIP_OFF_DELETE_TEXTS = "tipoff:texts:delete"
    TIP_OFF_EXHAUST = "tipoff:tries:exhaust"
    TIP_OFF_PURGE = "tipoff:retention:purge"
    REPORTER_SET = "tipoff:reporter:set"
    ERASURE_REQUEST = "erasure:request:file"
    ERASURE_CANCEL = "erasure:request:cancel"
    ERASURE_ERASE = "erasure:account:erase"
    ERASURE_DESTROY = "erasure:keys:destroy"
    ERASURE_RELEASE = "erasure:person:release"


FIELDS: Mapping[EventType, tuple[str, ...]] = {
    EventType.CLAIM_OPEN: ("claim_id",),
    EventType.CLAIM_POSTPONE: ("claim_id",),
    EventType.CLAIM_SETTLE: ("claim_id", "state", "failure_reason", "record_digest"),
    EventType.CLAIM_SUPERSEDE: ("claim_id", "by_claim_id"),
    EventType.CLAIM_ERASE: ("claim_id", "erasure_id"),
    EventType.REVIEW_SIGN: ("review_id", "paper"),
    EventType.REVIEW_CONFIRM: ("review_id", "paper"),
    EventType.ACCOUNT_EXPIRE: ("expire_date",),
    EventType.ACCOUNT_REMOVE: ("reason",),
    EventType.REGISTRY_NOTICE: ("notice_id", "notice_kind", "day"),
    EventType.PAIRING_FALL: ("notice_id",),
    EventType.CREDENTIAL_ISSUE: ("credential_id", "list"),
    EventType.REQUEST_PURGE: ("before", "count"),
    EventType.PLATFORM_REGISTER: ("name", "role", "spki"),
    EventType.PLATFORM_REVOKE: ("name", "role", "spki"),
    EventType.PLATFORM_PRESENT: ("name", "title", "origins"),
    EventType.PLATFORM_ACCEPT: ("name", "proofs"),
    EventType.ROSTER_ADOPTED: ("version", "hash"),
    EventType.LOG_BEGIN_EPOCH: ("epoch", "statement"),
    EventType.KEYS_LOSE: ("count",),
    EventType.KEY_ANNOUNCE: ("purpose", "version", "check"),
    EventType.KEY_END: ("purpose", "version"),
    EventType.KEY_WITHDRAW: ("purpose", "version", "check"),
    EventType.ROSTER_PROPOSE: ("version", "hash"),
    EventType.ROSTER_SIGN: ("version", "hash", "signature"),
    EventType.SECOND_FACTOR_BEGIN: ("person",),
    EventType.SECOND_FACTOR_CONFIRM: ("person",),
    EventType.SECOND_FACTOR_EXHAUST: ("locked_until",),
    EventType.SHARES_HAND_OVER: ("batch", "count"),
    EventType.HANDOVER_END: ("paper", "count"),
    EventType.LEGACY_IMPORT: ("import_id", "label", "count", "references_hash"),
    EventType.CAMPAIGN_CREATE: ("campaign_id", "plan_hash", "paper"),
    EventType.CAMPAIGN_START: ("campaign_id", "paper"),
    EventType.CAMPAIGN_PAUSE: ("campaign_id", "paper"),
    EventType.CAMPAIGN_RESUME: ("campaign_id", "paper"),
    EventType.CAMPAIGN_END: ("campaign_id", "paper"),
    EventType.INVITATION_CLAIM: ("campaign_id", "batch_id", "count"),
    EventType.INVITATION_RECORD: ("campaign_id", "event"),
    EventType.ACCOUNT_LIMIT: ("campaign_id",),
    EventType.ACCOUNT_LIFT: ("campaign_id",),
    EventType.SESSION_CREATE: ("session_id",),
    EventType.SESSION_SHOW: ("session_id",),
    EventType.SESSION_REDEEM: ("session_id",),
    EventType.SESSION_BIND: ("session_id",),
    EventType.SESSION_AGREE: ("session_id", "policy_version"),
    EventType.SESSION_ATTEMPT: ("session_id", "attempt"),
    EventType.SESSION_PROVE: ("session_id", "proof"),
    EventType.PAIRING_CONTEST: ("session_id",),
    EventType.SESSION_PURGE: ("before", "count"),
    EventType.CONTEST_FILE: ("contest_id", "claim_id", "text_digest"),
    EventType.CONTEST_PROPOSE: ("contest_id", "reason_digest", "paper"),
    EventType.CONTEST_UPHOLD: ("contest_id", "reason_digest", "paper"),
    EventType.CONTEST_REJECT: ("contest_id", "reason_digest", "paper"),
    EventType.CONTEST_OVERDUE: ("contest_id",),
    EventType.CONTEST_DELETE: ("contest_id",),
    EventType.INQUIRY_BEGIN: ("inquiry_id",),
    EventType.INQUIRY_ASK: ("inquiry_id",),
    EventType.INQUIRY_SHOW: ("inquiry_id",),
    EventType.INQUIRY_CANCEL: ("inquiry_id",),
    EventType.INQUIRY_PURGE: ("before", "count"),
    EventType.DISAVOWAL_FILE: ("disavowal_id",),
    EventType.DISAVOWAL_PROPOSE: ("disavowal_id", "reason_digest", "paper"),
    EventType.DISAVOWAL_REJECT: ("disavowal_id", "reason_digest", "paper"),
    EventType.DISAVOWAL_ANSWER: ("disavowal_id",),
    EventType.DISAVOWAL_END: ("disavowal_id",),
    EventType.DISAVOWAL_OVERDUE: ("disavowal_id",),
    EventType.WITHDRAWAL_DECIDE: ("withdrawal_id", "cause", "case_id", "reason_digest", "paper"),
    EventType.WITHDRAWAL_SILENCE: ("withdrawal_id", "cause", "case_id"),
    EventType.WITHDRAWAL_FORGET: ("withdrawal_id",),
    EventType.REINSTATEMENT_FILE: ("reinstatement_id", "withdrawal_id", "text_digest"),
    EventType.REINSTATEMENT_PROPOSE: ("reinstatement_id", "reason_digest", "paper"),
    EventType.REINSTATEMENT_UPHOLD: ("reinstatement_id", "reinstated", "reason_digest", "paper"),
    EventType.REINSTATEMENT_REJECT: ("reinstatement_id", "reason_digest", "paper"),
    EventType.REINSTATEMENT_OVERDUE: ("reinstatement_id",),
    EventType.REINSTATEMENT_DELETE: ("reinstatement_id",),
    EventType.MODERATOR_NAME: ("moderator_id", "paper"),
    EventType.MODERATOR_COUNTERSIGN: ("moderator_id", "paper", "first", "second"),
    EventType.MODERATOR_REVOKE: ("moderator_id",),
    EventType.SANCTION_WARN_IMPOSE: ("sanction_id", "paper"),
    EventType.SANCTION_WARN_LIFT: ("sanction_id", "paper"),
    EventType.SANCTION_WARN_LAPSE: ("sanction_id",),
    EventType.SANCTION_WARN_OVERTURN: ("sanction_id", "paper"),
    EventType.SANCTION_WARN_NARROW: ("sanction_id", "paper"),
    EventType.SANCTION_LIMIT_IMPOSE: ("sanction_id", "paper"),
    EventType.SANCTION_LIMIT_LIFT: ("sanction_id", "paper"),
    EventType.SANCTION_LIMIT_LAPSE: ("sanction_id",),
    EventType.SANCTION_LIMIT_OVERTURN: ("sanction_id", "paper"),
    EventType.SANCTION_LIMIT_NARROW: ("sanction_id", "paper"),
    EventType.SANCTION_SUSPEND_IMPOSE: ("sanction_id", "paper"),
    EventType.SANCTION_SUSPEND_LIFT: ("sanction_id", "paper"),
    EventType.SANCTION_SUSPEND_LAPSE: ("sanction_id",),
    EventType.SANCTION_SUSPEND_OVERTURN: ("sanction_id", "paper"),
    EventType.SANCTION_SUSPEND_NARROW: ("sanction_id", "paper"),
    EventType.SANCTION_CLOSE_PROPOSE: ("sanction_id", "paper"),
    EventType.SANCTION_CLOSE_WITHDRAW: ("sanction_id", "paper"),
    EventType.SANCTION_CLOSE_EXPIRE: ("sanction_id",),
    EventType.SANCTION_CLOSE_IMPOSE: ("sanction_id", "paper"),
    EventType.SANCTION_CLOSE_LIFT: ("sanction_id", "paper"),
    EventType.SANCTION_CLOSE_LAPSE: ("sanction_id",),
    EventType.SANCTION_CLOSE_OVERTURN: ("sanction_id", "paper"),
    EventType.SANCTION_CLOSE_NARROW: ("sanction_id", "paper"),
    EventType.APPEAL_FILE: ("appeal_id", "sanction_id", "text_digest"),
    EventType.APPEAL_UPHOLD: ("appeal_id", "paper"),
    EventType.APPEAL_REJECT: ("appeal_id", "paper"),
    EventType.APPEAL_OVERDUE: ("appeal_id",),
    EventType.APPEAL_DELETE: ("appeal_id",),
    EventType.PERSON_WARN_PROPOSE: ("sanction_id", "paper"),
    EventType.PERSON_WARN_WITHDRAW: ("sanction_id", "paper"),
    EventType.PERSON_WARN_EXPIRE: ("sanction_id",),
    EventType.PERSON_WARN_IMPOSE: ("sanction_id", "paper"),
    EventType.PERSON_WARN_LIFT: ("sanction_id", "paper"),
    EventType.PERSON_WARN_LAPSE: ("sanction_id",),
    EventType.PERSON_WARN_OVERTURN: ("sanction_id", "paper"),
    EventType.PERSON_WARN_NARROW: ("sanction_id", "paper"),
    EventType.PERSON_LIMIT_PROPOSE: ("sanction_id", "paper"),
    EventType.PERSON_LIMIT_WITHDRAW: ("sanction_id", "paper"),
    EventType.PERSON_LIMIT_EXPIRE: ("sanction_id",),
    EventType.PERSON_LIMIT_IMPOSE: ("sanction_id", "paper"),
    EventType.PERSON_LIMIT_LIFT: ("sanction_id", "paper"),
    EventType.PERSON_LIMIT_LAPSE: ("sanction_id",),
    EventType.PERSON_LIMIT_OVERTURN: ("sanction_id", "paper"),
    EventType.PERSON_LIMIT_NARROW: ("sanction_id", "paper"),
    EventType.PERSON_SUSPEND_PROPOSE: ("sanction_id", "paper"),
    EventType.PERSON_SUSPEND_WITHDRAW: ("sanction_id", "paper"),
    EventType.PERSON_SUSPEND_EXPIRE: ("sanction_id",),
    EventType.PERSON_SUSPEND_IMPOSE: ("sanction_id", "paper"),
    EventType.PERSON_SUSPEND_LIFT: ("sanction_id", "paper"),
    EventType.PERSON_SUSPEND_LAPSE: ("sanction_id",),
    EventType.PERSON_SUSPEND_OVERTURN: ("sanction_id", "paper"),
    EventType.PERSON_SUSPEND_NARROW: ("sanction_id", "paper"),
    EventType.PERSON_CLOSE_PROPOSE: ("sanction_id", "paper"),
    EventType.PERSON_CLOSE_WITHDRAW: ("sanction_id", "paper"),
    EventType.PERSON_CLOSE_EXPIRE: ("sanction_id",),
    EventType.PERSON_CLOSE_IMPOSE: ("sanction_id", "paper"),
    EventType.PERSON_CLOSE_LIFT: ("sanction_id", "paper"),
    EventType.PERSON_CLOSE_LAPSE: ("sanction_id",),
    EventType.PERSON_CLOSE_OVERTURN: ("sanction_id", "paper"),
    EventType.PERSON_CLOSE_NARROW: ("sanction_id", "paper"),
    EventType.PERSON_FOLLOW: ("standings",),
    EventType.NARROWING_PROPOSE: ("sanction_id", "paper"),
    EventType.NARROWING_OVERDUE: ("sanction_id",),
    EventType.ORDER_RECORD: ("order_id", "digest", "deadline", "paper"),
    EventType.ORDER_MISS: ("order_id",),
    EventType.ORDER_ISSUE: ("order_id", "order"),
    EventType.ORDER_WITHDRAW: ("order_id", "withdrawal"),
    EventType.ORDER_ACKNOWLEDGE: ("order_id", "paper"),
    EventType.ORDER_OBJECT: ("order_id", "paper"),
    EventType.OPERATION_OPEN: ("operation_id", "paper"),
    EventType.OPERATION_CLOSE: ("operation_id", "paper"),
    EventType.OPERATION_JOIN: ("operation_id", "operation"),
    EventType.OPERATION_END: ("operation_id",),
    EventType.CONTENT_REMOVED_IMPOSE: ("measure_id", "paper"),
    EventType.CONTENT_REMOVED_REVERSE: ("measure_id", "paper"),
    EventType.CONTENT_REMOVED_OVERTURN: ("measure_id", "paper"),
    EventType.CONTENT_LABELLED_IMPOSE: ("measure_id", "paper"),
    EventType.CONTENT_LABELLED_REVERSE: ("measure_id", "paper"),
    EventType.CONTENT_LABELLED_OVERTURN: ("measure_id", "paper"),
    EventType.CONTENT_RESTRICTED_IMPOSE: ("measure_id", "paper"),
    EventType.CONTENT_RESTRICTED_REVERSE: ("measure_id", "paper"),
    EventType.CONTENT_RESTRICTED_OVERTURN: ("measure_id", "paper"),
    EventType.CONTENT_APPEAL_FILE: ("measure_id", "text_digest"),
    EventType.CONTENT_APPEAL_UPHOLD: ("measure_id", "paper"),
    EventType.CONTENT_APPEAL_REJECT: ("measure_id", "paper"),
    EventType.CONTENT_APPEAL_OVERDUE: ("measure_id",),
    EventType.CONTENT_APPEAL_DELETE: ("measure_id",),
    EventType.PUBLIC_ACCOUNT_APPLY: ("public_account_id",),
    EventType.PUBLIC_ACCOUNT_APPROVE: ("public_account_id", "paper"),
    EventType.PUBLIC_ACCOUNT_REJECT: ("public_account_id", "reason", "paper"),
    EventType.PUBLIC_ACCOUNT_RENEW: ("public_account_id", "paper"),
    EventType.PUBLIC_ACCOUNT_GRACE: ("public_account_id",),
    EventType.PUBLIC_ACCOUNT_EXPIRE: ("public_account_id",),
    EventType.PUBLIC_ACCOUNT_LICENCE_END: ("public_account_id",),
    EventType.PUBLIC_ACCOUNT_CLOSE: ("public_account_id",),
    EventType.PUBLIC_ACCOUNT_ADD_OPERATOR: ("public_account_id", "operator"),
    EventType.PUBLIC_ACCOUNT_REMOVE_OPERATOR: ("public_account_id", "operator"),
    EventType.PUBLIC_ACCOUNT_OFFER: ("public_account_id", "receiver"),
    EventType.PUBLIC_ACCOUNT_ACCEPT: ("public_account_id", "receiver", "policy_version", "agree_time"),
    EventType.TIP_OFF_FILE: ("tip_off_id", "evidence"),
    EventType.TIP_OFF_TAKE: ("tip_off_id", "moderator_id", "paper"),
    EventType.TIP_OFF_ASSIGN: ("tip_off_id", "moderator_id", "paper"),
    EventType.TIP_OFF_RETURN: ("tip_off_id", "moderator_id", "paper"),
    EventType.TIP_OFF_NOTE: ("tip_off_id", "moderator_id", "paper"),
    EventType.TIP_OFF_ANSWER: ("tip_off_id", "paper"),
    EventType.TIP_OFF_SUPPLEMENT: ("tip_off_id",),
    EventType.TIP_OFF_MERGE: ("tip_off_id", "into", "paper"),
    EventType.TIP_OFF_PROPOSE: ("tip_off_id", "moderator_id", "sanction_id", "paper", "measure_id"),
    EventType.TIP_OFF_REOPEN: ("tip_off_id", "sanction_id"),
    EventType.TIP_OFF_UPHOLD: ("tip_off_id", "moderator_id", "sanction_id", "paper", "measure_id"),
    EventType.TIP_OFF_REFER: ("tip_off_id", "moderator_id", "referral_id", "authority_actor_id", "paper"),
    EventType.TIP_OFF_ACCEPT: ("tip_off_id", "referral_id", "paper"),
    EventType.TIP_OFF_DECLINE: ("tip_off_id", "referral_id", "paper"),
    EventType.TIP_OFF_LAPSE: ("tip_off_id", "referral_id"),
    EventType.TIP_OFF_DISMISS: ("tip_off_id", "moderator_id", "dismissal", "paper"),
    EventType.TIP_OFF_CLOSE_DUPLICATE: ("tip_off_id", "into", "paper"),
    EventType.TIP_OFF_FIND_ABUSIVE: ("tip_off_id", "moderator_id", "paper"),
    EventType.TIP_OFF_REMIND_HALF: ("tip_off_id",),
    EventType.TIP_OFF_REMIND_FOUR_FIFTHS: ("tip_off_id",),
    EventType.TIP_OFF_MISS_REPLY: ("tip_off_id",),
    EventType.TIP_OFF_MISS_SOLUTION: ("tip_off_id",),
    EventType.TIP_OFF_FLOOD: ("day", "limit"),
    EventType.TIP_OFF_MISS_FLOOD: ("tip_off_id",),
    EventType.TIP_OFF_DELETE_TEXTS: ("tip_off_id",),
    EventType.TIP_OFF_EXHAUST: ("day",),
    EventType.TIP_OFF_PURGE: ("before", "count"),
    EventType.REPORTER_SET: ("reporter_id", "standing", "paper"),
    EventType.ERASURE_REQUEST: ("erasure_id", "erase_at"),
    EventType.ERASURE_CANCEL: ("erasure_id",),
    EventType.ERASURE_ERASE: ("erasure_id", "destroy_at"),
    EventType.ERASURE_DESTROY: ("erasure_id", "absent_from", "kept_until"),
    EventType.ERASURE_RELEASE: ("erasure_id",),
    EventType.DISCLOSURE_REQUEST: ("request", "record_digest"),
    EventType.DISCLOSURE_APPROVE: ("decision",),
    EventType.DISCLOSURE_DENY: ("decision",),
    EventType.DISCLOSURE_CANCEL: ("disclosure_id",),
    EventType.DISCLOSURE_EXPIRE: ("disclosure_id",),
    EventType.DISCLOSURE_RELEASE: ("disclosure_id", "custodian", "share_hash"),
    EventType.DISCLOSURE_REPORT_SHARE: ("disclosure_id", "custodian"),
    EventType.DISCLOSURE_DISCLOSE: ("disclosure_id", "record_digest", "auditor_actor_id", "legal_basis"),
    EventType.DISCLOSURE_OPEN: ("disclosure_id", "record_digest"),
    EventType.DISCLOSURE_CONFIRM: ("disclosure_id", "record_digest"),
    EventType.DISCLOSURE_REFUSE: ("reason", "count"),
    EventType.DRILL_RENEW: ("record_id", "quorum_id", "record_digest"),
    EventType.DRILL_COMPLETE: ("paper",),
}
LEFT_OUT: Mapping[EventType, tuple[str, ...]] = {
    EventType.CAMPAIGN_CREATE: ("paper",),
    EventType.CAMPAIGN_START: ("paper",),
    EventType.CAMPAIGN_PAUSE: ("paper",),
    EventType.CAMPAIGN_RESUME: ("paper",),
    EventType.CAMPAIGN_END: ("paper",),
    EventType.ERASURE_DESTROY: ("absent_from", "kept_until"),
    EventType.TIP_OFF_PROPOSE: ("measure_id",),
    EventType.TIP_OFF_UPHOLD: ("measure_id",),
}
"""The last fields of a type that an entry may lack: each says something only if it is there.

One that is lacking before one that is there is encoded as "".
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; an act makes it, and writes it with what it changes.

    entry_id: 16 random bytes in hex. opening_key: 32 random bytes that open the leaf's commitment, so they
    are stored separately and never logged. account_token: empty if no account is concerned. occurred_at:
    business time, which is in the leaf. recorded_at: real time, which shows how long the entry has waited for
    its index. platform: whose deadline passed, in the clear; empty for all other types (names_platform).
    """

    type: EventType
    actor_id: str
    account_token: str
    occurred_at: datetime
    recorded_at: datetime
    entry_id: str
    opening_key: bytes = field(repr=False)
    fields: Mapping[str, seal.Part] = field(default_factory=dict)
    platform: str = ""

    def with_fields(self, **more: seal.Part) -> "Event":
        """Return the event with the fields that are known only during the act.

        Raises ValueError for a field that the event has already.
        """
        if not self.fields.keys().isdisjoint(more):
            raise ValueError("a field of an event is filled once")
        return replace(self, fields={**self.fields, **more})

    def details(self) -> bytes:
        """Return what a leaf commits to besides the account; raises KeyError if a field is missing."""
        return details(self.type, self.fields)


def details(kind: EventType, fields: Mapping[str, seal.Part]) -> bytes:
    """Return encode(type, fields in their listed order); raises KeyError if one is missing."""
    names, optional = FIELDS[kind], LEFT_OUT.get(kind, ())
    while names[-1] in optional and names[-1] not in fields:
        names = names[:-1]
    known = dict.fromkeys(optional, "") | dict(fields)
    return seal.encode(kind.value, *(known[name] for name in names))
