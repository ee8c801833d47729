"""Italian: an official pipeline where one is installed, else rules and lists of names."""

from typing import Any

from nlp.pipelines import installed, load_package

code = "it"
packages = ("it_core_news_lg", "it_core_news_md", "it_core_news_sm")
on_pypi: tuple[str, ...] = ()
recommended = "it_core_news_md"
ours = ("lagebild_it_rules", "1.0.0", "rules")


def build() -> Any:
    package = installed(packages)
    return load_package(package) if package else rules()


def rules() -> Any:
    """A blank pipeline with `nlp.italian` behind its tokenizer."""
    import spacy
    from spacy.language import Language

    from nlp.italian import mark_names

    Language.component("lagebild_it_names", func=mark_names)
    pipeline = spacy.blank("it", meta={"name": ours[0], "version": ours[1]})
    pipeline.add_pipe("lagebild_it_names")
    return pipeline
