"""A Slack incoming webhook. The recipient is its address by reference (`env:NAME`): whoever has it can post."""

from collections.abc import Mapping

from digest.delivery._http import ChatWebhook

FORMAT = "slack"


def build(options: Mapping[str, str], environment: Mapping[str, str]) -> ChatWebhook:
    return ChatWebhook("slack", environment)
