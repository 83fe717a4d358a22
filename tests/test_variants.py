"""Variants of exercises: a student who reads the sheet alone finds its key, and the same seed gives the same sheet."""

import re
import shutil
import subprocess
from hashlib import sha256
from math import log
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from unrolled import variants
from unrolled.checks.formula import largest_error
from unrolled.variants import KINDS, SEEDS, Digits, first_fitting, sheet

ALL = [(kind, seed) for kind in KINDS for seed in range(1, SEEDS + 1)]
KEPT = Path(__file__).with_name("variants.txt")
EMBED, RECUR, UNEMBED = (
    rf"W_{{\text{{{name}}}}}" for name in ("embed", "recurrent", "unembed")
)


@pytest.fixture(scope="module")
def sheets():
    return {one: sheet(*one) for one in ALL}


# Read as a student reads


def entry(text):
    """A number in LaTeX."""
    text = re.sub(r"\\tfrac\{(\d+)\}\{(\d+)\}", r"(\1/\2)", text)
    text = re.sub(
        r"(\\,)?\\log (\d+)", lambda m: f"{'*' * bool(m[1])}log({m[2]})", text
    )
    return eval(text, {"log": log})


def value(text):
    """What stands behind a name: a number, a row, a matrix."""
    if matrix := re.fullmatch(r"\\begin\{pmatrix\} (.*) \\end\{pmatrix\}", text):
        rows = matrix[1].split(r" \\[5pt] ")
        return [[*map(entry, row.split(" & "))] for row in rows]
    if row := re.fullmatch(r"\\left\((.*)\\right\)", text):
        return [*map(entry, row[1].split(", "))]
    return entry(text)


def values(text):
    """All that is displayed, by its name."""
    lines = re.findall(r"^(?!\\begin|\\end)(.* &= .*)$", text, re.MULTILINE)
    pairs = [
        re.sub(r"[,.]?( \\\\\[6pt])?$", "", part).replace("&", "").split(" = ")
        if "pmatrix" not in part
        else re.sub(r"[,.]?( \\\\\[6pt])?$", "", part).split(" &= ")
        for line in lines
        for part in line.split(r"\quad ")
    ]
    return {
        name: torch.tensor(value(text), dtype=torch.float64) for name, text in pairs
    }


def words(text):
    return re.findall("“(.*?)”", text)


def gradients(J, given, of):
    """J's gradients, by their names in the key."""
    found = torch.autograd.grad(J, [given[name] for name in of])
    return {
        rf"\partial J / \partial {name}": g for name, g in zip(of, found, strict=True)
    }


def one_layer(text, given):
    x, y, *order = words(text)
    h = given[EMBED][:, order.index(x)] + given.setdefault("h", torch.zeros(2).double())
    s = given[UNEMBED] @ h
    return gradients(F.log_softmax(s, 0)[order.index(y)], given, ["h", UNEMBED, EMBED])


def recurrent(text, given, adds=False):
    phrase, y, *order = words(text)
    h, W = torch.zeros(2).double(), [given[name] for name in (EMBED, RECUR, UNEMBED)]
    for t, word in enumerate(phrase.split(), 1):
        step = torch.tanh(W[0][:, order.index(word)] + W[1] @ h)
        h = step + (h if adds else 0) + given[f"h_{t}"]
    return F.log_softmax(W[2] @ h, 0)[order.index(y)]


def through_time(text, given):
    of = [UNEMBED, RECUR, EMBED, "h_1", "h_2", "h_3"]
    return gradients(recurrent(text, given), given, of)


def residual(text, given):
    return gradients(recurrent(text, given, True), given, ["h_1", "h_2", "h_3"])


def backward(text, given):
    """The embeddings are not given, but what goes into each tanh is, by its state."""
    W, U = given[RECUR], given[UNEMBED]
    before = [torch.zeros(2).double(), given["h_1"], given["h_2"]]
    into = [torch.atanh(given[f"h_{t}"]) - W @ before[t - 1] for t in (1, 2, 3)]
    into = [a.detach() for a in into]
    given["h_0"] = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    h, states = given["h_0"], {}
    for t, a in enumerate(into, 1):
        states[f"h_{t}"] = h = torch.tanh(a + W @ h)
    J = F.log_softmax(U @ h, 0)[given["e"].argmax()]
    return gradients(J, {**given, **states}, ["h_0", "h_1", "h_2", "h_3"])


def vectors(text, given):
    """The three words, the centre's vector, and the others' of outside words."""
    order = words(text)[:3]
    u = [given[rf"u_{{\text{{{word}}}}}"] for word in order]
    return order, given[rf"v_{{\text{{{order[0]}}}}}"], dict(zip(order, u, strict=True))


def softmax_centre(text, given):
    order, v, u = vectors(text, given)
    J = F.log_softmax(torch.stack([*u.values()]) @ v, 0)[1]
    found = torch.autograd.grad(J, v)[0]
    return {r"\partial \log P(o \mid c) / \partial v_c": found}


def sampled_centre(text, given):
    order, v, u = vectors(text, given)
    *_, o = words(text)[:5]
    J = F.logsigmoid(u[o] @ v)
    for drawn in words(text)[5:]:
        J = J + F.logsigmoid(-u[drawn] @ v)
    names = [rf"u_{{\text{{{word}}}}}" for word in order]
    # a word that was not drawn has no gradient
    J = J + 0 * sum(vector.sum() for vector in u.values())
    return gradients(J, {**given, "v_c": v}, ["v_c", *names])


STUDENTS = {
    "H1.2": one_layer,
    "H2.2": through_time,
    "H3.1": residual,
    "A3.2": softmax_centre,
    "A3.6": sampled_centre,
    "backward-pass": backward,
}


@pytest.mark.parametrize("kind", KINDS)
def test_who_reads_the_sheet_alone_finds_its_key(kind, sheets):
    for seed in range(1, SEEDS + 1):
        _, exercise, key = sheets[kind, seed]
        given = {name: v.requires_grad_() for name, v in values(exercise).items()}
        if kind != "backward-pass":
            # added to the states, whose gradients are asked for
            zero = {
                f"h_{t}": torch.zeros(2, dtype=torch.float64, requires_grad=True)
                for t in (1, 2, 3)
            }
            given |= zero | {"h": zero["h_1"]}
        mine, printed = STUDENTS[kind](exercise, given), values(key)
        asked = [name for name in printed if name.startswith(r"\partial")]
        assert set(asked) == set(mine)
        for name in asked:
            assert largest_error(printed[name], mine[name]) < 1e-12, (seed, name)


def test_what_leads_to_the_key_is_right(sheets):
    for (kind, _), one in sheets.items():
        found = values(one.exercise) | values(one.key)
        if "e" in found:
            assert found["e"].sum().abs() < 1e-12
            at = "h_3" if "h_3" in found else "h"
            g = found[UNEMBED].T @ found["e"]
            by = found[rf"\partial J / \partial {at}"]
            assert largest_error(by, g) < 1e-12
        for t in (2, 3):
            if (name := rf"I + {RECUR}^\top D_{t}") in found:
                g = found[rf"\partial J / \partial h_{t}"]
                back = found[rf"\partial J / \partial h_{t - 1}"]
                assert largest_error(found[name] @ g, back) < 1e-12
        if "p" in found:
            p = torch.exp(found["s"]) / torch.exp(found["s"]).sum()
            assert largest_error(found["s"], found[UNEMBED] @ found["h"]) < 1e-12
            assert largest_error(found["p"], p) < 1e-12
        if kind == "A3.2":
            _, v, u = vectors(one.exercise, found)
            P = torch.softmax(torch.stack([*u.values()]) @ v, 0)
            assert largest_error(found[r"P(\cdot \mid c)"], P) < 1e-12
        if kind == "A3.6":
            _, v, u = vectors(one.exercise, found)
            for word, vector in u.items():
                sigma = found[rf"\sigma(u_{{\text{{{word}}}}} \cdot v_c)"]
                assert largest_error(sigma, torch.sigmoid(vector @ v)) < 1e-12
        if kind in ("H2.2", "H3.1"):
            phrase, _, *order = words(one.exercise)
            h = torch.zeros(2).double()
            for t, word in enumerate(phrase.split(), 1):
                a = found[EMBED][:, order.index(word)] + found[RECUR] @ h
                h = torch.tanh(a) + (h if kind == "H3.1" else 0)
                assert largest_error(found[f"h_{t}"], h) < 1e-12


# What a sheet must be


def test_no_number_has_more_digits_than_a_pencil_likes(sheets):
    for one in sheets.values():
        for text in (one.exercise, one.key):
            assert all(int(x) <= 999 for x in re.findall(r"tfrac\{(\d+)", text))
            assert all(int(x) <= 9999 for x in re.findall(r"\}\{(\d+)", text))
            rest = re.sub(r"tfrac\{\d+\}\{\d+\}", "", text)
            assert all(int(x) <= 999 for x in re.findall(r"\d+", rest))


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_of_a_kind_are_equal(kind, sheets):
    texts = [sheets[kind, seed].exercise for seed in range(1, SEEDS + 1)]
    assert len({*texts}) == SEEDS
    keys = [sheets[kind, seed].key for seed in range(1, SEEDS + 1)]
    assert len({*keys}) == SEEDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_listed_mistake_gives_another_key(kind):
    one = KINDS[kind]
    for seed in range(1, SEEDS + 1):
        case = first_fitting(one, Digits(kind, seed))[0].case
        right = one.asked(one.result.claim(**case))
        for mutant in one.result.mutants:
            wrong = one.asked(mutant.function(**case))
            assert largest_error(wrong, right) > 1e-6, (seed, mutant.mistake)


def digest(one):
    return sha256("\n".join(one).encode()).hexdigest()[:16]


def test_the_same_seed_gives_the_same_sheet_for_ever(sheets):
    kept = dict(line.rsplit(" ", 1) for line in KEPT.read_text().splitlines())
    found = {f"{kind} {seed}": digest(sheets[kind, seed]) for kind, seed in ALL}
    assert found == kept, "sheets that were handed out would change"


def test_what_depends_on_a_seed_depends_on_nothing_else(sheets):
    assert sheet("A3.6", 7) == sheets["A3.6", 7]


def test_a_key_that_an_independent_calculation_does_not_find_is_refused(monkeypatch):
    kind = KINDS["H3.1"]
    wrong = next(
        m for m in kind.result.mutants if "identity path forgotten" in m.mistake
    )
    fields = {**vars(kind.result), "claim": wrong.function, "mutants": []}
    monkeypatch.setitem(KINDS, "H3.1", kind._replace(result=type("Wrong", (), fields)))
    with pytest.raises(AssertionError, match="does not agree with autograd"):
        sheet("H3.1", 1)


def test_wrong_kinds_and_seeds_are_refused():
    with pytest.raises(ValueError, match="'H9.9'; expected one of H1.2, H2.2"):
        sheet("H9.9", 1)
    for seed in (0, -1, 1.5, "1"):
        with pytest.raises(ValueError, match="seed is .*; expected a whole number"):
            sheet("H1.2", seed)


# The files


def test_each_sheet_is_four_files_and_latex_takes_them(tmp_path):
    variants.main(str(tmp_path))
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    files.remove("sheet.tex")
    assert files == {
        f"{part}/{kind}-{seed:02}.{form}"
        for part in ("exercises", "keys")
        for kind, seed in ALL
        for form in ("md", "tex")
    }
    if not shutil.which("pdflatex"):
        pytest.skip("there is no pdflatex here to set the sheets")
    inputs = "\n".join(f"\\input{{{f}}}" for f in sorted(files) if f.endswith("tex"))
    document = r"\documentclass{article}\usepackage{amsmath}\begin{document}"
    (tmp_path / "all.tex").write_text(f"{document}\n{inputs}\n\\end{{document}}\n")
    for name in ("all.tex", "sheet.tex"):
        run = subprocess.run(
            ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", name],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            errors="replace",
        )
        assert run.returncode == 0, run.stdout[-2000:]
        assert "Missing character" not in run.stdout


def test_a_seed_of_one_s_own_is_in_the_names_of_the_files_alone(tmp_path):
    variants.main(str(tmp_path), "48213")
    files = {path for path in tmp_path.rglob("*.*") if path.name != "sheet.tex"}
    assert len(files) == 4 * len(KINDS)
    for path in files:
        assert path.stem.endswith("-48213") and "48213" not in path.read_text()
    assert "exercises/H2.2-48213" in (tmp_path / "sheet.tex").read_text()
    for wrong in ("x", "0", "-3"):
        with pytest.raises(ValueError, match="seed is .*; expected a whole number"):
            variants.main(str(tmp_path), wrong)
