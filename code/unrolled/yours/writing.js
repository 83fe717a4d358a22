// Write yours: a dialog in which a reader writes the right side of a gradient, on tiles or on a keyboard, and is told what
// is right in it and what to look at. Nothing is stored, and nothing is sent.
(function () {
  const { element: el } = unrolled;
  const said = unrolled.sentences;
  const filled = (text, words) => text.replace(/\{(\w+)\}/g, (_, name) => words[name] ?? "");
  const math = (tex, options = { display: false }) => Object.assign(el("span"), { innerHTML: unrolled.set(tex, options) });
  const FAST = 60_000, SLIPS = ["sign", "chain", "other", "itself"]; // told at once; of ideas one is asked first

  // A letter as one types it: W_recurrent, δ_t, h_t^(l)
  const GREEK = { delta: "δ", ell: "l", sigma: "σ", alpha: "α", eta: "η", tau: "τ", varepsilon: "ε" };
  const bare = (tex) => tex.replace(/^\{(.*)\}$/, "$1");
  const plain = (tex) =>
    bare(tex)
      .replace(/\\(?:text|operatorname|hat)\s*\{?(\w+)\}?/g, "$1")
      .replace(/\\([a-z]+)/g, (_, name) => GREEK[name] ?? name)
      .replace(/([_^])\{(\w+|\(\w\))\}/g, "$1$2");

  // A value in a line: a number, the entries of a column, the rows of a matrix
  const inLine = (value) => {
    if (typeof value === "number") return unrolled.fraction(value);
    const { cols, data } = value, entries = data.map((x) => unrolled.fraction(x));
    if (cols === 1) return data.length === 1 ? entries[0] : `(${entries.join(", ")})`;
    const rows = entries.flatMap((_, k) => (k % cols ? [] : [entries.slice(k, k + cols).join(", ")]));
    return `(${rows.join("; ")})`;
  };

  // The page's letters that a line may have, in the order of the table; those of the case alone
  function letters(context) {
    const known = context.cases[0].letters;
    return Object.values(context.symbols).filter(({ name, kind }) => (name in known || kind === "function") && name !== "J" && ["vector", "matrix", "number", "function", "index"].includes(kind));
  }

  function open(payload, of, close) {
    const { goals } = payload;
    let goal, judge, tries, last, meant = {};
    const attempts = [], judges = new Map();

    const left = el("div", { class: "yours-left" });
    const line = el("div", { class: "yours-line", "aria-live": "off" });
    const narrow = () => matchMedia("(max-width: 30rem)").matches, wide = !narrow();
    const ways = { autocomplete: "off", autocapitalize: "off", spellcheck: "false", inputmode: "none", maxlength: "10000", oninput: () => set(), onpointerdown: () => (keys.hidden = false) };
    const field = wide ? el("textarea", { "aria-label": "Your lines", rows: "1", onkeydown: enter, ...ways }) : el("input", { type: "text", "aria-label": "Your line", ...ways });
    const verdict = el("div", { class: "yours-verdict", role: "status" });
    const keys = el("div", { class: "yours-keys" });
    const choices = goals.length > 1 && el("div", { class: "yours-goals", role: "group", "aria-label": "What to write" });

    const choose = (one) => {
      goal = one;
      if (!judges.has(one)) judges.set(one, new unrolled.Judge(one, payload));
      judge = judges.get(one);
      tries = {};
      last = null;
      left.replaceChildren(math(`${goal.tex} =`, {}), el("span", { class: "yours-shape" }, ` ${wanted()}`));
      for (const button of choices ? choices.children : []) button.setAttribute("aria-pressed", String(button.goal === goal));
      field.value = "";
      verdict.replaceChildren();
      set();
      tiles();
    };
    const wanted = (one = judge) => {
      const [{ value }] = one.drawn[0].at;
      return one.lettered([value.rows, value.cols]);
    };

    // The lines as they are read; one alone without its number
    function set(found) {
      keys.hidden = false;
      if (wide) field.rows = Math.min(field.value.split("\n").length, 6);
      const written = [...unrolled.written(judge, field.value.split("\n"), meant)], many = written.length > 1;
      const made = written.map((one) => [one, found?.lines.find(({ line }) => line === one.line) ?? one]).map(([one, { said, tex = said.readings?.[0] }]) => {
        if (!tex) return el("span", { class: "yours-raw" }, one.text);
        const right = math(tex, { labels: shapes(one.judge, tex) });
        return many || one.is_let || one.is_member ? el("span", {}, math(`${said.left} =`), " ", right) : right;
      });
      line.replaceChildren(...(many ? [el("ol", {}, made.map((one, k) => Object.assign(el("li", { class: !unrolled.isRight(found ?? { fault: "" }) && written[k].line === found.line ? "is-not" : "" }, one), { value: written[k].line })))] : made));
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
      if (!text || text === last?.text) return;
      const found = unrolled.judged(judge, field.value.split("\n"), meant);
      last = { text, found };
      set(found);
      attempts.push({ goal, lines: found.lines });
      tell(found);
    }

    function tell(found) {
      const key = found.fault || "right", right = unrolled.isRight(found), words = { ...found, goal: goal.name ?? "the gradient" };
      const lines = [el("p", { class: `yours-status ${right ? "is-right" : ["unread", "symbol", "itself"].includes(key) ? "is-unread" : "is-not"}` }, el("strong", {}, said.status[key]), which(found, right))];
      const add = (text, ...more) => text && lines.push(el("p", {}, text, ...more));
      for (const note of found.notes ?? []) lines.push(el("p", { class: "yours-note" }, note.said));
      const buttons = [];
      if (key === "unread") {
        add(found.words);
        if (found.offer) buttons.push(el("button", { type: "button", onclick: () => put_line(found) }, `Did you mean ${found.offer}?`));
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
        if (right) lines.push(...after());
        buttons.push(el("button", { type: "button", onclick: () => close(true) }, right ? "Compare with the derivation" : "Show the step"));
      }
      if (!right && narrow()) buttons.unshift(el("button", { type: "button", class: "live-next", onclick: () => ((keys.hidden = false), field.focus({ preventScroll: true })) }, "Change my line"));
      if (right || attempts.length > 1) buttons.push(copy("Copy as LaTeX", () => unrolled.copied(attempts).latex));
      if (attempts.length > 1) buttons.push(copy("Copy my lines", () => unrolled.copied(attempts).text));
      verdict.replaceChildren(...lines, el("div", { class: "live-buttons" }, buttons));
      keys.hidden = narrow() || many();
      if (many()) verdict.scrollIntoView({ block: "nearest" });
    }

    // What is asked when the line is right, with its answer one tap away
    const after = () => said.after.filter((one) => one.of.includes(of)).map(({ ask, answer }) => el("details", { class: "yours-after" }, el("summary", {}, ask), answer));

    // Which of several lines it is about
    const many = () => field.value.trim().includes("\n");
    function which({ fault, line, lines }, right) {
      const key = right ? "right" : ["unread", "symbol", "itself", "let"].includes(fault) ? "at" : "wrong";
      return many() && fault !== "let" ? ` ${filled(said.several[key], { line, lines: lines.length })}` : "";
    }

    // A question first, then a small case in numbers, then the name of the mistake
    function help(found, key, add, lines) {
      const now = Date.now(), own = (tries[key] ??= []), { judge, text } = found;
      if (own.at(-1)?.text !== text) own.push({ text, now });
      const shape = found.shape && judge.lettered(found.shape);
      const parts = (found.error?.shapes ?? []).map((one) => judge.lettered(one));
      const words = { ...found, shape, wanted: wanted(judge), goal: found.is_let ? "the letter" : "the gradient", shapes: parts.length > 1 ? filled(said.shapes, { left: parts[0], right: parts[1] }) : "" };
      const [, special] = Object.entries(said.mistake).find(([name]) => found.mistake?.includes(name)) ?? [];
      const ask = special ?? said.ask[key], vague = !ask || (!found.piece && ask.includes("{piece}"));
      if ((own.length === 1 || SLIPS.includes(key)) && !vague) {
        const [before, after] = filled(ask, { ...words, piece: "%" }).split("%");
        return after === undefined ? add(before) : add(before, math(found.piece), after);
      }
      const case_ = own.length === (vague ? 1 : 2) && !["shape", "goal", "plain", "edge", "entries", "columns", "open"].includes(key) && judge.small(found.node, found.sign);
      if (case_) {
        const sizes = Object.entries(case_.sizes).map(([name, n]) => `${name} = ${n}`).join(", ");
        const at = Object.entries(case_.env).map(([name, n]) => `${name.replace("\\ell", "l")} = ${n}`).join(", ");
        const where = `${case_.kind === "pencil" ? "the book’s example" : `a case with ${sizes}`}${at && `, at ${at}`}`;
        add(filled(case_.entry ? said.small : said.number, { where, entry: case_.entry, yours: unrolled.fraction(case_.yours), right: unrolled.fraction(case_.right) }));
        const numbers = case_.numbers.map(([one, value]) => el("p", {}, math(unrolled.piece(found.tex, one).replace(/\^(\\top|\d)$/, "")), ` = ${inLine(value)}`));
        if (numbers.length) lines.push(el("details", {}, el("summary", {}, said.numbers), numbers));
      }
      if (case_) return;
      if (found.mistake) add(filled(said.named, { mistake: found.mistake }));
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

    // Tiles: letters, then signs; a letter's index is changed by a second tap
    const put = (text) => ((field.value = text), set(), field.focus({ preventScroll: true }));
    const put_line = ({ line, offer }) => put(field.value.split("\n").map((one, k) => (k + 1 === line ? offer : one)).join("\n"));
    const insert = (text) => {
      const { selectionStart: a, selectionEnd: b, value } = field;
      const space = /[\w)}\]δσᵀ]$/.test(value.slice(0, a)) && /^[\w(δσΣ]/.test(text) ? " " : "";
      field.setRangeText(space + text, a, b, "end");
      set();
      field.focus({ preventScroll: true });
    };
    function tiles() {
      const tile = (content, name, act) => el("button", { type: "button", "aria-label": name, onclick: act }, content);
      const ranges = judge.context.ranges.map(plain), step = ["t", "l", "k"].find((x) => ranges.includes(x)) ?? ranges[0];
      const indices = el("div", { class: "yours-tiles yours-indices", role: "group", "aria-label": "Index" });
      const change = (index) => {
        const old = field.value.slice(0, field.selectionStart), now = index.length > 1 ? `{${index}}` : index;
        const made = old.replace(/_(\{[^{}]*\}|\w)(?=(\^\(l\))?$)/, `_${now}`);
        if (made === old && !old.endsWith(`_${now}`)) return insert(/[^\s(|]$/.test(old) ? `_${now}` : index);
        field.setRangeText(made, 0, field.selectionStart, "end");
        set();
        field.focus({ preventScroll: true });
      };
      const names = ranges.flatMap((x) => (x === step && "tl".includes(x) ? [x, `${x}-1`, `${x}+1`] : [x]));
      if (step === "t") names.push("T");
      if ("tl".includes(step)) names.push("1", "2", "3");
      names.push(...Object.values(judge.symbols).filter(({ kind }) => kind === "index").map(({ tex }) => tex));
      indices.append(...[...new Set(names)].map((index) => tile(math(index.replace("l", "\\ell ")), `index ${index}`, () => change(index))));
      const main = el("div", { class: "yours-tiles", role: "group", "aria-label": "Letters" }, letters(judge.context).map(({ tex, kind }) => {
        const text = plain(tex), made = tile(math(bare(tex)), text, () => insert(kind === "function" ? `${text}(` : text));
        if (text.length > 4) made.classList.add("yours-wide");
        return made;
      }));
      const signs = [["ᵀ", "^T", "transposed"], ["⊙", " ⊙ ", "entry by entry"], ["·", " · ", "inner product"], ["Σ", `sum_${step}`, "sum"], ["(", "(", "bracket"], [")", ")", "closing bracket"], ["+", " + ", "plus"], ["−", " - ", "minus"], ["1", "1", "one"], ["I", "I", "identity"], ["²", "^2", "squared"], ["diag", "diag(", "diagonal matrix"], ["tanh", "tanh(", "tanh"]];
      if (letters(judge.context).some(({ kind, means }) => kind === "function" && !means)) signs.push(["|", " | ", "given"]);
      const row = el("div", { class: "yours-tiles", role: "group", "aria-label": "Signs" }, signs.map(([sign, text, name]) => tile(sign, name, () => insert(text))));
      const back = tile("⌫", "delete", () => {
        const { selectionStart: a, selectionEnd: b, value } = field;
        const from = a < b ? a : a - (value.slice(0, a).match(/(?:\w+\(|[A-Za-zδσ](?:_(?:\{[^{}]*\}|\w+))?|[^])[^\S\n]*$/u)?.[0].length ?? 0);
        field.setRangeText("", from, b, "end");
        set();
        field.focus({ preventScroll: true });
      });
      const abc = el("button", { type: "button", "aria-pressed": "false", onclick: () => {
        const on = field.inputMode === "none";
        field.inputMode = on ? "text" : "none";
        abc.setAttribute("aria-pressed", String(on));
        field.blur();
        field.focus();
      } }, "ABC");
      row.append(back, abc);
      keys.replaceChildren(indices, main, row);
    }

    const form = el("form", { class: "yours-form", onsubmit: (event) => (event.preventDefault(), check()) }, field, wide ? el("button", { type: "button", onclick: add_line }, "Add a line") : [], el("button", { class: "live-next" }, "Check"));
    if (choices) choices.append(...goals.map((one) => Object.assign(el("button", { type: "button", onclick: () => choose(one) }, math(one.tex)), { goal: one })));
    const title = el("h2", { id: "yours-title" }, "Write yours");
    const shut = el("button", { type: "button", class: "yours-close", "aria-label": "Close", onclick: () => close() }, "×");
    const body = el("div", { class: "yours-body" }, choices || [], left, line, verdict);
    const made = [el("header", {}, title, shut), body, form, keys];
    choose(goals[0]);
    return { made, focus: () => field.focus({ preventScroll: true }) };
  }

  // The dialog of a block: leads to its derivation when it closes with a step to show.
  unrolled.write = (place, payload) => {
    const dialog = el("dialog", { class: "live yours", "aria-labelledby": "yours-title", onclose: () => dialog.remove(), onkeydown: (event) => event.stopPropagation() });
    const close = (lead) => {
      dialog.close();
      if (lead) lead_to(place);
      else place.querySelector("button").focus();
    };
    const { made, focus } = open(payload, place.dataset.of, close);
    dialog.append(...made);
    document.body.append(dialog);
    dialog.showModal();
    focus();
  };
  function lead_to(place) {
    const target = document.getElementById(place.dataset.of);
    if (!target) return void (location.href = place.dataset.derivation);
    place.parentElement.querySelector(".cover")?.click();
    const step = target.querySelector(".derivation") ?? target;
    step.tabIndex = -1;
    step.scrollIntoView({ block: "start" });
    step.focus({ preventScroll: true });
  }
})();
