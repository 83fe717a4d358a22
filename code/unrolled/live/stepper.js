// The backward pass in the reader's hands: every number of a recurrent network, forwards and back, a step at a time.
(function (root) {
  const unrolled = (root.unrolled ??= {});
  unrolled.parts ??= {};
  const TITLES = { vanilla: "Without a stream", residual: "With a stream" };
  const BACKWARD = ["e", "W_unembed", "g_T", "delta", "W_embed", "W_recurrent", "g"];

  unrolled.parts.stepper = (place, payload) => {
    const { element: el, svg, patch, math, choices, fraction, typed, random, backward: pass } = unrolled;
    const { words, sentences } = payload;
    const matrices = () => structuredClone(payload.matrices);
    const start = { x: payload.x, y: payload.y, networks: payload.residual ? ["residual"] : ["vanilla"], mode: "watch" };
    const state = { ...start, ...matrices(), seed: 1 };
    let asking = null; // the entry that is asked for, in Your turn

    const vector = (a) => `(${a.map(fraction).join(", ")})`;
    const steps = (T) => {
      const forwards = [];
      for (let t = 1; t <= T; t++) forwards.push({ kind: "a", t }, { kind: "h", t });
      return [...forwards, { kind: "s" }, { kind: "p" }, ...pass.order(T)];
    };
    // the matrix that a step multiplies by
    const NEEDED = { a: "W_recurrent", s: "W_unembed", g_T: "W_unembed", g: "W_recurrent" };
    const first = (list) => list.findIndex((step) => step.kind === "e");
    const net = (network) => ({ residual: network === "residual", x: state.x, y: state.y, W_embed: state.W_embed, W_recurrent: state.W_recurrent, W_unembed: state.W_unembed });

    // What a step is called; its formula, that with the numbers put in, and what it does
    const called = {
      a: (t) => `a_{${t}}`, h: (t) => `h_{${t}}`, s: () => "s", p: () => "p", e: () => "e = ∂J/∂s", delta: (t) => `δ_{${t}} = ∂J/∂a_{${t}}`,
      g_T: (t) => `g_{${t}} = ∂J/∂h_{${t}}`, g: (t) => `g_{${t - 1}} = ∂J/∂h_{${t - 1}}`,
      W_embed: () => "∂J/∂W_{embed}", W_recurrent: () => "∂J/∂W_{recurrent}", W_unembed: () => "∂J/∂W_{unembed}",
    };
    const { spelled } = unrolled;
    const about = (n, { kind, t }) => spelled?.backward[kind](n, t, words) ?? [];

    // A smaller case for a mistake: plain numbers in the place of all that it needs.
    const SMALL = { residual: false, x: [0, 0], y: 0, y_hot: [1, 0], p: [0.25, 0.75], s: [1, 2], h: [[0, 0], [0.5, 0], [0.5, 0.75]], a: [null, [2, 1], [2, 1]],
      W_recurrent: [[1, 1], [0, 1]], W_unembed: [[1, 0], [0, 1]], e: [0.75, -0.75], g: [null, [1, 2], [2, 4]], delta: [null, [1, 0], [1, 0]], by_embed: [[3, 0], [1, 0]], by_recurrent: [[1, 0], [0, 1]] };

    // The page

    const status = el("div", { class: "live-status", "aria-live": "polite" });
    const panels = el("div", { class: "live-panels" });
    const question = el("div", { class: "live-question" });
    const announce = (...inside) => status.replaceChildren(...inside.map((part) => (typeof part === "string" ? el("p", {}, part) : part)));
    const select = (label, index, change) => {
      const made = el("select", { "aria-label": label, onchange: () => change(+made.value) }, words.map((word, k) => el("option", { value: k, selected: k === index }, word)));
      return made;
    };

    function restart(changes = {}, from_weights = false) {
      Object.assign(state, changes);
      const last = steps(state.x.length);
      state.done = state.mode === "watch" ? 0 : state.mode === "turn" ? first(last) : last.length;
      Object.assign(state, { part: 0, count: 0, shown: 0, tries: {} });
      state.planted = state.mode === "find" ? plant() : null;
      if (!from_weights) drawWeights();
      if (!predict.firstChild || "x" in changes) predict.reset();
      draw();
    }

    const mode = choices("Mode", [["watch", "Watch"], ["turn", "Your turn"], ...(spelled ? [["find", "Find the mistake"]] : [])], () => state.mode, (value) => {
      // who computes gets other numbers than those that the page works out
      const example = JSON.stringify(state.W_unembed) === JSON.stringify(payload.matrices.W_unembed);
      restart({ mode: value, networks: value === "watch" ? state.networks : state.networks.slice(0, 1), ...(value === "turn" && example ? { W_unembed: structuredClone(payload.turn) } : {}) });
      mode.scrollIntoView({ block: "start" });
    });
    const network = choices("Network", [...Object.entries(TITLES), ["both", "Both"]], () => (state.networks.length > 1 ? "both" : state.networks[0]), (value) => restart({ networks: value === "both" ? ["vanilla", "residual"] : [value], mode: value === "both" ? "watch" : state.mode }));
    const length = choices("Steps", [1, 2, 3, 4].map((T) => [T, String(T)]), () => state.x.length, (T) => restart({ x: Array.from({ length: T }, (_, t) => state.x[t] ?? t % words.length) }));
    const weights = el("details", { class: "live-weights" }, el("summary", {}, "Change the network, the words, the weights"));

    // A matrix: its columns are the words', or its rows. cell makes what stands in row i, column j.
    const grid = (name, W, cell, title = `W_{${name.slice(2)}}`, look = "") => {
      const heads = name === "W_embed" && el("thead", {}, el("tr", {}, words.map((word) => el("th", { scope: "col" }, word))));
      const rows = W.map((row, i) => el("tr", {}, name === "W_unembed" ? el("th", { scope: "row" }, words[i]) : [], row.map((x, j) => cell(x, i, j))));
      return el("table", { class: `live-sum ${look}` }, el("caption", {}, math(title)), heads || [], el("tbody", {}, rows));
    };
    const given = (name) => grid(name, state[name], (x) => el("td", {}, fraction(x)), undefined, "live-given");

    function drawWeights() {
      const field = (name) => (x, i, j) => {
        const made = el("input", { type: "text", inputmode: "text", value: fraction(x), "aria-label": `${name}, row ${i + 1}, column ${j + 1}`, onchange: () => {
          const { x: found } = typed(made.value);
          made.setAttribute("aria-invalid", String(!isFinite(found)));
          if (isFinite(found)) restart({ [name]: state[name].with(i, state[name][i].with(j, found)) }, true);
          else announce(`“${made.value}” is not a number. Type one such as 1/2 or −0.5.`);
        } });
        return el("td", {}, made);
      };
      const reset = el("button", { type: "button", onclick: () => restart({ ...matrices(), ...start, mode: state.mode }) }, "Back to the example");
      const sentence = el("div", { class: "live-choices", role: "group", "aria-label": "Words" }, el("span", {}, "Words"), state.x.map((word, t) => select(`Word ${t + 1}`, word, (value) => restart({ x: state.x.with(t, value) }, true))), el("span", {}, "→"), select("Next word", state.y, (value) => restart({ y: value }, true)));
      const fields = Object.keys(payload.matrices).map((name) => grid(name, state[name], field(name)));
      weights.replaceChildren(weights.querySelector("summary"), network, length, sentence, el("div", { class: "live-matrices" }, fields), reset);
    }

    // A number of what is asked for is blank until it was found
    const number = (x, i, hole) => (!hole || hole.known.includes(i) ? fraction(x) : hole.entry === i ? "?" : "·");
    function numbers(values, look, hole) {
      return el("span", { class: `live-vector ${look}` }, values.map((x, i) => el("span", { class: hole?.entry === i ? "live-blank" : "" }, number(x, i, hole))));
    }

    function drawPanel(which) {
      const T = state.x.length, list = steps(T), planted = state.planted;
      const n = planted ? planted.n : pass.backward(net(which)), begin = first(list);
      const is = (step, kind, t) => step?.kind === kind && (t === undefined || step.t === t);
      const done = (kind, t) => list.findIndex((step) => is(step, kind, t)) < state.done;
      const now = state.mode === "watch" ? list[state.done - 1] : state.mode === "turn" ? list[state.done] : undefined;
      const blank = (kind, t) => (state.mode === "turn" && is(now, kind, t) ? asking : undefined);
      const wire = (label, kind, t, values, waiting = "·") => {
        const gradient = BACKWARD.includes(kind), look = gradient ? "live-gradient" : "live-forward", hole = blank(kind, t);
        const inside = t === 0 && !gradient || done(kind, t) || hole ? numbers(values, look, hole) : el("span", { class: "live-wait" }, math(waiting));
        const attributes = { class: `live-wire${is(now, kind, t) ? " live-now" : ""}${gradient ? " live-back" : ""}` }, content = [el("span", { class: "live-label" }, math(label)), inside];
        return planted && gradient ? el("button", { type: "button", ...attributes, onclick: () => judge(kind, t) }, content) : el("div", attributes, content);
      };
      const node = (name, ...wires) => el("td", {}, el("div", { class: "live-node", "data-at": name }, wires));
      const head = (name, count, word) => el("th", { scope: "row" }, el("span", { class: "live-word", "data-at": name }, el("small", {}, count), " ", word));
      const back = (t) => (t === T ? wire(`g_{${T}}`, "g_T", T, n.g[T], "after e") : wire(`g_{${t}}`, "g", t + 1, n.g[t], `after δ_{${t + 1}}`));
      const rows = [el("tr", {}, head("x0", "0", ""), el("td", {}), node("h0", wire("h_{0}", "h", 0, n.h[0]), back(0)))];
      for (let t = 1; t <= T; t++)
        rows.push(el("tr", {}, head(`x${t}`, String(t), words[state.x[t - 1]]),
          node(`a${t}`, wire(`a_{${t}}`, "a", t, n.a[t]), wire(`δ_{${t}}`, "delta", t, n.delta[t], `after g_{${t}}`)),
          node(`h${t}`, wire(`h_{${t}}`, "h", t, n.h[t]), back(t))));
      rows.push(el("tr", {}, head("y", "→", words[state.y]), node("s", wire("s", "s", undefined, n.s), wire("e", "e", undefined, n.e)), node("p", wire("p", "p", undefined, n.p))));

      // The arrows of the graph: [from, to, the step that goes along it, the step that goes back]
      const arrows = [];
      for (let t = 1; t <= T; t++) {
        arrows.push([`x${t}`, `a${t}`, ["a", t], ["W_embed", t]], [`h${t - 1}`, `a${t}`, ["a", t], ["g", t]], [`a${t}`, `h${t}`, ["h", t], ["delta", t]]);
        if (n.residual) arrows.push([`h${t - 1}`, `h${t}`, ["h", t], ["g", t]]);
      }
      arrows.push([`h${T}`, "s", ["s"], ["g_T", T]], ["s", "p", ["p"], ["e"]]);
      const looks = arrows.map(([from, to, there, again]) => [from, to, done(...again) ? "live-gone-back" : done(...there) ? "live-gone" : "", is(now, ...there) || is(now, ...again)]);

      const top = el("tr", {}, ["step, word", "into the tanh", "state"].map((name) => el("th", { scope: "col" }, name)));
      const table = el("table", { class: "live-net" }, el("caption", {}, planted || state.networks.length > 1 ? TITLES[which] : `${TITLES[which]}: values, and gradients of J`), el("thead", {}, top), el("tbody", {}, rows));
      const graph = el("div", { class: "live-graph", "data-arrows": JSON.stringify(looks) }, svg("svg", { class: "live-arrows", "aria-hidden": "true" }), table);

      // what the matrices have collected so far
      const values = n.values.slice(0, Math.max(0, state.done - begin)), order = pass.order(T);
      const so_far = (kind, empty) => values.reduce((found, value, k) => (order[k].kind === kind ? value : found), empty);
      const zero = (W) => W.map((row) => row.map(() => 0));
      const sum = (kind) => {
        const value = so_far(kind, zero(state[kind])), width = value[0].length, hole = blank(kind);
        const cell = (x, i, j) => (i * width + j === hole?.entry ? el("td", { class: "live-blank" }, "?") : el("td", { class: Math.abs(x) < 1e-12 ? "live-zero" : "live-gradient" }, fraction(x)));
        const made = grid(kind, value, cell, `∂J/∂W_{${kind.slice(2)}}`, is(now, kind) ? "live-now" : "");
        return planted ? el("div", {}, made, el("button", { type: "button", onclick: () => judge(kind) }, math(`Wrong in ∂J/∂W_{${kind.slice(2)}}`))) : made;
      };
      // a matrix that is asked for stands beside the question
      const asks = state.mode === "turn" && now && Object.hasOwn(payload.matrices, now.kind) ? now.kind : "";
      if (asks) asking.matrix = sum(asks);
      return el("section", { class: "live-panel" }, graph, el("div", { class: "live-matrices" }, Object.keys(payload.matrices).filter((kind) => kind !== asks).map(sum)));
    }

    // The arrows between the boxes of a drawn panel: down and across, or straight. What went back has its head turned.
    function drawArrows(graph) {
      const all = graph.getBoundingClientRect(), paths = [];
      const at = (name) => {
        const node = graph.querySelector(`[data-at="${name}"]`), box = node.getBoundingClientRect(), row = node.closest("tr").getBoundingClientRect();
        return { left: box.left - all.left, right: box.right - all.left, top: box.top - all.top, bottom: box.bottom - all.top, row: row.top - all.top };
      };
      const middle = (from, to) => (from + to) / 2;
      for (const [from, to, look, now] of JSON.parse(graph.dataset.arrows)) {
        const a = at(from), b = at(to), down = b.top > a.bottom;
        const straight = down && from[0] === to[0], x = straight ? Math.min(a.right, b.right) - 16 : middle(a.left, a.right) - 16;
        const start = down ? [x, a.bottom] : [a.right + (from[0] === "x" ? 3 : 0), middle(a.top, a.bottom)], end = straight ? [x, b.top] : down ? [middle(b.left, b.right), b.top] : [b.left, middle(b.top, b.bottom)];
        const bend = down && !straight ? [[x, b.row - 9], [end[0], b.row - 9]] : [];
        if (!down) start[1] = end[1] = middle(Math.max(a.top, b.top), Math.min(a.bottom, b.bottom));
        const points = [start, ...bend, end];
        if (look === "live-gone-back") points.reverse();
        const [[x0, y0], [x1, y1]] = points.slice(-2), dx = Math.sign(Math.round(x1 - x0)), dy = Math.sign(Math.round(y1 - y0)), size = 5;
        const head = `M${x1 - size * (dx - dy)},${y1 - size * (dy - dx)}L${x1},${y1}L${x1 - size * (dx + dy)},${y1 - size * (dy + dx)}`;
        paths.push(svg("path", { d: `M${points.map((point) => point.join(",")).join("L")}${head}`, class: `${look}${now ? " live-lit" : ""}` }));
      }
      patch(graph.querySelector("svg"), svg("svg", { class: "live-arrows", "aria-hidden": "true", width: all.width, height: all.height }, paths));
    }
    const drawAllArrows = () => panels.querySelectorAll(".live-graph").forEach(drawArrows);

    const seen = () => (spelled ? [el("p", { class: "live-seen" }, spelled.seen_back(state.networks.includes("residual")))] : []);

    // Watch

    function tell() {
      const T = state.x.length, list = steps(T);
      if (!state.done) return announce(`${list.length} steps: first forwards, then back. Each gradient waits for the one after it.`);
      const step = list[state.done - 1], k = state.done - 1 - first(list);
      const lines = state.networks.flatMap((which) => {
        const n = pass.backward(net(which)), name = called[step.kind](step.t), [formula, inserted] = about(n, step);
        const value = k < 0 || Array.isArray(n.values[k][0]) ? "" : ` = ${vector(n.values[k])}`;
        const title = state.networks.length > 1 ? [el("p", { class: "live-count" }, TITLES[which])] : [];
        const written = formula ? [`${name} = ${formula}`, `${k < 0 || value ? "= " : ""}${inserted}${value}`] : [name];
        return [...title, ...written.map((line) => el("p", { class: "live-formula" }, math(line)))];
      });
      const [, , said] = about(pass.backward(net(state.networks[0])), step), matrix = NEEDED[step.kind];
      announce(el("p", { class: "live-count" }, `Step ${state.done} of ${list.length}${said ? `, ${said}` : ""}`), ...lines, ...(matrix ? [given(matrix)] : []));
      if (state.done === list.length) status.append(...seen());
    }

    // Your turn

    const added = (t) => `once step ${t} has been added${t === state.x.length ? " (going back, it is the first)" : ""}`;
    const place_of = (step, entry, width) => {
      const name = called[step.kind](step.t), short = name.split(" = ")[0];
      if (step.kind === "W_embed") return [math(`Entry of ${short}`), ` in row ${Math.floor(entry / width) + 1}, column “${words[entry % width]}”, ${added(step.t)}`];
      if (step.kind === "W_recurrent") return [math(`Entry of ${short}`), ` in row ${Math.floor(entry / width) + 1}, column ${(entry % width) + 1}, ${added(step.t)}`];
      if (step.kind === "W_unembed") return [math(`Entry of ${short}`), ` in the row of “${words[Math.floor(entry / width)]}”, column ${(entry % width) + 1}`];
      return [math(`Entry ${entry + 1} of ${name}`)];
    };

    function ask() {
      const list = steps(state.x.length);
      if (state.done >= list.length) {
        question.replaceChildren();
        return announce(`Done: ${state.count} numbers, ${state.shown} of them shown to you.`, ...seen());
      }
      const step = list[state.done], { entry, right, slips, width } = asking;
      const field = el("input", { type: "text", inputmode: "none", autocomplete: "off", "aria-label": "Your number" });
      const put = (text) => {
        const { selectionStart: from, selectionEnd: to } = field;
        if (text === "⌫") field.setRangeText("", from === to ? Math.max(0, from - 1) : from, to, "end");
        else field.setRangeText(text, from, to, "end");
      };
      const here = `${state.done} ${state.part}:`;
      const check = () => {
        const { x, near } = typed(field.value);
        if (!field.value.trim()) return announce("Type a number first, or tap one.");
        if (!isFinite(x)) return announce("I cannot read this. Type a number such as 9/40, −2 or 0.225.");
        const close = (z) => Math.abs(x - z) <= Math.max(near, 1e-9 * Math.abs(z));
        if (close(right)) return next("Right.", Object.keys(state.tries).some((key) => key.startsWith(here)));
        const slip = slips.find((one) => close(one.x))?.name ?? (close(-right) ? (step.kind === "e" ? "e sign" : "sign") : "");
        const key = `${here} ${slip}`;
        state.tries[key] = (state.tries[key] ?? 0) + 1;
        reply(step, slip, state.tries[key]);
        // the next number takes its place
        field.select();
      };
      const form = el("form", { onsubmit: (event) => (event.preventDefault(), check()) }, field, el("button", { type: "submit" }, "Check"), el("button", { type: "button", onclick: () => (state.shown++, next(`Shown: ${fraction(right)}.`, true)) }, "Show it"));
      const tiles = el("div", { class: "live-tiles", role: "group", "aria-label": "Keys" }, [..."1234567890", "−", "/", ".", "⌫"].map((key) => el("button", { type: "button", "aria-label": key === "⌫" ? "Delete" : key, onclick: () => put(key) }, key)));
      const beside = asking.matrix ?? (NEEDED[step.kind] ? given(NEEDED[step.kind]) : "");
      question.replaceChildren(el("p", {}, place_of(step, entry, width), "?"), beside, form, tiles);
      question.field = field;
    }

    function next(word, with_formula) {
      const formula = with_formula ? formula_of(steps(state.x.length)[state.done]) : "";
      state.count++;
      if (asking.last) Object.assign(state, { done: state.done + 1, part: 0 });
      else state.part++;
      draw();
      status.prepend(el("p", {}, word), formula);
      question.field?.focus({ preventScroll: true });
    }

    function reply(step, slip, count) {
      const known = sentences.mistakes[slip], general = sentences.steps[step.kind];
      if (slip === "sign") return announce(el("p", {}, el("strong", {}, "Nearly: the sign.")));
      if (!known) return announce(el("p", {}, el("strong", {}, "Not right. "), general), ...(count > 1 ? [formula_of(step)] : []));
      const lines = [el("p", {}, el("strong", {}, "Not right. "), known.ask)];
      if (count > 1) lines.push(small(step, slip));
      if (count > 2 && known.name) lines.push(el("p", {}, el("strong", {}, known.name), " ", known.rule));
      announce(...lines);
    }

    function formula_of(step) {
      const [formula] = about(pass.backward(net(state.networks[0])), step);
      return formula ? el("p", { class: "live-formula" }, math(`${called[step.kind](step.t)} = ${formula}`)) : "";
    }

    function small(step, slip) {
      const n = { ...SMALL, residual: state.networks[0] === "residual", hot: (k) => [+(k === 0), +(k === 1)] }, t = 2;
      const yours = pass.step(n, { kind: step.kind, t }, slip), right = pass.step(n, { kind: step.kind, t });
      const shown = (value) => (Array.isArray(value[0]) ? `rows ${value.map(vector).join(" ")}` : vector(value));
      const rows = { e: ["y", "p"], W_unembed: ["e", "h"], delta: ["h", "g"], W_embed: ["x", "δ"], W_recurrent: ["h", "δ"], g: state.networks[0] === "residual" ? ["W", "δ", "g"] : ["W", "δ"] }[step.kind].flatMap((name) => ({
        y: [["y", n.y_hot]], p: [["p", n.p]], e: [["e", n.e]], W: [["W_{recurrent}", n.W_recurrent]], δ: [["δ_{2}", n.delta[2]]], g: [["g_{2}", n.g[2]]], h: [["h_{1}", n.h[1]], ["h_{2}", n.h[2]]],
        x: [["the same word twice; collected", n.by_embed]],
      })[name]);
      if (step.kind === "W_recurrent") rows.unshift(["collected", n.by_recurrent]);
      const name = { e: "e", delta: "δ_{2}", g: "g_{1}" }[step.kind] ?? `∂J/∂W_{${step.kind.slice(2)}}`;
      rows.push([`${name}, your way`, yours], [`${name}, right`, right]);
      return el("table", { class: "live-small" }, el("caption", {}, "A smaller case, with other weights"), el("tbody", {}, rows.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, math(name)), el("td", {}, shown(value))))));
    }

    // Find the mistake

    function plant() {
      const draw_ = random(state.seed), which = state.networks[0], all = pass.plantable(net(which));
      const chosen = all[Math.floor(draw_() * all.length)];
      const others = [...new Set(all.map((one) => one.mistake))].filter((one) => one !== chosen.mistake).map((one) => [one.split(" ")[0] !== chosen.step.kind, draw_(), one]);
      const wrong = others.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, 3).map(([, , one]) => one);
      const options = [chosen.mistake, ...wrong].map((one) => [draw_(), one]).sort((a, b) => a[0] - b[0]).map(([, one]) => one);
      return { ...chosen, options, n: pass.backward(net(which), chosen.mistake, chosen.k), right: pass.backward(net(which)) };
    }

    const order_of = (kind, t) => pass.order(state.x.length).findIndex((step) => step.kind === kind && (t === undefined || step.t === t));

    function judge(kind, t) {
      const { k, step, options, mistake, n, right } = state.planted, matrix = kind.startsWith("W_");
      const last = (net) => net.values[matrix ? pass.order(state.x.length).findLastIndex((step) => step.kind === kind) : order_of(kind, t)];
      if (matrix ? step.kind === kind : order_of(kind, t) === k) {
        const answer = (one) => {
          const found = one === mistake, { name, rule, ask } = sentences.mistakes[mistake];
          announce(el("p", {}, el("strong", {}, found ? "Right. " : "Not this one. "), found ? `${name} ${rule}` : ask));
          if (found) question.replaceChildren(another());
          in_sight(status);
        };
        announce(el("p", {}, "Yes, here. What was done?"));
        question.replaceChildren(el("div", { class: "live-options" }, options.map((one) => el("button", { type: "button", onclick: () => answer(one) }, sentences.mistakes[one].name))), another());
      } else announce(pass.differs(last(n), last(right)) ? "This follows from another number, which is wrong. Look at what it was made of." : "This is right.");
      in_sight(status);
    }
    const in_sight = (element) => element.scrollIntoView({ block: "nearest" });

    const another = () => el("button", { type: "button", onclick: () => restart({ seed: state.seed + 1 }) }, "Another one");

    // All of it

    const move = (to) => {
      state.done = Math.max(0, Math.min(steps(state.x.length).length, to));
      draw();
    };
    const button = (name, to, look) => el("button", { type: "button", class: look, onclick: () => move(to(steps(state.x.length))) }, name);
    const back = button("Back", () => state.done - 1), forth = button("Next", () => state.done + 1, "live-next");
    const end = button("To the way back", (list) => (state.done < first(list) ? first(list) : list.length)), again = button("From the start", () => 0);
    const buttons = el("div", { class: "live-buttons" }, back, forth, end, again);
    function draw() {
      const list = steps(state.x.length);
      for (const group of [mode, network, length]) group.update();
      if (state.mode === "turn" && state.done < list.length) {
        const entries = pass.asked(net(state.networks[0]), state.done - first(list)), known = entries.slice(0, state.part).map(({ entry }) => entry);
        asking = { ...entries[state.part], known, last: state.part === entries.length - 1 };
      } else asking = null;
      patch(panels, el("div", { class: "live-panels" }, state.networks.map(drawPanel)));
      drawAllArrows();
      question.replaceChildren();
      if (state.mode === "watch") tell();
      else if (state.mode === "turn") announce(""), ask();
      else question.replaceChildren(el("p", {}, "One number is wrong, and all that follows from it. Tap the gradient where it begins."), another()), announce("");
      buttons.hidden = state.mode !== "watch";
      place.className = `live live-${state.mode}${state.networks.length > 1 ? " live-both" : ""}`;
      end.textContent = state.done < first(list) ? "To the way back" : "To the end";
      back.setAttribute("aria-disabled", !state.done);
      forth.setAttribute("aria-disabled", state.done === list.length);
    }

    // A prediction first, which can be passed over
    const predict = el("div", { class: "live-choices live-predict", role: "group", "aria-label": "Predict" });
    const outcome = el("span", { role: "status" });
    predict.reset = () => {
      const guess = new Set(), read = new Set(state.x);
      const chips = words.map((word, k) => {
        const chip = el("button", { type: "button", "aria-pressed": "false", onclick: () => {
          guess.has(k) ? guess.delete(k) : guess.add(k);
          chip.setAttribute("aria-pressed", String(guess.has(k)));
        } }, word);
        return chip;
      });
      const say = el("button", { type: "button", onclick: () => {
        predict.replaceChildren(outcome);
        const same = read.size === guess.size && [...read].every((k) => guess.has(k));
        outcome.replaceChildren(same ? "Yes" : "Not quite", ": of ", math("∂J/∂W_{embed}"), `, the columns of the words that are read will not be zero, ${[...read].map((k) => `“${words[k]}”`).join(", ")}. Watch them fill.`);
      } }, "Say");
      outcome.replaceChildren();
      predict.replaceChildren(el("span", {}, "Predict: which columns of ", math("∂J/∂W_{embed}"), " will not be zero?"), ...chips, say, outcome);
    };

    place.append(predict, mode, status, question, buttons, panels, weights);
    restart();
    new ResizeObserver(drawAllArrows).observe(panels);
  };
})(globalThis);
