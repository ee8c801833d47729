"""Copy an archive between SQLite and PostgreSQL, either way; every table's rows and hashes are compared."""

from pathlib import Path

import click

from domain.errors import ConfigError
from lagebild.opening import fleet_missing

SCHEMES = ("sqlite:", "postgresql:", "postgres:")


@click.command(
    help=__doc__ + "\n\nExample: lagebild db copy sqlite:lagebild.db postgresql://lagebild@db/lagebild"
)
@click.argument("source")
@click.argument("target")
def command(source: str, target: str) -> None:
    try:
        from storage.copying import Either, copy
        from storage.postgres.archive import open_archive as open_postgres
    except ImportError as error:
        raise fleet_missing(error) from error
    from storage.sqlite.archive import open_archive as open_sqlite

    def opened(address: str, *, create: bool) -> Either:
        if not address.startswith(SCHEMES):
            raise ConfigError(
                f"{address} is no archive's address",
                remedy="write sqlite:PATH or postgresql://USER@HOST/NAME",
            )
        if address.startswith("sqlite:"):
            return open_sqlite(Path(address.removeprefix("sqlite:")), create=create)
        return open_postgres(address)

    done = copy(opened(source, create=False), opened(target, create=True))
    for table in done:
        click.echo(f"{table.rows:>10}  {table.digest[:16]}  {table.table}")
    click.echo(f"{sum(table.rows for table in done)} rows in {len(done)} tables, alike on both sides")
