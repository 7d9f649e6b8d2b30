"""The settings of erasures."""

from typing import Annotated

from pydantic import BaseModel, Field


class ErasureSettings(BaseModel):
    """How long an erasure can be cancelled, and how long after it the keys are destroyed.

    A disclosure request lives for up to seven days, so the delay is longer.
    """

    erasure_waiting_days: Annotated[int, Field(ge=1, le=30)] = 7
    erasure_delay_days: Annotated[int, Field(ge=8, le=90)] = 8
