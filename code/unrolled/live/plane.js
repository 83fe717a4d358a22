// One step of skip-gram in the plane: which way the centre's vector moves, and what the step makes of the probabilities.
(function (root) {
  const unrolled = (root.unrolled ??= {});
  unrolled.parts ??= {};
  const TURNS = ["right", "up right", "up", "up left", "left", "down left", "down", "down right"], ARROWS = "→↗↑↖←↙↓↘", STILL = "not at all";
  const COMPASS = ["up left", "up", "up right", "left", STILL, "right", "down left", "down", "down right"];
  const OBSERVED = "var(--drawing-3, #00805c)", OTHER = "var(--drawing-1, #0b6bb0)", EXPECTED = "var(--drawing-2, #c75300)", MOVE = "var(--drawing-4, #a8437f)";
  const WIDTH = 340, HEIGHT = 290, LARGEST = 16, REACH = 24; // of the drawing, of a dot for the probability 1, of a thumb around a dot
  const LONG = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], SHORT = 0.02; // the long run: after how many steps it is looked at, and its η
  const FARTHEST = 5; // from an axis that a vector is put: there the long run's η is short enough

  unrolled.parts.plane = (place, payload) => {
    const { element: el, math, choices, fraction, typed, random, skipgram } = unrolled, { along, climb, gradients } = skipgram;
    const V = payload.place.u.length, each = [...Array(V).keys()];
    const mean = each.map(() => 1 / V); // how often each word is one negative, on average over all draws
    const only = (word) => each.map((j) => +(j === word));
    const state = { now: payload.place, eta: 1, all: false, seed: 0 };
    const vector = (a) => `(${a.map(fraction).join(", ")})`;
    const sampling = () => Boolean(state.now.negatives);
    const probability = (j) => (sampling() ? `σ(u_{${j}} · v_{c})` : `P(${j} | c)`);
    const listed = (words) => words.join(", ").replace(/, (?=[^,]*$)/, " and ");

    // The eight directions, and which of them a vector has
    const turn = ([x, y]) => (Math.hypot(x, y) < 0.005 ? STILL : TURNS[(Math.round(Math.atan2(y, x) / (Math.PI / 4)) + 8) % 8]);
    const beside = (one, other) => one !== STILL && other !== STILL && [1, 7].includes((TURNS.indexOf(one) - TURNS.indexOf(other) + 8) % 8);

    // A new place begins anew: nothing is predicted, shown or stepped
    function begin(changes = {}) {
      state.now = { ...state.now, ...structuredClone(changes) };
      Object.assign(state, { before: null, steps: 0, trail: [], guess: null, open: false });
      far.replaceChildren();
      settle();
    }

    // While a dot is held, the drawing keeps its frame and nothing is said
    function settle() {
      draw();
      const { P, J } = gradients(state.now), o = state.now.o;
      if (state.held === undefined) announce(el("p", {}, math(sampling() ? "J" : `J = log P(${o} | c)`), ` is ${fraction(J)}, `, math(probability(o)), ` is ${fraction(P[o])}.`));
    }

    // The drawing

    const text = (x, y, inner, ink = "currentColor", anchor = "start", size = 13) => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-size="${size}" style="fill: ${ink}">${inner}</text>`;
    const ink = (j) => (j === state.now.o ? OBSERVED : OTHER);
    const letter = (name, index) => `<tspan font-style="italic">${name}</tspan><tspan font-size="10" dy="3">${index}</tspan>`;
    // Letters so far beside a point, on the other side where there is no room
    const label = (x, y, away, inner, ink) => {
      const side = x > WIDTH - 110 ? -1 : x < 90 ? 1 : Math.sign(away);
      return text(x + side * Math.abs(away), y, inner, ink, side > 0 ? "start" : "end");
    };
    const beside_middle = ([x, y], [to_x, to_y], inner) => {
      const away = 14 / (Math.hypot(to_x - x, to_y - y) || 1);
      return text((x + to_x) / 2 + away * (to_y - y), (y + to_y) / 2 - away * (to_x - x) + 4, inner, "currentColor", "middle");
    };
    function arrow([x, y], [to_x, to_y], ink, width = 2) {
      const length = Math.hypot(to_x - x, to_y - y);
      if (length < 1) return "";
      const a = (to_x - x) / length, b = (to_y - y) / length, size = Math.min(7, 0.5 * length);
      const wing = (side) => `${(to_x - size * (a - side * 0.6 * b)).toFixed(1)} ${(to_y - size * (b + side * 0.6 * a)).toFixed(1)}`;
      const tip = `${to_x.toFixed(1)} ${to_y.toFixed(1)}`;
      return `<path d="M${x.toFixed(1)} ${y.toFixed(1)}L${tip}M${wing(1)}L${tip}L${wing(-1)}" style="stroke: ${ink}" stroke-width="${width}" fill="none" stroke-linecap="round" stroke-linejoin="round"/>`;
    }

    // What the plane has to hold, and how it lies in the drawing
    function frame() {
      const { now, eta, trail } = state, by = gradients(now), points = [[0, 0], now.v_c, ...now.u, along(now.v_c, eta, by.v_c), ...trail];
      const [x, y] = [0, 1].map((i) => points.map((point) => point[i])), low = [Math.min(...x), Math.min(...y)], high = [Math.max(...x), Math.max(...y)];
      const unit = Math.min((WIDTH - 120) / (high[0] - low[0] || 1), (HEIGHT - 70) / (high[1] - low[1] || 1), 120);
      const left = (WIDTH - 24 - unit * (low[0] + high[0])) / 2, top = (HEIGHT - 16 + unit * (low[1] + high[1])) / 2;
      return { unit, left, top, at: ([a, b]) => [left + unit * a, top - unit * b], from: ([a, b]) => [(a - left) / unit, (top - b) / unit] };
    }

    // Lines of whole numbers, those through the origin stronger; their numbers stand at the edges
    function axes({ unit, left, top }) {
      const apart = 2 ** Math.max(0, Math.ceil(Math.log2(34 / unit))), faint = [], names = [];
      for (let n = apart * Math.ceil(-left / unit / apart); n * unit < WIDTH - left; n += apart)
        if (n) faint.push(`M${left + n * unit} 0V${HEIGHT - 16}`), names.push(text(left + n * unit, HEIGHT - 3, fraction(n), "currentColor", "middle", 11));
      for (let n = apart * Math.ceil((top - HEIGHT + 20) / unit / apart); n * unit < top; n += apart)
        if (n) faint.push(`M18 ${top - n * unit}H${WIDTH}`), names.push(text(14, top - n * unit + 4, fraction(n), "currentColor", "end", 11));
      const line = (path, opacity) => `<path d="${path}" stroke="currentColor" stroke-opacity="${opacity}" fill="none"/>`;
      return line(faint.join(""), 0.12) + line(`M18 ${top}H${WIDTH}M${left} 0V${HEIGHT - 16}`, 0.45) + names.join("");
    }

    const drawing = el("div", { class: "live-plane" });
    function drawPlane() {
      const { now, open, trail, eta } = state, by = gradients(now), { at } = state.frame, tip = at(now.v_c), to = along(now.v_c, eta, by.v_c);
      const parts = [axes(state.frame)];
      if (trail.length) parts.push(`<path d="M${[...trail, now.v_c].map((point) => at(point).map((z) => z.toFixed(1)).join(" ")).join("L")}" style="stroke: ${MOVE}" stroke-width="1.5" stroke-dasharray="3 3" fill="none"/>`);
      const dots = now.u.map((u_j, j) => {
        const [x, y] = at(u_j), radius = Math.max(2, LARGEST * Math.sqrt(by.P[j]));
        parts.push(`<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius.toFixed(1)}" style="fill: ${ink(j)}"/>`, label(x, y + 5, radius + 3, letter("u", j) + (j === now.o ? '<tspan dy="-3"> observed</tspan>' : ""), ink(j)));
        return `<circle class="live-handle" data-dot="${j}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${REACH}" fill="transparent"/>`;
      });
      parts.push(arrow(at([0, 0]), tip, "currentColor", 2.5), beside_middle(at([0, 0]), tip, letter("v", "c")));
      if (open && !sampling()) {
        const expected = by.P.reduce((sum, p, j) => along(sum, p, now.u[j]), [0, 0]), [x, y] = at(expected);
        parts.push(arrow([x, y], at(now.u[now.o]), MOVE), `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4.5" style="fill: ${EXPECTED}"/>`, label(x, y + 4, -7, "expected", EXPECTED));
      }
      if (open && sampling() && by.terms.length > 1) {
        let from = now.v_c;
        for (const { word, size } of by.terms) {
          const next = along(from, eta * size, now.u[word]);
          parts.push(`<g stroke-opacity="0.75">${arrow(at(from), at(next), ink(word), 1.4)}</g>`);
          from = next;
        }
      }
      if (open) parts.push(arrow(tip, at(to), MOVE, 2.5));
      const said = `The plane. ${now.u.map((u_j, j) => `u ${j}${j === now.o ? ", observed," : ""} at ${vector(u_j)}`).join("; ")}; v c at ${vector(now.v_c)}.${open ? ` v c moves ${turn(by.v_c)}.` : ""}`;
      const handle = `<circle class="live-handle" data-dot="v" cx="${tip[0].toFixed(1)}" cy="${tip[1].toFixed(1)}" r="${REACH}" fill="transparent"/>`;
      drawing.innerHTML = `<svg role="img" aria-label="${said}" viewBox="0 0 ${WIDTH} ${HEIGHT}" fill="currentColor" font-family="sans-serif">${parts.join("")}${handle}${dots.join("")}</svg>`;
    }

    // A dot follows the finger; the keys have the fields below for it
    const pointed = (event) => {
      const box = drawing.firstChild.getBoundingClientRect(), size = WIDTH / box.width;
      return [(event.clientX - box.left) * size, (event.clientY - box.top) * size];
    };
    const inside = (x, most, least = 0) => Math.min(most, Math.max(least, x));
    function put(dot, place) {
      const point = place.map((x) => inside(x, FARTHEST, -FARTHEST));
      return dot === "v" ? { v_c: point } : { u: state.now.u.with(dot, point) };
    }
    drawing.addEventListener("pointerdown", (event) => {
      if (!event.target.dataset.dot) return;
      const [x, y] = pointed(event), far_from = (point) => Math.hypot(...along(state.frame.at(point), -1, [x, y]));
      const dots = [...each.map((j) => [j, state.now.u[j]]), ["v", state.now.v_c]];
      state.held = dots.sort((one, other) => far_from(one[1]) - far_from(other[1]))[0][0];
      drawing.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    drawing.addEventListener("pointermove", (event) => {
      if (state.held === undefined) return;
      const [x, y] = pointed(event), to = state.frame.from([inside(x, WIDTH), inside(y, HEIGHT)]);
      begin(put(state.held, to.map((z) => Math.round(20 * z) / 20)));
    });
    for (const end of ["pointerup", "pointercancel"])
      drawing.addEventListener(end, () => {
        if (state.held === undefined) return;
        state.held = undefined;
        settle();
      });

    // The numbers

    const bars = el("div", {});
    function drawBars() {
      const { now, before } = state, by = gradients(now), sign = sampling() ? "σ" : "P";
      const bar = (share, j) => [el("span", { class: `live-bar${j === now.o ? " live-observed" : ""}`, style: `--share: ${share}` }), el("span", {}, share.toFixed(3))];
      const rows = each.map((j) => el("tr", {}, el("th", { scope: "row" }, j === now.o ? `${j}, observed` : String(j)), el("td", {}, fraction(by.scores[j])), before ? el("td", {}, bar(before.P[j], j)) : [], el("td", {}, bar(by.P[j], j))));
      const heads = ["word", math("u_{j} · v_{c}"), ...(before ? [`${sign} before`] : []), before ? `${sign} after` : sign].map((head) => el("th", { scope: "col" }, head));
      bars.replaceChildren(el("table", { class: "live-bars" }, el("caption", {}, sampling() ? "The probability of a yes, " : "The probability of each word, ", math(sampling() ? "σ(u_{j} · v_{c})" : "P(j | c)")), el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows)));
    }

    // What is said

    const status = el("div", { class: "live-status", "aria-live": "polite" });
    const announce = (...inside) => status.replaceChildren(...inside.map((part) => (typeof part === "string" ? el("p", {}, part) : part)));
    const formula = (said) => el("p", { class: "live-formula" }, math(said));
    const { spelled } = unrolled;
    const gradient = () => (spelled?.centre(state.now, gradients(state.now)) ?? []).map(formula);
    const seen = (text) => (text ? [el("p", { class: "live-seen" }, text)] : []);

    function predict(guess) {
      Object.assign(state, { guess, open: true });
      const right = turn(gradients(state.now).v_c), word = guess === right ? "Yes" : beside(guess, right) ? "Nearly" : "No";
      draw();
      announce(el("p", {}, el("strong", {}, `${word}: `), `${right}.`), ...gradient());
    }

    function step() {
      const { now, eta, all } = state, before = gradients(now), by = vector(before.v_c);
      state.now = climb(now, eta, all);
      Object.assign(state, { before, steps: state.steps + 1, trail: [...state.trail, now.v_c], guess: null, open: true });
      const after = gradients(state.now), gain = each.map((j) => after.P[j] - before.P[j]), most = gain.indexOf(Math.max(...gain));
      draw();
      announce(el("p", { class: "live-count" }, `Step ${state.steps}`), formula(`v_{c} + η ∂J/∂v_{c} = ${vector(now.v_c)} + ${fraction(eta)} ${by} = ${vector(state.now.v_c)}`),
        el("p", {}, math(sampling() ? "J" : `J = log P(${now.o} | c)`), ` goes from ${fraction(before.J)} to ${fraction(after.J)}, `, math(probability(now.o)), ` from ${fraction(before.P[now.o])} to ${fraction(after.P[now.o])}.`,
          !sampling() && most !== now.o && gain[most] > gain[now.o] + 1e-9 ? ` Word ${most} gains more than the observed word.` : "", after.J < before.J - 1e-12 ? " J falls: this step was too long. Take a smaller one." : ""),
        ...seen(spelled?.seen_step(sampling())));
    }

    // Many steps, with all vectors moving, from here: positives alone, and with negatives on average over the draws
    const far = el("div", { class: "live-panels" });
    function chart(found) {
      const across = (steps) => 18 + (WIDTH - 84) * (Math.log1p(steps) / Math.log1p(LONG.at(-1))), up = (x) => 75 - 62 * inside(x / 8, 1, -1);
      const path = (j) => LONG.map((steps, k) => `${across(steps).toFixed(1)} ${up(found[k].scores[j]).toFixed(1)}`).join("L");
      const lines = each.map((j) => `<path d="M${path(j)}" style="stroke: ${ink(j)}" stroke-width="2" fill="none"/>`);
      // names at the ends, none upon another
      const ends = found.at(-1).scores;
      let free = 0;
      for (const j of [...each].sort((i, j) => ends[j] - ends[i])) {
        free = Math.max(up(ends[j]) + 4, free + 15);
        lines.push(text(WIDTH - 62, free, `${letter("u", j)}<tspan dy="-3"> · </tspan>${letter("v", "c")}`, ink(j)));
      }
      const said = `The scores over the steps: ${each.map((j) => `u ${j}, from ${fraction(found[0].scores[j])} to ${fraction(ends[j])}`).join("; ")}.`;
      const made = el("div", { class: "live-plane" });
      made.innerHTML = `<svg role="img" aria-label="${said}" viewBox="0 0 ${WIDTH} 150" fill="currentColor" font-family="sans-serif"><path d="M18 75H${WIDTH - 66}M18 8V142" stroke="currentColor" stroke-opacity="0.45"/>${text(14, 79, "0", "currentColor", "end", 11)}${lines.join("")}</svg>`;
      return made;
    }
    function run() {
      const ways = [["Positives alone", each.map(() => 0)], ["With negatives", mean]].map(([name, negatives]) => {
        let at = { ...state.now, negatives };
        return { name, found: LONG.map((steps, k) => gradients((at = climb(at, SHORT, true, steps - (LONG[k - 1] ?? 0))))) };
      });
      const heads = ["steps", ...each.map((j) => math(`u_{${j}} · v_{c}`)), "J"];
      const written = (found) => LONG.flatMap((steps, k) => (Math.log10(steps || 1) % 1 ? [] : [el("tr", {}, el("th", { scope: "row" }, steps.toLocaleString("en")), [...found[k].scores, found[k].J].map((x) => el("td", {}, fraction(x))))]));
      far.replaceChildren(...ways.map(({ name, found }) => el("section", {}, el("table", { class: "live-bars" }, el("caption", {}, name), el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head.cloneNode?.(true) ?? head)))), el("tbody", {}, written(found))), chart(found))), el("p", {}, `Here all vectors move, with η = ${SHORT}. K = 1, and the term of the negative is its mean over all draws.`));
      const [alone, both] = ways.map(({ found }) => [found[LONG.indexOf(100)], found.at(-1)]), o = state.now.o, grows = each.filter((j) => alone[1].scores[j] > alone[0].scores[j] + 0.1);
      const growing = grows.length ? `after 1,000 steps the score${grows.length > 1 ? "s of words" : " of word"} ${listed(grows)} still grow${grows.length > 1 ? "" : "s"}` : "in 1,000 steps from here no score grows much";
      announce(el("p", {}, `Positives alone: ${growing}. J is ${fraction(alone[1].J)}; it never reaches 0. With negatives: the score of the observed word is ${fraction(both[0].scores[o])} after 100 steps and ${fraction(both[1].scores[o])} after 1,000.`),
        ...seen(grows.length && spelled?.seen_far));
    }

    // A place by seed: vectors of halves, a gradient that is not small and not between two directions
    function another() {
      for (;;) {
        const draw_ = random(++state.seed), half = (size) => Math.round((2 * draw_() - 1) * 2 * size) / 2;
        const o = Math.floor(draw_() * V), found = { o, v_c: [half(1.5), half(1.5)], u: each.map(() => [half(3), half(3)]), negatives: sampling() ? only((o + 1) % V) : null };
        const [x, y] = gradients(found).v_c, eighths = Math.atan2(y, x) / (Math.PI / 4);
        if (Math.hypot(x, y) > 0.3 && Math.abs(eighths - Math.round(eighths)) < 0.35) return begin(found);
      }
    }

    // All of it

    const same = (a, b) => String(a) === String(b);
    const words = (name) => each.map((j) => [j, name(j)]);
    const loss = choices("Loss", [[false, "Softmax"], [true, "Negative sampling"]], sampling, (on) => begin({ negatives: on ? only((state.now.o + 1) % V) : null }));
    const observed = choices("Observed", words((j) => `word ${j}`), () => state.now.o, (o) => begin({ o }));
    const kinds = [["none", each.map(() => 0)], ...each.map((j) => [String(j), only(j)]), ["mean", mean]];
    const drawn = choices("Negative", [["none", "none"], ...words((j) => `word ${j}`).map(([j, name]) => [String(j), name]), ["mean", "mean of all draws"]], () => kinds.find(([, weights]) => same(weights, state.now.negatives))?.[0], (kind) => begin({ negatives: Object.fromEntries(kinds)[kind] }));
    const eta = choices("η", [0.1, 0.5, 1, 2].map((x) => [x, String(x)]), () => state.eta, (x) => ((state.eta = x), draw()));
    const all = choices("A step moves", [[false, [math("v_{c}"), " alone"]], [true, [math("v_{c}"), " and every ", math("u_{j}")]]], () => state.all, (on) => ((state.all = on), draw()));
    const tiles = COMPASS.map((name) => el("button", { type: "button", "aria-label": name, onclick: () => predict(name) }, name === STILL ? "·" : `${ARROWS[TURNS.indexOf(name)]}\ufe0e`));
    const question = el("div", { class: "live-choices live-predict" }, el("span", {}, "Predict: which way will ", math("v_{c}"), " move?"), el("div", { class: "live-compass", role: "group", "aria-label": "Which way" }, tiles));
    // A field for each number: where it is read, and what another number there makes of the place
    const inputs = [];
    const row = (name, dot) => el("tr", {}, el("th", { scope: "row" }, math(name)), [0, 1].map((i) => {
      const point = () => (dot === "v" ? state.now.v_c : state.now.u[dot]), change = (x) => begin(put(dot, point().with(i, x)));
      const field = el("input", { type: "text", autocomplete: "off", "aria-label": `${name.replace(/[_{}]/g, "")}, ${i ? "up" : "across"}`,
        onkeydown: (event) => {
          const by = { ArrowUp: 0.25, ArrowDown: -0.25 }[event.key];
          if (by) event.preventDefault(), change(point()[i] + by);
        },
        onchange: () => {
          const { x } = typed(field.value);
          if (Math.abs(x) <= FARTHEST) return change(x);
          field.setAttribute("aria-invalid", "true");
          announce(`“${field.value}” is not a number from −${FARTHEST} to ${FARTHEST}. Type one such as 1/2 or −0.5.`);
        } });
      inputs.push({ field, x: () => point()[i] });
      return el("td", {}, field);
    }));
    const fields = el("table", {}, el("thead", {}, el("tr", {}, ["vector", "across", "up"].map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, row("v_{c}", "v"), each.map((j) => row(`u_{${j}}`, j))));
    const fold = el("details", {}, el("summary", {}, "Change the step and the vectors"), eta, all, el("p", {}, "Drag a dot or the arrow's tip in the drawing, or type here. The arrow keys add or take a quarter."), el("div", { class: "live-matrices" }, fields));
    const buttons = el("div", { class: "live-buttons" }, el("button", { type: "button", class: "live-next", onclick: step }, "Step"));
    const many = el("button", { type: "button", onclick: run }, "Run 1,000 steps");
    buttons.append(many, el("button", { type: "button", onclick: another }, "Another"), el("button", { type: "button", onclick: () => begin(payload.place) }, "Back to the example"));
    function draw() {
      if (state.held === undefined) state.frame = frame();
      for (const { field, x } of inputs) (field.value = fraction(x())), field.removeAttribute("aria-invalid");
      for (const group of [loss, observed, drawn, eta, all]) group.update();
      loss.hidden = !payload.place.negatives;
      drawn.hidden = many.hidden = !sampling();
      tiles.forEach((tile, k) => tile.setAttribute("aria-pressed", String(COMPASS[k] === state.guess)));
      drawPlane();
      drawBars();
    }

    place.append(loss, observed, drawn, question, el("div", { class: "live-panels" }, drawing, el("div", {}, buttons, status, bars)), far, fold);
    begin(payload.place);
  };
})(globalThis);
