// Count models of names, one for each language, built in the page from the training names: unrolled.learning.ngrams.Ngrams with
// groups, turned round by Bayes' rule.
(function (root) {
  const POOLED = 0.1, FALLBACK_DISCOUNT = 0.75; // as in the package
  const before = (sequence, t, k) => (k ? sequence[Math.max(t - k, 0)] : 0); // the symbol k places back; before the start, the first repeated

  // The training names, of which the page has a text for each language
  function training({ languages, names, alphabet }) {
    const lists = names.map((all) => all.split(",")), found = new Map();
    lists.forEach((list, k) => list.forEach((name) => found.set(name, [...(found.get(name) ?? []), languages[k]])));
    return { languages, lists, alphabet, languagesOf: (name) => found.get(name) ?? [] };
  }

  // D(1), D(2), and D(3) for all larger counts
  function discounts(counts) {
    const m = [0, 0, 0, 0, 0, 0];
    for (const n of counts) m[Math.min(n, 5)]++;
    const Y = m[1] && m[2] ? m[1] / (m[1] + 2 * m[2]) : FALLBACK_DISCOUNT, D = [Y];
    for (const i of [2, 3]) {
      const estimate = m[i] && m[i + 1] ? i - ((i + 1) * Y * m[i + 1]) / m[i] : 0;
      D.push(Math.max(estimate, D[i - 2])); // at most i, as the estimate is
    }
    return D;
  }

  // What follows contexts of every length. A context is a place, found from that of the shorter one and the symbol before it;
  // a cell is a context and what follows.
  function chain(order, V, groups) {
    const levels = Array.from({ length: order }, () => ({ places: new Map(), left: new Map(), given: [], total: [] })), cells = [];
    groups.forEach((sequences, group) => {
      for (const sequence of sequences)
        for (let t = 1; t < sequence.length; t++) {
          let place = group;
          levels.forEach(({ places }, k) => {
            const key = place * V + before(sequence, t, k);
            places.set(key, (place = places.get(key) ?? places.size));
            cells[k] = place * V + sequence[t];
          });
          // below the top it counts once after each longer context, and always where none is longer
          for (let k = order - 1, first = true; k >= 0; k--) {
            const { left } = levels[k], seen = left.get(cells[k]) ?? 0;
            if (first || t <= k) left.set(cells[k], seen + 1);
            first = !seen;
          }
        }
    });
    for (const { left, given, total } of levels) {
      const D = discounts(left.values());
      for (const [cell, n] of left) {
        const place = Math.floor(cell / V), discount = D[Math.min(n, D.length) - 1];
        left.set(cell, n - discount);
        given[place] = (given[place] ?? 0) + discount;
        total[place] = (total[place] ?? 0) + n;
      }
    }
    // The place of a context at a level, and the probability of a symbol there, from that below; after one never seen it is that below
    return (k, shorter, sequence, t, below) => {
      const { places, left, given, total } = levels[k], place = places.get(shorter * V + before(sequence, t, k));
      if (place === undefined) return [NaN, below];
      return [place, ((left.get(place * V + sequence[t]) ?? 0) + given[place] * below) / total[place]];
    };
  }

  // log p(name | language) and log p(language | name) in arrays by language; of a name that goes on, with ended = false
  function ngrams({ languages, lists, alphabet }, order) {
    const ids = new Map([...alphabet].map((symbol, id) => [symbol, id])), END = ids.size, START = END + 1, V = START + 1;
    const framed = (name, ended) => {
      const inside = [...name].map((symbol) => ids.get(symbol));
      if (inside.includes(undefined)) throw RangeError(`“${name}” has a symbol outside the alphabet: normalise it first`);
      return [START, ...inside, ...(ended ? [END] : [])];
    };
    const groups = lists.map((list) => list.map((name) => framed(name, true)));
    const pooled = chain(order, V, [groups.flat()]), apart = chain(order, V, groups);
    const all = lists.flat().length, prior = lists.map((list) => Math.log(list.length / all));

    function likelihoods(name, ended = true) {
      const sequence = framed(name, ended), logs = languages.map(() => 0);
      for (let t = 1; t < sequence.length; t++) {
        const together = [];
        // below all counts: every symbol but the start
        for (let k = 0, place = 0, p = 1 / START; k < order; k++) together.push(([place, p] = pooled(k, place, sequence, t, p))[1]);
        languages.forEach((_, language) => {
          let place = language, p = 1 / START;
          together.forEach((q, k) => ([place, p] = apart(k, place, sequence, t, POOLED * q + (1 - POOLED) * p)));
          logs[language] += Math.log(p);
        });
      }
      return logs;
    }
    function posteriors(name, ended = true) {
      const joint = likelihoods(name, ended).map((log, k) => log + prior[k]), largest = Math.max(...joint);
      const evidence = largest + Math.log(joint.reduce((sum, x) => sum + Math.exp(x - largest), 0));
      return joint.map((x) => x - evidence);
    }
    return { likelihoods, posteriors };
  }

  const models = { training, ngrams };
  if (typeof module === "object") module.exports = models;
  else Object.assign((root.unrolled ??= {}), models);
})(globalThis);
