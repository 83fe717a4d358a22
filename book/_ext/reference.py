"""The reference, made from the package: ``{reference}`` documents a module, and a package with its parts.

Shown is what is meant to be used: the names in ``__all__``, in their order, and where there is none, every public name.
A package that has one offers its parts' names as its own; of the parts, there is then only what each is for. Parts are
those that the folder has, so a new module needs no edit.
"""

import importlib
import pkgutil
from collections.abc import Sequence
from types import ModuleType

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective


def parts(module: ModuleType) -> list[str]:
    """The names of the modules in a package, without those that begin with an underscore."""
    found = pkgutil.iter_modules(getattr(module, "__path__", ()))
    return [f"{module.__name__}.{part.name}" for part in found if part.name[0] != "_"]


def constants(name: str) -> set[str]:
    """What a module assigns and describes: a package that offers it cannot describe it, since a value has no words."""
    described = ModuleAnalyzer.for_module(name).find_attr_docs()
    return {attribute for scope, attribute in described if not scope}


class Reference(SphinxDirective):
    """A module, and in sections of their own its parts."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Let autodoc write it."""
        return self.entries(self.arguments[0], None)

    def entries(self, name: str, offered: Sequence[str] | None) -> list[nodes.Node]:
        """A module and its parts; ``offered`` are the names of these that a package around it has for its own."""
        module = importlib.import_module(name)
        shown = ":members:"
        if offered is not None:
            members = sorted(constants(name).intersection(offered))
            shown = f":members: {', '.join(members)}" if members else ":no-members:"
        found = self.documented(name, shown)
        if offered is None:
            offered = getattr(module, "__all__", None)
        for part in parts(module):
            section = nodes.section(ids=[nodes.make_id(part)], names=[part])
            section += nodes.title("", "", nodes.literal("", part))
            section += self.entries(part, offered)
            found.append(section)
        return found

    def documented(self, name: str, members: str) -> list[nodes.Node]:
        """What autodoc writes of a module."""
        lines = ["```{eval-rst}", f".. automodule:: {name}", f"   {members}", "```"]
        around = nodes.Element()
        self.state.nested_parse(StringList(lines, name), self.content_offset, around)
        return around.children


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_directive("reference", Reference)
    return {"parallel_read_safe": False}
