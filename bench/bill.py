"""The bill of materials: every pinned package with its hashes and every model with its own, as CycloneDX JSON.

usage: python -m bench.bill > sbom.json

It is made from the lock and from the list of weights, so that it says what would be installed anywhere; the same lock gives
the same bytes.
"""

import json
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from nlp.checked import listed

REPO = Path(__file__).parents[1]
PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==([^\s;\\]+)", re.M)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def pinned(lock: str) -> list[tuple[str, str, list[str]]]:
    """(name, version, hashes) in the order of the lock."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock)
    found = [(match, HASH.findall(block)) for block in blocks if (match := PINNED.match(block))]
    return [(match[1].lower().replace("_", "-"), match[2], hashes) for match, hashes in found]


def licence_of(name: str) -> str:
    """What the installed package says, "" when it is not installed or does not say."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ""
    lines = str(told.get("License-Expression") or told.get("License") or "").splitlines()
    return lines[0][:100] if lines else ""


def package(name: str, version: str, hashes: list[str]) -> Component:
    licence = licence_of(name)
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("pypi", name=name, version=version),
        bom_ref=f"pypi:{name}@{version}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=h) for h in hashes],
        licenses=[DisjunctiveLicense(name=licence)] if licence else [],
    )


def weights(name: str, digest: str) -> Component:
    return Component(
        name=name,
        version=digest[:12],
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"model:{name}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
    )


def bill() -> str:
    """CycloneDX 1.6; without serial number and time, so that it is the same for the same lock."""
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bom = Bom()
    bom.metadata.component = Component(
        name=project["name"], version=project["version"], type=ComponentType.APPLICATION
    )
    for row in pinned((REPO / "requirements" / "dev.lock").read_text(encoding="utf-8")):
        bom.components.add(package(*row))
    for name, digest in listed().items():
        bom.components.add(weights(name, digest))
    bom.register_dependency(bom.metadata.component, list(bom.components))
    told = json.loads(JsonV1Dot6(bom).output_as_string())
    told.pop("serialNumber", None)
    told["metadata"].pop("timestamp", None)
    return json.dumps(told, indent=1, sort_keys=True)


if __name__ == "__main__":
    sys.stdout.write(bill() + "\n")
