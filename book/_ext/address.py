"""Where the book is published: ``UNROLLED_URL``, such as ``https://example.org/unrolled/``.

Without it, at a host's root. Two things need it: the page for what was not found, which may be shown at any address,
and the pages' canonical links.
"""

import os
from urllib.parse import urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError


def publish_at(app: Sphinx, config: Config) -> None:
    """Tell Sphinx the address."""
    address = os.environ.get("UNROLLED_URL", "")
    if address and not (urlsplit(address).netloc and address.endswith("/")):
        raise ConfigError(
            f"UNROLLED_URL is {address!r}, and not an address like https://example.org/unrolled/"
        )
    config.html_baseurl = address
    config.notfound_urls_prefix = urlsplit(address).path or "/"


def setup(app: Sphinx) -> dict:
    """Connect to the configuration."""
    app.connect("config-inited", publish_at)
    return {"parallel_read_safe": False}
