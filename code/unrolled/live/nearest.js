// Word vectors and the words nearest to one: by its v, its u or their average. And what a reader types: its words, and
// spellings like it.
(function (root) {
  const SIGN = 63, STEPS = 28, OCTAVE = 8; // as in words.py

  // Vectors (V × d), a row after the other: each row is written as a sign for its size, and a sign for each number.
  function read({ largest, rows }, V) {
    const d = rows.length / V - 1, code = (at) => rows.charCodeAt(at) - SIGN;
    if (!Number.isInteger(d)) throw new Error("its vectors were cut");
    const numbers = new Float64Array(V * d);
    for (let row = 0, at = 0, k = 0; row < V; row++) {
      const step = (largest * 2 ** (-(code(at++) + STEPS) / OCTAVE)) / STEPS;
      for (let i = 0; i < d; i++) numbers[k++] = code(at++) * step;
    }
    return numbers;
  }

  function unit(rows, d) {
    for (let start = 0; start < rows.length; start += d) {
      const row = rows.subarray(start, start + d), length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)) || 1;
      row.forEach((x, i) => (row[i] = x / length));
    }
    return rows;
  }

  // All words with a vector, the most frequent first; nearest(word, by, k) are the k with the largest cosines, by v (0), u
  // (1) or the average (2), of equal ones the more frequent first.
  function space({ words: names, v, u }) {
    const V = names.length, ids = new Map(names.map((name, id) => [name, id]));
    const [by_v, by_u] = [v, u].map((packed) => read(packed, V)), d = by_v.length / V;
    const kinds = [by_v, by_u, by_v.map((x, i) => (x + by_u[i]) / 2)].map((rows) => unit(rows, d));
    function nearest(word, by, k) {
      const rows = kinds[by], id = ids.get(word), own = rows.subarray(id * d, (id + 1) * d);
      const cosines = names.map((_, other) => {
        let sum = 0;
        for (let i = 0, p = other * d; i < d; i++, p++) sum += own[i] * rows[p];
        return Math.round(1e12 * sum) / 1e12; // what is equal may come out with other last digits
      });
      const order = [...cosines.keys()].filter((other) => other !== id).sort((i, j) => cosines[j] - cosines[i]);
      return order.slice(0, k).map((other) => [names[other], cosines[other]]);
    }
    return { names, ids, nearest };
  }

  // The words of a text, as word2vec.tokenise has them.
  function tokens(text) {
    const plain = text.normalize("NFC").toLowerCase().normalize("NFC").replaceAll("\u00ad", "");
    return (plain.match(/[\p{L}\p{M}\u200c\u200d]+/gu) ?? []).map((run) => run.replace(/^\P{L}+/u, "")).filter(Boolean);
  }

  // How many letters have to be put in, taken out or changed to make one word of another.
  function edits(one, other) {
    let above = [...Array(other.length + 1).keys()];
    for (const [i, letter] of [...one].entries()) {
      const row = [i + 1];
      for (let j = 0; j < other.length; j++) row.push(Math.min(above[j + 1] + 1, row[j] + 1, above[j] + (letter !== other[j])));
      above = row;
    }
    return above.at(-1);
  }
  // The three words that are spelled most like a word, with two letters changed at most, and half of them.
  function spelled(word, names) {
    const most = Math.min(2, Math.floor(word.length / 2)), near = names.filter((name) => Math.abs(name.length - word.length) <= most);
    const found = near.map((name) => [name, edits(word, name)]).filter(([, count]) => count <= most);
    return found.sort(([, a], [, b]) => a - b).slice(0, 3).map(([name]) => name);
  }

  const nearest = { space, spelled, tokens };
  if (typeof module === "object") module.exports = nearest;
  else (root.unrolled ??= {}).nearest = nearest;
})(globalThis);
