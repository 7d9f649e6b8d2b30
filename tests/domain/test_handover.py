"""What one batch of a hand-over may contain."""

from dataclasses import replace

import pytest

from idvault_verify import handover, token
from idvault_verify.error import InvalidError, Reason
from idvault_verify.handover import MOST_SHARES, HandedShare

SIZE = 81


def _share(number: int) -> HandedShare:
    return HandedShare(
        token.make(number.to_bytes(16, "big")), f"{number:032x}", "a" * 64, bytes(32), bytes(SIZE)
    )


def test_up_to_200_shares_of_different_accounts() -> None:
    """The limits are inclusive."""
    handover.check([_share(1)], sealed_size=SIZE)
    handover.check([_share(number) for number in range(MOST_SHARES)], sealed_size=SIZE)


@pytest.mark.parametrize("numbers", [[], list(range(MOST_SHARES + 1)), [1, 2, 1]])
def test_none_too_many_and_twice_are_refused(numbers: list[int]) -> None:
    """A batch without shares, with too many, or with two of one account is refused."""
    with pytest.raises(InvalidError) as refused:
        handover.check([_share(number) for number in numbers], sealed_size=SIZE)
    assert (refused.value.reason, refused.value.violations[0].field) == (Reason.INVALID_MESSAGE, "shares")


@pytest.mark.parametrize(
    "change",
    [
        {"record_id": "a" * 31},
        {"quorum_id": ""},
        {"share_hash": bytes(33)},
        {"resealed": bytes(SIZE - 1)},
    ],
)
def test_sizes_are_exact(change: dict[str, str | bytes]) -> None:
    """A share with a field of the wrong size is refused before any lookup."""
    with pytest.raises(InvalidError, match="INVALID_MESSAGE"):
        handover.check([_share(1), replace(_share(2), **change)], sealed_size=SIZE)  # type: ignore[arg-type]


def test_an_account_token_has_its_own_reason() -> None:
    """An invalid account token has the reason INVALID_ACCOUNT_TOKEN, as everywhere."""
    with pytest.raises(InvalidError, match="INVALID_ACCOUNT_TOKEN"):
        handover.check([replace(_share(1), account_token="acct_")], sealed_size=SIZE)


def test_a_share_does_not_show_what_was_resealed() -> None:
    """repr does not show the re-sealed share."""
    assert "resealed" not in repr(_share(1))
