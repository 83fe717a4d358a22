"""The data room: where names and texts come from, and how they become integer ids.

``choice``
    which data the book uses: the embedded ones or the tutorials' originals.
``originals``
    the tutorials' own files: a registry, verified reading, and the fetching of them.
``surnames``
    the embedded surnames, as the package Faker holds them, romanised.
``names``
    both sets of names in one shape, their normalisation, their split, their ceiling.
``texts``
    running text: news, encyclopaedia, novel.
``reading``
    a text as a file has it, and in one spelling.
``vocabulary``
    symbols to integer ids and back; padding of a batch.
``demand``
    what a function refuses of its input, and how it says so.

Nothing is imported here: a page depends on the rooms that it imports, and on no others.
"""
