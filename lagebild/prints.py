"""The near-copy index of a process that lives on: filled once, then brought up to what has been filed since."""

from datetime import datetime, timedelta

from crawler.dedupe import NearIndex
from domain.ports import Archive

BEYOND_ALL_CHANGES = 2**62


class Prints:
    """Filling the index costs a tenth of a millisecond a text of the window, so it is not done at every visit."""

    def __init__(self, archive: Archive, window: timedelta, now: datetime) -> None:
        self._archive = archive
        self._seen, _ = archive.fingerprints_after(BEYOND_ALL_CHANGES)
        self.index = NearIndex(window, archive.fingerprints(now - window))

    def catch_up(self) -> NearIndex:
        """The index with what anybody has filed since. Where several file, to be called inside a transaction."""
        self._seen, news = self._archive.fingerprints_after(self._seen)
        self.index.add_all(news)
        return self.index
