"""Work on PostgreSQL with many processes: worker, run, status, sweep, drain."""
