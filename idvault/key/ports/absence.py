"""What a sweep found missing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Absence:
    """What a look at the files of both databases showed.

    account_tokens: those whose destruction can be told. promised: whether the bytes of their keys are in no
    file; False if the database cannot promise it.
    """

    account_tokens: frozenset[str]
    promised: bool
