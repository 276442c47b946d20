"""Where in the user's program something happened."""

from __future__ import annotations

import os
from pathlib import Path
from types import CodeType, FrameType

_INSIDE = (f"{Path(__file__).parents[1]}{os.sep}", "<op ")  # how the files of the package's own frames begin
_is_inside: dict[str, bool] = {}  # by file: every backward asks


def user_frame(frame: FrameType) -> FrameType:
    """Return the innermost frame, from this one outwards, that is not the package's own."""
    while True:
        file = frame.f_code.co_filename
        try:
            inside = _is_inside[file]
        except KeyError:
            inside = _is_inside[file] = file.startswith(_INSIDE)
        outer = frame.f_back
        if not inside or outer is None:
            return frame
        frame = outer


def line_of(code: CodeType, instruction: int) -> int | None:
    """Return the line of an instruction: what ``f_lineno`` of its frame was."""
    lines = (line for start, end, line in code.co_lines() if start <= instruction < end)
    return next(lines, code.co_firstlineno)
