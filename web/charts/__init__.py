"""One file per chart of the dashboard: the archive's figures in, a chart with its table out. Drawing is the roof's."""
