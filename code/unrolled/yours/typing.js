// How students write what the book prints: the tables of `typed.js`, and, from the second line on as JSON, of typed.py.
(globalThis.unrolled ??= {}).typing = {
  "longest": 2000,
  "deepest": 30,
  "token": "\\\\[A-Za-z]+|\\\\[^A-Za-z]|[A-Za-z]+|[0-9]+(?:\\.[0-9]+)?|\\*\\*|:=|==|!=|\\.[*^]|\\.\\.+|\\$\\$|[^ \\t\\n\\r\\f\\v\\u00a0\\u2028\\u2029]",
  "above": "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵀᵗˡⁱʲᵏⁿᴸ",
  "below": "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₜₖₗᵢⱼₙₘₒₐₑₓₕₛᵣᵤ",
  "nothing": "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\ufeff\u00ad\u0332",
  "same": {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "∗": "*", "⋆": "*", "\\ast": "*", "\\star": "*", "\\times": "*", "×": "*",
    "✕": "*", "\\cdotp": "\\cdot", "·": "\\cdot", "⋅": "\\cdot", "•": "\\cdot", "∙": "\\cdot", "\\bullet": "\\cdot", "\\dot": "\\cdot",
    "⊙": "\\odot", "∘": "\\odot", "◦": "\\odot", "○": "\\odot", "\\circ": "\\odot", "⨀": "\\odot", "\\bigodot": "\\odot",
    "⊗": "\\otimes", "⊤": "\\top", "⟙": "\\top", "\\intercal": "\\top", "⊺": "\\top", "′": "'", "’": "'", "‘": "'", "`": "'", "\\prime": "'",
    "∂": "\\partial", "\\d": "\\partial", "∇": "\\nabla", "∑": "\\sum", "∏": "\\prod", "Π": "\\prod", "\\Pi": "\\prod", "Σ": "\\sum", "\\Sigma": "\\sum", "√": "\\sqrt", "∈": "\\in",
    "≠": "\\ne", "\\neq": "\\ne", "!=": "\\ne", "∼": "\\sim", "∣": "|", "\\vert": "|", "\\lvert": "|", "\\rvert": "|", "\\mid": "|",
    "times": "*", "==": "=", ":=": "=", "**": "^", ".*": "\\odot", ".^": "^", "\\dfrac": "\\frac", "\\tfrac": "\\frac", "\\cfrac": "\\frac", "⁄": "/", "∕": "/", "÷": "/",
    "α": "\\alpha", "δ": "\\delta", "σ": "\\sigma", "ς": "\\sigma", "ε": "\\varepsilon", "\\epsilon": "\\varepsilon", "η": "\\eta", "τ": "\\tau", "ŷ": "\\haty", "ĥ": "\\hath",
    "\\cdots": "\\dots", "\\ldots": "\\dots", "..": "\\dots", "...": "\\dots", "⋯": "\\dots", "\\ell": "l", "\\ln": "\\log",
    "\\{": "(", "\\}": ")", "\\lbrace": "(", "\\rbrace": ")", "〈": "(", "〉": ")", "𝟙": "1"
  },
  "words": {
    "delta": "\\delta", "eps": "\\varepsilon", "epsilon": "\\varepsilon", "dlt": "\\delta", "sigma": "\\sigma", "sigmoid": "\\sigma", "logistic": "\\sigma", "sgm": "\\sigma", "sum": "\\sum", "Sum": "\\sum",
    "Sigma": "\\sum", "partial": "\\partial", "del": "\\partial", "grad": "\\nabla", "nabla": "\\nabla", "tanh": "\\tanh", "exp": "\\exp",
    "log": "\\log", "ln": "\\log", "ell": "l", "dots": "\\dots", "yhat": "\\haty", "prod": "\\prod", "product": "\\prod", "phat": "\\hatp", "Id": "I"
  },
  "skip": [
    "~", "$", "$$", "\\(", "\\)", "\\[", "\\]", "&", "\\\\", "\\,", "\\;", "\\:", "\\!", "\\ ", "\\quad", "\\qquad", "\\left", "\\right", "\\big",
    "\\bigl", "\\bigr", "\\Big", "\\Bigl", "\\Bigr", "\\bigg", "\\biggl", "\\biggr", "\\Bigg", "\\displaystyle", "\\textstyle", "\\limits",
    "\\nolimits", "\\nonumber", "\\notag", "\"", "\\phantom"
  ],
  "dress": [
    "\\mathbf", "\\mathrm", "\\boldsymbol", "\\bm", "\\mathit", "\\mathsf", "\\mathtt", "\\vec", "\\bf", "\\rm", "\\operatorname", "\\text", "\\mathbb",
    "\\mathcal", "\\textbf", "\\textit", "\\textrm", "\\mathnormal", "\\pmb", "\\underline", "\\mbox", "\\bar", "\\overline", "\\mathds"
  ],
  "modules": ["np", "numpy", "torch", "math", "jnp", "tf", "scipy", "nn", "F"],
  "transposing": ["T", "\\top", "t", "tr", "Tr", "trans", "transpose", "'"],
  "joining": ["*", "@", "\\cdot", ".", "\\odot", "\\otimes"],
  "ends": ["+", "-", "=", ",", ")", "]", "}", ":", ";", "|", "\\ne", "\\in", "\\sim", "for", "to"],
  "functions": {
    "\\log": "\\log", "\\exp": "\\exp", "\\tanh": "\\tanh", "diag": "\\operatorname{diag}", "sech": "sech", "diagonal": "\\operatorname{diag}",
    "Diag": "\\operatorname{diag}", "softmax": "\\operatorname{softmax}", "Softmax": "\\operatorname{softmax}"
  },
  "calls": {
    "outer": "outer", "ger": "outer", "dot": "@", "inner": "@", "vdot": "@", "matmul": "@", "mm": "@", "mv": "@", "multiply": "\\odot", "hadamard": "\\odot",
    "mul": "\\odot", "transpose": "transpose", "square": "square", "sqrt": "sqrt", "\\sqrt": "sqrt", "mean": "mean",
    "average": "mean", "eye": "I", "identity": "I", "ones": "1", "ones_like": "1"
  },
  "kinds": {"vector": "v", "matrix": "m", "identity": "m", "number": "n", "size": "n", "index": "n", "constant": "n"},
  "products": {"mm": "m", "mv": "v", "vr": "m", "rm": "r", "rv": "n"},
  "joins": {
    "*": {"vv": ["\\odot", "\\cdot"], "mm": ["", "\\odot"], "?": ["", "\\odot", "\\cdot"]},
    "\\cdot": {"vv": ["\\cdot", "\\odot"], "?": ["\\cdot", "", "\\odot"]},
    ".": {"vv": ["\\cdot"], "?": ["\\cdot", ""]},
    "@": {"vv": ["\\cdot"], "?": ["", "\\cdot"]},
    "@*": {"vv": ["\\odot"], "mm": ["\\odot"], "?": ["\\odot", ""]},
    "\\odot": {"vv": ["\\odot"], "mm": ["\\odot"], "vm": ["\\odot"], "mv": ["\\odot"], "rr": ["\\odot"], "vr": ["\\odot"], "rv": ["\\odot"], "?": ["\\odot"]}
  },
  "indices": "bcijklmnotwTLKVNBd",
  "subscripts": {
    "hh": "recurrent", "hid": "recurrent", "h": "recurrent", "hidden": "recurrent", "state": "recurrent", "xh": "embed", "hx": "embed", "ih": "embed",
    "x": "embed", "input": "embed", "E": "embed", "hy": "unembed", "yh": "unembed", "ho": "unembed", "oh": "unembed", "hs": "unembed", "sh": "unembed", "y": "unembed",
    "out": "unembed", "output": "unembed", "s": "unembed", "p": "unembed", "U": "unembed", "dec": "unembed", "R": "recurrent", "lm": "unembed"
  },
  "letters": {"\\hatp": "p", "\\haty": "p", "\\hath": "h"},
  "shown": {
    "\\lvert V\\rvert": "|V|", "^\\top": "ᵀ", "\\delta": "δ", "\\sigma": "σ", "\\ell": "l", "\\haty": "ŷ", "\\hatp": "p̂", "\\hath": "ĥ", "\\alpha": "α",
    "\\eta": "η", "\\tau": "τ", "\\varepsilon": "ε", "\\partial": "∂", "\\odot": "⊙", "\\otimes": "⊗", "\\cdot": "·", "\\sum": "Σ", "\\prod": "∏",
    "\\sqrt": "√", "\\mid": "|", "\\ne": "≠"
  },
  "losses": ["l", "L", "E", "C", "Loss", "loss", "NLL", "cost"],
  "families": {"u": ["u_o", "u_j"], "v": ["v_c"], "W": ["W_\\ell"], "w": ["w_k"], "": ["%_t", "%_{t-1}", "%_{t+1}", "%_T"]},
  "layers": ["%^{(\\ell)}", "%^{(\\ell-1)}", "%^{(L)}"],
  "counted": {
    "u": ["|V|", "i", "j", "o"], "v": ["|V|", "i", "j", "o"], "P": ["|V|", "i", "j", "o"], "w": ["K", "k"], "T": ["T", "t", "k"], "L": ["L", "\\ell"]
  },
  "usual": {"T": ["t", "t or t-1", "T"], "L": ["l", "l or l-1", "L"], "K": ["k", "k, c or o", "K"], "c": ["j", "j, c or o", "{|V|}"], "": ["i", "i or j", "{|V|}"]},
  "said": {
    "read": "%1 is read as %2.",
    "one": "1 beside a matrix is read as I.",
    "loss": "%1 is read as the loss, −J.",
    "chain": "Of several sides, only the last is looked at.",
    "behind": "The part after the comma is not checked.",
    "numpy": "%1 @ %2 is read as the product of the transpose with a vector, as NumPy does.",
    "over": "The sum is read as one over %1.",
    "empty": "Nothing is written yet.",
    "long": "This is too long: one line, of at most %1 characters.",
    "deep": "There are too many brackets in brackets.",
    "sign": "The sign %1 is not known here.",
    "unclosed": "The bracket %1 is not closed.",
    "unopened": "The bracket %1 is closed, but not opened.",
    "factor": "A letter, a number or a bracket is expected here.",
    "behind_sign": "Behind %1, a letter, a number or a bracket is expected.",
    "index": "An index is expected here, such as %2.",
    "above": "Something is expected above, such as T for the transpose, or a power.",
    "grouped": "* is read as entry by entry with the whole product behind it. NumPy goes from left to right: write (…) around it.",
    "unexpected": "%1 is not expected here.",
    "name": "%1 is no letter of this page. It has %2.",
    "family": "%1 is no letter of this page. Write a sum over its vectors %2_j.",
    "no index": "%4 is no index of this page. Write an index such as %2.",
    "observed": "c is read as the observed word: y_c = 1.",
    "kronecker": "%1 is not read as 1 or 0. Write %2.",
    "transpose": "Is this T above (transposed) or below (the last step)? Write ^T or _T.",
    "of": "%1 of what? A bracket is expected.",
    "sum": "A sum over what? Write sum_%1, or sum_{%1=1}^%3.",
    "last": "Up to what does the sum go? Write sum_{%1=1}^%3.",
    "dots": "Dots in a sum are not read. Write one term behind sum_%1, with %1 as its index.",
    "arguments": "%1 takes %2.",
    "minus": "Is %1 the index? Put it in braces: _{%1}.",
    "range": "The first of all is number 1 here. Write range(1, T+1).",
    "by": "With respect to which letter? Write dJ/d with the letter behind it.",
    "sides": "A right side is expected behind =."
  }
};
