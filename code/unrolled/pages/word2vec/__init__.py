"""word2vec, derived and trained: the skip-gram model with a softmax and with negative
sampling.

The page ``word2vec`` in the order it is read. The model and both of its losses are
those of Mikolov, Chen, Corrado & Dean (2013) and Mikolov, Sutskever, Chen, Corrado &
Dean (2013), in the letters of Dive into Deep Learning 15.1 and 15.2. J = log P is
*maximised*: a step goes along the gradient. Row w of ``v`` (V, d) is the vector of the
word w as a centre, row w of ``u`` (V, d) that of w as an outside word. The derivations
treat one pair of words; then come a trainer that treats a minibatch of them, and a
compiled one that treats one after the other.

Left out: the continuous bag of words, phrases, pieces of words, several threads.
"""

from unrolled.pages.word2vec.compiled import (
    below,
    compiled_step,
    random_bits,
    train_compiled,
)
from unrolled.pages.word2vec.derivations import (
    CrossEntropy,
    Hierarchical,
    Multiplications,
    PairGradients,
    centre_gradient,
    corpus_gradient,
    cross_entropy,
    expected_objective,
    hierarchical_softmax,
    log_probabilities,
    multiplications,
    negative_sampling_gradients,
    negative_sampling_loss,
    optimal_scores,
    outside_gradients,
)
from unrolled.pages.word2vec.judging import (
    Analogies,
    HeldOut,
    Neighbour,
    Score,
    analogies,
    held_out,
    judge,
    neighbours,
    unit,
)
from unrolled.pages.word2vec.text import (
    Alias,
    Corpus,
    Pairs,
    Text,
    Words,
    encode,
    keep_probabilities,
    noise_distribution,
    pairs,
    passages,
    prepare,
    subsample,
    tokenise,
)
from unrolled.pages.word2vec.training import (
    Settings,
    Trained,
    Vectors,
    first_vectors,
    step,
    train,
)

__all__ = [
    "log_probabilities",
    "CrossEntropy",
    "cross_entropy",
    "centre_gradient",
    "corpus_gradient",
    "outside_gradients",
    "Multiplications",
    "multiplications",
    "negative_sampling_loss",
    "PairGradients",
    "negative_sampling_gradients",
    "expected_objective",
    "optimal_scores",
    "Hierarchical",
    "hierarchical_softmax",
    "tokenise",
    "Words",
    "Text",
    "encode",
    "passages",
    "Corpus",
    "prepare",
    "keep_probabilities",
    "subsample",
    "Pairs",
    "pairs",
    "noise_distribution",
    "Alias",
    "Vectors",
    "Settings",
    "first_vectors",
    "step",
    "Trained",
    "train",
    "compiled_step",
    "random_bits",
    "below",
    "train_compiled",
    "HeldOut",
    "held_out",
    "Score",
    "judge",
    "unit",
    "Neighbour",
    "neighbours",
    "Analogies",
    "analogies",
]
