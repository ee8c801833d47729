"""What was spent where reads are counted or cost money: taken before the call, so that no crash passes a budget."""

from collections.abc import Mapping, Sequence

from domain.model import Spending
from storage.sqlite.connection import Connections

OPEN = "INSERT INTO spending (account, period, spent) VALUES (?, ?, 0) ON CONFLICT DO NOTHING"
# The condition stands in the statement, so that two writers cannot both take the last of it.
TAKE = """
UPDATE spending SET spent = spent + :amount
WHERE account = :account AND period = :period AND spent + :amount <= :cap
"""
GIVE_BACK = """
UPDATE spending SET spent = CASE WHEN spent > :amount THEN spent - :amount ELSE 0 END
WHERE account = :account AND period = :period
"""
SPENDINGS = "SELECT account, period, spent FROM spending WHERE period >= ? ORDER BY account, period"


class _Exhausted(Exception):
    """A period's cap would be passed; ends the transaction."""


class Ledger(Connections):
    """Implements `domain.ports.LedgerArchive`."""

    def reserve(self, account: str, caps: Mapping[str, int], amount: int) -> bool:
        """Takes `amount` in every period of `caps`, or in none; on the disk before it returns."""
        try:
            with self.durable_transaction():
                for period, cap in sorted(caps.items()):
                    self.run(OPEN, (account, period))
                    wanted = {"account": account, "period": period, "amount": amount, "cap": cap}
                    if not self.run(TAKE, wanted):
                        raise _Exhausted
        except _Exhausted:
            return False
        return True

    def give_back(self, account: str, periods: Sequence[str], amount: int) -> None:
        """Returns what was reserved and not used; never below zero."""
        with self.transaction():
            for period in sorted(periods):
                self.run(GIVE_BACK, {"account": account, "period": period, "amount": amount})

    def spendings(self, since: str = "") -> Sequence[Spending]:
        """By account and period, of periods from `since` on."""
        return [Spending(*row) for row in self.rows(SPENDINGS, (since,))]
