"""Every type of log entry belongs to a figure of the transparency report, or is left out on purpose."""

from idvault_verify.event import EventType
from idvault_verify.report import catalogue as report_catalogue

NOT_COUNTED = {
    # What becomes of them is counted: the sanction that is proposed, and the report that is upheld.
    "tipoff:report:propose",
    "tipoff:report:reopen",
    # What prepares or accompanies a step that is counted.
    "campaign:plan:create", "campaign:plan:pause", "campaign:plan:resume", "campaign:chunk:import",
    "campaign:batch:claim", "campaign:invitation:record", "custodian:drill:renew",
    "verification:document:sign", "verification:document:countersign",
    "contest:case:propose", "disavowal:case:propose", "narrowing:sanction:propose",
    "reinstatement:case:propose",
    "disclosure:record:confirm", "moderator:key:revoke", "person:account:follow", "publicaccount:licence:end",
    "publicaccount:operator:add", "publicaccount:operator:remove", "publicaccount:term:grace",
    "publicaccount:transfer:offer",
    "roster:version:propose", "roster:version:sign", "secondfactor:enrolment:begin",
    "secondfactor:enrolment:confirm", "session:proof:begin", "tipoff:report:assign", "tipoff:report:return",
    "tipoff:report:note",
    # No new report.
    "tipoff:report:supplement",
    "tipoff:report:take",
    "tipoff:report:merge", "tipoff:reminder:half", "tipoff:reminder:fourfifths", "tipoff:reporter:set",
    "tipoff:tries:exhaust",
    # It follows the end of a sanction, which is counted.
    "erasure:person:release",
    "session:attempt:begin", "session:browser:bind", "session:link:redeem", "session:terms:agree",
    # An account that was erased, or withdrawn for another reason, is counted as that.
    "disavowal:case:end", "inquiry:proof:begin", "inquiry:list:cancel",
    # The vault's own house-keeping, and its callers.
    "inquiry:retention:purge",
    "platform:pages:present", "platform:proof:accept", "session:retention:purge",
    "appeal:text:delete", "contentappeal:text:delete", "contest:text:delete", "withdrawal:link:forget",
    "reinstatement:text:delete",
    "platform:certificate:register", "platform:certificate:revoke",
    "request:retention:purge", "tipoff:retention:purge", "tipoff:texts:delete",
    # Counted per kind by the operator; a month with more deaths is nothing that the vault did.
    "registry:notice:apply", "registry:pairing:fall", "session:pairing:contest",
    # What a restored vault lost is in a public statement that custodians signed, not in a count.
    "log:epoch:begin", "shred:keys:lose",
    # An operator's house-keeping: which versions of its own keys the service uses.
    "key:version:announce", "key:version:end", "key:version:withdraw",
}  # fmt: skip


def test_every_event_is_counted_or_left_out_on_purpose() -> None:
    """A new type of entry belongs to a figure, or into the list above."""
    counted = {event.value for figure in report_catalogue.logged_figures() for event in figure.events}
    assert counted | NOT_COUNTED == {event.value for event in EventType}
    assert not counted & NOT_COUNTED
