"""The services of the custody edge whose methods stand beside the messages of several capabilities."""

from dataclasses import dataclass

from idvault.authority.api import AuthorityMethods
from idvault.authority.joint_operation.api import JointOperationMethods
from idvault.custody.handover.api import HandoverMethods
from idvault.disclosure.api.custodian import CustodianMethods
from idvault.moderator.api import NamingMethods
from idvault.people.api import RosterMethods
from idvault.people.second_factor.api import SecondFactorMethods
from idvault.platform.api import PlatformMethods
from idvault.tip_off.api.referral import ReferralMethods


@dataclass(kw_only=True, eq=False, repr=False)
class AuthorityServicer(AuthorityMethods, JointOperationMethods, ReferralMethods):
    """The methods of the capabilities that it is put together from."""


@dataclass(kw_only=True, eq=False, repr=False)
class CustodianServicer(CustodianMethods, HandoverMethods):
    """The methods of the capabilities that it is put together from."""


@dataclass(kw_only=True, eq=False, repr=False)
class RosterServicer(RosterMethods, SecondFactorMethods, PlatformMethods, NamingMethods):
    """The methods of the capabilities that it is put together from."""
