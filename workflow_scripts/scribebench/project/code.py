"""Which code a script runs: a part of its jobs' identity.

It is told to Snakemake as one hash: twenty imported files as inputs of each of a thousand jobs make
a dry run longer, and its listing unreadable.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "scribebench"


def fingerprint_of(root: Path, script: str, module: str | None = None) -> str:
    """Return a hash over the content of all package files that a script in `root` imports or reads.

    `module` is one that the script chooses by name at run time (a backend); it counts with all that
    it imports. The script itself does not: it is an input of its rule.
    """
    start = [root / f"{script}.py"]
    if module and (path := root / PACKAGE / f"{module}.py").is_file():
        start.append(path)
    code = {*imported_files(root, start), *start[1:]}
    # Lists that code reads lie beside it.
    files = sorted(code.union(*(path.parent.glob("*.txt") for path in code)))
    lines = [f"{path.relative_to(root).as_posix()} {_digest(path)}" for path in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def imported_files(root: Path, start: list[Path]) -> set[Path]:
    """Return the package files that the files in `start` import, directly or through others.

    Found in the syntax tree, so also an import inside a function counts.
    """
    seen: set[Path] = set()
    waiting = list(start)
    while waiting:
        for path in _imports(waiting.pop(), root):
            if path not in seen:
                seen.add(path)
                waiting.append(path)
    return seen


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


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
