"""The settings of erasures."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings


class ErasureSettings(BaseSettings):
    """How long an erasure can be cancelled, and how long after it the keys are destroyed.

    A disclosure request lives for up to seven days, so the delay is longer.
    """

    erasure_waiting_days: Annotated[int, Field(ge=1, le=30)] = 7
    erasure_delay_days: Annotated[int, Field(ge=8, le=90)] = 8
