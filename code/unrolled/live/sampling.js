// Drawing as `unrolled.learning.sampling` draws: the same seed gives the same symbols in the page and in Python.
(function (root) {
  // Threefry-2x32 in 20 rounds: two random words of 32 bits for a key and a counter of two each.
  const TURNS = [[13, 15, 26, 6], [17, 29, 16, 24]];
  function threefry([a, b], [x, y]) {
    const keys = [a, b, a ^ b ^ 0x1bd11bda];
    [x, y] = [x + a, y + b];
    for (let block = 1; block < 6; block++) {
      for (const turn of TURNS[(block - 1) % 2]) {
        x = (x + y) | 0;
        y = ((y << turn) | (y >>> (32 - turn))) ^ x;
      }
      x = (x + keys[block % 3]) | 0;
      y = (y + keys[(block + 1) % 3] + block) | 0;
    }
    return [x >>> 0, y >>> 0];
  }

  // The uniform number of a step of a sequence, 0 ≤ u < 1; the seed is below 2^53.
  function uniform(seed, sequence, step) {
    const [high, low] = threefry([seed | 0, Math.floor(seed / 2 ** 32)], [sequence, step].map((n) => n | 0));
    return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
  }

  // The probabilities at a temperature; at 0 all of it is on the first of the most probable.
  function distribution(scores, temperature = 1) {
    const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    if (temperature === 0) {
      const first = scores.findIndex((s) => s - most === 0);
      return scores.map((_, k) => +(k === first));
    }
    const weights = scores.map((s) => Math.exp((s - most) / temperature));
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / sum);
  }

  // The symbol at which the running sum of probabilities first exceeds u.
  function inverse(q, u) {
    let sum = 0, last = 0;
    for (let k = 0; k < q.length; k++) {
      sum += q[k];
      if (q[k] > 0) last = k;
      if (sum > u) return k;
    }
    return last;
  }

  // Draw from a network, symbol by symbol: what can come next and what was drawn. next(id) takes another instead.
  function* draw(net, state, id, { seed, sequence = 0, temperature = 1, language }) {
    for (let step = 0; ; step++) {
      const scores = net.scores(net.step(state, id, language));
      const q = distribution(scores, temperature);
      const drawn = inverse(q, uniform(seed, sequence, step));
      id = (yield { id: drawn, q, scores }) ?? drawn;
    }
  }

  const all = { uniform, distribution, inverse, draw };
  if (typeof module === "object") module.exports = all;
  else Object.assign(root.unrolled, all);
})(globalThis);
