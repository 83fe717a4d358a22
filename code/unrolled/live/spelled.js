// What live parts say in formulas, and what to have seen. The book without solutions has no such script; its parts show
// numbers alone.
(function (root) {
  const unrolled = (root.unrolled ??= {});
  const vector = (a) => `(${a.map(unrolled.fraction).join(", ")})`;
  const mixed = (text) => text.split("$").map((part, k) => (k % 2 ? unrolled.math(part) : part)); // formulas between $
  const slope = (n, t) => (n.residual ? `1 − (h_{${t}} − h_{${t - 1}})^{2}` : `1 − h_{${t}}^{2}`);
  const slopes = (n, t) => n.h[t].map((z, i) => 1 - (n.residual ? z - n.h[t - 1][i] : z) ** 2);

  // Of a step of the backward pass: its formula, the formula with the numbers put in, and what is done.
  const backward = {
    a: (n, t) => [`W_{embed} x_{${t}} + W_{recurrent} h_{${t - 1}}`, vector(n.a[t]), `into the tanh of step ${t}`],
    h: (n, t) => [n.residual ? `h_{${t - 1}} + tanh(a_{${t}})` : `tanh(a_{${t}})`, vector(n.h[t]), `the state after step ${t}`],
    s: (n) => [`W_{unembed} h_{${n.x.length}}`, vector(n.s), "the scores"],
    p: (n) => ["softmax(s)", vector(n.p), "the probabilities"],
    e: (n) => ["y − p", `${vector(n.y_hot)} − ${vector(n.p)}`, "observed minus expected"],
    W_unembed: (n) => [`e h_{${n.x.length}}^{⊤}`, `${vector(n.e)} times ${vector(n.h.at(-1))}`, "error times what was there"],
    g_T: (n) => ["W_{unembed}^{⊤} e", `W_{unembed}^{⊤} ${vector(n.e)}`, "back through the readout"],
    delta: (n, t) => [`(${slope(n, t)}) ⊙ g_{${t}}`, `${vector(slopes(n, t))} ⊙ ${vector(n.g[t])}`, `back through the tanh of step ${t}`],
    W_embed: (n, t, words) => [`what it was, + δ_{${t}} x_{${t}}^{⊤}`, `column “${words[n.x[t - 1]]}” gets ${vector(n.delta[t])}`, "the word's column collects"],
    W_recurrent: (n, t) => [`what it was, + δ_{${t}} h_{${t - 1}}^{⊤}`, t === 1 ? `h_{0} is zero, so nothing is added` : `${vector(n.delta[t])} times ${vector(n.h[t - 1])}`, "the shared matrix collects"],
    g: (n, t) => [n.residual ? `g_{${t}} + W_{recurrent}^{⊤} δ_{${t}}` : `W_{recurrent}^{⊤} δ_{${t}}`, n.residual ? `${vector(n.g[t])} + W_{recurrent}^{⊤} ${vector(n.delta[t])}` : `W_{recurrent}^{⊤} ${vector(n.delta[t])}`, n.residual ? "along the stream, and through the branch" : `back through the matrix of step ${t}`],
  };
  const seen_back = (residual) => "To have seen: each gradient of a matrix is an error times what was there, and has the matrix's shape. A matrix that is used at every step collects a term from each." +
    (residual ? " Along the stream the gradient comes back unchanged; each branch adds to it." : "");

  // Of the gradient with respect to the centre's vector, which moves in the plane.
  function centre({ o, u, negatives }, { P, terms: [pull, ...push], v_c }) {
    if (!negatives) return [`∂J/∂v_{c} = u_{${o}} − Σ_{j} P(j | c) u_{j}`, `= ${vector(u[o])} − ${vector(P.reduce((sum, p, j) => unrolled.skipgram.along(sum, p, u[j]), [0, 0]))} = ${vector(v_c)}`];
    const often = (word) => (negatives[word] === 1 ? "" : `${unrolled.fraction(negatives[word])} `);
    return [`∂J/∂v_{c} = (1 − σ(u_{${o}} · v_{c})) u_{${o}}${push.map(({ word }) => ` − ${often(word)}σ(u_{${word}} · v_{c}) u_{${word}}`).join("")}`,
      `= ${unrolled.fraction(pull.size)} ${vector(u[o])}${push.map(({ word, size }) => ` − ${unrolled.fraction(-size)} ${vector(u[word])}`).join("")} = ${vector(v_c)}`];
  }
  const seen_step = (sampling) => mixed(sampling
    ? "To have seen: the observed word pulls $v_{c}$ with the strength 1 − σ, and a negative pushes with σ. A word that the model already judges right hardly counts."
    : "To have seen: $v_{c}$ moves in the direction from the expected to the observed vector. A short step makes the observed word more probable. Another word may gain more.");
  const seen_far = "To have seen: positives alone run off, and nothing teaches the model to say no. Negatives do: what is drawn and not seen goes down.";

  // Of gradients that vanish or do not, without and with a stream.
  const vanishing = {
    formulas: ["g_{t−1} = W_{recurrent}^{⊤} D_{t} g_{t}", "g_{t−1} = (I + W_{recurrent}^{⊤} D_{t}) g_{t}"],
    why: "Without a stream, each step multiplies by ½ at most, and ten of them make less than a thousandth. With one, each step adds to the gradient that was there. ",
    seen: () => mixed("To have seen: without a stream, each step multiplies the gradient by $W_{recurrent}^{⊤} D_{t}$, and small weights make it vanish. With a stream, each step adds this product to the gradient itself. That alleviates vanishing, but does not prevent it: the other paths can cancel the identity path."),
  };

  unrolled.spelled = { backward, seen_back, centre, seen_step, seen_far, vanishing };
})(globalThis);
