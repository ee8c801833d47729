"""Item -> Annotation; Annotations -> Story, Signal."""
