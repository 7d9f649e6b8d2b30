"""The change feed of a relying party: which of its accounts changed, in an order without gaps.

An account that was never verified leaves it, and the vault, REJECTED_ACCOUNT_DAYS after the day
when its last claim ended.

- Every act that adds, removes or raises the revision of an account, or changes one of its public accounts,
  queues the change in the same step, without a number. Numbers are assigned later, to durable changes. So a
  reader that has seen one number has seen every change with a smaller one, even if the act was slow.
- A new change of an account replaces the account's former number.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from idvault.public_account.rules.owner import Owned

REJECTED_ACCOUNT_DAYS = 30
"""Time to try again, with another document if need be; nothing else needs data of whom nobody verified."""


@dataclass(frozen=True, slots=True)
class FeedChunk:
    """Some accounts after their last changes, each once. place: the number of the last change.

    accounts: the tokens of each text that may follow one, as many statuses are read. removed: the tokens of
    those that no longer exist. public_accounts: every public account of those accounts.
    """

    accounts: Mapping[str, str]
    removed: tuple[str, ...]
    place: int
    public_accounts: tuple[Owned, ...] = ()
