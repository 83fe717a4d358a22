"""The book's own Sphinx extension: what the tools lack, one concern per file."""

from sphinx.application import Sphinx

CONCERNS = (
    "nodes",
    "execution",
    "run_times",
    "reading_time",
    "borrowed",
    "results",
    "taken_out",
    "citations",
    "history",
    "result_index",
    "questions",
    "words",
    "search",
    "left_out",
    "quiz",
    "marking",
    "labels",
    "reference",
    "names",
    "moved",
    "errata",
    "formulas",
    "symbols",
    "touch",
    "printed",
    "yours",
    "printed_table",
    "offline",
    "address",
    "metadata",
    "accessibility",
    "exercises",
    "figures",
    "kept",
    "live",
    "wheel",
    "archives",
    "notebooks",
)


def setup(app: Sphinx) -> dict:
    """Set up every concern."""
    for concern in CONCERNS:
        app.setup_extension(f"{__name__}.{concern}")
    return {"parallel_read_safe": False}
