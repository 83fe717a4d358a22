// Write yours: a dialog in which a reader writes the right side of a gradient, on tiles or on a keyboard, and is told what
// is right in it and what to look at. Nothing is stored, and nothing is sent.
(function () {
  const { element: el } = unrolled;
  const said = unrolled.sentences;
  const closed = !said.rule; // a book without solutions
  const filled = (text, words) => text.replace(/\{(\w+)\}/g, (_, name) => words[name] ?? "");
  const math = (tex, options = { display: false }) => Object.assign(el("span"), { innerHTML: unrolled.set(tex, options) });
  const FAST = 60_000, SLIPS = ["sign", "chain", "other", "itself"]; // told at once; of ideas one is asked first

  const narrow = () => matchMedia("(max-width: 30rem)").matches;
  // A shape in words, where a matrix is no mere product
  const described = (judge, shape) => judge.lettered(shape).replace(/^.+ × .+$/, "a $& matrix");

  // A value in a line: a number, the entries of a column, the rows of a matrix
  const inLine = (value) => {
    if (typeof value === "number") return unrolled.fraction(value);
    const { cols, data } = value, entries = data.map((x) => unrolled.fraction(x));
    if (cols === 1) return data.length === 1 ? entries[0] : `(${entries.join(", ")})`;
    const rows = entries.flatMap((_, k) => (k % cols ? [] : [entries.slice(k, k + cols).join(", ")]));
    return `(${rows.join("; ")})`;
  };

  // The left side of a goal; with the derivative that it is, if it is a letter
  function asked({ tex }, { derivatives, symbols }) {
    const [by, letter] = Object.entries(derivatives).find(([, one]) => tex.startsWith(one)) ?? [];
    if (!letter) return tex;
    const raised = symbols[by].above > symbols[letter].above ? tex.replace(/_\{?([^{}]*)\}?$/, "^{($1)}") : tex;
    return `${tex} = \\partial J / \\partial ${raised.replace(letter, by)}`;
  }

  function open(payload, of, close, derivation) {
    const { goals } = payload;
    let goal, judge, tries, last, meant = {};
    const attempts = [], judges = new Map(), kept = new Map(), solved = new Set();

    const left = el("div", { class: "yours-left" });
    const letters = el("details", { class: "yours-letters" });
    const line = el("div", { class: "yours-line", "aria-live": "off" });
    const wide = matchMedia("(min-width: 30.01rem) and (min-height: 30.01rem)").matches; // room for several lines
    const ways = { autocomplete: "off", autocapitalize: "off", spellcheck: "false", inputmode: "none", maxlength: "10000", oninput: () => set(), onclick: () => write() };
    const field = wide ? el("textarea", { "aria-label": "Your lines", rows: "1", onkeydown: enter, ...ways }) : el("input", { type: "text", "aria-label": "Your line", ...ways });
    const verdict = el("div", { class: "yours-verdict", role: "status", tabindex: "-1" });
    const keys = el("div", { class: "yours-keys" });
    const choices = goals.length > 1 && el("div", { class: "yours-goals", role: "group", "aria-label": "What to write" });

    const choose = (one) => {
      if (goal) kept.set(goal, { text: field.value, tries, last, told: [...verdict.childNodes] });
      goal = one;
      if (!judges.has(one)) judges.set(one, new unrolled.Judge(one, payload));
      judge = judges.get(one);
      let text, told;
      ({ text, tries, last, told } = kept.get(one) ?? { text: "", tries: {}, last: null, told: [] });
      left.replaceChildren(math(asked(goal, judge.context), {}), el("span", { class: "yours-shape" }, `, ${described(judge, size())}`));
      letters.replaceChildren(el("summary", {}, "What the letters are"), unrolled.explained(judge));
      field.value = text;
      verdict.replaceChildren(...told);
      const { groups, back } = unrolled.tiles(judge, field, set);
      keys.replaceChildren(...groups);
      erase.onclick = back;
      mark();
      write();
    };
    const size = (one = judge) => {
      const [{ value }] = one.drawn[0].at;
      return [value.rows, value.cols];
    };
    const wanted = (one = judge) => one.lettered(size(one));

    // Which goal is written, and which are right
    function mark() {
      for (const button of choices ? choices.children : []) {
        button.setAttribute("aria-pressed", String(button.goal === goal));
        if (solved.has(button.goal) && !button.classList.contains("is-solved")) {
          button.classList.add("is-solved");
          button.append(el("span", { "aria-hidden": "true" }, " ✓"), el("span", { class: "visually-hidden" }, ", right"));
        }
        if (button.goal === goal) button.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
    }

    // To the line again: where there is little room, what was said last is seen above the tiles
    function write() {
      set();
      field.focus({ preventScroll: true });
      body.scrollTop = body.scrollHeight;
    }

    // The lines as they are read; one alone without its number
    function set(found) {
      keys.hidden = false;
      if (wide) field.rows = Math.min(field.value.split("\n").length, 6);
      const lines = field.value.split("\n");
      let written = [...unrolled.written(judge, lines, meant)];
      const unknown = written.flatMap(({ said }) => said.asked ?? []), many = written.length > 1;
      // a letter that has to be asked for stands as it was typed
      if (unknown.length) written = [...unrolled.written(judge, lines, { ...meant, ...Object.fromEntries(unknown.map(({ name }) => [name, name])) })];
      const made = written.map((one) => [one, found?.lines.find(({ line }) => line === one.line) ?? one]).map(([one, { said, tex = said.readings?.[0] }]) => {
        if (!tex) return el("span", { class: "yours-raw" }, one.text);
        const right = math(tex, { labels: shapes(one.judge, tex) });
        return many || one.is_let || one.is_member ? el("span", {}, math(`${said.left} =`), " ", right) : right;
      });
      line.replaceChildren(...(many ? [el("ol", {}, made.map((one, k) => Object.assign(el("li", { class: !unrolled.isRight(found ?? { fault: "" }) && written[k].line === found.line ? "is-not" : "" }, one), { value: written[k].line })))] : made));
      line.scrollLeft = line.scrollWidth;
      line.tabIndex = line.scrollLeft ? 0 : -1; // what scrolls is reached by keys
    }
    function shapes(judge, tex) {
      try {
        const values = judge.values(judge.context, judge.drawn[0].case), node = judge.named(unrolled.expression(tex, judge.symbols));
        const env = { ...Object.fromEntries(unrolled.free(node).map((name) => [name, 1])), ...judge.drawn[0].at[0].env };
        return values.parts(node, env).filter(({ kind, shape }) => kind === "factor" && shape?.length).map(({ at, shape }) => ({ at, tex: judge.letters(shape) }));
      } catch {
        return [];
      }
    }

    // Enter checks; with Shift it begins a line, as the button does.
    function enter(event) {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      check();
    }
    const add_line = () => {
      field.setRangeText("\n", field.value.length, field.value.length, "end");
      last = null;
      verdict.replaceChildren(el("p", { class: "yours-note" }, said.several.hint));
      set();
      field.focus({ preventScroll: true });
    };

    function check() {
      const text = field.value.trim();
      // an open keyboard would hide what is said
      (field.inputMode === "none" || !narrow() ? field : verdict).focus({ preventScroll: true });
      if (!text) return void verdict.replaceChildren(el("p", { class: "yours-status is-unread" }, said.empty));
      if (text === last?.text) return again();
      const found = unrolled.judged(judge, field.value.split("\n"), meant);
      last = { text, found };
      set(found);
      attempts.push({ goal, lines: found.lines });
      tell(found);
    }

    // The same line: what was said of it, and that it is the same
    function again() {
      verdict.querySelector(".yours-same")?.remove();
      verdict.prepend(el("p", { class: "yours-same" }, said.same));
      keys.hidden = narrow();
    }

    function tell(found) {
      const key = found.fault || "right", right = unrolled.isRight(found), words = { ...found, goal: goal.name ?? "the gradient" };
      const lines = [el("p", { class: `yours-status ${right ? "is-right" : ["unread", "symbol", "itself"].includes(key) ? "is-unread" : "is-not"}` }, el("strong", {}, said.status[key]), which(found, right))];
      const add = (text, ...more) => text && lines.push(el("p", {}, text, ...more));
      for (const note of found.notes ?? []) lines.push(el("p", { class: "yours-note" }, note.said));
      const buttons = [];
      if (key === "unread") {
        add(found.words);
        if (found.offer) buttons.push(el("button", { type: "button", onclick: () => (put_line(found), check()) }, `Did you mean ${found.offer}?`));
      } else if (key === "symbol") {
        const [{ name, offered }] = found.asked;
        add(filled(offered.length ? said.which : said.nothing, { name }));
        for (const tex of offered) buttons.push(el("button", { type: "button", onclick: () => ((meant = { ...meant, [name]: tex }), (last = null), check()) }, math(tex)));
      } else {
        const [good, more] = filled(said.good[found.unsure ? "different" : key] ?? "", { ...words, rightly: "%" }).split("%");
        if (more === undefined) add(good);
        else add(good, ...found.rightly.flatMap((tex, k) => [k ? ", " : "", math(tex)]), more);
        if (!right) help(found, key, add, lines);
        if (right && found.order) add(filled(said.order, { order: found.order.replace("\\ell", "l") }));
        if (right && !said.good[key].includes("{cases}")) add(filled(said.teacher, { cases: found.cases ?? goal.checks.length }));
        if (right) {
          lines.push(...after());
          solved.add(goal);
          mark();
          const next = goals.find((one) => !solved.has(one));
          if (next) buttons.push(el("button", { type: "button", class: "live-next", onclick: () => choose(next) }, "Next: ", math(next.tex)));
        }
        if (!closed) buttons.push(derivation(goal.derived, right ? "compare with the derivation" : "show the derivation"));
      }
      if (!right && narrow()) buttons.unshift(el("button", { type: "button", class: "live-next", onclick: write }, "Change my line"));
      if (right || attempts.length > 1) buttons.push(copy("Copy as LaTeX", () => unrolled.copied(attempts).latex));
      if (attempts.length > 1) buttons.push(copy("Copy my lines", () => unrolled.copied(attempts).text));
      verdict.replaceChildren(...lines, el("div", { class: "live-buttons" }, buttons));
      keys.hidden = narrow() || many();
      if (narrow()) body.scrollTop = 0;
      if (many()) verdict.scrollIntoView({ block: "nearest" });
    }

    // What is asked when the line is right, with its answer one tap away
    const after = () => (said.after ?? []).filter((one) => one.of.includes(of)).map(({ ask, answer }) => el("details", { class: "yours-after" }, el("summary", {}, ask), answer));

    // Which of several lines it is about
    const many = () => field.value.trim().includes("\n");
    function which({ fault, line, lines }, right) {
      const key = right ? "right" : ["unread", "symbol", "itself", "let"].includes(fault) ? "at" : "wrong";
      return many() && fault !== "let" ? ` ${filled(said.several[key], { line, lines: lines.length })}` : "";
    }

    // A question first, then a small case in numbers, then the name of the mistake and the rule; without solutions, no more
    // than the first two
    function help(found, key, add, lines) {
      const now = Date.now(), own = (tries[key] ??= []), { judge, text } = found;
      if (own.at(-1)?.text !== text) own.push({ text, now });
      const shape = found.shape && judge.lettered(found.shape);
      const parts = (found.error?.shapes ?? []).map((one) => described(judge, one));
      const words = { ...found, shape, wanted: wanted(judge), goal: found.is_let ? "the letter" : "the gradient", shapes: parts.length > 1 ? filled(said.shapes, { left: parts[0], right: parts[1] }) : "" };
      const ask = found.mistake?.ask || said.ask[key], vague = !ask || (!found.piece && ask.includes("{piece}"));
      const asks = () => {
        const [before, after] = filled(ask, { ...words, piece: "%" }).split("%");
        return after === undefined ? add(before) : add(before, math(found.piece), after);
      };
      if ((own.length === 1 || SLIPS.includes(key)) && !vague) return asks();
      const case_ = (own.length === (vague ? 1 : 2) || closed) && !["shape", "goal", "plain", "edge", "entries", "columns", "open"].includes(key) && judge.small(found.node, found.sign);
      if (!case_ && closed) return vague ? undefined : asks();
      if (case_) {
        const sizes = Object.entries(case_.sizes).map(([name, n]) => `${name} = ${n}`).join(", ");
        const at = Object.entries(case_.env).map(([name, n]) => `${name.replace("\\ell", "l")} = ${n}`).join(", ");
        const where = `${case_.kind === "pencil" ? "the book’s example" : `a case with ${sizes}`}${at && `, at ${at}`}`;
        add(filled(case_.entry ? said.small : said.number, { where, entry: case_.entry, yours: unrolled.fraction(case_.yours), right: unrolled.fraction(case_.right) }));
        const numbers = case_.numbers.map(([one, value]) => el("p", {}, math(unrolled.piece(found.tex, one).replace(/\^(\\top|\d)$/, "")), ` = ${inLine(value)}`));
        if (numbers.length) lines.push(el("details", {}, el("summary", {}, said.numbers), numbers));
      }
      if (case_) return;
      if (found.mistake) add(filled(said.named, { mistake: found.mistake.name }));
      add(said.rule[key] ?? "");
      if (key !== "plain" && own.length >= 3 && now - own.at(-3).now < FAST) add(said.again);
    }

    const copy = (name, text) => {
      const button = el("button", { type: "button", onclick: async () => {
        try {
          await navigator.clipboard.writeText(text());
          button.textContent = "Copied";
        } catch {
          field.value = text();
          field.select();
        }
      } }, name);
      return button;
    };

    const put_line = ({ line, offer }) => (field.value = field.value.split("\n").map((one, k) => (k + 1 === line ? offer : one)).join("\n"));
    const erase = el("button", { type: "button", class: "yours-erase", "aria-label": "delete" }, "⌫");
    const abc = el("button", { type: "button", "aria-pressed": "false", "aria-label": "ABC", title: "Keyboard, or tiles", onclick: () => {
      const on = field.inputMode === "none";
      field.inputMode = on ? "text" : "none";
      abc.setAttribute("aria-pressed", String(on));
      keys.classList.toggle("is-away", on);
      field.blur();
      write();
    } }, "ABC");

    const form = el("form", { class: "yours-form", onsubmit: (event) => (event.preventDefault(), check()) }, field, erase, wide ? el("button", { type: "button", onclick: add_line }, "Add a line") : [], el("button", { class: "live-next" }, "Check"));
    if (choices) choices.append(...goals.map((one) => Object.assign(el("button", { type: "button", onclick: () => choose(one) }, math(one.tex)), { goal: one })));
    const title = el("h2", { id: "yours-title" }, "Write yours");
    const shut = el("button", { type: "button", class: "yours-close", "aria-label": "Close", onclick: () => close() }, "×");
    const body = el("div", { class: "yours-body" }, left, letters, line, verdict);
    choose(goals[0]);
    return { made: [el("header", {}, title, choices || [], abc, shut), body, form, keys], focus: () => field.focus({ preventScroll: true }) };
  }

  // The dialog of a block. While the page is open it keeps what was written in it.
  const dialogs = {};
  unrolled.write = (place, payload) => {
    const { of } = place.dataset, one = (dialogs[of] ??= made(payload, of));
    one.place = place;
    document.body.append(one.dialog);
    one.dialog.showModal();
    one.focus();
  };
  function made(payload, of) {
    const one = {};
    const close = (label) => {
      one.dialog.close();
      if (label) lead_to(document.getElementById(label));
      else one.place.querySelector("button").focus();
    };
    // A way to the result that derives a goal; another page opens beside this one
    const derivation = (label, what) => {
      if (document.getElementById(label)) return el("button", { type: "button", onclick: () => close(label) }, `Close and ${what}`);
      const href = one.place.dataset.derivation.replace(/#.*/, `#${label}`);
      return el("a", { class: "yours-beside", href, target: "_blank", rel: "noopener" }, `${what[0].toUpperCase()}${what.slice(1)} (new tab)`);
    };
    const { made: parts, focus } = open(payload, of, close, derivation);
    const dialog = el("dialog", { class: "live yours", "aria-labelledby": "yours-title", onclose: () => dialog.remove(), onkeydown: (event) => event.stopPropagation() }, parts);
    return Object.assign(one, { dialog, focus });
  }
  function lead_to(target) {
    target.querySelector(".cover")?.click();
    const step = target.querySelector(".derivation") ?? target;
    step.tabIndex = -1;
    step.scrollIntoView({ block: "start" });
    step.focus({ preventScroll: true });
  }
})();
