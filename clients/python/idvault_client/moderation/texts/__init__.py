"""What the moderators' pages say, in Chinese and English."""

from collections.abc import Mapping

from idvault_client.moderation.texts.cases import CASES
from idvault_client.moderation.texts.common import COMMON
from idvault_client.moderation.texts.statements import STATEMENTS
from idvault_client.moderation.texts.words import WORDS
from idvault_client.reasons import Translation

TEXTS: Mapping[str, Translation] = {**WORDS, **COMMON, **CASES, **STATEMENTS}
