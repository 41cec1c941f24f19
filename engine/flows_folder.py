"""Reads the folder of flow files. The only place that turns it into bytes; ``engine.check.run.load`` does the rest."""

from __future__ import annotations

import os
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

from engine.errors import FlowError

FLOW_ENDING = ".flow.yaml"
TEST_ENDING = ".test.yaml"
PROJECT = "project.yaml"
_MISSPELT = (".flow.yml", ".flow.yaml.txt", ".flow.yml.txt")
SOUND_ENDINGS = (".mp3", ".wav")
_MOST_BYTES = 2_000_000  # more than the reader accepts, so that it can say so; never a whole disk image
_MOST_SOUND_BYTES = 20_000_000  # an hour of telephone quality


def read_folder(folder: str | Path, *, stage: str | None = None) -> dict[str, bytes]:
    """
    Return the name and content of every flow file of *folder*, of ``project.yaml``, of *stage*'s own
    ``project.STAGE.yaml``, and of all audio in it and its sub-folders ("music/hold.mp3").

    Hidden files, ``*.test.yaml`` and everything else are left alone; symbolic links are followed.

    Raises:
        FlowError: the folder or a file cannot be read, holds no flow, a flow's file name is misspelt, or *stage* has
            no file.
    """
    path = Path(folder)
    try:
        names = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
        misspelt = next((name for name in names if name.endswith(_MISSPELT) or name == "project.yml"), None)
        if misspelt is not None:
            raise FlowError(f"{path / misspelt}: the name must end in .yaml, or the file would not be used; rename it")
        flows = [name for name in names if name.endswith(FLOW_ENDING)]
        if not flows:
            raise FlowError(f"there is no flow in {path}; a flow is a file whose name ends in {FLOW_ENDING}")
        projects = [name for name in names if name == PROJECT]
        if stage is not None:
            projects.append(f"project.{stage}.yaml")
            if projects[-1] not in names:
                raise FlowError(
                    f"RINGFLOW_STAGE is '{stage}', but there is no {path / projects[-1]}; "
                    "write that file, or leave RINGFLOW_STAGE out"
                )
        return {name: _read(path / name) for name in [*flows, *projects]} | _sounds(path)
    except FileNotFoundError as error:
        raise FlowError(
            f"there is no {error.filename}; name the folder of your flows, or set RINGFLOW_FLOWS to it"
        ) from None
    except NotADirectoryError:
        raise FlowError(f"{path} is a file; name the folder that holds your flows") from None
    except OSError as error:
        raise FlowError(f"{error.filename} cannot be read: {error.strerror}") from None


def stamp(folder: str | Path) -> frozenset[tuple[str, int, int, int, int]]:
    """
    Return what differs as soon as a file that :func:`read_folder` looks at does: names, inodes, sizes and times.

    Nothing is read. A folder that cannot be looked at is an empty one.
    """
    found = set()
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in filter(_counts, names):
            path = os.path.join(place, name)
            with suppress(OSError):  # gone meanwhile, or a link that leads nowhere
                file = os.stat(path)
                found.add((path, file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns))
    return frozenset(found)


def _counts(name: str) -> bool:
    """Tell whether a file of this name is read, or refused for its name; an editor's side files are not."""
    is_yaml = name.endswith((FLOW_ENDING, *_MISSPELT)) or fnmatch(name, "project*.y*ml")
    return not name.startswith(".") and (is_yaml or name.lower().endswith(SOUND_ENDINGS))


def read_tests(place: str | Path) -> dict[Path, bytes]:
    """
    Return the scenario files of a folder, or the one that *place* names, by path.

    Raises:
        FlowError: there is none, or one cannot be read.
    """
    path = Path(place)
    try:
        if path.is_file():
            if not path.name.endswith(TEST_ENDING):
                raise FlowError(f"{path} is not a test; the name of a test ends in {TEST_ENDING}")
            return {path: _read(path)}
        tests = sorted(entry for entry in path.iterdir() if entry.name.endswith(TEST_ENDING))
        if not tests:
            raise FlowError(f"there is no test in {path}; a test is a file whose name ends in {TEST_ENDING}")
        return {test: _read(test) for test in tests}
    except FileNotFoundError as error:
        raise FlowError(f"there is no {error.filename}; name a folder that holds tests, or one test") from None
    except OSError as error:
        raise FlowError(f"{error.filename} cannot be read: {error.strerror}") from None


def _sounds(folder: Path) -> dict[str, bytes]:
    """Return the audio files of *folder*, by their path in it. Raises FlowError for one that is too big."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.suffix.lower() in SOUND_ENDINGS and not any(part.startswith(".") for part in name.parts):
            if path.stat().st_size > _MOST_SOUND_BYTES:
                raise FlowError(f"{path} is over {_MOST_SOUND_BYTES // 1_000_000} MB; no caller listens that long")
            found[name.as_posix()] = _read(path, _MOST_SOUND_BYTES)
    return found


def _read(path: Path, most: int = _MOST_BYTES) -> bytes:
    with path.open("rb") as file:
        return file.read(most)
