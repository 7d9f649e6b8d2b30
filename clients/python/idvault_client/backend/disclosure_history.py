"""The call that reads an account's disclosure history; `idvault_client.offline` checks the answer."""

from idvault.v1 import status_pb2
from idvault_client.backend.rpc import Rpc, account, rpc
from idvault_client.offline import disclosure_history
from idvault_client.offline.disclosure_history import DisclosureHistory

_SERVICE = status_pb2.DESCRIPTOR.services_by_name["StatusService"]


def get_disclosure_history(account_token: str) -> Rpc[DisclosureHistory]:
    """Return every disclosure of an account's records before a horizon, with its proofs.

    Raises NotFound, AccessDenied, Unavailable, RecordDamaged.
    """
    request = status_pb2.GetDisclosureHistoryRequest(account_token=account(account_token))
    return rpc(_SERVICE, "GetDisclosureHistory", request, disclosure_history.read_answer)
