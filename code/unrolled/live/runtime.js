// Starts the live parts of a page, and what they share: elements, numbers in words, what is announced.
//
// A part is a function of its place in the page, its payload, and what it can load later:
// unrolled.parts[name](place, payload, later). It returns true if the table stays for now.
(function (root) {
  const unrolled = (root.unrolled ??= {});
  unrolled.parts ??= {};
  unrolled.payloads ??= {};
  const FORMAT = 1;
  const here = document.currentScript?.src; // none in a notebook, where all payloads stand in the page

  const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  // A number as a fraction, where it comes out well, and else with three digits.
  unrolled.fraction = (x) => {
    if (Math.abs(x) < 1e-12) return "0";
    const sign = x < 0 ? "−" : "";
    for (let below = 1, size = Math.abs(x); below <= 1024; below++) {
      const above = Math.round(size * below);
      if (above && Math.abs(size - above / below) < 1e-12 * Math.max(1, size)) return sign + (below === 1 ? above : `${above}/${below}`);
    }
    const size = Math.abs(x);
    if (size < 1e5 && size >= 1e-3) return sign + +size.toPrecision(3);
    const [digits, power] = size.toExponential(1).split("e");
    return `${sign}${digits} · 10${[...String(+power)].map((digit) => RAISED[digit]).join("")}`;
  };

  // What was typed, as a number and how near to it counts as the same: 9/40, −0.225, 1,5. NaN if it is none.
  unrolled.typed = (text) => {
    const plain = text.trim().replace(/[−–]/g, "-").replace(/\s+/g, "").replace(",", ".");
    const [, above, below] = plain.match(/^(-?\d*\.?\d+)(?:\/(\d*\.?\d+))?$/) ?? [];
    const x = below === undefined ? +above : above / below;
    if (above === undefined || !isFinite(x)) return { x: NaN, near: 0 };
    const places = below === undefined ? (above.split(".")[1] ?? "").length : 0;
    return { x, near: places > 1 ? 0.501 * 10 ** -places : 1e-9 };
  };

  // An element: its attributes (on… are listeners, class and the like), then what is in it.
  const filled = (made, attributes, inside) => {
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value === true) made.setAttribute(key, "");
      else if (value !== false && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...inside.flat().filter((part) => part !== undefined));
    return made;
  };
  unrolled.element = (name, attributes = {}, ...inside) => filled(document.createElement(name), attributes, inside);
  unrolled.svg = (name, attributes = {}, ...inside) => filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, inside);

  // Make a part of the page equal to one that was made anew, and touch only what differs: a page with a book on it is slow
  // to lay out. Listeners of the old stay, but for buttons, which are taken over.
  unrolled.patch = (old, made) => {
    if (old.nodeName !== made.nodeName || made.nodeName === "BUTTON") return old.replaceWith(made);
    if (made.nodeType === Node.TEXT_NODE) {
      if (old.data !== made.data) old.data = made.data;
      return;
    }
    for (const { name } of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of made.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const before = [...old.childNodes], after = [...made.childNodes];
    after.forEach((child, i) => (before[i] ? unrolled.patch(before[i], child) : old.append(child)));
    before.slice(after.length).forEach((child) => child.remove());
  };

  // Symbols: h_{2} and W_{recurrent}^{⊤} in a text become elements.
  unrolled.math = (text) => {
    const pieces = text.split(/([_^]\{[^}]*\})/).map((piece) => {
      const [, kind, inside] = piece.match(/^([_^])\{([^}]*)\}$/) ?? [];
      return kind ? unrolled.element(kind === "_" ? "sub" : "sup", {}, inside) : piece;
    });
    return unrolled.element("span", { class: "live-math" }, pieces);
  };

  // Buttons of which one is chosen: options are pairs of a value and its name. update() shows which, after a change.
  unrolled.choices = (label, options, chosen, choose) => {
    const buttons = options.map(([value, name]) => unrolled.element("button", { type: "button", onclick: () => choose(value) }, name));
    const group = unrolled.element("div", { class: "live-choices", role: "group", "aria-label": label }, unrolled.element("span", {}, label), buttons);
    group.update = () => options.forEach(([value], k) => buttons[k].setAttribute("aria-pressed", String(chosen() === value)));
    group.update();
    return group;
  };

  // A question and its answers, of which one is tapped, before anything is shown; it can be passed over. judge(k) is told
  // which, and what it says goes into the outcome.
  unrolled.predict = (question, answers, judge) => {
    const outcome = unrolled.element("p", { role: "status" });
    const buttons = answers.map((answer, k) => unrolled.element("button", { type: "button", "aria-pressed": "false", onclick: () => {
      buttons.forEach((button, other) => button.setAttribute("aria-pressed", String(other === k)));
      outcome.replaceChildren(...judge(k));
    } }, answer));
    const group = unrolled.element("div", { class: "live-predict", role: "group", "aria-label": "Predict" }, unrolled.element("p", {}, question), unrolled.element("div", { class: "live-options" }, buttons), outcome);
    return { group, outcome };
  };

  // Numbers by a small generator (mulberry32), the same for a seed everywhere, in [0, 1).
  unrolled.random = (seed) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };

  function payload(place, digest) {
    const inline = place.querySelector(`:scope > script[data-payload="${digest}"]`);
    let data = unrolled.payloads[digest];
    try {
      data ??= inline && JSON.parse(inline.textContent);
    } catch {}
    if (!data) throw new Error("the data are missing or were cut");
    if (data.format !== FORMAT) throw new Error("the data are of another version of the book");
    return data;
  }

  const load = (place, digest) => new Promise((resolve, reject) => {
    const done = () => {
      try {
        resolve(payload(place, digest));
      } catch (error) {
        reject(error);
      }
    };
    if (!here || unrolled.payloads[digest]) done();
    else document.head.append(unrolled.element("script", { src: new URL(`${digest}.js`, here).href, onload: done, onerror: done }));
  });

  // A button that loads what comes later and hands it over; or it says why it could not.
  unrolled.fetched = (later, what, use) => {
    const status = unrolled.element("span", { role: "status" });
    const button = unrolled.element("button", { type: "button", onclick: async () => {
      button.disabled = true;
      status.textContent = "Loading…";
      try {
        use(await later.load());
        status.textContent = `Loaded: ${what}.`;
        button.hidden = true;
      } catch (error) {
        button.disabled = false;
        status.textContent = `Could not load ${what}: ${error.message}.`;
      }
    } }, `Load ${what} (${later.size})`);
    return unrolled.element("p", { class: "live-buttons" }, button, status);
  };

  unrolled.start = () => {
    for (const place of document.querySelectorAll(".unrolled-live:not([data-live])")) {
      const { part } = place.dataset;
      const trouble = (why) => {
        place.dataset.live = "no";
        place.prepend(unrolled.element("p", { class: "live-trouble", role: "status" }, `This part could not start: ${why}. What it would show first stands below.`));
      };
      if (!unrolled.parts[part]) {
        if (document.readyState === "complete" || !here) trouble("its script is missing");
        continue;
      }
      const shown = unrolled.element("div", { class: "live" }), table = [...place.children].filter((part) => !/SCRIPT|STYLE/.test(part.tagName));
      const later = Object.entries(JSON.parse(place.dataset.later)).map(([name, [digest, size]]) => [name, { size, load: () => load(place, digest) }]);
      try {
        const data = payload(place, place.dataset.payload);
        place.dataset.live = "yes";
        place.prepend(shown);
        const stays = unrolled.parts[part](shown, data, Object.fromEntries(later));
        for (const part of table) part.hidden = !stays;
        // while a reader is here, no button of the page lies over it
        for (const [event, here] of [["focusin", true], ["focusout", false]]) shown.addEventListener(event, () => document.body.classList.toggle("in-live", here));
        // JupyterLab takes keys for its own
        shown.addEventListener("keydown", (event) => event.stopPropagation());
      } catch (error) {
        shown.remove();
        trouble(error.message);
      }
    }
  };
  addEventListener("DOMContentLoaded", unrolled.start);
  addEventListener("load", unrolled.start);
})(globalThis);
