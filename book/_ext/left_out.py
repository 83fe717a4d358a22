"""No page is left out in silence: one that ``_toc.yml`` does not name fails the build."""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

logger = logging.getLogger(__name__)


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Hold the files against the table of contents."""
    for path in sorted(Path(env.srcdir).glob("*.md")):
        if path.stem not in env.found_docs:
            logger.warning(
                "%s is not built: name it in _toc.yml, or move it out of book/",
                path.name,
            )


def setup(app: Sphinx) -> dict:
    """Connect to the event after all pages have been read."""
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": False}
