"""The ground: values, ports and errors; standard library only."""
