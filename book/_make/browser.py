"""Which browser prints the book, and shows its pages to the tests."""

import shutil

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def found() -> str | None:
    """The path of Chromium or Chrome, if it is installed."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)
