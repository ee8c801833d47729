"""The Dockerfile without Docker: read by rules of our own, and its steps run in a clean prefix.

usage: python -m bench.image [--keep FOLDER]

The RUN steps that install are run with the prefixes /opt and /wheel moved below a new folder and the same files as COPY would
bring; then the command answers there, with an empty environment. What stays untried is the base image and apt-get. With
hadolint on the path, it reads the file too.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

REPO = Path(__file__).parents[1]
DOCKERFILE = REPO / "packaging" / "Dockerfile"


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """(word, rest) of each instruction; continued lines are joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word.upper(), " ".join(rest.split())


def faults(text: str) -> list[str]:
    """What a careful reader would refuse."""
    told = list(instructions(text))
    last_stage = told[max(n for n, (word, _) in enumerate(told) if word == "FROM") :]
    found = [
        f"{rest}: no version" for word, rest in told if word == "FROM" and not re.search(r":[\w.-]*\d", rest)
    ]
    found += [f"{rest}: latest" for word, rest in told if word == "FROM" and ":latest" in rest]
    users = [rest for word, rest in last_stage if word == "USER"]
    if not users or users[-1] in ("root", "0"):
        found.append("the service would run as root")
    runs = " ".join(rest for word, rest in told if word == "RUN")
    for install in re.findall(r"pip install [^&]*", runs):
        if "--require-hashes" not in install and "--no-index" not in install:
            found.append(f"{install.strip()}: without hashes")
    if "apt-get install" in runs and not (
        "--no-install-recommends" in runs and "rm -rf /var/lib/apt/lists" in runs
    ):
        found.append("apt-get leaves more than is needed")
    words = [word for word, _ in last_stage]
    found += [f"no {word}" for word in ("HEALTHCHECK", "ENTRYPOINT", "STOPSIGNAL") if word not in words]
    found += [
        f"{word} {rest}: a secret?"
        for word, rest in told
        if word in ("ENV", "ARG") and re.search("(?i)passw|secret|token", rest)
    ]
    found += [f"ADD {rest}: use COPY" for word, rest in told if word == "ADD"]
    return found


def copied(folder: Path) -> None:
    """What COPY . . brings: the repository's own files."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPO, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (REPO / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPO / name, target)


def steps(text: str, place: Path) -> list[str]:
    """The installing RUN steps with their prefixes moved."""
    runs = [rest for word, rest in instructions(text) if word == "RUN" and "apt-get" not in rest]
    moved = [run.replace("/opt/", f"{place}/opt/").replace("/wheel", f"{place}/wheel") for run in runs]
    return [run.replace("python -m venv", f"{sys.executable} -m venv") for run in moved]


def tried(place: Path) -> str:
    """Runs the steps; what the installed command says of itself. Raises CalledProcessError."""
    copied(place / "src")
    for step in steps(DOCKERFILE.read_text(encoding="utf-8"), place):
        subprocess.run(["bash", "-euc", step], cwd=place / "src", check=True)
    home = place / "home"
    home.mkdir()
    command = [str(place / "opt" / "lagebild" / "bin" / "lagebild")]
    clean = {"PATH": f"{place}/opt/lagebild/bin:/usr/bin:/bin", "HOME": str(home), "LAGEBILD_LOG": "json"}
    subprocess.run([*command, "init"], cwd=home, env=clean, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*command, "sources", "check"], cwd=home, env=clean, check=True, stdout=subprocess.DEVNULL)
    said = subprocess.run(
        [*command, "--version"], cwd=home, env=clean, check=True, capture_output=True, text=True
    )
    return said.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    found = faults(DOCKERFILE.read_text(encoding="utf-8"))
    print("\n".join(found) or "the Dockerfile keeps our rules")
    if hadolint := shutil.which("hadolint"):
        found += (
            [str(code)]
            if (code := subprocess.run([hadolint, str(DOCKERFILE)], check=False).returncode)
            else []
        )
    with tempfile.TemporaryDirectory() as place:
        print(tried(given.keep or Path(place)))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
