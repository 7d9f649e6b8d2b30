"""The settings of retention that belong to no other capability."""

from typing import Annotated

from pydantic import BaseModel, Field


class RetentionSettings(BaseModel):
    """Days for which accounts that were never verified, and the texts of decided appeals, are kept.

    The pages tell owners that the texts are deleted after 90 days.
    """

    rejected_account_days: Annotated[int, Field(ge=1, le=365)] = 30
    appeal_text_days: Annotated[int, Field(ge=1, le=90)] = 90
