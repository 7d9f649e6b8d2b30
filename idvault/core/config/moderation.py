"""The settings of moderation: the operator's terms of public accounts, appeals, contests and reports."""

from typing import Annotated

from pydantic import BaseModel, Field


class ModerationSettings(BaseModel):
    """Days are calendar days of the operator's time zone. appeal_outside_body: named by every rejection."""

    public_accounts_per_individual: Annotated[int, Field(ge=1, le=1_000)] = 1
    public_accounts_per_organization: Annotated[int, Field(ge=1, le=1_000)] = 5
    public_account_days: Annotated[int, Field(ge=61, le=36_500)] = 365
    appeal_days: Annotated[int, Field(ge=1, le=3_650)] = 180
    appeal_decision_days: Annotated[int, Field(ge=1, le=365)] = 15
    appeal_outside_body: Annotated[str, Field(max_length=200)] = ""
    appeal_outside_days: Annotated[int, Field(ge=1, le=3_650)] = 60
    contest_decision_days: Annotated[int, Field(ge=1, le=365)] = 15
    tip_off_retention_days: Annotated[int, Field(ge=1, le=3_650)] = 90
    tip_offs_per_day: Annotated[int, Field(ge=1, le=10_000)] = 20
