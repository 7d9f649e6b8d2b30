"""What a run of `idvault setup` tells of: each step, and what became of it."""

from dataclasses import dataclass

from idvault.processes.setup.place import StepState


@dataclass(frozen=True, slots=True)
class SetupStep:
    """name: of the step. text: what was done, or what it waits for and what to do about it."""

    name: str
    state: StepState
    text: str
