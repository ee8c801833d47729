"""German: our own pipeline, because no official one can be had where only PyPI is reached."""

from typing import Any

from nlp.pipelines import OURS, installed, load_ours, load_package

code = "de"
packages = ("de_core_news_lg", "de_core_news_md")
on_pypi: tuple[str, ...] = ()
recommended = "de_core_news_lg"
ours = ("lagebild_de", "1.0.0", "ours")


def build() -> Any:
    package = installed(packages)
    return load_package(package) if package else load_ours(OURS / "de")
