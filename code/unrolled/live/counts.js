// The count model of names (unrolled.pages.classification.count_model), built in the page from the training names: the weights are
// a sum of the names' own counts, each as strongly as the package has found.
(function (root) {
  const LONGEST = 4, FIRST = 35; // of the runs of letters; the symbol of the digit 0

  // How often each run of letters occurs in a text; each word has a space at its ends
  function counted(text) {
    const found = new Map();
    for (const word of text.toLowerCase().split(" ").filter(Boolean).map((word) => ` ${word} `))
      for (let n = 1; n <= LONGEST; n++)
        for (let i = 0, run; (run = word.slice(i, i + n)).length === n; i++) found.set(run, (found.get(run) ?? 0) + 1);
    return found;
  }

  // From a name to the scores of the languages, in an array
  function counts({ strengths, levels, power, largest, intercepts }, { languages, lists }) {
    const C = languages.length, every = lists.flatMap((list, own) => list.map((name) => ({ own, runs: counted(name) })));
    if (strengths.some((row) => row.length !== every.length)) throw RangeError("the count model is of other names");
    const features = new Map(); // of each run the place of its weights, and first in how many names, then how rare it is
    for (const { runs } of every) for (const run of runs.keys()) {
      if (!features.has(run)) features.set(run, { at: C * features.size, rare: 0 });
      features.get(run).rare++;
    }
    for (const feature of features.values()) feature.rare = Math.log((1 + every.length) / (1 + feature.rare)) + 1;
    const weighted = (runs) => {
      const x = [...runs].filter(([run]) => features.has(run)).map(([run, n]) => ({ at: features.get(run).at, x: n * features.get(run).rare }));
      const norm = Math.sqrt(x.reduce((sum, one) => sum + one.x ** 2, 0)) || 1;
      return x.map(({ at, x }) => ({ at, x: x / norm }));
    };
    const weights = new Float64Array(C * features.size);
    every.forEach(({ own, runs }, i) => {
      const x = weighted(runs);
      for (let k = 0; k < C; k++) {
        const digit = strengths[k].charCodeAt(i) - FIRST, strength = (k === own ? 1 : -1) * largest[k] * (digit / levels) ** power;
        if (digit) for (const one of x) weights[one.at + k] += strength * one.x;
      }
    });
    return (name) => {
      const x = weighted(counted(name));
      return languages.map((_, k) => x.reduce((sum, one) => sum + weights[one.at + k] * one.x, intercepts[k]));
    };
  }

  if (typeof module === "object") module.exports = { counts };
  else (root.unrolled ??= {}).counts = counts;
})(globalThis);
