"""The Dockerfile without Docker: read by rules of our own, and its steps run in a clean prefix.

usage: python -m bench.image [--keep FOLDER] [--root FOLDER]

The RUN steps that install are run with the prefixes /opt and /wheel moved below a new folder and the same files as COPY would
bring; then the command answers there, with an empty environment. With hadolint on the path, it reads the file too.

With --root (as root, with debootstrap; minutes) every step runs in a Debian of its own below FOLDER instead, apt-get and
useradd too; then the service is started there as the container would, asked for its health by the file's own HEALTHCHECK, and
stopped by its STOPSIGNAL. Both stages share that root, and Debian's own Python stands for the base image's. A FOLDER that
holds a Debian already is used as it is.
"""

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[1]
DOCKERFILE = REPO / "packaging" / "Dockerfile"
SETTINGS_OF_HERE = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
HEALTHY_WITHIN_SECONDS = 180


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


class Root:
    """A Debian below a folder, where the steps of the file are run."""

    def __init__(self, place: Path) -> None:
        self.place, self.folder, self.user = place, "/", "0"
        self.environment = {
            "HOME": "/root",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        }

    def make(self) -> None:
        """The smallest Debian with a Python, and what reaches the registries from here: names, certificates, pip's settings."""
        if not (self.place / "usr" / "bin" / "python3").exists():
            packages = "--include=python3,python3-venv,ca-certificates"
            subprocess.run(["debootstrap", "--variant=minbase", packages, "bookworm", self.place], check=True)
        for name in SETTINGS_OF_HERE:
            if Path(name).is_file():
                (self.place / name[1:]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(name, self.place / name[1:])
        python = self.place / "usr/local/bin/python"
        if not python.is_symlink():
            python.symlink_to("/usr/bin/python3")

    def command(self, *words: str) -> list[str]:
        """Those words as this user, in this folder."""
        step = f'cd {self.folder} && exec "$@"'
        return [
            "chroot",
            f"--userspec={self.user}:{self.user}",
            str(self.place),
            "bash",
            "-euc",
            step,
            "-",
            *words,
        ]

    def run(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Raises CalledProcessError."""
        return subprocess.run(self.command(*words), env=self.environment, check=True, text=True, **more)

    def follow(self, word: str, rest: str) -> None:
        """One instruction of the file."""
        if word == "RUN":
            self.run("bash", "-euc", rest)
        elif word == "WORKDIR":
            self.folder = rest
            self.inside(rest).mkdir(parents=True, exist_ok=True)
        elif word == "ENV":
            old = self.environment
            given = (pair.split("=", 1) for pair in rest.split())
            self.environment = old | {name: value.replace("$PATH", old["PATH"]) for name, value in given}
        elif word == "COPY" and "--from" not in rest:
            copied(self.inside(self.folder))
        elif word == "USER":
            self.user = rest

    def inside(self, path: str) -> Path:
        return self.place / path.lstrip("/")


def served_in(root: Root, told: dict[str, str]) -> str:
    """Starts the service as the container would; what its health check said, and how soon it stopped. Raises OSError."""
    check, entry, arguments = (
        json.loads(told[word].partition("CMD ")[2] or told[word])
        for word in ("HEALTHCHECK", "ENTRYPOINT", "CMD")
    )
    root.run(*entry, "init", stdout=subprocess.DEVNULL)
    with subprocess.Popen(root.command(*entry, *arguments), env=root.environment) as service:
        for _ in range(HEALTHY_WITHIN_SECONDS):
            time.sleep(1)
            if (
                subprocess.run(
                    root.command(*check), env=root.environment, stderr=subprocess.DEVNULL, check=False
                ).returncode
                == 0
            ):
                break
        else:
            service.kill()
            raise OSError(f"the service was not healthy within {HEALTHY_WITHIN_SECONDS} seconds")
        asked = time.monotonic()
        service.send_signal(getattr(signal, told["STOPSIGNAL"]))
        code = service.wait(timeout=60)
    return f"healthy; stopped with {code} after {time.monotonic() - asked:.1f} s"


def tried_in_root(place: Path) -> str:
    """Every instruction in a Debian of its own, then the service. Raises CalledProcessError and OSError."""
    root = Root(place)
    root.make()
    told = {}
    for word, rest in instructions(DOCKERFILE.read_text(encoding="utf-8")):
        root.follow(word, rest)
        told[word] = rest
    return served_in(root, told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--root", type=Path)
    given = parser.parse_args()
    found = faults(DOCKERFILE.read_text(encoding="utf-8"))
    print("\n".join(found) or "the Dockerfile keeps our rules")
    if hadolint := shutil.which("hadolint"):
        found += (
            [str(code)]
            if (code := subprocess.run([hadolint, str(DOCKERFILE)], check=False).returncode)
            else []
        )
    if given.root:
        print(tried_in_root(given.root.resolve()))
        sys.exit(1 if found else 0)
    with tempfile.TemporaryDirectory() as place:
        print(tried(given.keep or Path(place)))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
