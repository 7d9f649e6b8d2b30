"""What a check of the doctor raises."""


class AilmentError(Exception):
    """A check failed; the text says what to do and contains no address and no secret."""
