"""What several pages need to train a model, to draw from it, to count instead, and to
say how sure a number is.

``training``
    steps of gradient descent on minibatches, with the history that every figure reads.
``checkpoints``
    a training that goes on where it stopped.
``sampling``
    drawing from a model's scores: temperature, top-k, nucleus.
``ngrams``
    Kneser–Ney smoothed counts.
``statistics``
    intervals for what was measured.

Nothing is imported here: a page depends on the rooms that it imports, and on no others.
"""
