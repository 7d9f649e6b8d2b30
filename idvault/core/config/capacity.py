"""The setting of a process's memory."""

from typing import Annotated

from pydantic import BaseModel, Field

from idvault.core import capacity


class CapacitySettings(BaseModel):
    """memory: MiB that the process may take; how much it serves at once follows from it."""

    memory: Annotated[int, Field(ge=capacity.LEAST_MEMORY, le=65_536)] = capacity.DEFAULT_MEMORY
