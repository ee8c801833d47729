"""What a fleet keeps in the archive's database besides the archive: its queue, and whose turn it is at a host.

Both live in a schema of their own, so that the archive's tables stay those of the SQLite archive.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from storage.postgres.connection import translated

SCHEMA = "fleet"
SHORTEST_WAIT_SECONDS = 0.001
PREPARING = 7_306_142
"""The advisory lock of those who make the schema: two workers may start at once."""

SCHEMA_ADD = f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"
TURNS_ADD = f"""
CREATE TABLE IF NOT EXISTS {SCHEMA}.host_turn (
    host text PRIMARY KEY,
    free_at timestamptz NOT NULL, -- nobody asks this host before; while a request runs, when its holder counts as hung
    holder integer -- the server process of the connection whose request runs; NULL when none does
)
"""
HOLDER_ADD = f"ALTER TABLE {SCHEMA}.host_turn ADD COLUMN IF NOT EXISTS holder integer"
"""For tables that an earlier version made."""
HAS_QUEUE = "SELECT to_regclass('procrastinate_jobs') IS NOT NULL"

TURN_TAKE = """
INSERT INTO host_turn AS h (host, free_at, holder)
VALUES (%(host)s, clock_timestamp() + %(lease)s * interval '1 second', pg_backend_pid())
ON CONFLICT (host) DO UPDATE SET free_at = excluded.free_at, holder = excluded.holder WHERE h.free_at <= clock_timestamp()
RETURNING 1
"""
HOLDER_LIVES = "EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.pid = holder)"
TURN_WAIT = f"""
SELECT extract(epoch FROM free_at - clock_timestamp())::float, holder IS NULL OR {HOLDER_LIVES} FROM host_turn WHERE host = %s
"""
# The connection of a killed process ends with it, so its turn is known to be over; its last request is at most so old.
TURN_RESCUE = f"""
UPDATE host_turn SET free_at = clock_timestamp() + %s * interval '1 second', holder = NULL
WHERE host = %s AND holder IS NOT NULL AND NOT {HOLDER_LIVES}
"""
# Only what is still ours: after a lost connection somebody else may have it.
TURN_GIVE = """
UPDATE host_turn SET free_at = clock_timestamp() + %s * interval '1 second', holder = NULL
WHERE host = %s AND holder = pg_backend_pid()
"""

JOBS = """
SELECT queue_name, task_name, status::text, count(*),
       coalesce(max(extract(epoch FROM now() - coalesce(scheduled_at, now()))), 0)::float
FROM procrastinate_jobs GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
WORKERS = """
SELECT w.id, extract(epoch FROM now() - w.last_heartbeat)::float, count(j.id)
FROM procrastinate_workers w LEFT JOIN procrastinate_jobs j ON j.worker_id = w.id AND j.status = 'doing'
GROUP BY w.id, w.last_heartbeat ORDER BY w.id
"""
WAITING = """
SELECT count(*) FROM procrastinate_jobs
WHERE status IN ('todo', 'doing') AND (%(task)s::text IS NULL OR task_name = %(task)s) AND NOT (task_name = ANY(%(but)s))
"""
HELD_ARGUMENTS = """
SELECT args FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') AND task_name = %s
"""
FAILED = "SELECT id FROM procrastinate_jobs WHERE status = 'failed' ORDER BY id"


@dataclass(frozen=True, slots=True)
class JobCount:
    """How many jobs of one task are in one state; `oldest_seconds` counts from when they were due."""

    queue: str
    task: str
    status: str
    jobs: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class WorkerState:
    """One worker, when it was last heard of, and how many jobs it has in hand."""

    id: int
    silent_seconds: float
    doing: int


def options() -> str:
    """What a connection to the fleet's schema is opened with."""
    return f"-c search_path={SCHEMA},public"


def prepare(dsn: str, queue_schema: Callable[[], str]) -> None:
    """Makes the fleet's schema where it is missing. `queue_schema` gives the queue's own SQL."""
    with translated(), psycopg.connect(dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (PREPARING,))
        connection.execute(SCHEMA_ADD)
        connection.execute(TURNS_ADD)
        connection.execute(HOLDER_ADD)
        connection.execute(f"SET LOCAL search_path TO {SCHEMA}, public")
        if not _first(connection.execute(HAS_QUEUE)):
            connection.execute(queue_schema().encode())


def _first(cursor: psycopg.Cursor[tuple[Any, ...]]) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None


class FleetState:
    """What the queue holds, read over one connection that comes back after the server was away."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with translated():
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self.dsn, autocommit=True, options=options())
            yield self._connection

    def jobs(self) -> list[JobCount]:
        with self._connected() as connection:
            return [JobCount(*row) for row in connection.execute(JOBS).fetchall()]

    def workers(self) -> list[WorkerState]:
        with self._connected() as connection:
            return [WorkerState(*row) for row in connection.execute(WORKERS).fetchall()]

    def waiting(self, task: str | None = None, but: tuple[str, ...] = ()) -> int:
        """Jobs that wait or run: of one task, or of all `but` these."""
        with self._connected() as connection:
            return int(_first(connection.execute(WAITING, {"task": task, "but": list(but)})))

    def held_arguments(self, task: str) -> list[dict[str, Any]]:
        """The arguments of a task's jobs that wait, run, or failed and were set aside."""
        with self._connected() as connection:
            return [row[0] for row in connection.execute(HELD_ARGUMENTS, (task,)).fetchall()]

    def failed(self) -> list[int]:
        """Ids of the jobs that were set aside."""
        with self._connected() as connection:
            return [row[0] for row in connection.execute(FAILED).fetchall()]

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class HostTurns:
    """One turn per host over all workers; implements `crawler.politeness.Turns`."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._connecting = asyncio.Lock()

    async def _connected(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        async with self._connecting:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(
                    self.dsn, autocommit=True, options=options()
                )
            return self._connection

    async def take(self, host: str, lease_seconds: float, delay_seconds: float) -> float:
        """0.0 when the turn is ours until given back, for `lease_seconds` at most; else seconds until it may be free.

        The turn of a worker that was killed is free `delay_seconds` after that was noticed.
        """
        with translated():
            connection = await self._connected()
            taken = await connection.execute(TURN_TAKE, {"host": host, "lease": lease_seconds})
            if await taken.fetchone():
                return 0.0
            found = await (await connection.execute(TURN_WAIT, (host,))).fetchone()
            if found is None:
                return SHORTEST_WAIT_SECONDS
            wait, is_held = found
            if not is_held:
                await connection.execute(TURN_RESCUE, (delay_seconds, host))
                wait = delay_seconds
            return max(float(wait), SHORTEST_WAIT_SECONDS)

    async def give_back(self, host: str, delay_seconds: float) -> None:
        """The next turn begins `delay_seconds` from now."""
        with translated():
            connection = await self._connected()
            await connection.execute(TURN_GIVE, (delay_seconds, host))

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
