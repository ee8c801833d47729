"""Install the official pipeline of a language where the network allows."""

import subprocess
import sys

import click

from domain.errors import ConfigError
from nlp.pipelines import install_command


@click.command(help=__doc__ + "\n\nExample: lagebild models install de")
@click.argument("language", type=click.Choice(["de", "fr", "it", "en"]))
def command(language: str) -> None:
    words = install_command(language, sys.executable)
    click.echo(" ".join(words), err=True)
    if subprocess.run(words, check=False).returncode:
        remedy = "this network may not reach the host of spaCy's models; what `lagebild models list` shows stays in use"
        raise ConfigError(f"the pipeline of {language!r} could not be installed", remedy=remedy)
