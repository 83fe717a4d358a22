// Nearest words in the reader's hands: a word is typed, or taken from a list or from the map.
(function (root) {
  const unrolled = (root.unrolled ??= {});
  const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  const REACH = 30; // from a word of the map that a pointer may be, in pixels

  (unrolled.parts ??= {}).words = (place, { V, least, groups, lists, question }, later) => {
    const { element: el, svg, math, choices, random, fetched } = unrolled, { space, spelled, tokens } = unrolled.nearest;
    const first = new Map(lists), group = new Map(groups.flatMap(([name, members]) => members.map((word) => [word, name])));
    const K = lists[0][1][0].length, BY = [math("v"), math("u"), "the average"], SAID = ["v", "u", "the average"];
    const state = { word: groups[0][1][0], by: 0, all: null, asked: "", seed: 0 };
    const known = (word) => (state.all ? state.all.ids : first).has(word);
    const nearest = (word) => (state.all ? state.all.nearest(word, state.by, K) : first.get(word)[state.by]);
    const short = (word) => ([...word].length > 30 ? `${[...word].slice(0, 30).join("")}…` : word);
    const number = V.toLocaleString("en");

    const status = el("p", { role: "status" });
    const seen = el("p", { class: "live-seen", hidden: true }, "To have seen: the nearest words of a word are those that stand among the same words in this text, and they need not have a similar meaning.");
    const say = (...inside) => status.replaceChildren(...inside.flat());
    const taps = (words) => words.map((word) => el("button", { type: "button", onclick: () => ask(word) }, short(word)));

    // The list

    const caption = el("caption");
    const rows = Array.from({ length: K }, () => {
      const word = el("button", { type: "button", onclick: () => ask(word.textContent) }), bar = el("span", { class: "live-bar" }), cosine = el("span");
      return { word, bar, cosine, row: el("tr", {}, el("th", { scope: "row" }, word), el("td", {}, bar, cosine)) };
    });
    const table = el("table", { class: "live-bars live-nearest" }, caption, el("thead", {}, el("tr", {}, ["word", "cosine"].map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows.map(({ row }) => row)));

    // The map: a copy of the drawing that stands here without scripts; its first dots are those of the words, in order

    const map = place.parentElement.querySelector(":scope > .live-map > svg").cloneNode(true);
    const points = [...map.querySelectorAll("text")].filter((text) => group.has(text.textContent)), dots = [...map.querySelectorAll("use")];
    const ring = svg("circle", { class: "live-ring", r: 5 });
    map.append(ring);
    for (const [name, value] of Object.entries({ role: "listbox", "aria-label": "The map; the arrow keys go from word to word" })) map.setAttribute(name, value);
    points.forEach((point) => {
      point.setAttribute("role", "option");
      point.setAttribute("aria-label", `${point.textContent}, ${group.get(point.textContent)}`);
      point.addEventListener("focus", () => choose(point.textContent));
      point.addEventListener("keydown", (event) => {
        if (!WAYS[event.key]) return;
        event.preventDefault();
        beyond(point, WAYS[event.key])?.focus();
      });
    });
    const least_by = (list, size) => list.reduce((best, one) => (size(one) < size(best) ? one : best), list[0]);
    const outside = (x, from, to) => Math.max(from - x, 0, x - to);
    // The word under a pointer, or nearest to it
    function pointed({ clientX, clientY }) {
      const far = new Map(points.map((point) => [point, point.getBoundingClientRect()]).map(([point, box]) => [point, Math.hypot(outside(clientX, box.left, box.right), outside(clientY, box.top, box.bottom))]));
      const point = least_by(points, (one) => far.get(one));
      return far.get(point) <= REACH ? point : undefined;
    }
    // The next word of the map in a direction
    function beyond(point, [x, y]) {
      const middle = ({ left, right, top, bottom }) => [(left + right) / 2, (top + bottom) / 2], from = middle(point.getBoundingClientRect());
      const ahead = points.flatMap((other) => {
        const to = middle(other.getBoundingClientRect()), along = x * (to[0] - from[0]) + y * (to[1] - from[1]);
        return along > 1 ? [{ other, far: along + 2 * Math.abs(y * (to[0] - from[0]) + x * (to[1] - from[1])) }] : [];
      });
      return least_by(ahead, ({ far }) => far)?.other;
    }
    map.addEventListener("click", (event) => pointed(event)?.focus({ preventScroll: true }));
    // what the mouse is over is shown, and no more
    map.addEventListener("pointermove", (event) => event.pointerType === "mouse" && draw(pointed(event)?.textContent ?? state.word));
    map.addEventListener("pointerleave", () => draw(state.word));

    function draw(word) {
      const near = nearest(word), names = near.map(([name]) => name), at = points.findIndex((point) => point.textContent === word);
      caption.replaceChildren("Nearest to ", el("strong", {}, word), group.has(word) ? ` (${group.get(word)}) by ` : " by ", BY[state.by].cloneNode?.(true) ?? BY[state.by]);
      rows.forEach(({ word: button, bar, cosine }, k) => {
        const [name, x] = near[k];
        button.textContent = name;
        bar.style.setProperty("--share", Math.max(0, x));
        cosine.textContent = x.toFixed(2).replace("-", "−");
      });
      points.forEach((point, k) => {
        point.setAttribute("aria-selected", String(k === at));
        point.setAttribute("tabindex", k === Math.max(at, 0) ? "0" : "-1");
        point.classList.toggle("live-near", names.includes(point.textContent));
      });
      ring.toggleAttribute("hidden", at < 0);
      for (const name of at < 0 ? [] : ["x", "y"]) ring.setAttribute(`c${name}`, dots[at].getAttribute(name));
      return names;
    }

    function choose(word, note = "") {
      Object.assign(state, { word, asked: "" });
      by.update();
      say(`${note}Nearest to ${word} by ${SAID[state.by]}: ${draw(word).slice(0, 3).join(", ")}.`);
      seen.hidden = false;
    }

    function ask(text) {
      const [word, ...more] = tokens(text);
      state.asked = text;
      if (!word) return say("Type a word, of letters.");
      if (more.length) return say(`Type one word. These are ${(more.length + 1).toLocaleString("en")}: `, taps([word, ...more].slice(0, 5)));
      if (known(word)) return choose(word, word === text.trim() ? "" : `Words are in lower case. `);
      if (!state.all) return say(`“${short(word)}” is not among the ${first.size} words that are here at once. Load all ${number}, and it is looked up.`);
      const near = spelled(word, state.all.names);
      say(`“${short(word)}” has no vector: it occurs fewer than ${least} times in the text that the vectors are trained on.`, near.length ? " Spelled like it: " : [], taps(near));
    }

    // All of it

    const field = el("input", { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-label": "A word" });
    const form = el("form", { class: "live-buttons", onsubmit: (event) => (event.preventDefault(), ask(field.value)) }, el("span", {}, "A word"), field, el("button", { class: "live-next" }, "Show"),
      el("button", { type: "button", onclick: () => choose(another()) }, "Another word"));
    function another() {
      const names = state.all ? state.all.names : [...first.keys()];
      return names[Math.floor(random(++state.seed)() * names.length)];
    }
    const by = choices("Nearest by", BY.map((name, k) => [k, name]), () => state.by, (k) => ((state.by = k), choose(state.word)));
    const rest = fetched(later.vectors, `all ${number} words`, (packed) => {
      state.all = space(packed);
      state.asked ? ask(state.asked) : choose(state.word);
    });

    const [right] = first.get(question.word)[0].find(([word]) => question.answers.includes(word));
    const predict = unrolled.predict(["Predict: which of these words is nearest to ", el("em", {}, question.word), " by ", math("v"), "?"], question.answers, (k) => {
      state.by = 0;
      choose(question.word);
      return [el("strong", {}, question.answers[k] === right ? "Yes. " : `No, ${right}. `), question.why];
    });

    place.append(predict.group, form, rest, by, status, el("div", { class: "live-panels live-words" }, table, el("div", { class: "live-map" }, map)), seen);
    draw(state.word);
  };
})(globalThis);
