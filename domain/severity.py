"""The four bands in which severities are told to readers. Pure."""

from typing import Literal

Band = Literal["S1", "S2", "S3", "S4"]


def band_of(severity: int) -> Band:
    """The band of a severity 1 (background) to 5 (death, mass harm, ban); S1 is the worst."""
    if severity >= 5:
        return "S1"
    if severity == 4:
        return "S2"
    return "S3" if severity == 3 else "S4"
