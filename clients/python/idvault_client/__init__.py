"""The client for backends: connects, verifies people, reads statuses; `aio` is the same with await."""

from idvault_client import aio
from idvault_client.backend.blocking.vault import Vault, connect
from idvault_client.backend.claim import (
    Consent,
    IdentityDocument,
    Verification,
    foreign_permanent_resident,
    residence_permit,
    resident_id,
    unified_social_credit_code,
)
from idvault_client.backend.status import Status, Statuses
from idvault_client.backend.usage import PlatformUsage, UsageFigure
from idvault_client.errors import (
    AccessDenied,
    DeadlineExceeded,
    Exhausted,
    InvalidFields,
    NotFound,
    PreconditionFailed,
    RecordDamaged,
    RegistryBacklog,
    RequestIdReused,
    TooManyAttempts,
    Unavailable,
    VaultError,
)
from idvault_client.reasons import FailureReason
from idvault_client.transport import Tls
from idvault_verify.account import AccountState as State
from idvault_verify.account import Assurance, MinimumAssurance, Standing, SubjectKind
from idvault_verify.claim import ClaimState
from idvault_verify.document import DocumentType
from idvault_verify.error import FieldCode, Reason
from idvault_verify.organization import OrganizationCategory

__all__ = [
    "AccessDenied",
    "Assurance",
    "ClaimState",
    "Consent",
    "DeadlineExceeded",
    "DocumentType",
    "Exhausted",
    "FailureReason",
    "FieldCode",
    "IdentityDocument",
    "InvalidFields",
    "MinimumAssurance",
    "NotFound",
    "OrganizationCategory",
    "PlatformUsage",
    "PreconditionFailed",
    "Reason",
    "RecordDamaged",
    "RegistryBacklog",
    "RequestIdReused",
    "Standing",
    "State",
    "Status",
    "Statuses",
    "SubjectKind",
    "Tls",
    "TooManyAttempts",
    "Unavailable",
    "UsageFigure",
    "Vault",
    "VaultError",
    "Verification",
    "aio",
    "connect",
    "foreign_permanent_resident",
    "residence_permit",
    "resident_id",
    "unified_social_credit_code",
]
