"""Where the book is published, and where its sources are, if that was said.

``UNROLLED_URL``, such as ``https://example.org/unrolled/``, is the site's address. Without it, the book stands at a
host's root. Four things need it: the page for what was not found, which may be shown at any address; the pages'
canonical links; citations that are whole without a script; and ``sitemap.xml``, the list of pages for search engines.

``UNROLLED_REPOSITORY``, such as ``https://github.com/someone/unrolled``, is the repository's: there, readers report
errors.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError


def address(name: str, example: str) -> str:
    """The address that a variable has, or nothing; raises ConfigError if it is not like the example."""
    said = os.environ.get(name, "")
    if said and not (
        urlsplit(said).netloc and said.endswith("/") == example.endswith("/")
    ):
        raise ConfigError(f"{name} is {said!r}, and not an address like {example}")
    return said


def publish_at(app: Sphinx, config: Config) -> None:
    """Tell Sphinx the addresses."""
    site = address("UNROLLED_URL", "https://example.org/unrolled/")
    config.html_baseurl = site
    config.notfound_urls_prefix = urlsplit(site).path or "/"
    config.unrolled_repository = address(
        "UNROLLED_REPOSITORY", "https://github.com/someone/unrolled"
    )


def write(app: Sphinx, failure: Exception | None) -> None:
    """Write the list of pages, if their addresses are known."""
    site = app.config.html_baseurl
    if failure or not site:
        return
    pages = "".join(
        f"<url><loc>{escape(site + page)}.html</loc></url>\n"
        for page in sorted(app.env.found_docs)
    )
    Path(app.outdir, "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{pages}</urlset>\n'
    )


def setup(app: Sphinx) -> dict:
    """Connect to the configuration, and to the end of the build."""
    app.add_config_value("unrolled_repository", "", "html")
    app.connect("config-inited", publish_at)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False}
