"""What a source may spend: its caps by day and month, and those of its queries, held against the archive's ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from crawler.queries import budget_of
from crawler.registry import connector_for, known_kinds
from domain.model import Request, Source
from domain.ports import Clock, LedgerArchive

Reserved = list[tuple[str, tuple[str, ...]]]


def account_of(source: Source) -> str:
    """Whose budget it is: the source's own, or one that sources with the same key share."""
    return str(source.options.get("budget") or source.id)


def unit_of(source: Source) -> str:
    """What the source's kind counts: requests, units, cents."""
    return (
        str(getattr(connector_for(source.kind), "unit", "requests")) if source.kind in known_kinds() else ""
    )


def periods_of(source: Source, now: datetime) -> tuple[str, str]:
    """Day and month as the kind's platform counts them."""
    zone = getattr(connector_for(source.kind), "budget_zone", "")
    local = now.astimezone(ZoneInfo(zone) if zone else UTC)
    return f"{local:%Y-%m-%d}", f"{local:%Y-%m}"


def caps_of(source: Source, now: datetime) -> Mapping[str, int]:
    """Period -> the most that may be spent in it; empty without caps."""
    day, month = periods_of(source, now)
    caps = {day: source.limits.daily_budget, month: source.limits.monthly_budget}
    return {period: cap for period, cap in caps.items() if cap is not None}


@dataclass
class SourcePurse:
    """Implements `crawler.visit.Purse` over the ledger. What was taken is given back only to where it was taken from."""

    ledger: LedgerArchive
    source: Source
    clock: Clock
    taken: dict[tuple[str, bytes], Reserved] = field(default_factory=dict)

    def reserve(self, request: Request) -> str:
        """Takes what the request costs; "" when it may go, else why not."""
        taken: Reserved = []
        for account, caps in self._wanted(request):
            if not self.ledger.reserve(account, caps, request.cost):
                self._give_back(taken, request.cost)
                told = ", ".join(f"{cap} {unit_of(self.source)} for {period}" for period, cap in caps.items())
                return f"the budget of {account} is spent ({told})"
            taken.append((account, tuple(caps)))
        if taken:
            self.taken[request.url, request.body] = taken
        return ""

    def settle(self, request: Request, cost: int) -> None:
        """The answer cost so much of what was reserved."""
        self._give_back(self.taken.pop((request.url, request.body), []), request.cost - cost)

    def _wanted(self, request: Request) -> list[tuple[str, Mapping[str, int]]]:
        if request.cost < 1:
            return []
        now, account = self.clock(), account_of(self.source)
        share = budget_of(self.source, request.purse)
        purses = (
            {f"{account} / {request.purse}": {periods_of(self.source, now)[0]: share}}
            if share is not None
            else {}
        )
        return [(name, caps) for name, caps in {**purses, account: caps_of(self.source, now)}.items() if caps]

    def _give_back(self, taken: Reserved, amount: int) -> None:
        if amount > 0:
            for account, periods in taken:
                self.ledger.give_back(account, periods, amount)
