// Names as the package normalises them (unrolled.data.names.normalise), by tables that the package makes.
(function (root) {
  const NO_TEXT = /[\0-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffd-\uffff]/u, FIRST = 35, BASE = 91; // of the digits of a number
  // Scripts in use that are not written letter by letter in Latin; they only help to say what is wrong
  const SCRIPTS = "Arabic Hebrew Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Khmer Ethiopic Cherokee Mongolian Syriac Thaana Tifinagh Nko Bopomofo Yi Han Hangul Hiragana Katakana Latin Greek Cyrillic Armenian Georgian".split(" ");
  const KINDS = [["\\p{Extended_Pictographic}|\\p{RI}", "the emoji"], ["\\p{N}", "the digit"], ["\\p{L}", "the letter"], ["\\p{M}", "the mark"], ["[\\p{P}\\p{S}]", "the sign"], ["\\s", "a tab or the end of a line"]].map(([form, name]) => [RegExp(form, "u"), name]);

  // What each symbol is written as: a table, or a table with one more piece of it
  function writing(packed, table) {
    table ??= { plain: new Map(), foreign: new Map(), vowels: packed.vowels, apostrophes: RegExp(`[${packed.apostrophes}]`, "gu"), later: { ...packed.later } };
    for (const kind of ["plain", "foreign"]) {
      const { words, runs, high, low } = packed[kind], written = words.split(",");
      let code = 0, at = 0;
      for (const [skipped, length] of runs)
        for (let end = (code += skipped) + length; code < end; code++, at++) {
          const word = written[BASE * (high.charCodeAt(at) - FIRST) + low.charCodeAt(at) - FIRST];
          if (word !== "?") table[kind].set(String.fromCodePoint(code), word);
        }
    }
    let code = 0xac00; // Hangul syllables are in the order of their three parts
    const [firsts, vowels, lasts] = packed.hangul ?? [[], [], []];
    for (const first of firsts) for (const vowel of vowels) for (const last of lasts) table.foreign.set(String.fromCodePoint(code++), first + vowel + last);
    delete table.later[packed.name];
    return table;
  }

  // The name in the book's alphabet, { text }; or what is wrong, { problem }, and the name of the piece of the table that it needs, { problem, needs }
  function normalise(text, table) {
    text = text.replace(/^\ufeff/, "").replace(/\r\n?|[\u2028\u2029]/g, "\n");
    let symbols = [...text], wrong = symbols.findIndex((symbol) => NO_TEXT.test(symbol));
    if (wrong < 0) {
      symbols = [...text.normalize("NFC").replace(table.apostrophes, "'")];
      wrong = symbols.findIndex((symbol) => !table.plain.has(symbol) && !table.foreign.has(symbol));
    }
    if (wrong >= 0) return trouble(symbols[wrong], wrong + 1, table);
    const foreign = symbols.some((symbol) => table.foreign.has(symbol));
    if (foreign) symbols = [...Object.entries(table.vowels).reduce((all, [pair, vowel]) => all.replaceAll(pair, vowel), symbols.join(""))];
    let written = symbols.map((symbol) => table.plain.get(symbol) ?? table.foreign.get(symbol)).join("");
    if (foreign) written = written.replace(/['`]/g, "").replace(/[A-Za-z]+/g, (word) => word[0].toUpperCase() + word.slice(1).toLowerCase());
    return { text: written.replace(/[^A-Za-z '-]/g, "").trim() };
  }

  function trouble(symbol, place, table) {
    const code = symbol.codePointAt(0), number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    const [needs] = Object.entries(table.later).find(([, ranges]) => ranges.some(([from, to]) => from <= code && code <= to)) ?? [];
    const script = SCRIPTS.find((name) => RegExp(`\\p{Script=${name}}`, "u").test(symbol));
    const kind = (!NO_TEXT.test(symbol) && KINDS.find(([form]) => form.test(symbol))?.[1]) || "a symbol that no name has";
    const shown = kind.startsWith("the ") ? `${kind.replace("the", script ? `the ${script}` : "the")} “${/\p{M}/u.test(symbol) ? "◌" : ""}${symbol}” (${number})` : `${kind} (${number})`;
    if (needs) return { needs, problem: `Symbol ${place} is ${shown}. The table for ${needs} is not loaded yet. Load it, or write the name in Latin letters.` };
    return { problem: `Symbol ${place} is ${shown}, which cannot be written in the book's alphabet. ${/letter|mark/.test(kind) ? "Write the name in Latin letters." : "Take it out."}` };
  }

  const names = { writing, normalise };
  if (typeof module === "object") module.exports = names;
  else Object.assign((root.unrolled ??= {}), names);
})(globalThis);
