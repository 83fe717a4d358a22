"""The results of the book: one module a page, named like it.

For each result its claim (the function of the page's module), independent references, cases, cases worked by hand, and
the mistakes that the check has to refuse.
"""
