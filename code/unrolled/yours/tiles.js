// The tiles with which a line is written, and what the letters on them are.
(function () {
  const { element: el } = unrolled;
  const math = (tex) => Object.assign(el("span"), { innerHTML: unrolled.set(tex, { display: false }) });

  // A letter as one types it: W_recurrent, δ_t, h_t^(l)
  const GREEK = { delta: "δ", ell: "l", sigma: "σ", alpha: "α", eta: "η", tau: "τ", varepsilon: "ε" };
  const bare = (tex) => tex.replace(/^\{(.*)\}$/, "$1");
  const plain = (tex) =>
    bare(tex)
      .replace(/\\(?:text|operatorname|hat)\s*\{?(\w+)\}?/g, "$1")
      .replace(/\\([a-z]+)/g, (_, name) => GREEK[name] ?? name)
      .replace(/([_^])\{(\w+|\(\w\))\}/g, "$1$2");

  // The letters that a line of this page may have, in the order of the table; those of the case alone
  function letters({ cases, symbols }) {
    const known = cases[0].letters;
    return Object.values(symbols).filter(({ name, kind, spoken }) => spoken && name !== "J" && (name in known || kind === "function") && ["vector", "matrix", "number", "function"].includes(kind));
  }

  // What each of them is, as a list, but for one that is itself what a goal asks for; sentences have formulas between $
  unrolled.explained = (judge) => {
    const told = letters(judge.context).filter(({ name }) => !judge.holds({ op: "symbol", parts: [name, []] }, judge.drawn, judge.goal.sign));
    const shape = ({ kind, shape: [rows, cols] }) => (kind === "number" ? ", a number" : cols ? `, a ${rows} × ${cols} matrix` : rows ? `, a column of length ${rows}` : "");
    return el("ul", {}, told.map((one) => el("li", {}, math(bare(one.tex)), shape(one), ": ", one.is.split("$").map((part, k) => (k % 2 ? math(part) : part)), ".")));
  };

  // A letter with another index. The index of an entry stands behind a step, h_{t,i}; a matrix has two, W_{ij}.
  const INDEX = /(?:_(?:\{([^{}]*)\}|(\w)))?((?:\^\(l\)|\^T)?)$/;
  function indexed(text, index, entry) {
    const [own, braced, single, above] = text.match(INDEX), before = text.slice(0, text.length - own.length);
    const [name] = before.match(/[A-Za-z_]*$/), parts = ((braced ?? single ?? "").match(/[^,]+/g) ?? []).flatMap((part) => (/^[ij]{2}$/.test(part) ? [...part] : part));
    if (!/[^\s(|]$/.test(before)) return text + index; // of no letter
    const steps = parts.filter((part) => !entry(part)), entries = parts.filter(entry);
    const two = /^[A-Z]/.test(name) && entries.length === 1 && entries[0] !== index;
    const now = name === "sum" ? [index] : entry(index) ? [...steps, [...(two ? entries : []), index].join("")] : [index, entries.join("")];
    const said = now.filter(Boolean).join(",");
    return `${before}_${said.length > 1 ? `{${said}}` : said}${above}`;
  }

  // What ⌫ takes away before the cursor: a sign, a letter with its index, what opens a bracket
  const LAST = /(?:\^T|\^\d|\^\(l\)|[A-Za-z]+\(|(?:[A-Za-zδσε]|sum)(?:_(?:\{[^{}]*\}|\w+))*|[^])[^\S\n]*$/u;

  // The tiles of a goal, and ⌫. They write in a field; changed() is called after each change.
  unrolled.tiles = (judge, field, changed) => {
    const { context } = judge, own = letters(context);
    const done = () => {
      changed();
      field.focus({ preventScroll: true });
      // so that the cursor is seen
      field.scrollLeft = (field.scrollWidth * field.selectionEnd) / (field.value.length || 1) - field.clientWidth / 2;
    };
    const insert = (text) => {
      const { selectionStart: a, selectionEnd: b, value } = field;
      const space = /[\w)}\]δσᵀ]$/.test(value.slice(0, a)) && /^[\w(δσΣ]/.test(text) ? " " : "";
      field.setRangeText(space + text, a, b, "end");
      done();
    };
    const tile = (content, name, act, kind = "") => el("button", { type: "button", "aria-label": name, class: kind, onclick: act }, content);
    const group = (name, [first, ...others]) => {
      const named = el("span", { class: "yours-named" }, el("span", { class: "yours-label", "aria-hidden": "true" }, name), first);
      return el("div", { class: "yours-tiles", role: "group", "aria-label": name }, named, others);
    };

    // The index over which a sum is usual, and the indices
    const ranges = context.ranges.map(plain), below = own.map(({ tex }) => plain(tex).split("_")[1]);
    const step = ["t", "l", "k", "j"].find((x) => ranges.includes(x) || below.includes(x)) ?? "i";
    const steps = "tl".includes(step) ? [step, `${step}-1`, `${step}+1`, ...(step === "t" ? ["T"] : []), "1", "2", "3"] : [step];
    const words = Object.values(context.symbols).filter(({ kind }) => kind === "index").map(({ tex }) => plain(tex));
    const { rows, cols } = judge.drawn[0].at[0].value;
    const entries = rows * cols > 1 ? ["i", "j"].filter((x) => !ranges.includes(x) && !words.includes(x)) : [];
    const names = new Set([...steps, ...ranges, ...words, ...entries]);
    const change = (index) => {
      field.setRangeText(indexed(field.value.slice(0, field.selectionStart), index, (one) => entries.includes(one)), 0, field.selectionStart, "end");
      done();
    };
    const indices = group("Index", [...names].map((index) => tile(math(index.replace("l", "\\ell ")), `index ${index}`, () => change(index))));

    const main = group("Letters", own.map(({ tex, kind }) => {
      const text = plain(tex);
      return tile(math(bare(tex)), text, () => insert(kind === "function" ? `${text}(` : text), text.length > 4 ? "yours-wide" : "");
    }));

    const has = (name) => context.functions.includes(name), given = own.some(({ kind, means }) => kind === "function" && !means);
    const signs = group("Signs", [
      ["ᵀ", "^T", "transposed"], ["⊙", " ⊙ ", "entry by entry"], ["·", " · ", "inner product"], ["Σ", `sum_${step}`, "sum"],
      ["(", "(", "opening bracket"], [")", ")", "closing bracket"], ["+", " + ", "plus"], ["−", " - ", "minus"], !names.has("1") && ["1", "1", "one"],
      has("tanh") && ["I", "I", "identity"], has("tanh") && ["²", "^2", "squared"], has("tanh") && ["diag", "diag(", "diagonal matrix"], has("tanh") && ["tanh", "tanh(", "tanh"],
      has("exp") && ["exp", "exp(", "exponential function"], has("exp") && ["/", " / ", "divided by"], given && ["|", " | ", "given"],
    ].filter(Boolean).map(([sign, text, name]) => tile(sign, name, () => insert(text))));

    const back = () => {
      const { selectionStart: a, selectionEnd: b, value } = field;
      field.setRangeText("", a < b ? a : a - (value.slice(0, a).match(LAST)?.[0].length ?? 0), b, "end");
      done();
    };
    return { groups: [indices, main, signs], back };
  };
})();
