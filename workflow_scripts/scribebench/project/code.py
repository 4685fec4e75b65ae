"""Which files of the package a script runs: the code that a job's identity includes."""

import ast
from functools import cache
from pathlib import Path

PACKAGE = "scribebench"


def imported_files(script: Path) -> list[str]:
    """Return the package files that `script` imports, directly or through others, sorted.

    Found in the syntax tree, so also an import inside a function counts; a module that is chosen
    by name at run time (a backend) does not, and is to be asked for by its own path.
    """
    root = script.parent
    while not (root / PACKAGE).is_dir():
        root = root.parent
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        for path in _imports(waiting.pop(), root):
            if path not in seen:
                seen.add(path)
                waiting.append(path)
    return sorted(str(path) for path in seen)


@cache
def _imports(path: Path, root: Path) -> tuple[Path, ...]:
    found: list[Path] = []
    for node in ast.walk(ast.parse(path.read_bytes(), filename=str(path))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name.split(".")[0] == PACKAGE:
                found += _files(name.split("."), root)
    return tuple(found)


def _files(parts: list[str], root: Path) -> list[Path]:
    """Return the file of a dotted name, and the __init__.py of each package on the way."""
    packages = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    module = root.joinpath(*parts).with_suffix(".py")
    return [path for path in (*packages, module) if path.is_file()]
