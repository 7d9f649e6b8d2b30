"""Follows a log from the key that its reader knows to the keys that sign today."""

from dataclasses import replace

from idvault.transparency import log_key
from idvault.transparency.checkpoint import CosignaturePolicy
from idvault_client.offline.log.files import LogFiles


def followed(files: LogFiles, policy: CosignaturePolicy) -> CosignaturePolicy:
    """Return a policy with every key of the log that one of its own leads to.

    Raises LogKeyError if the published announcements do not verify, and NotReachedError.
    """
    raw = files.read(log_key.FILE, limit=log_key.MOST_BYTES)
    if raw is None:
        return policy
    changes = log_key.decode(raw)
    found = (log_key.keys_of(each, changes) for each in policy.log_keys)
    return replace(policy, log_keys=tuple(dict.fromkeys(key for keys in found for key in keys)))
