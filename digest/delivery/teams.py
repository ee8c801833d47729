"""A Microsoft Teams workflow webhook that takes Adaptive Cards. The recipient is its address by reference."""

from collections.abc import Mapping

from digest.delivery._http import ChatWebhook

FORMAT = "teams"


def build(options: Mapping[str, str], environment: Mapping[str, str]) -> ChatWebhook:
    return ChatWebhook("teams", environment)
