"""What the moderators' pages say, in Chinese and English."""

from collections.abc import Mapping

from idvault_people.moderation.texts.campaigns import CAMPAIGNS
from idvault_people.moderation.texts.cases import CASES
from idvault_people.moderation.texts.common import COMMON
from idvault_people.moderation.texts.lists import LISTS
from idvault_people.moderation.texts.own import OWN
from idvault_people.moderation.texts.statements import STATEMENTS
from idvault_people.moderation.texts.templates import TEMPLATES
from idvault_people.moderation.texts.words import WORDS
from idvault_verify.text import Text

TEXTS: Mapping[str, Text] = {
    **WORDS,
    **COMMON,
    **CASES,
    **STATEMENTS,
    **CAMPAIGNS,
    **OWN,
    **TEMPLATES,
    **LISTS,
}
