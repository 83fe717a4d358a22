"""What the pages show and use: a module, or a package, of each page's name, in the
order of the page.

A page's module imports the rooms that several pages share, and no other page's module.
"""
