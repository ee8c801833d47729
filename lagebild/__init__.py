"""The roof: settings, belts, engine, command line."""
