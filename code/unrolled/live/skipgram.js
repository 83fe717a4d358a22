// One step of skip-gram: the gradients of a pair's J, with a softmax or with negative sampling, and where they lead.
//
// A place: { v_c: [d numbers], u: [a list of d numbers for each word], o: the observed word, negatives }. With
// negatives, a list of how often each word is drawn, it is negative sampling, and without them the softmax. Letters are
// those of the book; J is maximised.
(function (root) {
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const along = (a, size, b) => a.map((x, i) => x + size * b[i]); // a + size b
  const sigma = (x) => 1 / (1 + Math.exp(-x));
  const log_sigma = (x) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));

  // Scores u_j · v_c; P, the probability of each word, or of a yes to it; J; each word's error, observed minus expected;
  // and the gradients of J by v_c and by every u. The terms of the gradient by v_c are the pull of the observed word and
  // what pushes back: [{ word, size }], each size times the word's u.
  function gradients({ v_c, u, o, negatives }) {
    const scores = u.map((u_j) => dot(u_j, v_c)), most = Math.max(...scores);
    const total = scores.reduce((sum, x) => sum + Math.exp(x - most), 0);
    const P = negatives ? scores.map(sigma) : scores.map((x) => Math.exp(x - most) / total);
    // 1 − σ(x) is σ(−x), which keeps its digits
    const pull = negatives ? sigma(-scores[o]) : 1;
    const push = negatives ? P.map((p, j) => negatives[j] * p) : P;
    const J = negatives ? scores.reduce((sum, x, j) => sum + negatives[j] * log_sigma(-x), log_sigma(scores[o])) : scores[o] - most - Math.log(total);
    const errors = push.map((z, j) => (j === o ? pull : 0) - z);
    const by_v_c = errors.reduce((sum, e, j) => along(sum, e, u[j]), v_c.map(() => 0));
    const terms = [{ word: o, size: pull }, ...push.map((z, word) => ({ word, size: -z })).filter(({ size }) => size)];
    return { scores, P, J, errors, terms, v_c: by_v_c, u: errors.map((e) => v_c.map((x) => e * x)) };
  }

  // A place after so many steps of length eta along the gradient by v_c, or along those by every u too.
  function climb(place, eta, all = false, steps = 1) {
    let { v_c, u } = place;
    for (let k = 0; k < steps; k++) {
      const by = gradients({ ...place, v_c, u });
      v_c = along(v_c, eta, by.v_c);
      if (all) u = u.map((u_j, j) => along(u_j, eta, by.u[j]));
    }
    return { ...place, v_c, u };
  }

  const skipgram = { along, climb, gradients };
  if (typeof module === "object") module.exports = skipgram;
  else (root.unrolled ??= {}).skipgram = skipgram;
})(globalThis);
