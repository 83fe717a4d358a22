"""Fonts with what the book uses of them, no more: letters of formulas, and the theme's icons."""

import io
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

RADICAL = ord("√")


def level_scripts(font: TTFont) -> None:
    """Let the scripts of letters stand alike, whether these are deep or tall, as in TeX."""
    constants = font["MATH"].table.MathConstants
    em = font["head"].unitsPerEm
    constants.SubscriptBaselineDropMin.Value = round(-0.2 * em)
    constants.SuperscriptBaselineDropMax.Value = round(0.4 * em)


def level_radicals(font: TTFont) -> None:
    """Let the larger forms of the root stick out to the left, and not to the right.

    Chromium gives each root the room of the widest form, and so left a blank behind those of one letter.
    """
    variants = font["MATH"].table.MathVariants
    plain = font.getBestCmap()[RADICAL]
    forms = variants.VertGlyphConstruction[
        variants.VertGlyphCoverage.glyphs.index(plain)
    ]
    names = {record.VariantGlyph for record in forms.MathGlyphVariantRecord}
    names |= {part.glyph for part in forms.GlyphAssembly.PartRecords}
    advance, _ = font["hmtx"][plain]
    for name in names:
        wide, left = font["hmtx"][name]
        glyph = font["glyf"][name]
        glyph.coordinates.translate((advance - wide, 0))
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = advance, left + advance - wide


def cut(font: Path, characters: set[str]) -> bytes:
    """A font, as WOFF, with these characters and what belongs to them: larger forms, forms for scripts.

    It is empty if the font has none of them.
    """
    loaded = TTFont(font, recalcTimestamp=False)
    if not {*map(ord, characters)} & loaded.getBestCmap().keys():
        return b""
    if "MATH" in loaded:
        level_radicals(loaded)
        level_scripts(loaded)
    options = subset.Options(
        flavor="woff",
        hinting=False,
        layout_features=["ssty", "flac", "dtls"],
        name_IDs=[0, 1, 2, 13, 14],  # who made it, and its licence
        notdef_outline=True,
        recalc_timestamp=False,
    )
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(characters)))
    cutter.subset(loaded)
    out = io.BytesIO()
    subset.save_font(loaded, out, options)
    return out.getvalue()
