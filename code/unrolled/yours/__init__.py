"""A reader's own line, checked in the page.

``goals`` finds what a reader may be asked for, ``payload`` has what the page needs to
judge a line, and ``exported`` the values of letters in it. The scripts read a line
(``layout``, ``meaning``), compute it (``values``), set it (``set``), judge it alone
(``judge``) or below others (``several``), and talk with the reader (``writing``), in
the words of ``said.json``.
"""
