"""A member's own page: keys and fingerprints, roster, log position, second factor, and own acts."""

from idvault_people import second_factor
from idvault_people.console.second_factor import state
from idvault_people.console.shown import Code, Fact
from idvault_people.console.visit import Visit
from idvault_people.custody_edge import CustodyCalls
from idvault_people.opens.identity import PersonalIdentity
from idvault_people.trust import FindingError, Trust
from idvault_verify.transparency.checkpoint import Checkpoint


def facts(identity: PersonalIdentity, trust: Trust, edge: CustodyCalls, visit: Visit) -> list[Fact]:
    """Return what a member's own page says; raises FindingError, VaultError.

    The fingerprints stand open: other members compare them by eye.
    """
    own = identity.member(spki="")
    fingerprints = own.fingerprints()
    return [
        (visit.say("own_name"), identity.name),
        (visit.say("organisation"), identity.organisation),
        (visit.say("signing_key"), Code(fingerprints["signing key"])),
        (visit.say("sealing_key"), Code(fingerprints["sealing key"])),
        (visit.say("roster"), _roster(identity, trust, visit)),
        (visit.say("log_position"), _log(trust.seen(), visit)),
        (visit.say("second_factor"), state(second_factor.state(edge), visit)),
    ]


def _roster(identity: PersonalIdentity, trust: Trust, visit: Visit) -> str:
    version = trust.roster.version
    try:
        found = trust.member(identity.name, role=identity.role)
    except FindingError:
        return visit.say("not_in_roster", version=version)
    if found.member.ed25519 != identity.member(spki="").ed25519:
        return visit.say("not_in_roster", version=version)
    return visit.say("roster_since", version=version, since=found.since_version)


def _log(seen: Checkpoint | None, visit: Visit) -> str:
    return visit.say("log_entries", size=seen.size) if seen else visit.say("log_unseen")
