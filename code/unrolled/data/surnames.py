"""The embedded surnames: what the locale providers of the package Faker hold, chosen
and romanised.

Source: `Faker <https://faker.readthedocs.io>`_, ``faker.providers.person``, read from
the installed package; the book holds no copy. Letters other than Latin ones are
romanised with ``anyascii``.

A language is here if Faker has about 150 of its surnames or more and if they can be
read once romanised. Left out, and why:

* Hebrew, Persian, Thai, Hindi, Tamil and Arabic in their own scripts: vowels are not
  written, or are written around the consonant, and come out as ``skhtr`` or
  ``ktirecn``. A classifier would learn the machine that romanised, not the language.
  Arabic comes from ``fr_DZ`` instead, Algerian names as they are written in French.
* Tamil also because its "surnames" are a list of given names.
* lists of a country with several languages (``en_KE``, ``en_IN``, ``fr_CH``, ``de_CH``,
  ``fr_BE``, ``id_ID``), and lists of frequent names of immigrant countries (``en_US``,
  ``en_NZ``). ``en_IE`` holds Irish names in English spelling; the Irish list here is
  ``ga_IE``.
* ``en``: it has no stated source, and many German names.
* of the Estonian list, the part that Faker itself marks as Russian.
* the names of :data:`ELSEWHERE` and :data:`NO_NAMES`.
"""

__all__ = ["LISTS", "ELSEWHERE", "NO_NAMES", "romanise", "surnames"]

import re
import unicodedata
from collections.abc import Iterable

from anyascii import anyascii
from faker.providers.person import (
    az_AZ,
    cs_CZ,
    de_AT,
    de_DE,
    el_GR,
    en_GB,
    es_CL,
    es_ES,
    es_MX,
    et_EE,
    fi_FI,
    fr_DZ,
    fr_FR,
    fr_QC,
    ga_IE,
    hr_HR,
    hy_AM,
    is_IS,
    it_IT,
    ka_GE,
    nl_BE,
    nl_NL,
    pl_PL,
    pt_BR,
    pt_PT,
    ru_RU,
    sk_SK,
    sv_SE,
    uk_UA,
    zh_CN,
    zh_TW,
    zu_ZA,
)


def _patronymics(stems: Iterable[str]) -> list[str]:
    """Icelandic stems with their suffixes, in turns: one name a stem, so that no stem
    stands in two parts.
    """
    return [
        stem + ("son", "dóttir")[i % 2] for i, stem in enumerate(sorted(set(stems)))
    ]


LISTS: dict[str, tuple[Iterable[str], ...]] = {
    "Arabic": (fr_DZ.Provider.last_names,),
    "Armenian": (hy_AM.Provider.last_names,),
    "Azerbaijani": (az_AZ.Provider.last_names,),
    "Chinese": (zh_CN.Provider.last_names, zh_TW.Provider.last_names),
    "Croatian": (hr_HR.Provider.last_names,),
    "Czech": (cs_CZ.Provider.last_names,),
    "Dutch": (nl_NL.Provider.last_names, nl_BE.Provider.last_names),
    "English": (en_GB.Provider.last_names,),
    "Estonian": (et_EE.Provider.last_names_est,),
    "Finnish": (fi_FI.Provider.last_names,),
    "French": (fr_FR.Provider.last_names, fr_QC.Provider.last_names),
    "Georgian": (ka_GE.Provider.last_names,),
    "German": (de_DE.Provider.last_names, de_AT.Provider.last_names),
    "Greek": (el_GR.Provider.last_names,),
    "Icelandic": (_patronymics(is_IS.Provider.last_names_without_suffix),),
    "Irish": (ga_IE.Provider.last_names,),
    "Italian": (it_IT.Provider.last_names,),
    "Polish": (pl_PL.Provider.unisex_last_names, pl_PL.Provider.male_last_names),
    "Portuguese": (pt_PT.Provider.last_names, pt_BR.Provider.last_names),
    "Russian": (ru_RU.Provider.last_names,),
    "Slovak": (sk_SK.Provider.last_names,),
    "Spanish": (
        es_ES.Provider.last_names,
        es_MX.Provider.last_names,
        es_CL.Provider.last_names,
    ),
    "Swedish": (sv_SE.Provider.last_names,),
    "Ukrainian": (uk_UA.Provider.last_names,),
    "Zulu": (zu_ZA.Provider.last_names,),
}
"""Each language with the lists of Faker that its names come from."""

ELSEWHERE: dict[str, str] = {
    "Dutch": "Ahmed, Ali, Diallo, Kaur, Kaya, Singh, Yildirim, Yilmaz",
    "English": "Ahmed, Akhtar, Ali, Begum, Bibi, Chan, Hussain, Iqbal, Kaur, Khan, Mahmood, Miah, "
    "Mistry, Patel, Rahman, Shah, Singh, Wong",
    "French": "Alves, Costa, Da Costa, Da Silva, De Oliveira, De Sousa, Dias, Diallo, Diaz, Dos Santos, "
    "Fernandes, Fernandez, Ferreira, Garcia, Gimenez, Gomes, Gomez, Goncalves, Gonzalez, "
    "Hernandez, Lopes, Lopez, Marques, Martinez, Martins, Mendès, Moreno, Munoz, Nguyen, "
    "Patel, Pereira, Perez, Pinto, Pires, Ramos, Ribeiro, Rodrigues, Rodriguez, Ruiz, "
    "Sanchez, Smith, Teixeira, Torres, Traore",
    "Swedish": "Abbas, Abdi, Abdullah, Ahmad, Ahmadi, Ahmed, Ali, Chen, Farah, Gashi, Hanna, Hasan, "
    "Hassan, Hosseini, Hussein, Ibrahim, Ismail, Issa, Jafari, Khalil, Khan, Li, Liu, "
    "Mohamed, Mohammad, Mohammadi, Mohammed, Mohamud, Mustafa, Nguyen, Omar, Osman, Said, "
    "Saleh, Singh, Smith, Tran, Wang, Zhang",
}
"""Frequent surnames of a country that plainly come from another language; they would
blur both.

The choice is ours. It says something about spellings, and nothing about the people who
bear them.
"""

NO_NAMES = {"VI", "Dussen van", "auch Schlauchin", "Ó Dubhthaigh recte Dooly"}
"""Entries that are no surname (a numeral, a name back to front, two editors'
remarks).
"""

# Two letters that write one vowel; anyascii would take them one by one (Papadopoyloy,
# Tovmownyan).
VOWELS = {"ου": "ou", "ού": "ou", "Ου": "Ou", "Ού": "Ou", "ու": "u", "Ու": "U"}


def _latin(text: str) -> bool:
    """Whether every letter of ``text`` is a Latin one."""
    return all(
        "LATIN" in unicodedata.name(letter, "") for letter in text if letter.isalpha()
    )


def romanise(text: str) -> str:
    """A name in ASCII, as ``anyascii`` writes it, with three amends where its script is
    not Latin.

    Greek ου and Armenian ու become one vowel; apostrophes, which stand for letters that
    most people leave out (Игнатьева, კუბლაშვილი), are dropped; each word gets one
    capital, at its head, since some scripts have none and the case would give the
    language away.
    """
    if _latin(text):
        return anyascii(text)
    text = unicodedata.normalize("NFC", text)
    for pair, vowel in VOWELS.items():
        text = text.replace(pair, vowel)
    return re.sub("['`]", "", anyascii(text)).title()


def surnames() -> dict[str, list[str]]:
    """The romanised surnames of each language, distinct and sorted.

    Left out are :data:`ELSEWHERE`, :data:`NO_NAMES`, and what has a comma: in the Dutch
    list, titles (``Bourgondië, van``).
    """
    chosen = {}
    for language, lists in LISTS.items():
        dropped = NO_NAMES.union(ELSEWHERE.get(language, "").split(", "))
        names = {
            name
            for one in lists
            for name in one
            if name not in dropped and "," not in name
        }
        chosen[language] = sorted({romanise(name) for name in names})
    return chosen
