"""What the results of ``backprop-rnn`` and ``residual`` share: a recurrent network reads a sentence, and scores a word.

A case has the words x (T, V) and the next one y (V,), one-hot, and the matrices. ``residual`` says whether each step
adds the state before it, as in a residual network.
"""

from itertools import chain

import numpy as np
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

MATRICES = "W_embed", "W_recurrent", "W_unembed"

# Cases


def sentence(words, V):
    """The words (T, V), one-hot."""
    return np.eye(V)[np.asarray(words)]


def random_words(rng, V, T):
    """Random words, and a random next one."""
    return {"x": sentence(rng.integers(V, size=T), V), "y": np.eye(V)[rng.integers(V)]}


def written(words, y, W_embed, W_recurrent, W_unembed):
    """Given words and a given next one, under given matrices."""
    matrices = zip(MATRICES, (W_embed, W_recurrent, W_unembed), strict=True)
    V = len(W_unembed)
    return {"x": sentence(words, V), "y": np.eye(V)[y], **{name: np.array(W, dtype=float) for name, W in matrices}}


def all_states(case):
    """(T + 1, d), the shape of all states."""
    return len(case["x"]) + 1, len(case["W_recurrent"])


def no_word_repeats(x, **_):
    """Whether every word stands once."""
    return x.sum(0).max() <= 1


# References: PyTorch's layer, and the equations on plain ids


def rnn(*layers):
    """``nn.RNN`` without biases, to be called with words (T, V); each layer is a pair of matrices, input and state."""
    d, V = layers[0][0].shape
    module = nn.RNN(V, d, num_layers=len(layers), bias=False).double()
    names = [name for name, _ in module.named_parameters()]
    return lambda *inputs: functional_call(module, dict(zip(names, chain(*layers), strict=True)), inputs)


def last_state(x, W_embed, W_recurrent, h=None, residual=False):
    """The last state (d,) through ``nn.RNN``, called word by word; row t of h is added to the state h_t."""
    step = rnn((W_embed, W_recurrent))
    h = W_recurrent.new_zeros(len(x) + 1, len(W_recurrent)) if h is None else h
    state = h[:1]  # (1, d)
    for word, added in zip(x, h[1:], strict=True):
        state = step(word[None], state)[0] + (state if residual else 0) + added
    return state[0]


def J_of_state(h, y, W_unembed):
    """J in PyTorch's own words, for last states h (..., d)."""
    return F.log_softmax(F.linear(h, W_unembed), -1) @ y


def J(x, y, W_embed, W_recurrent, W_unembed, h=None, residual=False):
    """J through ``nn.RNN``; row t of h is added to the state h_t."""
    return J_of_state(last_state(x, W_embed, W_recurrent, h, residual), y, W_unembed)


def plain_state(x, W_embed, W_recurrent, h=None, residual=False):
    """The last state (d,) by the equations; row t of h is added to the state h_t."""
    h = np.zeros((len(x) + 1, len(W_recurrent))) if h is None else h
    state = h[0]
    for word, added in zip(x.argmax(1), h[1:], strict=True):
        state = np.tanh(W_embed[:, word] + W_recurrent @ state) + (state if residual else 0) + added
    return state


def plain_J_of_state(h, y, W_unembed):
    """J by its definition, for last states h (..., d)."""
    s = h @ W_unembed.T
    return -np.log(np.exp(s - s[..., [y.argmax()]]).sum(-1))


def plain_J(x, y, W_embed, W_recurrent, W_unembed, h=None, residual=False):
    """J by the equations; row t of h is added to the state h_t."""
    return plain_J_of_state(plain_state(x, W_embed, W_recurrent, h, residual), y, W_unembed)
