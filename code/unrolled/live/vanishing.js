// Vanishing in the reader's hands: how much of the last gradient reaches the first word, for weights of any scale.
(function (root) {
  const pass = typeof module === "object" ? require("./backward.js") : root.unrolled.backward;

  // The sizes of g_1, …, g_T, relative to that of g_T, where W_recurrent is the network's times the scale.
  function sizes({ network, scale, T, residual }) {
    const W_recurrent = network.W_recurrent.map((row) => row.map((x) => scale * x));
    const { g } = pass.backward({ ...network, W_recurrent, x: network.x.slice(0, T), residual });
    return g.slice(1).map((g_t) => Math.hypot(...g_t) / Math.hypot(...g.at(-1)));
  }

  // A positive number as the book's text has it: 3 · 10⁻⁴ where it is far from one.
  function power(x) {
    if (x === 0) return "0";
    if (x >= 0.1 && x < 1000) return x.toFixed(x < 10 ? 1 : 0);
    const [digit, exponent] = x.toExponential(0).split("e");
    const raised = exponent.replace("+", "").replace(/./g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]);
    return `${digit === "1" ? "" : `${digit}\u00a0·\u00a0`}10${raised}`;
  }

  if (typeof module === "object") return (module.exports = { sizes, power });
  const unrolled = root.unrolled;
  const AXIS = [-6, -4, -2, 0, 2, 4, 6]; // powers of ten
  const [LEAST, MOST] = [AXIS.at(0), AXIS.at(-1)].map((k) => 10 ** k);
  const MARKED = [["0", "zero", (size) => size === 0], ["↓", "below the axis", (size) => size > 0 && size < LEAST], ["↑", "above the axis", (size) => size > MOST]];
  const PREDICTED = { network: 0, scale: 0.5, T: 11 };
  const ANSWERS = ["Half of it, in both", "A tenth without a stream, half of it with one", "Less than a thousandth, in both", "Less than a thousandth without a stream, all of it and more with one"];
  const RIGHT = 3;

  (unrolled.parts ??= {}).vanishing = (place, { networks, steps }) => {
    const { element: el, math, choices } = unrolled;
    const state = { ...PREDICTED, scale: 1 };
    const height = (size) => `${Math.max(0, Math.min(100, (100 * (Math.log10(size) - AXIS[0])) / (AXIS.at(-1) - AXIS[0])))}%`;

    const panels = el("div", { class: "live-panels" });
    const numbers = el("tbody");
    const about = el("p");
    const status = el("p", { "aria-live": "polite" });
    const spelled = unrolled.spelled?.vanishing;
    const seen = el("p", { class: "live-seen", hidden: true }, spelled?.seen() ?? []);
    const scale = el("output");
    const slider = el("input", { type: "range", min: 0, max: 2, step: 0.05, oninput: () => change({ scale: +slider.value }) });
    const network = choices("Network", networks.map(({ name }, k) => [k, name]), () => state.network, (k) => change({ network: k, scale: 1 }));
    const length = choices("Steps T", steps.map((T) => [T, String(T)]), () => state.T, (T) => change({ T }));

    function panel(title, formula, found) {
      const notes = MARKED.map(([sign, what, is]) => [found.filter(is).length, sign, what]).filter(([count]) => count);
      const ticks = AXIS.map((k) => el("span", { class: "live-tick", style: `bottom: ${height(10 ** k)}` }, el("span", {}, k ? math(`10^{${String(k).replace("-", "−")}}`) : "1")));
      const bars = found.map((size) => el("span", { class: "live-slot" }, el("span", { class: "live-column", style: `height: ${height(size)}` }), el("span", { class: "live-mark" }, MARKED.find(([, , is]) => is(size))?.[0] ?? "")));
      const told = (t) => t === 1 || t === state.T || state.T < 12 || t % 5 === 0;
      return el("section", { class: "live-panel" },
        el("p", {}, el("strong", {}, title), ` at step 1: ${power(found[0])}`, formula ? [el("br"), math(formula)] : []),
        el("div", { class: "live-chart", role: "img", "aria-label": `${title}: a bar for each step, on a logarithmic scale. All numbers stand below.` },
          el("span", { class: "live-axis" }, math("‖g_{t}‖ / ‖g_{T}‖")), el("div", { class: "live-plot" }, ticks, bars),
          el("div", { class: "live-steps" }, found.map((_, k) => el("span", {}, told(k + 1) ? String(k + 1) : ""))), el("span", { class: "live-axis" }, "step ", math("t"))),
        el("p", { class: "live-count" }, notes.map(([count, sign, what]) => `${count} of ${state.T} bars ${count === 1 ? "is" : "are"} ${what} (${sign}). `)));
    }

    function draw() {
      const [vanilla, stream] = [false, true].map((residual) => sizes({ ...state, network: networks[state.network], residual }));
      slider.value = scale.value = state.scale;
      network.update();
      length.update();
      about.textContent = networks[state.network].said;
      panels.replaceChildren(panel("Without a stream", spelled?.formulas[0], vanilla), panel("With a stream", spelled?.formulas[1], stream));
      numbers.replaceChildren(...vanilla.map((size, k) => el("tr", {}, el("th", { scope: "row" }, String(k + 1)), el("td", {}, power(size)), el("td", {}, power(stream[k])))));
      status.textContent = `Scale ${state.scale}, ${state.T - 1} steps back. Of the last gradient, the first word gets ${power(vanilla[0])} without a stream, and ${power(stream[0])} with one.`;
    }

    function change(to) {
      Object.assign(state, to);
      seen.hidden = !spelled;
      draw();
    }

    const predict = unrolled.predict("Predict: the scale of the weights is ½. How much of the last gradient reaches the first word, ten steps back?", ANSWERS, (k) => {
      change(PREDICTED);
      return [el("strong", {}, k === RIGHT ? "Yes. " : "Not so. "), `${spelled?.why ?? ""}Look at the bars.`];
    });
    const heads = ["step", "without a stream", "with a stream"].map((head) => el("th", { scope: "col" }, head));

    place.append(predict.group, network, about, length, el("label", { class: "live-slider" }, el("span", {}, "Scale of the weights: ", scale), slider), panels, status,
      el("details", {}, el("summary", {}, "All numbers"), el("table", {}, el("thead", {}, el("tr", {}, heads)), numbers)), seen);
    draw();
  };
})(globalThis);
