"""Pictures by Graphviz's program ``dot``, where it is installed."""

from __future__ import annotations

import shutil
import subprocess

from engine.errors import RingflowError, SettingsError

_LONGEST_S = 60.0  # the largest folder takes two seconds
_DPI = 144  # of a PNG: sharp on the screens of today
_HOW_TO_GET_IT = (
    "install it with 'apt-get install graphviz' (Debian, Ubuntu), 'brew install graphviz' (macOS) "
    "or 'winget install graphviz' (Windows), or leave --format out to get Mermaid"
)


def picture(dot: bytes, form: str) -> bytes:
    """
    Return *dot* laid out as "svg" or "png".

    Raises:
        SettingsError: Graphviz is not installed.
        RingflowError: it failed, or took longer than a minute.
    """
    program = shutil.which("dot")
    if program is None:
        raise SettingsError(f"drawing {form} needs Graphviz, which is not here; {_HOW_TO_GET_IT}")
    try:
        done = subprocess.run(
            [program, f"-T{form}", *([f"-Gdpi={_DPI}"] if form == "png" else [])],
            input=dot,
            capture_output=True,
            timeout=_LONGEST_S,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise RingflowError(f"Graphviz did not draw the diagram ({error}); try fewer flows at once") from None
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise RingflowError(f"Graphviz could not draw the diagram: {said}; please report it with your flow")
    return done.stdout
