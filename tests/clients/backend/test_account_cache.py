"""The cache against a model of the vault: no answer is older than the bound, and no change is missed."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from idvault_client.backend.status import Status
from idvault_client.backend.status_cache import StatusCache
from idvault_verify.account import AccountState as State
from idvault_verify.account import Assurance, Standing, SubjectKind

TODAY = date(2026, 3, 1)
MAX_AGE = 10.0
TOKENS = [f"acct_{number:026d}" for number in range(6)]


def status(token: str, revision: int = 1, state: State = State.PENDING, **changes: object) -> Status:
    made = Status(token, SubjectKind.INDIVIDUAL, state, Standing.GOOD, Assurance.NONE, revision, None, None)
    return replace(made, **changes)  # type: ignore[arg-type]


def tell(cache: StatusCache, *statuses: Status, elapsed: float = 0.0, **changes: object) -> None:
    message: dict[str, object] = {
        "cursor": "c", "elapsed": elapsed, "caught_up": True, "today": TODAY, "removed": [], **changes
    }  # fmt: skip
    removed = message.pop("removed")
    cache.apply(list(statuses), removed, **message)  # type: ignore[arg-type]


def test_nothing_is_known_before_all_is() -> None:
    """Until the feed is read to its end once, every question goes to the vault."""
    cache = StatusCache(max_age=MAX_AGE)
    assert cache.begin(now=100) == ""
    tell(cache, status(TOKENS[0]), caught_up=False)
    assert cache.get(TOKENS[0], now=100) is None
    assert cache.age(now=100) == float("inf")
    tell(cache, elapsed=2)
    assert cache.get(TOKENS[0], now=103) == status(TOKENS[0])
    assert cache.get(TOKENS[1], now=103) is None
    assert (cache.age(now=103), len(cache)) == (1, 1)


def test_the_bound() -> None:
    """An answer is valid until the end of the bound, counted from the vault's last look at its feed."""
    cache = StatusCache(max_age=MAX_AGE)
    cache.begin(now=100)
    tell(cache, status(TOKENS[0]), elapsed=2)
    assert cache.get(TOKENS[0], now=112) is not None
    assert cache.get(TOKENS[0], now=112.1) is None
    cache.begin(now=113)
    tell(cache, elapsed=0)
    assert cache.get(TOKENS[0], now=113) is not None


END = datetime(2026, 3, 1, 5, tzinfo=UTC)


def limited(revision: int = 2) -> Status:
    return status(TOKENS[0], revision, standing=Standing.PUBLISHING_LIMITED, standing_until=END)


def test_the_end_of_a_standing() -> None:
    """From the end on the vault is asked: by its clock, however wrong the client's is."""
    cache = StatusCache(max_age=MAX_AGE)
    cache.begin(now=100)
    tell(cache, limited(), elapsed=2, time=END - timedelta(seconds=5))
    assert cache.get(TOKENS[0], now=106.9) == limited()
    assert cache.get(TOKENS[0], now=107) is None
    good = status(TOKENS[0], 3)
    cache.saw(good)
    assert cache.get(TOKENS[0], now=107) == good
    tell(cache, limited(), elapsed=8, time=END + timedelta(seconds=1))
    assert cache.get(TOKENS[0], now=108) == good


def test_an_end_without_the_vaults_time() -> None:
    """While the vault has told no time, a standing with an end is always asked for."""
    cache = StatusCache(max_age=MAX_AGE)
    cache.begin(now=100)
    tell(cache, limited(), status(TOKENS[1]))
    assert cache.get(TOKENS[0], now=100) is None
    assert cache.get(TOKENS[1], now=100) is not None


def test_the_higher_revision_counts() -> None:
    """The higher revision counts, in whatever order two statuses arrive."""
    cache = StatusCache(max_age=MAX_AGE)
    cache.begin(now=0)
    newer, older = status(TOKENS[0], 3), status(TOKENS[0], 2)
    tell(cache, newer)
    tell(cache, older)
    cache.saw(older)
    assert cache.get(TOKENS[0], now=0) == newer
    newest = status(TOKENS[0], 4)
    cache.saw(newest)
    assert cache.get(TOKENS[0], now=0) == newest
    cache.saw(status(TOKENS[1]))
    assert cache.get(TOKENS[1], now=0) is None


def test_a_removed_account_is_asked_for() -> None:
    """The vault is asked about a removed account, also after a late answer about it."""
    cache = StatusCache(max_age=MAX_AGE)
    cache.begin(now=0)
    tell(cache, status(TOKENS[0]))
    tell(cache, removed=[TOKENS[0], TOKENS[1]])
    cache.saw(status(TOKENS[0], 9))
    assert cache.get(TOKENS[0], now=0) is None


def test_a_day_that_comes() -> None:
    """A verified account is expired on its date, with the next revision, before the feed reports it."""
    cache = StatusCache(max_age=MAX_AGE)
    cache.begin(now=0)
    verified = status(TOKENS[0], 2, State.VERIFIED, expire_date=date(2026, 3, 2))
    tell(cache, verified)
    assert cache.get(TOKENS[0], now=0) == verified
    tell(cache, today=date(2026, 3, 2))
    tell(cache, today=None)
    assert cache.get(TOKENS[0], now=0) == replace(verified, state=State.EXPIRED, revision=3)


def test_a_vault_that_was_put_back() -> None:
    """After a reset the cache is empty, and the feed is read from the start."""
    cache = StatusCache(max_age=MAX_AGE)
    cache.begin(now=0)
    tell(cache, status(TOKENS[0]))
    assert cache.begin(now=1) == "c"
    cache.reset()
    assert (cache.get(TOKENS[0], now=1), cache.begin(now=1), len(cache)) == (None, "", 0)


@dataclass
class Vault:
    """The accounts and the feed: each account's last change with a separate number."""

    accounts: dict[str, Status] = field(default_factory=dict)
    feed: dict[str, int] = field(default_factory=dict)
    unnumbered: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    head: int = 0

    def change(self, token: str, *, removed: bool) -> None:
        former = self.accounts.pop(token, None)
        if not removed:
            self.accounts[token] = status(token, former.revision + 1 if former else 1)
        self.feed.pop(token, None)
        self.unnumbered.add(token)
        self.changed.add(token)

    def arrange(self) -> None:
        for token in sorted(self.unnumbered):
            self.head += 1
            self.feed[token] = self.head
        self.unnumbered.clear()

    def read(self, after: int) -> tuple[list[Status], list[str], int]:
        numbered = sorted((number, token) for token, number in self.feed.items() if number > after)[:2]
        found = [self.accounts[token] for _, token in numbered if token in self.accounts]
        gone = [token for _, token in numbered if token not in self.accounts]
        return found, gone, numbered[-1][0] if numbered else after


class Following(RuleBasedStateMachine):
    """A following client, while accounts change, messages are lost, and streams and servers end."""

    def __init__(self) -> None:
        super().__init__()
        self.vault = Vault()
        self.cache = StatusCache(max_age=MAX_AGE)
        self.now = 1_000.0
        self.began = self.now
        self.place = 0
        self.cache.begin(now=self.now)
        self.waiting: list[tuple[list[Status], list[str], int, float, bool]] = []
        # The history of each account, with times.
        self.past: list[tuple[float, dict[str, Status]]] = [(self.now, {})]

    @rule(token=st.sampled_from(TOKENS), removed=st.booleans())
    def change(self, token: str, removed: bool) -> None:
        """Change or remove an account; removed accounts never come back."""
        gone = token in self.vault.changed and token not in self.vault.accounts
        if gone or (removed and token not in self.vault.accounts):
            return
        self.vault.change(token, removed=removed)
        self.past.append((self.now, dict(self.vault.accounts)))

    @rule(seconds=st.floats(0.01, 6))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    @rule()
    def send(self) -> None:
        """The server looks and sends the next changes."""
        self.vault.arrange()
        found, gone, place = self.vault.read(self.place)
        self.place = place
        self.waiting.append((found, gone, place, self.now - self.began, place == self.vault.head))

    @precondition(lambda self: self.waiting)
    @rule(twice=st.booleans())
    def receive(self, twice: bool) -> None:
        """A message arrives, possibly late."""
        found, gone, place, elapsed, caught_up = self.waiting.pop(0)
        for _ in range(1 + twice):
            self.cache.apply(
                found, gone, cursor=str(place), elapsed=elapsed, caught_up=caught_up, today=TODAY
            )

    @rule()
    def reconnect(self) -> None:
        """The stream ends with the messages on their way, and is resumed from the last cursor."""
        self.waiting.clear()
        self.began = self.now
        self.place = int(self.cache.begin(now=self.now) or 0)

    @rule(token=st.sampled_from(TOKENS))
    def ask(self, token: str) -> None:
        """The client asks the vault, and the cache sees the answer."""
        if token in self.vault.accounts:
            self.cache.saw(self.vault.accounts[token])

    @invariant()
    def no_answer_is_too_old(self) -> None:
        """Every answer was true at some time within the bound."""
        recent = [known for time, known in self.past if time > self.now - MAX_AGE]
        before = [known for time, known in self.past if time <= self.now - MAX_AGE]
        for token in TOKENS:
            found = self.cache.get(token, now=self.now)
            if found is not None:
                assert any(known.get(token) == found for known in (*before[-1:], *recent)), found

    def teardown(self) -> None:
        """After reading to the end the client agrees on every account."""
        self.reconnect()
        self.send()
        self.receive(twice=False)
        while self.place < self.vault.head:
            self.send()
            self.receive(twice=False)
        for token in TOKENS:
            assert self.cache.get(token, now=self.now) == self.vault.accounts.get(token)


Following.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestFollowing = Following.TestCase
