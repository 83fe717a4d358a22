// Says of a reader's line whether it is what a goal asks for, and if not, what is the first thing to look at.
//
// The goal has its value on some cases, the values of its terms, and of each known mistake two projections. The line that
// is right is not there: what is wrong is found by changing the reader's own line in one place, and seeing whether it
// becomes right.
(function (root) {
  if (typeof require === "function") for (const name of ["layout", "meaning", "values", "typed"]) require(`./${name}.js`);
  const unrolled = (root.unrolled ??= {});
  const SAME = 1e-7;

  // Values

  // A value as a matrix; the identity is as large as what is asked for.
  const sized = (value, { rows, cols }) => {
    if (typeof value === "number") return { rows: 1, cols: 1, data: [value] };
    if (value !== unrolled.IDENTITY) return value;
    if (rows !== cols) throw new unrolled.Misshapen("I is square");
    return { rows, cols, data: Array.from({ length: rows * cols }, (_, k) => Number(k % (cols + 1) === 0)) };
  };
  const size = (value) => Math.max(...value.data.map(Math.abs), 0);
  const shaped = (a, b) => a.rows === b.rows && a.cols === b.cols;
  const same = (a, b) => shaped(a, b) && unrolled.apart(a, b) <= SAME;
  const turned = ({ rows, cols, data }) => ({ rows: cols, cols: rows, data: Array.from({ length: rows * cols }, (_, k) => data[(k % rows) * cols + Math.floor(k / rows)]) });
  const times = (value, factor) => ({ ...value, data: value.data.map((x) => factor * x) });
  const sum = (values) => ({ ...values[0], data: values[0].data.map((_, k) => values.reduce((total, value) => total + value.data[k], 0)) });
  const less = (a, b) => ({ ...a, data: a.data.map((x, k) => x - b.data[k]) });

  // The part of a line that begins where a node stands.
  unrolled.piece = (tex, { at }) => /(?:\\(?:[A-Za-z]+|[{}])|[A-Za-z0-9]|\((?:[^()]|\([^()]*\))*\))?(?:_(?:\{(?:[^{}]|\{[^{}]*\})*\}|.))?(?:\^(?:\{[^{}]*\}|\\[a-z]+|.))?/y.exec(tex.slice(at ?? 0))?.[0] ?? "";

  unrolled.projections = (value) => {
    const found = [0, 0];
    let state = 1;
    for (const x of value.data)
      for (let k = 0; k < 2; k++) {
        state = (state * 48271) % 2147483647;
        found[k] += x * (state / 2147483647 - 0.5);
      }
    return found;
  };

  const unclear = (error) => [unrolled.Unreadable, unrolled.Mistyped, unrolled.Misshapen, unrolled.Unknown].some((kind) => error instanceof kind);

  // Expressions

  const { all, nodes } = unrolled.inside, { free } = unrolled;
  const isNode = (part) => part !== null && typeof part === "object" && "op" in part;

  // A part of an expression, or all of it, with each of its nodes changed in turn: what changed(node, above) gives.
  const everywhere = function* (part, changed, above = []) {
    if (isNode(part)) {
      for (const [kind, other] of changed(part, above)) yield [kind, other, part];
      for (const [kind, inner, at] of everywhere(part.parts, changed, [...above, part])) yield [kind, { ...part, parts: inner }, at];
    } else if (Array.isArray(part)) {
      for (let k = 0; k < part.length; k++)
        for (const [kind, inner, at] of everywhere(part[k], changed, above)) yield [kind, part.map((one, m) => (m === k ? inner : one)), at];
    }
  };

  // The terms of an expression, with their signs.
  const chain = (node, sign = 1) => {
    if (node.op === "add" || node.op === "sub") return [...chain(node.parts[0], sign), ...chain(node.parts[1], node.op === "add" ? sign : -sign)];
    return node.op === "neg" ? chain(node.parts[0], -sign) : [[sign, node]];
  };
  // The TeX of a term: from where it begins to the next sign that stands in no bracket.
  const piece_of = (tex, node) => {
    let depth = 0, end = node.at ?? 0;
    const start = end;
    for (; end < tex.length; end++) {
      const c = tex[end];
      if ("({[".includes(c)) depth++;
      if (")}]".includes(c) && --depth < 0) break;
      if (!depth && "+-".includes(c) && end > start) break;
    }
    return tex.slice(start, end).trim();
  };

  // An expression with one change made wherever the same letter stands.
  const throughout = (part, letter, change) => {
    if (Array.isArray(part)) return part.map((one) => throughout(one, letter, change));
    if (!isNode(part)) return part;
    return spelt(part) === letter ? change : { ...part, parts: throughout(part.parts, letter, change) };
  };
  // What an expression is, wherever it stands
  const spelt = (node) => JSON.stringify(node, (key, value) => (key === "at" ? undefined : value));

  // As plain numbers: nothing is transposed, and no product is of vectors.
  const plain = (part) => {
    if (Array.isArray(part)) return part.map(plain);
    if (!isNode(part)) return part;
    if (part.op === "transpose") return plain(part.parts[0]);
    if (part.op === "function" && part.parts[0] === "diag") return plain(part.parts[1]);
    if (part.op === "symbol" && part.parts[0] === "I") return { op: "number", parts: [1], at: part.at };
    if (part.op === "product") return { ...part, parts: [plain(part.parts[0]), part.parts[1].map((join) => (join === "/" ? join : ""))] };
    return { ...part, parts: plain(part.parts) };
  };

  // The changes that are tried, each with the name of the fault that it mends.
  const number = (x, at) => ({ op: "number", parts: [x], at });
  const moved = (index, by) => ({ op: by > 0 ? "add" : "sub", parts: [index, number(1, index.at)], at: index.at });
  const isSlope = (node) => node && (["sub", "power"].includes(node.op) || (node.op === "product" && node.parts[1].includes("\\odot")));
  const changes = (symbols, letters) =>
    function* (node, above) {
      const slope = above.some((one) => one.op === "sub" && one.parts[0].op === "number") ? "slope" : "";
      if (node.op === "symbol" && symbols[node.parts[0]]) {
        const [name, indices] = node.parts, own = symbols[name];
        for (let k = 0; k < indices.length; k++)
          for (const by of [-1, 1]) yield [slope || "index", { ...node, parts: [name, indices.map((one, m) => (m === k ? moved(one, by) : one))] }];
        for (const other of letters) {
          const it = symbols[other];
          if (other !== name && it.below + it.above === indices.length && it.silent.length === own.silent.length && it.kind === own.kind) yield [slope || "letter", { ...node, parts: [other, indices] }];
        }
        if (indices.length === 0 && own.kind === "index") for (const other of letters) if (other !== name && symbols[other].kind === "index") yield ["index", { ...node, parts: [other, indices] }];
        if (own.kind === "matrix" && above.at(-1)?.op !== "transpose") yield ["transpose", { op: "transpose", parts: [node], at: node.at }];
        if (own.kind === "vector" && own.below) {
          // the difference of two states, for one of them
          const before = { ...node, parts: [name, indices.map((one, m) => (m === indices.length - 1 ? moved(one, -1) : one))] };
          if (slope) yield ["slope", { op: "sub", parts: [node, before], at: node.at }];
        }
      }
      if (node.op === "transpose") yield ["transpose", node.parts[0]];
      if (node.op === "product") {
        const [factors, joins] = node.parts;
        for (let k = 0; k + 1 < factors.length; k++) {
          const swapped = [...factors];
          [swapped[k], swapped[k + 1]] = [factors[k + 1], factors[k]];
          yield ["order", { ...node, parts: [swapped, joins] }];
        }
        for (let k = 0; factors.length > 1 && k < factors.length; k++) {
          const [less, fewer] = [factors.filter((_, m) => m !== k), joins.filter((_, m) => m !== k)];
          yield [isSlope(factors[k]) ? "slope" : "more", less.length === 1 ? less[0] : { ...node, parts: [less, ["", ...fewer.slice(1)]] }];
        }
        for (let k = 1; k < factors.length; k++) {
          const [a, b] = [factors.slice(0, k), factors.slice(k)], grouped = (ways) => ({ op: "product", parts: [b, ["", ...ways]], at: b[0].at });
          if (b.length > 1 && joins.includes("\\odot")) yield ["bracket", { ...node, parts: [[...a, grouped(joins.slice(k + 1))], joins.slice(0, k + 1)] }, b[0]];
          // two columns side by side
          if (!joins[k]) yield ["columns", { ...node, parts: [[...factors.slice(0, k - 1), { op: "product", parts: [[factors[k - 1], b[0]], ["", "\\odot"]], at: factors[k - 1].at }, ...b.slice(1)], [...joins.slice(0, k), ...joins.slice(k + 1)]] }];
        }
        for (let k = 0; k < factors.length; k++) if (isSlope(factors[k])) yield ["slope", { ...node, parts: [factors.map((one, m) => (m === k ? { op: "neg", parts: [one], at: one.at } : one)), joins] }];
      }
      if (node.op === "add" || node.op === "sub") {
        yield ["term", { ...node, op: node.op === "add" ? "sub" : "add" }];
        for (const part of node.parts) yield ["more", part];
      }
      if (node.op === "neg") yield ["term", node.parts[0]];
      if ((node.op === "sum" || node.op === "prod") && node.parts[1].length === 2 && isNode(node.parts[1][0])) {
        const [names, [first, last], test, body] = node.parts;
        for (const by of [-1, 1]) {
          yield ["bound", { ...node, parts: [names, [moved(first, by), last], test, body] }];
          yield ["bound", { ...node, parts: [names, [first, moved(last, by)], test, body] }];
        }
      }
      if (node.op === "function" && ["log", "exp", "tanh"].includes(node.parts[0])) yield ["more", node.parts[1]];
    };

  // What is said of a line for which no value was found
  const vague = ({ fault }) => ["unread", "shape", "entries", "goal"].includes(fault);

  // A goal, with what is needed to judge lines

  class Judge {
    constructor(goal, payload) {
      this.goal = goal;
      this.payload = payload;
      this.context = payload.contexts[goal.context];
      this.draft = goal.draft === null ? null : payload.contexts[goal.draft];
      this.mistakes = payload.mistakes;
      this.symbols = this.context.symbols;
      this.left = ""; // of the lines above
      const made = new Map();
      this.values = (context, k) => {
        const key = context.cases[k];
        if (!made.has(key)) made.set(key, new unrolled.Values({ symbols: context.symbols, ...key }));
        return made.get(key);
      };
    }

    // The value of a line where a check is made; by entries, all of them.
    at(node, context, check, { env, value }, indices = []) {
      const values = this.values(context, check.case);
      if (!indices.length) {
        const found = sized(values.value(node, env), value);
        // a sum of no terms is zero, of any shape
        return found.data.length === 1 && found.data[0] === 0 ? { ...value, data: value.data.map(() => 0) } : found;
      }
      const ranges = indices.length === 1 ? [value.rows * value.cols] : [value.rows, value.cols];
      const data = [];
      for (let i = 1; i <= ranges[0]; i++)
        for (let j = 1; j <= (ranges[1] ?? 1); j++) {
          const one = sized(values.value(node, { ...env, [indices[0]]: i, ...(indices[1] && { [indices[1]]: j }) }), value);
          if (one.data.length > 1) throw new unrolled.Misshapen("an entry is one number");
          data.push(one.data[0]);
        }
      return { rows: value.rows, cols: value.cols, data };
    }

    // An expression in which derivatives of J that have a letter are called by it.
    named(part) {
      if (Array.isArray(part)) return part.map((one) => this.named(one));
      if (!isNode(part)) return part;
      if (part.op === "derivative") {
        const [of, by] = part.parts, whole = by.op === "entry" ? by.parts[0] : by;
        const letter = whole.op === "symbol" && this.context.derivatives[whole.parts[0]];
        const found = { op: "symbol", parts: [letter, whole.parts[1]], at: part.at };
        if (letter && of.op === "symbol" && of.parts[0] === "J") return whole === by ? found : { op: "entry", parts: [found, by.parts[1]], at: part.at };
      }
      return { ...part, parts: this.named(part.parts) };
    }

    // Whether a line is the left side itself, or an entry of it.
    isItself(node) {
      try {
        return spelt(this.named(unrolled.expression(this.goal.tex, this.symbols))) === spelt(node.op === "entry" ? node.parts[0] : node);
      } catch (error) {
        if (unclear(error)) return false;
        throw error;
      }
    }

    // Whether a left side is that of the goal, or of its entries.
    asks(left) {
      const by = (tex) => {
        const whole = unrolled.expression(tex, this.symbols), node = whole.op === "entry" ? whole.parts[0] : whole;
        const named = this.named(node), of = named.op === "derivative" ? named.parts[1] : named;
        return spelt(of.op === "entry" ? of.parts[0] : of);
      };
      try {
        return by(left) === by(this.goal.tex);
      } catch (error) {
        if (unclear(error)) return true;
        throw error;
      }
    }

    // The indices of the entry that a left side names.
    entry(left) {
      try {
        const found = left && all(unrolled.expression(left.replace(/^-/, ""), this.symbols)).find((one) => one.op === "entry");
        return found ? found.parts[1].flatMap((index) => free(index)) : [];
      } catch (error) {
        if (unclear(error)) return [];
        throw error;
      }
    }

    // Whether a line is right in all checks of some kind; an error counts as not.
    holds(node, checks, sign = 1, indices = [], context = this.context, like = same) {
      try {
        return checks.length > 0 && checks.every((check) => check.at.every((one) => like(times(this.at(node, context, check, one, indices), sign), one.value)));
      } catch (error) {
        if (unclear(error)) return false;
        throw error;
      }
    }

    // The checks on cases of some sizes.
    checks(wanted) {
      return this.goal.checks.filter((check) => wanted(this.context.cases[check.case].sizes));
    }

    // A size in its letter, as the sizes of a case all differ.
    size(n) {
      const { sizes } = this.context.cases[this.drawn[0].case];
      return n === 1 ? "1" : Object.keys(sizes).find((name) => sizes[name] === n) ?? String(n);
    }

    // A shape in TeX, for below a letter.
    letters([rows, cols]) {
      const [above, beside] = [rows, cols].map((n) => this.size(n).replace("|V|", "\\lvert V\\rvert"));
      return cols === 1 ? above : `${above} \\times ${beside}`;
    }

    // A shape in words.
    lettered([rows = 1, cols = 1]) {
      if (cols === 1) return rows === 1 ? "a number" : `a column of length ${this.size(rows)}`;
      return rows === 1 ? `a row of length ${this.size(cols)}` : `${this.size(rows)} × ${this.size(cols)}`;
    }

    get drawn() {
      return this.goal.checks.filter((check) => check.kind === "drawn");
    }

    // The verdict on a line that was read: { fault, … }, where "" is none; `entry` has the indices of the left side.
    verdict(node, sign, tex, entry) {
      const known = new Set([...this.goal.free, ...Object.keys(this.symbols)]);
      const loose = free(node).filter((name) => !known.has(name)).sort();
      if (loose.length > 2) return { fault: "unread", words: unrolled.shown(`${loose.join(", ")}: what are they?`) };
      // a letter that stands for a step, and not for an entry
      const entries = new Set(all(node).filter((one) => one.op === "entry").flatMap((one) => one.parts[1].flatMap((index) => free(index))));
      const steps = loose.filter((name) => this.context.ranges.includes(name) && !entries.has(name));
      if (steps.length) return this.open(node, sign, tex, steps[0]) ?? { fault: "open", letter: steps[0] };
      if (loose.length === 2 && this.drawn[0].at[0].value.cols === 1) return this.twoIndices(node, sign, loose);
      // which entry is meant: the left side says it, or each order is tried
      const said = entry.length === loose.length && entry.every((name) => loose.includes(name));
      if (entry.length && !said) return { fault: "open", letter: loose.find((name) => !entry.includes(name)) ?? entry[0] };
      const orders = said ? [entry] : loose.length === 2 ? [loose, [...loose].reverse()] : [loose];
      const found = orders.map((indices) => ({ ...this.judged(node, sign, tex, indices), indices }));
      const best = found.find(unrolled.isRight) ?? found.find((one) => !vague(one)) ?? found[0];
      this.by = best.indices;
      return unrolled.isRight(best) && best.indices !== orders[0] ? { ...best, order: best.indices.join(", ") } : best;
    }

    // A line with two indices for a vector: a sum over one of them may be meant.
    twoIndices(node, sign, loose) {
      const sum = loose.find((letter) => this.holds(this.summed(node, letter), this.drawn, sign, loose.filter((name) => name !== letter)));
      const often = (letter) => all(node).filter((one) => one.op === "letter" && one.parts[0] === letter).length;
      return sum ? { fault: "sum", letter: sum } : { fault: "open", letter: often(loose[0]) > often(loose[1]) ? loose[0] : loose[1] };
    }

    // A line with each term that has a letter summed over it.
    summed(node, letter) {
      const over = ([sign, term]) => {
        const whole = free(term).includes(letter) ? { op: "sum", parts: [[letter], [], [], term], at: term.at } : term;
        return sign < 0 ? { op: "neg", parts: [whole], at: term.at } : whole;
      };
      return chain(node).map(over).reduce((found, term) => ({ op: "add", parts: [found, term], at: found.at }));
    }

    // A letter that takes several values: whether a sum over it is meant, or one of them.
    open(node, sign, tex, letter) {
      if (this.holds(this.summed(node, letter), this.drawn, sign)) return { fault: "sum", letter };
      const own = { op: "letter", parts: [letter] }, sizes = Object.keys(this.context.cases[0].sizes);
      if (!sizes.some((name) => this.holds(throughout(node, spelt(own), { ...own, parts: [name] }), this.drawn, sign))) return undefined;
      return { fault: "index", piece: unrolled.piece(tex, all(node).find((one) => one.op === "symbol" && one.parts[1].some((at) => free(at).includes(letter)))) };
    }

    judged(node, sign, tex, indices) {
      const { goal } = this;
      let drawn = this.drawn;
      const piece = (one) => unrolled.piece(tex, one);
      const right = (checks, s = sign, one = node, like = same) => this.holds(one, checks, s, indices, this.context, like);
      if (right(goal.checks)) return { fault: sign === 1 ? "" : "loss", cases: goal.checks.length };
      const [{ value: { rows, cols } }] = drawn[0].at;
      if ((cols === 1 || rows === cols) && right(drawn, sign, node, (a, b) => same(turned(a), b))) return { fault: cols === 1 ? "row" : "turned" };
      // written out for three steps
      const fixed = [...all(this.head ?? node), ...all(node)].some((one) => ["symbol", "where"].includes(one.op) && one.parts[1].some((at) => at.op === "number" && at.parts[0] === 3));
      const three = fixed ? this.checks((sizes) => sizes.T === 3) : [], others = three.filter((check) => check.kind !== "pencil");
      if (right(three)) return { fault: "three", cases: three.length };
      if (others.length) drawn = others;
      const mend = (kinds) => this.mend(node, sign, indices, drawn, kinds);
      const missing = this.missing(node, indices, drawn);
      if (missing instanceof unrolled.Misshapen) return this.misshapen(node, sign, { error: missing, piece: piece(missing) }, mend);
      if (missing?.members) return this.beyond(node, sign, indices, drawn, { member: missing.members.at(-1), piece: piece(missing) }, mend, piece);
      if (missing) return { fault: "unread", words: missing.message, at: missing.at };
      for (const check of drawn)
        for (const one of check.at) {
          const value = this.at(node, this.context, check, one, indices);
          if (!shaped(value, one.value)) return this.misshapen(node, sign, { shape: [value.rows, value.cols] }, mend);
        }
      if (right(drawn)) return { fault: "edge", edge: goal.checks.find((check) => !right([check])).kind };
      if (right(drawn, -sign)) return { fault: "sign" };
      const small = this.checks((sizes) => sizes.d === 1), single = small.length > 0 && right(small);
      const part = this.partial(node, sign, indices, drawn);
      if (part) return part;
      const mistake = this.known(node, sign, indices, drawn);
      const found = mend();
      const mended = (...kinds) => {
        const one = kinds.flatMap((kind) => found.filter(([name]) => name === kind))[0];
        return one && { fault: single && one[0] === "transpose" ? "one" : one[0], piece: piece(one[2]), mistake };
      };
      const factor = this.factor(node, sign, indices, drawn);
      return (
        mended("index", "bracket", "transpose", "order", "bound", "term", "slope") ??
        (single ? { fault: "one", mistake } : undefined) ??
        (factor ? { fault: "factor", factor, mistake } : undefined) ??
        this.rightly(node, sign, indices, drawn, tex, mistake) ??
        (mistake ? { fault: mistake.fault, mistake, unsure: true } : undefined) ??
        mended("letter", "more") ?? { fault: "different" }
      );
    }

    // Why a line has no value somewhere.
    missing(node, indices, drawn) {
      try {
        for (const check of drawn) for (const one of check.at) this.at(node, this.context, check, one, indices);
      } catch (error) {
        if (unclear(error)) return error;
        throw error;
      }
      return undefined;
    }

    misshapen(node, sign, more, mend) {
      const turned = all(node).some((one) => one.op === "transpose");
      const numbers = this.draft && !turned && this.holds(plain(node), this.goal.plain, sign, [], this.draft);
      if (numbers) return { fault: "plain", ...more };
      if (more.error && mend(["columns"]).length) return { fault: "columns", ...more };
      const entries = more.error && all(node).some(({ op }) => op === "entry");
      return { fault: entries ? "entries" : more.shape ? "goal" : "shape", ...more };
    }

    // A line that needs a letter of a step that is not there: right at the other steps, or with one index changed, or not.
    beyond(node, sign, indices, drawn, more, mend, piece) {
      const [mended] = mend(["index", "bound"]);
      if (mended) return { fault: mended[0], piece: piece(mended[2]) };
      const there = (check, one) => !this.missing(node, indices, [{ ...check, at: [one] }]);
      const others = drawn.map((check) => ({ ...check, at: check.at.filter((one) => there(check, one)) })).filter((check) => check.at.length);
      const right = this.holds(node, others, sign, indices), first = drawn.flatMap((check) => check.at.filter((one) => !there(check, one)))[0];
      return { fault: right ? "reach" : "beyond", where: Object.entries(first.env).map(([name, n]) => `${name.replace("\\ell", "l")} = ${n}`).join(", "), ...more };
    }

    // Whether the line is some of the terms.
    partial(node, sign, indices, drawn) {
      const several = drawn.flatMap((check) => check.at.filter((one) => one.terms?.length > 1).map((one) => [check, one]));
      const is = (of) => several.length > 0 && several.every(([check, one]) => of(times(this.at(node, this.context, check, one, indices), sign), one));
      if (is((value, one) => one.terms.some((term) => same(value, term)))) return { fault: "part" };
      const some = (value, { terms }) => {
        if (terms.length > 5) return terms.some((term) => same(value, less(sum(terms), term)));
        return Array.from({ length: 2 ** terms.length - 2 }, (_, k) => terms.filter((_, m) => (k + 1) & (1 << m))).some((chosen) => same(value, sum(chosen)));
      };
      return is(some) ? { fault: "rest" } : null;
    }

    // The terms of the line that are right, and the first that is not.
    rightly(node, sign, indices, drawn, tex, mistake) {
      const own = chain(node);
      if (own.length < 2) return undefined;
      const is = ([s, term]) => drawn.every((check) => check.at.every((one) => {
        if (!one.terms) return false;
        const value = times(this.at(term, this.context, check, one, indices), s * sign);
        return shaped(value, one.value) && (one.terms.some((other) => same(value, other)) || same(value, less(one.value, one.terms[0])));
      }));
      const good = own.filter(is), bad = own.find((one) => !good.includes(one));
      return good.length && bad ? { fault: "terms", rightly: good.map(([s, term]) => `${s < 0 ? "-" : ""}${piece_of(tex, term)}`), piece: piece_of(tex, bad[1]), mistake } : undefined;
    }

    // The single changes that make the line right: [kind, line, where].
    mend(node, sign, indices, drawn, kinds) {
      const letters = Object.keys(this.symbols).filter((name) => name in this.context.cases[0].letters);
      const [first, ...rest] = drawn, found = [], until = Date.now() + 400;
      const single = [...everywhere(node, changes(this.symbols, letters))];
      const seen = all(node).filter((one) => one.op === "symbol").map((one) => [spelt(one), one]);
      const twice = seen.filter(([name], k) => seen.findIndex(([other]) => other === name) < k);
      for (const [name, one] of new Map(twice.map((pair) => [pair[0], pair])).values()) {
        const above = all(node).find((sub) => sub.op === "sub" && sub.parts[0].op === "number" && all(sub).some((part) => spelt(part) === name));
        for (const [kind, change] of changes(this.symbols, letters)(one, above ? [above] : [])) single.push([kind, throughout(node, name, change), one]);
      }
      for (const [kind, other, at] of single.filter(([kind]) => !kinds || kinds.includes(kind))) {
        if (this.holds(other, [first], sign, indices) && this.holds(other, rest, sign, indices)) found.push([kind, other, at]);
        if (Date.now() > until) break;
      }
      return found;
    }

    // The known mistake that the line is, if one.
    known(node, sign, indices, drawn) {
      let names = null;
      for (const check of drawn)
        for (const one of check.at) {
          if (!one.mistakes) continue;
          const own = unrolled.projections(times(this.at(node, this.context, check, one, indices), sign));
          const here = Object.keys(one.mistakes).filter((k) => one.mistakes[k].every((x, m) => Math.abs(x - own[m]) <= SAME * Math.max(Math.abs(x), 1)));
          names = names ? names.filter((k) => here.includes(k) || !(k in one.mistakes)) : here;
        }
      return names?.length ? this.mistakes[names[0]] : null;
    }

    // The number that the right value has to be multiplied by, the same in all cases.
    factor(node, sign, indices, drawn) {
      let found = null;
      for (const check of drawn)
        for (const one of check.at) {
          const value = times(this.at(node, this.context, check, one, indices), sign);
          const k = one.value.data.findIndex((x) => Math.abs(x) === size(one.value));
          found ??= value.data[k] / one.value.data[k];
          if (Math.abs(found) < SAME || !Number.isFinite(found) || !same(value, times(one.value, found))) return null;
        }
      return found;
    }

    // What the letters of a line are in a case: [letter, value].
    numbers(node, k, env) {
      const values = this.values(this.context, k), found = new Map();
      const named = (one) => (one.op === "where" ? [one] : [one, ...nodes(one.parts).flatMap(named)]); // not what it stands for
      for (const one of named(node))
        if ((one.op === "where" || (one.op === "symbol" && one.parts[0] in this.context.cases[k].letters)) && free(one).every((name) => name in env)) found.set(spelt(one), [one, values.value(one, env)]);
      return [...found.values()].filter(([, value]) => value !== unrolled.IDENTITY);
    }

    // A case in numbers: where, which entry, yours, and right; the one by pencil, if the line is wrong there.
    small(node, sign, indices = this.by) {
      for (const check of [...this.goal.checks.filter((one) => one.kind === "pencil"), ...this.drawn])
        for (const one of check.at) {
          let value;
          try {
            value = times(this.at(node, this.context, check, one, indices), sign);
          } catch {
            continue;
          }
          if (!shaped(value, one.value) || same(value, one.value)) continue;
          const far = less(value, one.value).data.map(Math.abs), k = far.indexOf(Math.max(...far));
          const entry = one.value.cols === 1 ? String(k + 1) : `(${Math.floor(k / one.value.cols) + 1}, ${(k % one.value.cols) + 1})`;
          return { kind: check.kind, numbers: this.numbers(node, check.case, one.env), sizes: this.context.cases[check.case].sizes, env: one.env, entry: one.value.data.length > 1 ? entry : "", yours: value.data[k], right: one.value.data[k] };
        }
      return null;
    }
  }

  // A right side that is written as the book prints it; nothing, if it is not.
  const printed = (text, symbols) => {
    const tex = text.slice(text.lastIndexOf("=") + 1).trim();
    if (tex.length > unrolled.typing.longest) return;
    try {
      const letters = all(unrolled.expression(tex, symbols)).filter(({ op }) => op === "letter");
      // dots are no letter, nor is what the page does not know
      if (!letters.every(({ parts: [name] }) => name === "\\ell" || unrolled.typing.indices.includes(name))) return;
      return { readings: [tex], notes: [], asked: [], left: "" };
    } catch (error) {
      if (!unclear(error)) throw error;
    }
  };

  // What a line says, as TeX, or why it cannot be read. `letters` has what the reader said that an unknown name means.
  unrolled.read = (judge, text, letters = {}) => {
    try {
      return unrolled.typedLine(text, judge.symbols, letters);
    } catch (error) {
      if (!unclear(error)) throw error;
      return printed(text, judge.symbols) ?? { fault: "unread", words: error.message, at: error.at, offer: error.offer };
    }
  };

  // What a line that was read is to a goal.
  unrolled.weigh = (judge, said) => {
    if (said.fault !== undefined) return said;
    if (said.asked?.length) return { ...said, fault: "symbol" };
    const left = said.left || judge.left, sign = left.startsWith("-") ? -1 : left ? 1 : judge.goal.sign;
    if (left && !judge.asks(left.replace(/^-/, ""))) return { ...said, fault: "other" };
    let best = null;
    for (const tex of said.readings) {
      let found;
      try {
        const node = judge.named(unrolled.expression(tex, judge.symbols));
        if (all(node).some(({ op }) => op === "derivative")) return { ...said, tex, fault: "chain" };
        if (judge.isItself(node)) return { ...said, tex, fault: "itself" };
        found = { ...judge.verdict(node, sign * judge.goal.sign, tex, judge.entry(left)), node, sign: sign * judge.goal.sign };
      } catch (error) {
        if (!unclear(error)) throw error;
        found = { fault: "unread", words: error.message, at: error.at };
      }
      found = { ...said, ...found, tex };
      if (RIGHT.includes(found.fault)) return found;
      if (!best || (vague(best) && !vague(found))) best = found;
    }
    return best;
  };
  unrolled.judge = (judge, text, letters) => unrolled.weigh(judge, unrolled.read(judge, text, letters));
  const RIGHT = ["", "row", "three", "loss", "member"];
  Object.assign(unrolled, { Judge, unclear });
  unrolled.isRight = (found) => RIGHT.includes(found.fault);
  if (typeof module === "object") module.exports = unrolled;
})(globalThis);
