"""Lets long names in tables be broken where there is no room: a setting, a reason or a metric in a cell."""

import re

_NAME = re.compile(r"(?<=<code>)\w+_\w+(?=</code>[^\n]*</td>)")


def breakable(html: str) -> str:
    """Return a page in which such a name may be broken after each underscore; a copy of it is unchanged."""
    return _NAME.sub(lambda name: name[0].replace("_", "_<wbr>"), html)
