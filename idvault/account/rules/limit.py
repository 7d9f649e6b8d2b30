"""The limit of an account that did not follow its invitation."""

from idvault.verify.account import Standing, StandingPeriod

LIMIT = StandingPeriod(Standing.PUBLISHING_LIMITED)
"""What an enforcement date does to the standing of an account."""
