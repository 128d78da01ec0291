"""What Heroku and Docker make of this checkout, made here: without their machines, with their files."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def tracked() -> list[str]:
    """Every file of the project, as it is cloned; the test skips outside a clone."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("This is no clone: nobody knows which files belong to the project.")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def clone(folder: Path) -> Path:
    """The project's files and nothing else, and of npm's packages only what is there without the development's."""
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    link_packages(folder)
    return folder


def link_packages(folder: Path) -> None:
    """What `npm ci --omit=dev` would put there."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for path, package in packages.items():
        there = ROOT / path
        if path and not package.get("dev") and there.is_dir() and path.count("node_modules/") == 1:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).symlink_to(there.resolve())


def run(command: str, folder: Path, **environment: str) -> str:
    """Run a line of a shell there, and what it printed. It must end well."""
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=surroundings(**environment), capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def surroundings(**environment: str) -> dict[str, str]:
    """An environment with the checkout's Python first, and nothing of this shell's but where programs are."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": os.environ.get("HOME", "/"), **environment}


class Dockerfile:
    """The file, read: as much of it as this project uses."""

    def __init__(self, text: str) -> None:
        lines = re.sub(r"\\\n\s*", "", text).splitlines()
        said = [line.partition(" ") for line in lines if line and not line.startswith("#")]
        self.stages: dict[str, list[tuple[str, str]]] = {}
        for word, _, rest in said:
            if word == "FROM":
                name = rest.partition(" AS ")[2] or "last"
                self.stages[name] = []
            else:
                self.stages[name].append((word, rest))

    def of(self, stage: str, word: str) -> list[str]:
        """What follows this word in the stage."""
        return [rest for found, rest in self.stages[stage] if found == word]

    def one(self, word: str) -> str:
        """The same, of the last stage, where it stands once."""
        (rest,) = self.of("last", word)
        return rest

    @property
    def environment(self) -> dict[str, str]:
        """What the image sets."""
        return dict(pair.split("=", 1) for pair in self.one("ENV").split())

    @property
    def command(self) -> list[str]:
        """What it runs."""
        command: list[str] = json.loads(self.one("CMD"))
        return command

    @property
    def healthcheck(self) -> list[str]:
        """What it is asked by."""
        command: list[str] = json.loads(self.one("HEALTHCHECK").partition("CMD ")[2])
        return command

    def build(self, folder: Path, *, context: Path) -> Path:
        """The folder that the last stage runs in, with the files it copies; the stage `page` is run, Python is ours."""
        page = folder / "page"
        self._copy("page", page / "build", context=context, stages={})
        link_packages(page / "build")
        assert ["npm ci --omit=dev", "npm run build"] == self.of("page", "RUN")
        run("npm run --silent build", page / "build")
        there = folder / "last" / self.one("WORKDIR").lstrip("/")
        self._copy("last", there, context=context, stages={"page": page})
        return there

    def _copy(self, stage: str, there: Path, *, context: Path, stages: dict[str, Path]) -> None:
        there.mkdir(parents=True)
        for copied in self.of(stage, "COPY"):
            *sources, target = [word for word in copied.split() if not word.startswith("--from")]
            origin = re.match(r"--from=(\w+)", copied)
            if origin is not None and origin[1] not in stages:
                continue  # Python's packages: the checkout's own are used.
            base = context if origin is None else stages[origin[1]]
            for source in sources:
                _copied(base / source.lstrip("/"), there / target, into=target.endswith("/"))


def _copied(source: Path, target: Path, *, into: bool) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    else:
        target = target / source.name if into else target
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
