"""RosterService: roster versions, registered platforms, and second factors of roster members."""

from dataclasses import dataclass

from idvault.moderator.api import NamingMethods
from idvault.people.api import RosterMethods
from idvault.people.second_factor.api import SecondFactorMethods
from idvault.platform.api import PlatformMethods


@dataclass(kw_only=True, eq=False, repr=False)
class RosterServicer(RosterMethods, SecondFactorMethods, PlatformMethods, NamingMethods):
    """The methods of the capabilities that it is put together from."""
