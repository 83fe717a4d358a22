// The backward pass of a recurrent network, step by step, right or with one of the mistakes that people make.
//
// A net: { residual, x: [ids of the T words], y: id of the next word, W_embed (d × V), W_recurrent (d × d),
// W_unembed (V × d) }, matrices as lists of rows. Letters are those of the book; J = log p is maximised.
(function (root) {
  const zip = (f, ...lists) => lists[0].map((_, i) => f(...lists.map((list) => list[i])));
  const add = (a, b) => zip((x, y) => x + y, a, b);
  const sub = (a, b) => zip((x, y) => x - y, a, b);
  const mul = (a, b) => zip((x, y) => x * y, a, b);
  const dot = (a, b) => mul(a, b).reduce((sum, x) => sum + x, 0);
  const times = (W, a) => W.map((row) => dot(row, a));
  const transpose = (W) => W[0].map((_, j) => W.map((row) => row[j]));
  const outer = (a, b) => a.map((x) => b.map((y) => x * y));
  const sums = (A, B) => zip(add, A, B);
  const column = (W, k) => W.map((row) => row[k]);
  const zeros = (n, m) => Array.from({ length: n }, () => Array(m).fill(0));

  // h_0 … h_T, what the tanh of step t is taken of (a[t], from 1 on), the scores and their softmax
  function forward({ residual, x, W_embed, W_recurrent, W_unembed }) {
    const h = [Array(W_recurrent.length).fill(0)], a = [null];
    for (const word of x) {
      a.push(add(times(W_recurrent, h.at(-1)), column(W_embed, word)));
      const update = a.at(-1).map(Math.tanh);
      h.push(residual ? add(h.at(-1), update) : update);
    }
    const s = times(W_unembed, h.at(-1)), most = Math.max(...s), exps = s.map((z) => Math.exp(z - most));
    const sum = exps.reduce((total, z) => total + z, 0);
    return { h, a, s, p: exps.map((z) => z / sum) };
  }

  const slopes = (u) => u.map((z) => 1 - z * z);
  const update = (n, t) => (n.residual ? sub(n.h[t], n.h[t - 1]) : n.h[t]);
  const D = (n, t) => slopes(update(n, t));
  const back = (n, t, g) => times(transpose(n.W_recurrent), mul(D(n, t), g));

  // What is computed, in this order. Each has the value of what it needs: n is the net with its forward pass, and of the
  // backward pass what is known so far; g[t], delta[t], and the three gradients of matrices as far as they are summed.
  const RIGHT = {
    e: (n) => sub(n.y_hot, n.p),
    W_unembed: (n) => outer(n.e, n.h.at(-1)),
    g_T: (n) => times(transpose(n.W_unembed), n.e),
    delta: (n, t) => mul(D(n, t), n.g[t]),
    W_embed: (n, t) => sums(n.by_embed, outer(n.delta[t], n.hot(n.x[t - 1]))),
    W_recurrent: (n, t) => sums(n.by_recurrent, outer(n.delta[t], n.h[t - 1])),
    g: (n, t) => {
      const branch = times(transpose(n.W_recurrent), n.delta[t]);
      return n.residual ? add(n.g[t], branch) : branch;
    },
  };

  const stream = (n, t, branch) => (n.residual ? add(n.g[t], branch) : branch);
  const last = (n, t) => t === n.x.length;
  // What people make of a step. The first word says of which.
  const MISTAKES = {
    "e sign": (n) => sub(n.p, n.y_hot),
    "e observed alone": (n) => n.y_hot,
    "e expected alone": (n) => n.p.map((z) => -z),
    "e one minus p": (n) => n.p.map((z) => 1 - z),
    "e one entry": (n) => mul(n.y_hot, n.p.map((z) => 1 - z)),
    "e of p": (n) => sub(n.y_hot, n.p).map((z) => z * dot(n.y_hot, n.p)),
    "e not normalised": (n) => sub(n.y_hot, n.s.map(Math.exp)),
    "W_unembed all states": (n) => outer(n.e, n.h.reduce(add)),
    "W_unembed last update": (n) => outer(n.e, update(n, n.x.length)),
    "delta no slope": (n, t) => n.g[t],
    "delta slope before": (n, t) => mul(t > 1 ? D(n, t - 1) : slopes(n.h[0]), n.g[t]),
    "delta slope of a": (n, t) => mul(slopes(n.a[t]), n.g[t]),
    "delta not squared": (n, t) => mul(update(n, t).map((z) => 1 - z), n.g[t]),
    "delta slope of h": (n, t) => mul(slopes(n.h[t]), n.g[t]),
    "delta gradient before": (n, t) => mul(D(n, t), stream(n, t, back(n, t, n.g[t]))),
    "W_embed last alone": (n, t) => (last(n, t) ? RIGHT.W_embed(n, t) : n.by_embed),
    "W_embed overwritten": (n, t) => zip((row, z) => row.with(n.x[t - 1], z), n.by_embed, n.delta[t]),
    "W_embed first kept": (n, t) => (n.x.slice(t).includes(n.x[t - 1]) ? n.by_embed : RIGHT.W_embed(n, t)),
    "W_recurrent last alone": (n, t) => (last(n, t) ? RIGHT.W_recurrent(n, t) : n.by_recurrent),
    "W_recurrent index": (n, t) => sums(n.by_recurrent, outer(n.delta[t], n.h[t])),
    "W_recurrent transposed": (n, t) => sums(n.by_recurrent, outer(n.h[t - 1], n.delta[t])),
    "g not transposed": (n, t) => stream(n, t, times(n.W_recurrent, n.delta[t])),
    "g order": (n, t) => stream(n, t, mul(D(n, t), times(transpose(n.W_recurrent), n.g[t]))),
    "g no matrix": (n, t) => stream(n, t, n.delta[t]),
    "g readout again": (n, t) => (t > 1 ? add(RIGHT.g(n, t), n.g.at(-1)) : RIGHT.g(n, t)),
    "g zero": (n, t) => (t > 1 ? RIGHT.g(n, t) : n.g[t].map(() => 0)),
    "g no identity": (n, t) => times(transpose(n.W_recurrent), n.delta[t]),
    "g identity alone": (n, t) => n.g[t],
    "g identity bent": (n, t) => add(n.delta[t], times(transpose(n.W_recurrent), n.delta[t])),
    "g factors reversed": (n, t) => {
      let g = n.g.at(-1);
      for (let k = t; k <= n.x.length; k++) g = add(g, back(n, k, g));
      return g;
    },
  };

  const key = (kind) => ({ W_embed: "by_embed", W_recurrent: "by_recurrent", W_unembed: "by_unembed" })[kind] ?? kind;

  // The steps of a backward pass, in order: [{ kind, t }]
  function order(T) {
    const steps = [{ kind: "e" }, { kind: "W_unembed" }, { kind: "g_T", t: T }];
    for (let t = T; t > 0; t--)
      steps.push({ kind: "delta", t }, { kind: "W_embed", t }, { kind: "W_recurrent", t }, { kind: "g", t });
    return steps;
  }

  // What a step comes to, on what is known before it.
  function value(n, { kind, t }, mistake) {
    const wrong = mistake?.split(" ")[0] === kind && MISTAKES[mistake];
    return (wrong || RIGHT[kind])(n, t);
  }

  // The whole pass: n with g, delta, by_embed, by_recurrent, by_unembed, and the value after each step. With a mistake, it is
  // made at each step that it belongs to, or at step `at` alone.
  function backward(net, mistake, at) {
    const V = net.W_unembed.length, d = net.W_recurrent.length, T = net.x.length;
    const hot = (k) => Array.from({ length: V }, (_, i) => +(i === k));
    const n = { ...net, ...forward(net), hot, y_hot: hot(net.y), g: [], delta: [], by_embed: zeros(d, V), by_recurrent: zeros(d, d) };
    n.values = order(T).map((step, k) => {
      const found = value(n, step, at === undefined || at === k ? mistake : undefined);
      if (step.kind === "g_T") n.g[T] = found;
      else if (step.kind === "g") n.g[step.t - 1] = found;
      else if (step.kind === "delta") n.delta[step.t] = found;
      else n[key(step.kind)] = found;
      return found;
    });
    return n;
  }

  // What each mistake would make of each step, if all before it was right: { mistake: [value or undefined by step] }
  function slips(net) {
    const right = backward(net), found = {}, steps = order(net.x.length);
    for (const mistake in MISTAKES)
      found[mistake] = steps.map((step, k) => (mistake.split(" ")[0] === step.kind ? backward(net, mistake, k).values[k] : undefined));
    return { right, steps, found };
  }

  // Where the numbers of a wrong value and the right one are not the same.
  const flat = (value) => value.flat();
  const differs = (one, other) => flat(one).some((x, i) => Math.abs(x - flat(other)[i]) > 1e-6);

  // Which entries of step k a reader is asked for, as few as show every mistake that changes one: [{ entry, right, width
  // of a row, slips: [{ name, x }] }]. First that where the mistakes give the most numbers, each its own; who has it right
  // has made none of these, and is asked for what the others change. What an earlier step shows comes last among slips.
  function asked(net, k) {
    const { right, found } = slips(net), entries = flat(right.values[k]), list = [];
    const early = (name) => found[name].slice(0, k).some((value, j) => value && differs(value, right.values[j]));
    const made = Object.keys(found).filter((name) => found[name][k]).sort((one, other) => early(one) - early(other));
    let left = made.map((name) => ({ name, xs: flat(found[name][k]) }));
    const at = (entry) => left.filter(({ xs }) => Math.abs(xs[entry] - entries[entry]) > 1e-6);
    do {
      const worth = entries.map((_, entry) => 2 * new Set(at(entry).map(({ xs }) => xs[entry].toFixed(9))).size - at(entry).length);
      const entry = worth.indexOf(Math.max(...worth)), shown = at(entry);
      list.push({ entry, right: entries[entry], width: right.values[k][0].length, slips: shown.map(({ name, xs }) => ({ name, x: xs[entry] })) });
      left = left.filter((one) => !shown.includes(one));
    } while (entries.some((_, entry) => at(entry).length));
    return list;
  }

  // The mistakes that can be hidden in a net, each with the steps where it changes a number: [{ mistake, k, step }]
  function plantable(net) {
    const { right, steps, found } = slips(net);
    return Object.entries(found).flatMap(([mistake, values]) =>
      values.flatMap((value, k) => (value && differs(value, right.values[k]) ? [{ mistake, k, step: steps[k] }] : [])));
  }

  const backwardPass = { forward, backward, order, asked, plantable, differs, step: value, MISTAKES: Object.keys(MISTAKES) };
  if (typeof module === "object") module.exports = backwardPass;
  else (root.unrolled ??= {}).backward = backwardPass;
})(globalThis);
