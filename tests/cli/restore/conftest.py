"""A life of a vault with two losses, for the tests of copies of any age."""

import pytest

from tests.support.ages_world import Ages


@pytest.fixture(scope="session")
def ages(tmp_path_factory: pytest.TempPathFactory) -> Ages:
    return Ages(tmp_path_factory.mktemp)
