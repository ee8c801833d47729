"""The interface for programs: read-only, JSON, one version in the address."""
