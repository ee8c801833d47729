"""One file a language: CODE.py with `code`, `packages` (installed ones that are preferred) and `build`."""

from nlp.pipelines import describe, pipeline_for

__all__ = ["describe", "pipeline_for"]
