"""What binds a drill record, so that nothing of it fits the record of a person."""

_PREFIX = "drill_"
_TOKEN_LENGTH = 31  # the length of an account token, which fits the database column


def token(*, quorum_id: str) -> str:
    """Return the account token of a quorum's drill record."""
    return (_PREFIX + quorum_id)[:_TOKEN_LENGTH]


RELYING_PARTY = "drill"
