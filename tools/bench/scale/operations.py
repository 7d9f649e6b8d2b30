"""The operations whose growth is measured: each does the same work at every number of accounts."""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from idvault.campaign import acts as campaign_acts
from idvault.claim.job.store import Job
from idvault.log.acts import audit, sequencing, stored_log
from idvault.log.acts.stored_log import LogGuard
from idvault.status.credential import acts as credential_acts
from idvault.tip_off.store import lists as tip_off_lists
from idvault_client.sanctions import AccountSanction
from idvault_verify.attest.status_list import LIST_SIZE
from idvault_verify.campaign import Campaign
from idvault_verify.clock import ClockReading
from idvault_verify.sanction import Degree
from tools.bench.flows import PARTY, SignUps, clock
from tools.bench.scale import reports
from tools.bench.scale.population import SANCTIONED, VERIFIED_PER_LEGACY, token_of
from tools.support import sandbox
from tools.support.accounts import Accounts
from tools.support.campaign_world import CampaignWorld
from tools.support.claims import Jobs
from tools.support.fakes.log import WaitingLog
from tools.support.feed import Feed
from tools.support.retention import Retention
from tools.support.sanction_world import SanctionWorld
from tools.support.storage_world import MATCHED, World, at, lease_of

Operation = Callable[["Deployment"], Awaitable[int]]
"""Does its work and returns how many units it did."""


@dataclass
class Deployment:
    """Flows and stores over the loaded databases. accounts: verified accounts that were loaded."""

    flow: SignUps
    accounts: int
    random: random.Random
    files: Path
    campaign: Campaign | None = None
    verified: list[tuple[sandbox.Person, str]] = field(default_factory=list)
    rounds: int = 0
    opened: list[Job] = field(default_factory=list)
    imposed: list[AccountSanction] = field(default_factory=list)

    def __post_init__(self) -> None:
        main = self.flow.main
        self.statuses = Accounts(main)
        self.feed = Feed(main)
        self.jobs = Jobs(main)
        self.world = World(main, seed=f"{self.accounts}")
        self.campaign_world = CampaignWorld(main, life=2 * self.accounts.bit_length())
        self.sanction_world = SanctionWorld(main, life=2 * self.accounts.bit_length() + 100)
        vault = replace(self.world.vault, guard=LogGuard(look=WaitingLog().unsequenced))
        self.retention = Retention(vault, self.flow.policy)

    def someone(self) -> str:
        """Return the token of a random verified account."""
        return token_of(self.random.randrange(1, self.accounts + 1))


def _now_on(day: date) -> ClockReading:
    now = clock()
    return ClockReading(now.business + (day - date.today()), now.real)


async def read_statuses(deployment: Deployment) -> int:
    """Read one status at a time."""
    for _ in range(1_000):
        token = deployment.someone()
        if await deployment.statuses.packed(relying_party=PARTY, account_token=token) is None:
            raise ValueError("a loaded account is missing")
    return 1_000


async def read_sanctioned(deployment: Deployment) -> int:
    """Read one status at a time, each of an account with a live sanction that has an end."""
    for _ in range(1_000):
        number = SANCTIONED * deployment.random.randrange(1, deployment.accounts // SANCTIONED)
        text = await deployment.statuses.packed(relying_party=PARTY, account_token=token_of(number))
        if text is None:
            raise ValueError("a loaded account is missing")
    return 1_000


async def read_batches(deployment: Deployment) -> int:
    """Read a thousand statuses in one call."""
    for _ in range(10):
        tokens = [deployment.someone() for _ in range(1_000)]
        await deployment.statuses.packed_many(relying_party=PARTY, account_tokens=tokens)
    return 10_000


async def sign_up(deployment: Deployment) -> int:
    """Sign up new people."""
    for _ in range(100):
        person = sandbox.invent()
        claim = await deployment.flow.sign_up(person)
        deployment.verified.append((person, claim.account.account_token))
    return 100


async def verify_again(deployment: Deployment) -> int:
    """Re-verify people who have an account."""
    for person, token in deployment.verified[-50:]:
        await deployment.flow.sign_up(person, token)
    return 50


async def open_claims(deployment: Deployment) -> int:
    """Open claims of new people, without registry and sealing."""
    deployment.opened = [await deployment.world.job() for _ in range(50)]
    return 50


async def settle_claims(deployment: Deployment) -> int:
    """Settle them."""
    for job in deployment.opened:
        await deployment.world.settle(job, MATCHED)
    return 50


async def impose(deployment: Deployment) -> int:
    """Impose sanctions; their signatures are made here, too."""
    world, key = deployment.sanction_world, await deployment.sanction_world.moderator(1)
    deployment.imposed = [await world.impose(deployment.someone(), Degree.WARN, key=key) for _ in range(50)]
    return 50


async def lift(deployment: Deployment) -> int:
    """Lift them."""
    world, key = deployment.sanction_world, await deployment.sanction_world.moderator(1)
    for sanction in deployment.imposed:
        await world.lift(sanction, key=key)
    return 50


async def look_for_ends(deployment: Deployment) -> int:
    """Look for ends of sanctions that have come, while there are none."""
    for _ in range(50):
        if await deployment.sanction_world.work(seconds=0):
            raise ValueError("a sanction ends too early")
    return 50


async def queue_claims(deployment: Deployment) -> int:
    """Open claims that must wait."""
    for _ in range(50):
        await deployment.world.waiting()
    return 50


async def lease_jobs(deployment: Deployment) -> int:
    """Lease the waiting claims' jobs."""
    lease = lease_of(f"{deployment.accounts}-{deployment.rounds}", until=at().real + timedelta(days=3_650))
    leased = await deployment.jobs.lease(lease=lease, now=at().real, limit=50)
    if len(leased) != 50:
        raise ValueError("a waiting job was not leased")
    return 50


async def look_for_expired(deployment: Deployment) -> int:
    """Look for expired verifications while there are none."""
    for _ in range(100):
        if await deployment.statuses.expiring(today=date.today(), limit=500):
            raise ValueError("an account expires too early")
    return 100


async def expire(deployment: Deployment) -> int:
    """Expire verifications from a backlog of accounts."""
    found = await deployment.retention.expire_accounts(
        now=_now_on(date(date.today().year + 2, 6, 1)), limit=100
    )
    if found != 100:
        raise ValueError("fewer accounts expired than are due")
    return found


async def number_changes(deployment: Deployment) -> int:
    """Number the changes of the feed that the other operations made."""
    return await deployment.feed.arrange(limit=200)


async def read_feed(deployment: Deployment) -> int:
    """Read the feed from a random place."""
    for _ in range(10):
        after = deployment.random.randrange(deployment.accounts - 500)
        chunk = await deployment.feed.changes(party=PARTY, after=after, limit=500)
        if sum(len(tokens.split(",")) for tokens in chunk.accounts.values()) != 500:
            raise ValueError("the feed is too short")
    return 5_000


async def update_lists(deployment: Deployment) -> int:
    """Copy changed accounts to the status lists."""
    return await credential_acts.update(deployment.world.vault, clock(), today=date.today(), limit=100)


async def rebuild_list(deployment: Deployment) -> int:
    """Rebuild the first status list from its accounts."""
    await credential_acts.rebuild(deployment.world.vault, clock(), 0, today=date.today())
    return min(deployment.accounts, LIST_SIZE)


async def sequence(deployment: Deployment) -> int:
    """Give new log entries their index."""
    return await sequencing.sequence(deployment.flow.main, limit=400, now=clock().real)


async def count_waiting(deployment: Deployment) -> int:
    """Ask how many log entries wait, as every process does each second."""
    for _ in range(100):
        await stored_log.unsequenced(deployment.flow.main)
    return 100


async def root_of_log(deployment: Deployment) -> int:
    """Compute the log's root at a random size, as a proof does."""
    main = deployment.flow.main
    head = await stored_log.head(main)
    for _ in range(50):
        await stored_log.consistency_proof(main, old=deployment.random.randrange(1, head.size), new=head.size)
    return 50


async def audit_page(deployment: Deployment) -> int:
    """Read pages of the log for its verification."""
    head = await stored_log.head(deployment.flow.main)
    for _ in range(5):
        after = deployment.random.randrange(head.size - 1_000)
        await audit.page(deployment.flow.main, after=after, limit=1_000)
    return 5_000


async def purge_requests(deployment: Deployment) -> int:
    """Purge requests while none is old."""
    for _ in range(10):
        await deployment.retention.purge_requests(now=clock())
    return 10


async def read_gauges(deployment: Deployment) -> int:
    """Read the queue's length and age."""
    for _ in range(50):
        await deployment.jobs.backlog()
        await deployment.jobs.oldest()
    return 50


async def import_legacy(deployment: Deployment) -> int:
    """Import a chunk of legacy accounts."""
    names = [f"{deployment.accounts}-{deployment.rounds}-{number}" for number in range(2_000)]
    await deployment.campaign_world.bring(*names, label="bench")
    return 2_000


async def invite(deployment: Deployment) -> int:
    """Lease a batch of a campaign, half of whose cohort is invited already."""
    if deployment.campaign is None:
        raise ValueError("no campaign was started")
    batch = await deployment.campaign_world.take(deployment.campaign, limit=100)
    if len(batch.invitations) != 100:
        raise ValueError("fewer owners were invited than can be")
    return 100


async def read_progress(deployment: Deployment) -> int:
    """Read a campaign's progress."""
    if deployment.campaign is None:
        raise ValueError("no campaign was started")
    await campaign_acts.progress(deployment.campaign_world.vault, PARTY, deployment.campaign.campaign_id)
    return deployment.accounts // VERIFIED_PER_LEGACY


async def list_reports(deployment: Deployment) -> int:
    """Read a page of each list of reports, of which there are as many as accounts."""
    pages = 0
    for _ in range(5):
        pages += await reports.read_lists(
            deployment.flow.main, deployment.random, reports=deployment.accounts
        )
    return pages


async def look_for_reminders(deployment: Deployment) -> int:
    """Look for due reminders of reports while there are none."""
    for _ in range(100):
        now = clock().business
        if await deployment.flow.main.read("tip_off.due", partial(tip_off_lists.due, now=now, limit=500)):
            raise ValueError("a report is due too early")
    return 100


FLAT: Mapping[str, Operation] = {
    "read a status": read_statuses,
    "read a status that a sanction lowers": read_sanctioned,
    "read one of 1,000 statuses": read_batches,
    "sign up": sign_up,
    "verify again": verify_again,
    "open a claim, its act alone": open_claims,
    "settle a claim, its act alone": settle_claims,
    "impose a sanction, signing included": impose,
    "lift a sanction, signing included": lift,
    "look for ends of sanctions": look_for_ends,
    "queue a claim": queue_claims,
    "lease a job": lease_jobs,
    "look for expired accounts": look_for_expired,
    "expire an account": expire,
    "number a change": number_changes,
    "read a change of the feed": read_feed,
    "copy a change to the status lists": update_lists,
    "rebuild a status list, per entry": rebuild_list,
    "sequence a log entry": sequence,
    "count waiting log entries": count_waiting,
    "prove that the log has grown": root_of_log,
    "read a log entry for verification": audit_page,
    "purge requests": purge_requests,
    "read the queue's gauges": read_gauges,
    "import a legacy account": import_legacy,
    "invite an owner": invite,
    "read a page of reports": list_reports,
    "look for due reminders": look_for_reminders,
    "read a campaign's progress, per legacy account": read_progress,
}
"""The operations in the order in which they are run: later ones work on what earlier ones changed."""
