"""Reports beside the daily briefing: the week, an incident."""
