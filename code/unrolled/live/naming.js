// Make a name: a trained network writes names, whole or letter by letter, and the reader may choose a letter.
(function (root) {
  const inNode = typeof module === "object";
  const { distribution, draw } = inNode ? require("./sampling.js") : root.unrolled;

  // A name letter by letter: what it has so far, and what can come next; next(id) takes another than what was drawn.
  // Bits are those of the network as it is, at temperature 1.
  function* spelt(net, { start, end, longest }, first, how) {
    const letters = [], state = net.start();
    const take = (scores, id) => letters.push({ id, bits: -Math.log2(distribution(scores)[id]) });
    let last = start;
    for (const id of first) {
      take(net.scores(net.step(state, last, how.language)), id);
      last = id;
    }
    const drawing = draw(net, state, last, how);
    for (let next = drawing.next().value; ; next = drawing.next(last).value) {
      last = (yield { letters, next }) ?? next.id;
      if (last !== end && letters.length === longest) return { letters, ended: false };
      take(next.scores, last);
      if (last === end) return { letters, ended: true };
    }
  }

  // A name as `generate` draws it
  function whole(...how) {
    const name = spelt(...how);
    let step;
    do step = name.next();
    while (!step.done);
    return step.value;
  }

  if (inNode) return (module.exports = { spelt, whole });
  const unrolled = root.unrolled;
  const KEYS = 8; // the most probable letters, and the end
  const PACE = 10; // milliseconds for a name that is shown, where the machine is fast
  const WORK = 25; // milliseconds of work in a frame
  const ANSWERS = ["More real names", "More names that are alike", "Both"];
  const RIGHT = 2;

  (unrolled.parts ??= {}).naming = (place, _, later) => {
    const { element: el, choices } = unrolled;
    const table = place.parentElement.querySelector(":scope > table").cloneNode(true);
    table.classList.add("live-drawn");
    table.hidden = true;

    const outcome = el("p", { role: "status" });
    let answered;
    const answers = choices("Your answer", ANSWERS.map((answer, k) => [k, answer]), () => answered, (k) => {
      answered = k;
      answers.update();
      table.hidden = seen.hidden = false;
      outcome.replaceChildren(el("strong", {}, k === RIGHT ? "Yes. " : "That is half of it. "), "Both: fewer names are different, and more of them stand in the training data. The table has the counts.");
    });
    const seen = el("p", { class: "live-seen", hidden: true }, "To have seen: a lower temperature gives fewer different names, and more of them stand in the training data, while the network is the same; so the look of a few names does not say how good a network is, and a measure on names that it has not read is needed.");
    const drawing = el("div");
    place.append(
      el("div", { class: "live-predict", role: "group", "aria-label": "Predict" }, el("p", {}, "Predict: a network draws names at a low temperature, 0.3, and at 1. At the lower temperature: more real names (those that stand in the training data), or more names that are alike?"), answers, outcome),
      table,
      el("div", { onclick: () => (table.hidden = false) }, unrolled.fetched(later.network, "the network and the training names", start)),
      drawing, seen);

    function start({ network, symbols, languages, names, language, shown, many, ...marks }) {
      const net = unrolled.network(network), known = names.map((list) => new Set(list));
      const state = { language, temperature: 1, seed: 1 };
      const written = symbols.map((symbol, id) => (id === marks.end ? "end" : symbol === " " ? "space" : symbol));
      let first = [], drawn = [], frame;
      let hand, chosen = [], number = 0; // the name that is spelt, and its place in the row

      const text = (letters) => letters.map(({ id }) => (id === marks.end ? "" : symbols[id])).join("");
      const percent = (share) => `${(100 * share).toFixed(1)} %`;
      const isKnown = (name) => known[state.language].has(name);
      const sum = (letters) => `${letters.reduce((all, { bits }) => all + bits, 0).toFixed(1)} bits`;
      const spelling = (letters) => el("span", { class: "live-spelt", role: "img", "aria-label": letters.map(({ id, bits }) => `${written[id]} ${bits.toFixed(1)}`).join(", ") || "no letter yet" },
        letters.map(({ id, bits }) => el("span", {}, id === marks.end ? "⊣" : symbols[id].replace(" ", "␣"), el("small", {}, bits.toFixed(1)))));
      const row = ({ letters, ended }) => el("li", {}, spelling(letters), el("span", {}, ended ? sum(letters) : `stopped after ${marks.longest} letters`, isKnown(text(letters)) ? el("strong", {}, " in the training data") : ""));

      // Whole names

      const list = el("ol", { class: "live-names" }), progress = el("p", { class: "live-count" }), counts = el("p", { class: "live-told", role: "status" });
      const more = el("button", { type: "button", onclick: () => (frame ? stop() : drawn.length < many ? drawUpTo(many) : change({ seed: state.seed + 1 }, many)) });

      function stop() {
        cancelAnimationFrame(frame);
        frame = undefined;
        more.textContent = `Draw ${many}`;
        progress.textContent = "";
        const different = [...new Set(drawn.map(({ letters }) => text(letters)))];
        if (drawn.length) counts.textContent = `${drawn.length} names drawn: ${different.length} different, ${different.filter(isKnown).length} of these in the training data.`;
        list.append(...drawn.slice(list.childElementCount, shown).map(row));
      }

      function drawUpTo(goal) {
        const atOnce = matchMedia("(prefers-reduced-motion: reduce)").matches;
        const begun = performance.now();
        more.textContent = "Stop";
        const some = () => {
          const now = performance.now(), due = goal > shown ? goal : Math.min(goal, (now - begun) / PACE);
          do drawn.push(whole(net, marks, first, { ...state, sequence: drawn.length }));
          while (drawn.length < due && performance.now() < now + WORK);
          if (drawn.length === goal) return stop();
          frame = requestAnimationFrame(some);
          if (atOnce) return; // and show them at the end
          if (goal > shown) progress.textContent = `${drawn.length} of ${goal}`;
          list.append(...drawn.slice(list.childElementCount, shown).map(row));
        };
        frame = requestAnimationFrame(some);
      }

      // A name by hand

      const sofar = el("p"), rest = el("p", { class: "live-count" }), told = el("p", { class: "live-told", role: "status" });
      let order = []; // the symbols of the keys
      const keys = Array.from({ length: KEYS + 1 }, (_, k) => el("button", { type: "button", onclick: () => take(order[k]) }, el("span"), el("span", { class: "live-gauge" }), el("span")));
      const next = el("button", { type: "button", class: "live-next", onclick: () => {
        if (!hand.done) return take(hand.value.next.id);
        chosen = [];
        number++;
        told.textContent = "";
        spell();
      } });

      function spell() {
        const name = spelt(net, marks, first, { ...state, sequence: number });
        hand = name.next();
        for (const id of chosen) hand = name.next(id);
        const { letters } = hand.value;
        sofar.replaceChildren("So far: ⊢ ", spelling(letters), ` ${sum(letters)}`);
        next.textContent = hand.done ? "Begin another name" : "Draw the next letter";
        for (const key of keys) key.hidden = hand.done;
        rest.hidden = hand.done;
        if (hand.done) return;
        const { q, scores } = hand.value.next, p = unrolled.distribution(scores);
        const best = [...scores.keys()].filter((id) => id !== marks.end && isFinite(scores[id])).sort((a, b) => scores[b] - scores[a]);
        order = [...best.slice(0, KEYS), marks.end];
        order.forEach((id, k) => {
          const [name, gauge, share] = keys[k].children;
          name.textContent = written[id];
          gauge.style.cssText = `--share: ${q[id]}; --plain: ${p[id]}`;
          share.textContent = percent(q[id]);
        });
        rest.textContent = `All other letters together: ${percent(best.slice(KEYS).reduce((all, id) => all + q[id], 0))}. A line in a bar is the share at temperature 1.`;
      }

      function take(id) {
        chosen.push(id);
        spell();
        const { letters, ended } = hand.value;
        if (!hand.done) told.textContent = `${written[id]}: ${letters.at(-1).bits.toFixed(1)} bits.`;
        else told.textContent = `${ended ? "The name is done" : `Stopped after ${marks.longest} letters`}: ${text(letters) || "the empty name"}, ${sum(letters)}, ${isKnown(text(letters)) ? "" : "not "}in the training data.`;
        if (hand.done) next.focus();
      }

      // The settings

      const problem = el("p", { role: "status" }), panels = el("div", { class: "live-panels" });
      const labelled = (label, control) => el("label", {}, el("span", {}, label), control);
      const select = el("select", { onchange: () => change({ language: +select.value }) }, languages.map((name, k) => el("option", { value: k, selected: k === language }, name)));
      const beginning = el("input", { type: "text", autocomplete: "off", spellcheck: "false", oninput: () => change({}) });
      const seed = el("input", { type: "number", min: 0, step: 1, oninput: () => change({ seed: seed.value === "" ? NaN : +seed.value }) });
      const degrees = el("output"), slider = el("input", { type: "range", min: 0, max: 2, step: 0.1, value: 1, oninput: () => change({ temperature: +slider.value }) });

      function wrong() {
        const typed = [...beginning.value], strange = [...new Set(typed)].filter((letter) => !symbols.includes(letter));
        if (typed.length > marks.longest) return `These are ${typed.length} letters. Names are stopped after ${marks.longest}; type fewer.`;
        if (strange.length) return `The network does not know ${strange.map((letter) => (/[\p{M}\p{Z}\p{C}]/u.test(letter) ? `U+${letter.codePointAt().toString(16).toUpperCase().padStart(4, "0")}` : `“${letter}”`)).join(", ")}. It knows ${written.filter((symbol) => symbol === "space" || [...symbol].length === 1).join(" ")}.`;
        if (!Number.isSafeInteger(state.seed) || state.seed < 0) return "The seed must be a whole number, from 0 on.";
      }

      function change(to, goal = shown) {
        cancelAnimationFrame(frame);
        frame = undefined;
        Object.assign(state, to);
        if (+seed.value !== state.seed && !isNaN(state.seed)) seed.value = state.seed;
        degrees.value = state.temperature;
        seen.hidden = false;
        problem.textContent = wrong() ?? "";
        panels.hidden = problem.textContent !== "";
        [drawn, counts.textContent] = [[], ""];
        list.replaceChildren();
        if (panels.hidden) return;
        first = [...beginning.value].map((letter) => symbols.indexOf(letter));
        if (!("temperature" in to)) [chosen, number, told.textContent] = [[], 0, ""];
        spell();
        drawUpTo(goal);
      }

      panels.append(
        el("section", { class: "live-panel" }, el("p", {}, el("strong", {}, "Whole names"), ": below each letter its −log", el("sub", {}, "2"), " p in bits, at temperature 1"), list, progress, counts,
          el("p", { class: "live-buttons" }, el("button", { type: "button", onclick: () => change({ seed: state.seed + 1 }) }, "Another"), more)),
        el("section", { class: "live-panel" }, el("p", {}, el("strong", {}, "Letter by letter"), ": draw the next, or choose another"), sofar, el("div", { class: "live-keys" }, keys), rest, told, el("p", { class: "live-buttons" }, next)));
      drawing.append(
        el("p", { class: "live-choices" }, labelled("Language ", select), labelled("First letters (or none) ", beginning), labelled("Seed ", seed)),
        el("label", { class: "live-slider" }, el("span", {}, "Temperature: ", degrees), slider), problem, panels);
      change({});
      select.focus({ preventScroll: true });
    }
  };
})(globalThis);
