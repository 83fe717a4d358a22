"""The book's own Sphinx extension: what the tools lack, one concern per file."""

from sphinx.application import Sphinx

CONCERNS = (
    "nodes",
    "execution",
    "run_times",
    "reading_time",
    "borrowed",
    "results",
    "citations",
    "result_index",
    "questions",
    "quiz",
    "labels",
    "reference",
    "names",
    "moved",
    "errata",
    "formulas",
    "offline",
    "address",
    "accessibility",
    "exercises",
    "figures",
    "kept",
    "live",
    "wheel",
    "notebooks",
)


def setup(app: Sphinx) -> dict:
    """Set up every concern."""
    for concern in CONCERNS:
        app.setup_extension(f"{__name__}.{concern}")
    return {"parallel_read_safe": False}
