// Write on: the page's language model goes on with a prompt, at a temperature; a greedy loop is found as it arises.
(function (root) {
  const { draw } = typeof module === "object" ? require("./sampling.js") : root.unrolled;
  const A_GO = 500, MOST_READ = 1000, SURE = 100; // characters; SURE is what a loop has to fill, since 000 is none
  const A_FRAME = 30, A_PIECE = 1000; // milliseconds of work in a frame; with reduced motion, text comes in pieces

  // A text as ids, in the package's spelling (`lstm.encode_prompt`), and its characters without a symbol, which are left out.
  function read(text, symbols) {
    const ids = new Map(symbols.map((symbol, id) => [symbol, id]));
    text = text.replace(/^\ufeff/, "").replace(/\r\n?|[\u2028\u2029]/g, "\n").normalize("NFC");
    if (symbols.every((symbol) => symbol === symbol.toLowerCase())) text = text.toLowerCase().normalize("NFC");
    const known = [...text].filter((sign) => ids.has(sign)), strange = [...text].filter((sign) => !ids.has(sign));
    return { ids: known.map((sign) => ids.get(sign)), strange: [...new Set(strange)] };
  }

  // The loop in which ids end, a phrase that stands there so many times in a row, as `lstm.loop` finds it. Quick, since
  // most periods fail at once.
  function loop(ids, times = 3) {
    let found = null;
    for (let period = 1; times * period <= ids.length; period++) {
      let start = ids.length - period;
      while (start > 0 && ids[start - 1] === ids[start - 1 + period]) start--;
      if (ids.length - start >= times * period && (!found || start < found.start)) found = { start, period };
    }
    return found;
  }

  // Read a prompt, a step each, and write on, a character each; the end is a greedy loop, with how far the entries of h
  // are from what they were a phrase before.
  function* write(net, prompt, { temperature, seed }) {
    const state = net.start(), ids = [], states = [];
    for (const id of prompt.slice(0, -1)) {
      net.step(state, id);
      yield {};
    }
    for (const { id } of draw(net, state, prompt.at(-1), { temperature, seed })) {
      ids.push(id);
      if (temperature === 0) states.push(state.h.slice());
      const found = temperature === 0 && loop(ids);
      if (!found || ids.length - found.start < SURE) yield { id };
      else {
        const before = states.at(-1 - found.period);
        yield { id, looped: { ...found, gap: Math.max(...state.h.map((x, k) => Math.abs(x - before[k]))) } };
        return;
      }
    }
  }

  const all = { read, loop, write };
  if (typeof module === "object") return (module.exports = all);
  const unrolled = root.unrolled;
  unrolled.writer = all;
  const ANSWERS = ["Make more and more sense", "Bring new sentences", "Repeat the same phrase", "Turn into random letters"];
  const RIGHT = 2;

  (unrolled.parts ??= {}).writer = (place, { symbols, prompts }, { network }) => {
    const { element: el, fraction } = unrolled;
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    let net, run, frame, looped, predicted, k = 0, written = [];
    const count = (n) => n.toLocaleString("en");
    const text = (ids) => ids.map((id) => symbols[id]).join("");
    const named = (sign) => (/[\p{L}\p{N}\p{P}\p{S}]/u.test(sign) ? sign : `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
    const cut = () => prompts[k].indexOf(" ", 40) + 1; // what is before is read too, and is not in the field

    const prompt = el("textarea", { rows: 2, spellcheck: "false", autocapitalize: "off", oninput: () => halt() });
    const temperature = el("output");
    const slider = el("input", { type: "range", min: 0, max: 2, step: 0.1, value: 0.8, oninput: () => update(), onchange: () => begin() });
    const seed = el("input", { type: "number", min: 0, value: 1, onchange: () => begin() });
    const greedy = el("span", {}, "At temperature 0 nothing is drawn, so the seed changes nothing.");
    const go = el("button", { type: "button", class: "live-next", onclick: () => (frame ? halt(`Stopped after ${count(written.length)} characters.`) : run ? goOn() : begin()) });
    const others = [["Another seed", () => begin({ number: +seed.value + 1 })], ["Another place in the text", () => begin({ at: (k + 1) % prompts.length })]];
    const note = el("p", { role: "status" }), status = el("p", { class: "live-status", "aria-live": "polite" });
    const before = el("span", { class: "live-label" }), after = el("span");
    const paper = el("div", { class: "live-paper", role: "group", "aria-label": "What was read, and what was written" }, before, after);
    const seen = el("p", { class: "live-seen", hidden: true }, "To have seen: at temperature 0, a phrase that comes back brings the state nearly back. So the same characters follow: a loop. Text that is drawn gets out of it, since sooner or later another character is drawn.");

    function update() {
      temperature.value = slider.value;
      greedy.hidden = +slider.value > 0;
      go.textContent = frame ? "Stop" : run ? "Go on" : "Write";
    }

    // Stop. What was begun can go on if it is said why it stopped.
    function halt(said = "") {
      cancelAnimationFrame(frame);
      frame = undefined;
      if (!said || looped) run = undefined;
      status.textContent = said;
      update();
    }

    function begin({ number = +seed.value, at } = {}) {
      halt();
      seed.value = number;
      if (at !== undefined) {
        k = at;
        prompt.value = prompts[k].slice(cut());
      }
      const { ids, strange } = read(prompts[k].slice(0, cut()) + prompt.value, symbols), last = ids.slice(-MOST_READ);
      const more = strange.length - 8, names = strange.slice(0, 8).map(named).join(" ") + (more > 0 ? ` and ${more} more` : "");
      note.textContent = (strange.length ? `Left out, since the network has no symbol for it: ${names}. ` : "") + (last.length < ids.length ? `Of ${count(ids.length)} characters, the last ${count(MOST_READ)} are read.` : "");
      [written, looped] = [[], undefined];
      before.textContent = `…${text(last.slice(-100))}`;
      after.replaceChildren("");
      if (!last.length) status.textContent = "The prompt is empty: type a character that the network knows.";
      else if (!Number.isSafeInteger(number) || number < 0) status.textContent = "The seed is no whole number from 0 on: type one.";
      else {
        run = write(net, last, { temperature: +slider.value, seed: number });
        goOn();
      }
    }

    // Write for a part of each frame, so that the page answers meanwhile
    function goOn() {
      const end = written.length + A_GO;
      let shown = written.length, since = performance.now();
      const some = () => {
        const now = performance.now();
        while (written.length < end && !looped && performance.now() - now < A_FRAME) {
          const { id, looped: found } = run.next().value;
          if (id !== undefined) written.push(id);
          looped = found;
        }
        const done = looped || written.length === end;
        if (done || !calm.matches || now - since > A_PIECE) {
          after.lastChild.appendData(text(written.slice(shown)));
          [shown, since] = [written.length, now];
        }
        if (done) finish();
        else frame = requestAnimationFrame(some);
      };
      status.textContent = "";
      frame = requestAnimationFrame(some);
      update();
    }

    function finish() {
      seen.hidden = false;
      if (!looped) return halt(`${count(written.length)} characters are written.${+slider.value ? "" : " No loop so far: go on."}`);
      const { start, period, gap } = looped, times = Math.ceil((written.length - start) / period);
      after.replaceChildren(text(written.slice(0, start)), ...Array.from({ length: times }, (_, i) => el("mark", {}, text(written.slice(start + i * period, start + (i + 1) * period)))));
      halt(`A loop: after ${start} characters, the same ${period} come again and again. The state came back too: each entry of h is what it was ${period} characters before, to within ${fraction(gap)}.`);
      if (predicted !== undefined) outcome.replaceChildren(el("strong", {}, predicted === RIGHT ? "Yes. " : "Not so. "), "The text has run into a loop. Try another place in the text, and a higher temperature.");
    }

    // What is written says whether the prediction was right
    const { group, outcome } = unrolled.predict("Predict: at temperature 0, what will the text do after a few hundred characters?", ANSWERS, (k) => {
      predicted = k;
      slider.value = 0;
      if (net) begin({ at: 0 });
      return net ? [] : ["Load the network, and see."];
    });
    const load = unrolled.fetched(network, "the network", (data) => {
      net = unrolled.network(data);
      controls.hidden = false;
      place.nextElementSibling.hidden = true;
      begin({ at: 0 });
      go.focus({ preventScroll: true }); // the button that was pressed goes
    });
    const controls = el("div", { hidden: true },
      el("label", { class: "live-prompt" }, "Prompt", prompt), note,
      el("label", { class: "live-slider" }, el("span", {}, "Temperature: ", temperature), slider),
      el("p", { class: "live-buttons" }, el("label", {}, "Seed ", seed), others.map(([name, onclick]) => el("button", { type: "button", onclick }, name)), greedy),
      el("p", { class: "live-buttons" }, go), status, paper);
    place.append(group, load, controls, seen);
    return true; // the table shows something until the network is loaded
  };
})(globalThis);
