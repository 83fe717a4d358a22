"""Which of the package's modules code imports, through all levels, as it stands in the files: nothing is run."""

import ast
import functools
from pathlib import Path

PACKAGE = "unrolled"


@functools.cache
def imported_names(
    code: str, module: str = "", is_package: bool = False
) -> tuple[str, ...]:
    """All modules that the code of ``module`` may import; of ``from a import b``, both ``a`` and ``a.b``."""
    found: list[str] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                parents = module.split(".")
                kept = len(parents) - node.level + is_package
                origin = ".".join([*parents[:kept], *filter(None, [origin])])
            found += [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
    return tuple(found)


def module_file(name: str, root: Path) -> Path | None:
    """The file of one of the package's modules, or None if there is no such module."""
    stem = root / "code" / Path(*name.split("."))
    files = (stem / "__init__.py", stem.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)


def module_files(code: str, root: Path, but: str = "") -> dict[str, Path]:
    """The package's modules that the code imports, through all levels, by name; one may be passed over."""
    found: dict[str, Path] = {}
    waiting = list(imported_names(code))
    while waiting:
        parts = (whole := waiting.pop()).split(".")
        if parts[0] != PACKAGE or but and f"{whole}.".startswith(f"{but}."):
            continue
        # importing a.b.c runs a, then a.b, then a.b.c
        for name in (".".join(parts[:depth]) for depth in range(1, len(parts) + 1)):
            file = module_file(name, root)
            if file and name not in found:
                found[name] = file
                package = file.name == "__init__.py"
                waiting += imported_names(file.read_text(), name, package)
    return found
