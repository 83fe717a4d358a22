"""The printed formulas, read and executed.

``layout`` reads the TeX, ``meaning`` says what it means with the symbols of a page,
``values`` computes it on a case, ``exported`` has the values that the page needs for
that, ``printed`` does so for the results of a page as they are printed, and ``typos``
spoils them, to see that each typo is refused.
"""
