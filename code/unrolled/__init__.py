"""The package behind *Unrolled*.

``pages``
    what a page shows and uses: a module, or a package, of each page's name.
``results``
    for each page its formulas, with the independent calculations that they are held
    against, and the mistakes that people make.

Below them are the rooms that several pages share:

``data``
    names and texts, where they come from, and how they become integer ids.
``learning``
    training, checkpoints, sampling, counting, and how sure a number is.
``figures``
    curves, dots, bars, grids, and drawings of networks, each with its words.
``measured``
    what longer experiments found.
``prose``
    numbers and claims of a page's text.
``checks``
    a formula against independent calculations, and a reader's function against a
    formula.
"""
