"""Datasette at /sql, below our own doors: public views, questions in SQL, nothing else of Datasette.

Its connections come from the archive's room and can read the public views alone; what Datasette would look up in the
file's own catalogue is answered here.
"""

from importlib.resources import files
from typing import Any, NoReturn

from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from web.desk import Asking

BOOK = "lagebild"
"""The archive's name in Datasette's addresses: /sql/lagebild/v_items."""
PLACE = "/sql"
STATIC = f"{PLACE}/-/static/"
SETTINGS = {
    "base_url": f"{PLACE}/",
    "sql_time_limit_ms": 2_000,
    "facet_time_limit_ms": 300,
    "max_returned_rows": 1_000,
    "default_page_size": 50,
    "default_facet_size": 20,
    "suggest_facets": False,
    "allow_download": False,
    "allow_csv_stream": True,
    "max_csv_mb": 50,
    "num_sql_threads": 2,
    "default_cache_ttl": 0,
    "truncate_cells_html": 500,
    "template_debug": False,
    "trace_debug": False,
    "allow_signed_tokens": False,
}


# Datasette would print every refused question with all local values, for half a second, to the log.
pm.get_plugin("datasette.handle_exception").rich = None


class Book(Database):  # type: ignore[misc]
    """The archive as Datasette sees it: views, no tables, no writing."""

    def __init__(self, library: Datasette, asking: Asking) -> None:
        super().__init__(library, path=str(asking.path), is_mutable=True)
        self.asking = asking

    def connect(self, write: bool = False) -> Any:
        if write:
            self._refuse()
        connection = self.asking.connect()
        self._all_file_connections.append(connection)
        return connection

    async def execute(self, sql: str, params: Any = None, **how: Any) -> Any:
        """A reader's mistake is told to the reader, not to the log."""
        return await super().execute(sql, params, **{**how, "log_sql_errors": False})

    def _refuse(self) -> NoReturn:
        raise PermissionError("the archive is read here, never written")

    async def execute_write_fn(self, fn: Any, block: bool = True) -> NoReturn:
        self._refuse()

    async def view_names(self) -> list[str]:
        return list(self.asking.views)

    async def table_names(self) -> list[str]:
        return []

    async def hidden_table_names(self) -> list[str]:
        return []

    async def table_exists(self, table: str) -> bool:
        return False

    async def fts_table(self, table: str) -> None:
        return None

    async def foreign_keys_for_table(self, table: str) -> list[Any]:
        return []

    async def get_all_foreign_keys(self) -> dict[str, Any]:
        return {}

    async def attached_databases(self) -> list[Any]:
        return []

    async def get_table_definition(self, table: str, type_: str = "table") -> str | None:
        """Datasette takes a view without one for missing."""
        return f"-- docs/sql.md tells the columns of {table}" if table in self.asking.views else None


class Library(Datasette):  # type: ignore[misc]
    """Datasette without its catalogue of all tables."""

    async def refresh_schemas(self) -> None:
        return None

    async def permission_allowed(
        self, actor: Any, action: str, resource: Any = None, default: bool = False
    ) -> bool:
        """Our doors have let the reader in; what is behind them is the same for all."""
        if action == "view-table":
            return (
                resource is not None
                and resource[0] == BOOK
                and resource[1] in self.databases[BOOK].asking.views
            )
        return action in ("view-instance", "view-database", "execute-sql") and resource in (None, BOOK)


def datasette_over(asking: Asking) -> ASGIApp:
    """The application to be mounted at /sql."""
    library = Library(
        files=[],
        settings=SETTINGS,
        template_dir=str(files("web").joinpath("sql_templates")),
        metadata={"title": "Lagebild SQL", "databases": {BOOK: {"title": "Lagebild"}}},
    )
    library.remove_database("_memory")
    library.add_database(Book(library, asking), name=BOOK)
    return only_reading(library.app())


def only_reading(inner: ASGIApp) -> ASGIApp:
    """Questions and answers only; Datasette's own pages about itself, its tokens and its sign-in stay shut."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if scope["method"] not in ("GET", "HEAD"):
            refusal = PlainTextResponse(
                "the archive is read here, never written", 405, {"Allow": "GET, HEAD"}
            )
            await refusal(scope, receive, send)
        elif ("/-/" in path and not path.startswith(STATIC)) or "/_internal" in path:
            await PlainTextResponse("not found", 404)(scope, receive, send)
        else:
            await inner({**scope, "root_path": ""}, receive, send)

    return app
