"""Trained networks in the page: their weights, rounded, as ``recurrent.js`` reads them,
and the network that the page then has, for PyTorch.

So what is typed, drawn or measured in the page can be had in Python too. A network has
one recurrent layer (``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``), embeddings or one-hot
inputs, and a ``readout``. Left out: several layers, and two directions.
"""

__all__ = ["KINDS", "packed", "rounded", "Agreement", "agreement"]

import base64
import math
from collections.abc import Sequence
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor, nn

from unrolled.data.demand import ids
from unrolled.learning.training import demand_weights

KINDS = "float32", "float16", "int8"
"""How the entries of a matrix can be kept; biases are always float32.

With ``int8``, each row has a scale of its own, the largest entry over 127.
"""


def _kept(weights: Tensor, kind: str) -> tuple[ndarray, ndarray | None]:
    """Weights as they are kept, and the scales of their rows."""
    array = weights.detach().cpu().numpy().astype(np.float32)
    if array.ndim == 1 or kind != "int8":
        return array.astype(np.float32 if array.ndim == 1 else kind), None
    scale = np.abs(array).max(1) / np.float32(127)
    scale[scale == 0] = 1
    return np.rint(array / scale[:, None]).astype(np.int8), scale


def _layer(model: nn.Module, kind: str) -> nn.RNNBase:
    """The recurrent layer of a network; raises ValueError if the page cannot run it, or
    a weight is no number.
    """
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r}: expected one of {', '.join(KINDS)}")
    layers = [m for m in model.modules() if isinstance(m, nn.RNNBase)]
    if (
        len(layers) != 1
        or layers[0].num_layers > 1
        or layers[0].bidirectional
        or layers[0].mode == "RNN_RELU"
        or not isinstance(getattr(model, "readout", None), nn.Linear)
    ):
        raise ValueError(
            f"{type(model).__name__} cannot run in the page: expected one layer of nn.RNN, nn.GRU or nn.LSTM, in "
            "one direction, and a linear `readout`"
        )
    demand_weights(model)
    return layers[0]


def _array(weights: Tensor, kind: str) -> dict:
    """Weights as the page reads them: bytes, in base64."""
    kept, scale = _kept(weights, kind)
    parts = {"data": kept} if scale is None else {"data": kept, "scale": scale}
    coded = {
        name: base64.b64encode(part.tobytes()).decode() for name, part in parts.items()
    }
    return {"shape": list(kept.shape), "kind": str(kept.dtype), **coded}


def packed(model: nn.Module, kind: str = "int8", never: Sequence[int] = ()) -> dict:
    """A network as ``recurrent.js`` reads it; the symbols of ``never`` get no
    probability.

    Raises ValueError for a network that the page cannot run, a kind that is none of
    :data:`KINDS`, or a symbol that the network has not.
    """
    layer, readout = _layer(model, kind), model.readout
    c = readout.bias.detach().clone()
    c[ids("never", list(never), len(c))] = -torch.inf
    arrays = {
        "input": layer.weight_ih_l0,
        "b_in": layer.bias_ih_l0,
        "recurrent": layer.weight_hh_l0,
        "b_recurrent": layer.bias_hh_l0,
        "readout": readout.weight,
        "b_out": c,
    }
    return {
        "cell": layer.mode.removesuffix("_TANH"),
        "arrays": {name: _array(weights, kind) for name, weights in arrays.items()},
        "embeddings": [
            _array(part.weight, kind)
            for part in model.children()
            if isinstance(part, nn.Embedding)
        ],
    }


def rounded(model: nn.Module, kind: str = "int8") -> nn.Module:
    """A copy of a network with the weights that the page reads, in float64.

    Raises ValueError as :func:`packed` does.
    """
    _layer(model, kind)
    copy = deepcopy(model).double()
    with torch.no_grad():
        for weights in copy.parameters():
            kept, scale = _kept(weights, kind)
            kept = kept.astype(np.float32)
            read = kept if scale is None else kept * scale[:, None]
            weights.copy_(torch.from_numpy(read))
    return copy


class Agreement(NamedTuple):
    """In what share of cases two networks find the same most probable, and the mean KL
    divergence of the second from the first, in bits.
    """

    same: float
    bits: float


def agreement(scores: Tensor, others: Tensor) -> Agreement:
    """How nearly two networks say the same, by their scores (N, V) of the same cases.

    Scores of −∞, which both have, count nothing. Raises ValueError if the shapes differ
    or there are no cases.
    """
    if scores.shape != others.shape or not len(scores):
        raise ValueError(
            f"scores of the shapes {tuple(scores.shape)} and {tuple(others.shape)}: expected two of one shape, with "
            "at least one case"
        )
    log_p, log_q = (s.double().log_softmax(1) for s in (scores, others))
    lost = (log_p.exp() * (log_p - log_q)).nan_to_num().sum(1)
    same = log_p.argmax(1) == log_q.argmax(1)
    return Agreement(same.double().mean().item(), lost.mean().item() / math.log(2))
