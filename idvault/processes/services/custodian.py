"""CustodianService, for custodians: disclosures, and the shares that a replaced custodian hands over."""

from dataclasses import dataclass

from idvault.custody.handover.api import HandoverMethods
from idvault.disclosure.api.custodian import CustodianMethods


@dataclass(kw_only=True, eq=False, repr=False)
class CustodianServicer(CustodianMethods, HandoverMethods):
    """The methods of the capabilities that it is put together from."""
