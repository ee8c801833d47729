"""What users write about the same stories, on an invented Mastodon server and on Bluesky."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post. `indexable` None: the author never said. `deleted_at` None: it still stands."""

    id: str
    platform: str  # mastodon | bluesky
    author: str
    text: str
    language: str
    published: datetime
    tags: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    story: str | None = None
    indexable: bool | None = True
    noindex: bool = False
    nobot: bool = False
    no_unauthenticated: bool = False
    reply_to: str = ""
    likes: int = 0
    reposts: int = 0
    deleted_at: datetime | None = None

    @property
    def may_be_kept(self) -> bool:
        """What a lawful collector keeps."""
        refused = self.noindex or self.nobot or self.no_unauthenticated or self.indexable is False
        return not refused and self.deleted_at is None


@cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    page = files("lagebild.demo").joinpath("texts", "posts.yaml").read_text("utf-8")
    return tuple(YAML(typ="safe", pure=True).load(page) or ())


def read_posts(morning: datetime) -> tuple[Post, ...]:
    """Every post, oldest first; hours in the file count back from `morning`."""
    posts = [_post(row, index, morning) for index, row in enumerate(_rows())]
    return tuple(sorted(posts, key=lambda post: (post.published, post.id)))


def _post(row: Mapping[str, Any], index: int, morning: datetime) -> Post:
    deleted = row.get("deleted")
    return Post(
        id=f"{index:03d}",
        platform=row["on"],
        author=row["by"],
        text=" ".join(row["text"].split()),
        language=row["lang"],
        published=morning - timedelta(hours=float(row["ago"])),
        tags=tuple(word[1:].rstrip(".,!?:") for word in row["text"].split() if word.startswith("#")),
        topics=tuple(row.get("topics", "").split()),
        story=row.get("story"),
        indexable=row.get("indexable", True),
        noindex=row.get("noindex", False),
        nobot=row.get("nobot", False),
        no_unauthenticated=row.get("no_unauthenticated", False),
        reply_to=f"{index - row['reply']:03d}" if "reply" in row else "",
        likes=row.get("likes", 0),
        reposts=row.get("reposts", 0),
        deleted_at=None if deleted is None else morning - timedelta(hours=float(deleted)),
    )
