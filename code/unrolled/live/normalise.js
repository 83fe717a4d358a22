// Names as the package normalises them (unrolled.data.names.normalise), by tables that the package makes.
(function (root) {
  const FIRST = 35, BASE = 91; // of the digits of a number
  // These only help to say what is wrong: the kinds of symbols, and the scripts in use
  const KINDS = { emoji: /\p{Extended_Pictographic}|\p{RI}/u, digit: /\p{N}/u, letter: /\p{L}/u, mark: /\p{M}/u, sign: /[\p{P}\p{S}]/u };
  const SCRIPTS =
    "Arabic Hebrew Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Khmer " +
    "Ethiopic Cherokee Mongolian Syriac Thaana Tifinagh Nko Bopomofo Yi Han Hangul Hiragana Katakana Latin Greek Cyrillic Armenian Georgian";

  // What each symbol is written as: a table of the package, or what it adds to another
  function writing(packed, table) {
    table ??= { plain: new Map(), foreign: new Map(), vowels: Object.entries(packed.vowels), apostrophes: packed.apostrophes, later: { ...packed.later } };
    for (const kind of ["plain", "foreign"]) {
      const { words, runs, high, low } = packed[kind], written = words.split(",");
      let code = 0, at = 0;
      for (const [skipped, length] of runs)
        for (let end = (code += skipped) + length; code < end; code++, at++) {
          const word = written[BASE * (high.charCodeAt(at) - FIRST) + low.charCodeAt(at) - FIRST];
          if (word !== "?") table[kind].set(String.fromCodePoint(code), word);
        }
    }
    const [firsts, vowels, lasts] = packed.hangul ?? [[], [], []];
    let code = 0xac00; // of the first syllable; they are in the order of their three parts
    for (const first of firsts) for (const vowel of vowels) for (const last of lasts) table.foreign.set(String.fromCodePoint(code++), first + vowel + last);
    delete table.later[packed.name];
    return table;
  }

  // The name in the book's alphabet as { text }, or else { problem }, with { needs } for the name of a table that is not loaded yet
  function normalise(text, table) {
    let symbols = [...text.replace(/^\ufeff/, "").normalize("NFC")].map((symbol) => (table.apostrophes.includes(symbol) ? "'" : symbol));
    const wrong = symbols.findIndex((symbol) => !table.plain.has(symbol) && !table.foreign.has(symbol));
    if (wrong >= 0) return refusal(symbols[wrong], wrong + 1, table.later);
    const foreign = symbols.some((symbol) => table.foreign.has(symbol));
    if (foreign) symbols = [...table.vowels.reduce((all, [pair, vowel]) => all.replaceAll(pair, vowel), symbols.join(""))];
    let written = symbols.map((symbol) => table.plain.get(symbol) ?? table.foreign.get(symbol)).join("");
    // each word gets one capital
    if (foreign) written = written.replace(/['`]/g, "").replace(/[A-Za-z]+/g, (word) => word[0].toUpperCase() + word.slice(1).toLowerCase());
    return { text: written.replace(/[^A-Za-z '-]/g, "").trim() };
  }

  function refusal(symbol, place, later) {
    const code = symbol.codePointAt(0), number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    const [kind] = Object.entries(KINDS).find(([, form]) => form.test(symbol)) ?? [];
    const script = SCRIPTS.split(" ").find((name) => RegExp(`\\p{Script=${name}}`, "u").test(symbol));
    const what = kind ? `the ${script ? `${script} ` : ""}${kind} “${kind === "mark" ? "◌" : ""}${symbol}”` : "an invisible or unknown symbol";
    const [needs] = Object.entries(later).find(([, ranges]) => ranges.some(([from, to]) => from <= code && code <= to)) ?? [];
    const latin = "rite the name in Latin letters.", hint = /letter|mark/.test(kind) ? `W${latin}` : "Take it out.";
    const why = needs ? `. The table for ${needs} is not loaded yet. Load it, or w${latin}` : `, which cannot be written in the book's alphabet. ${hint}`;
    return { problem: `Symbol ${place} is ${what} (${number})${why}`, needs };
  }

  const names = { writing, normalise };
  if (typeof module === "object") module.exports = names;
  else Object.assign((root.unrolled ??= {}), names);
})(globalThis);
