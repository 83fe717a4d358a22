// Several lines: right sides of one left side, each below the other, and lets, which name a letter for the lines below them.
// Each is judged as a line alone; those below the first that is not right are not looked at.
(function (root) {
  if (typeof require === "function") require("./judge.js");
  const unrolled = (root.unrolled ??= {});
  if (typeof require === "function") unrolled.sentences ??= require("./said.json");
  const { all, same } = unrolled.inside, { typing } = unrolled;
  const LET = /^let\b([^=]*?):?=(.*)$/is, NOTHING = /^(?:\\(?:begin|end)\s*\{\w+\}|\\\\|[\s&])*$/;
  const MOST = 500; // nodes that lets bring into a line: as many as the stack of a phone surely bears

  const refuse = (what, name) => {
    throw new unrolled.Mistyped(unrolled.sentences.let[what].replaceAll("{name}", name), 0);
  };

  // Letters that the reader names

  // The letter that a line names, if it is a let, and none of the page; d is that of derivatives.
  function new_name(line, symbols) {
    const head = LET.exec(line)?.[1] ?? "", first = /^[-(\s]*(\\?[A-Za-z]+|\S)/u.exec(head)?.[1];
    const name = typing.words[first] ?? typing.same[first] ?? first;
    return /^(?:[A-Za-z]|\\[A-Za-z]+)$/.test(name) && !["d", "\\partial", "\\frac", "\\hat"].includes(name) && !Object.hasOwn(symbols, name) ? name : undefined;
  }

  const letter = (name, kind, below) => ({ name, kind, shape: [], below, above: 0, means: "", silent: [] });

  // A part of an expression in which named letters are what they stand for; it stands where the letter does.
  function replaced(part, lets, naming) {
    let size = 0;
    const placed = (one, at) => (Array.isArray(one) ? one.map((x) => placed(x, at)) : one?.op ? { ...one, at, parts: placed(one.parts, at) } : one);
    const walk = (one) => {
      if (Array.isArray(one)) return one.map(walk);
      if (!one?.op) return one;
      const { op, at } = one, parts = walk(one.parts), [name, indices] = parts;
      if (op !== "symbol" || !lets.has(name)) return { op, parts, at };
      const found = lets.get(name).find((other) => fits(other.indices, indices));
      if (!found) refuse(name === naming ? "own" : "later", name);
      if ((size += found.size) > MOST) refuse("long", name);
      const bound = found.indices.map((index, k) => [index, indices[k]]).filter(([index]) => index.op === "letter");
      return { op: "where", parts: [bound.map(([index]) => index.parts[0]), bound.map(([, to]) => to), placed(found.node, at), found.kind], at };
    };
    return walk(part);
  }
  // A letter below binds, and a number is itself.
  const fits = (named, used) => named.length === used.length && named.every((one, k) => one.op === "letter" || same(one, used[k]));

  // The first value of an expression that can be computed
  function value_of(judge, node) {
    const loose = unrolled.free(node);
    let unknown;
    for (const check of [...judge.drawn, ...judge.goal.checks])
      for (const step of [2, 1, 3]) {
        const env = { ...Object.fromEntries(loose.map((name) => [name, step])), ...check.at[0].env };
        try {
          return judge.values(judge.context, check.case).value(node, env);
        } catch (error) {
          if (!(error instanceof unrolled.Unknown)) throw error;
          unknown ??= error;
        }
      }
    throw unknown;
  }
  const kind_of = (value) => (typeof value === "number" ? "number" : value.cols === 1 ? "vector" : "matrix");

  // Judges

  // The judge of a goal who knows the letters that the reader has named so far.
  const knowing = (judge, lets, naming) => {
    const own = Object.create(judge), letters = [...lets].map(([name, [one]]) => [name, letter(name, one?.kind ?? "matrix", one?.indices.length ?? 0)]);
    own.symbols = { ...judge.symbols, ...Object.fromEntries(letters) };
    own.named = (part) => replaced(judge.named(part), lets, naming);
    return own;
  };

  // The judge of a letter of the page that a let says anew: by a goal of the page, or by the letter's values.
  function of_letter(judge, left) {
    const { payload, goal } = judge, tex = left.replace(/^-/, ""), whole = judge.named(unrolled.expression(tex, judge.symbols));
    const head = whole.op === "entry" && whole.parts[1].every(({ op }) => op === "letter") ? whole.parts[0] : whole, free = unrolled.free(head);
    const known = head.op !== "entry" && payload.goals.find((one) => one.context === goal.context && new unrolled.Judge(one, payload).asks(tex));
    if (!known && !["symbol", "entry"].includes(head.op)) refuse(head.op === "derivative" ? "value" : "name");
    const checks = goal.checks.map((check) => ({ ...check, at: values_of(judge, check, head, free) })).filter(({ at }) => at.length);
    const own = Object.assign(Object.create(judge), { goal: known || { ...goal, tex, free, sign: 1, plain: [], checks }, head, asks: () => true });
    if (!own.drawn.length) refuse("value");
    if (!known) own.verdict = (node, ...rest) => judge.verdict.call(where_it_has(own, node), node, ...rest);
    return own;
  }

  // A value of a letter for each of its indices in a case
  function values_of(judge, check, head, free) {
    const values = judge.values(judge.context, check.case), { ranges } = judge.context.cases[check.case];
    const range = ([first, last]) => Array.from({ length: last - first + 1 }, (_, k) => first + k);
    const all_of = ([name, ...rest]) => (name ? all_of(rest).flatMap((env) => range(ranges[name] ?? [1, 0]).map((x) => ({ ...env, [name]: x }))) : [{}]);
    return all_of(free).flatMap((env) => {
      const value = known_value(values, head, env);
      if (value === undefined || value === unrolled.IDENTITY) return [];
      return [{ env, value: typeof value === "number" ? { rows: 1, cols: 1, data: [value] } : value }];
    });
  }
  function known_value(values, node, env) {
    try {
      return values.value(node, env);
    } catch (error) {
      if (!unrolled.unclear(error)) throw error;
    }
  }

  // The same judge, at the indices for which a line has a value: behind the last step there is none.
  function where_it_has(judge, node) {
    const first = Object.fromEntries(unrolled.free(node).map((name) => [name, 1])); // of entries
    const has = ({ case: k }, { env }) => known_value(judge.values(judge.context, k), node, { ...first, ...env }) !== undefined;
    const checks = judge.goal.checks.map((check) => ({ ...check, at: check.at.filter((one) => has(check, one)) })).filter(({ at }) => at.length);
    return Object.assign(judge, checks.some(({ kind }) => kind === "drawn") && { goal: { ...judge.goal, checks } });
  }

  // A let of a new letter: read, and computed once. Gives what was read, and the letters that are named from here on.
  function define(judge, lets, name, text, letters) {
    if (/[a-z]/.test(name) && typing.indices.includes(name)) refuse("index", name);
    const at = knowing(judge, new Map([...lets, [name, []]]), name);
    const head = unrolled.expression(unrolled.typedLine(text.slice(0, text.indexOf("=")).replace(/:$/, ""), at.symbols).readings[0], at.symbols);
    const indices = head.op === "entry" ? head.parts[1] : [];
    if (![head, head.parts[0]].some((one) => one.op === "symbol" && one.parts[0] === name) || !indices.every(({ op }) => ["letter", "number", "symbol"].includes(op))) refuse("name");
    const older = lets.get(name).filter((one) => one.indices.length === indices.length && !same(one.indices, indices));
    const own = knowing(judge, new Map([...lets, [name, older]]), name);
    own.symbols[name] = letter(name, older[0]?.kind ?? "matrix", indices.length);
    const said = unrolled.typedLine(text, own.symbols, letters), tex = said.readings[0];
    if (said.asked.length) return [{ ...said, fault: "symbol" }, lets];
    try {
      const node = own.named(unrolled.expression(tex, own.symbols)), kind = kind_of(value_of(own, node));
      return [{ ...said, tex, node, fault: "" }, new Map([...lets, [name, [{ indices, node, kind, size: all(node).length }, ...older]]])];
    } catch (error) {
      if (!(error instanceof unrolled.Misshapen)) throw error;
      return [{ ...said, tex, fault: "shape", error, piece: unrolled.piece(tex, error) }, lets];
    }
  }

  // Lines

  // Each line that is written: its number, what was read, who judges it, and whether it is a let.
  unrolled.written = function* (judge, lines, letters) {
    const texts = lines.map((line) => line.replace(/%.*/, "").trim().replace(/^\\text\{let ?\}/, "let "));
    const names = texts.map((text) => new_name(text, judge.symbols)).filter(Boolean);
    let lets = new Map(names.map((name) => [name, []])), left = "";
    const read = (text) => {
      const own = knowing(judge, lets), is_let = LET.test(text), name = new_name(text, judge.symbols);
      if (!is_let && /^let\b/i.test(text)) refuse("name");
      if (!is_let) {
        const said = unrolled.read(own, text.replace(/^[&\s]*=/, ""), letters);
        left = said.left || left;
        return { judge: Object.assign(own, { left }), said, is_member: is_member(own, left) };
      }
      const told = text.replace(/^let\b/i, "");
      if (name) {
        const [said, more] = define(judge, lets, name, told, letters);
        lets = more;
        return { judge: own, said, is_let };
      }
      if (unrolled.read(own, told.slice(0, told.indexOf("=")), letters).fault) refuse("name");
      const said = unrolled.typedLine(told, own.symbols, letters);
      return { judge: own, said, is_let: !own.asks(said.left.replace(/^-/, "")) };
    };
    for (const [k, text] of texts.entries()) {
      if (NOTHING.test(text)) continue;
      let one;
      try {
        one = read(text);
      } catch (error) {
        if (!unrolled.unclear(error)) throw error;
        one = { judge, said: { fault: "unread", words: error.message, offer: error.offer && `let${error.offer}` } };
      }
      yield { ...one, text, line: k + 1 };
    }
  };

  // Whether a left side is another member of the letter that is asked for at all indices: g_2, or g_t for g_{t-1}
  function is_member(judge, left) {
    const letter_of = (tex) => {
      const { op, parts } = judge.named(unrolled.expression(tex.replace(/^-/, ""), judge.symbols));
      return op === "entry" ? parts[0].parts[0] : parts[0];
    };
    return left !== "" && judge.goal.free.length > 0 && !judge.asks(left.replace(/^-/, "")) && same(letter_of(left), letter_of(judge.goal.tex));
  }

  // What a line is to who judges it.
  function weighed(one) {
    try {
      const anew = (one.is_let && one.said.fault === undefined) || one.is_member;
      const judge = anew ? of_letter(one.judge, one.judge.left || one.said.left) : one.judge, found = { ...one, judge, ...unrolled.weigh(judge, one.said) };
      return one.is_member && found.fault === "" && !judge.goal.free.length ? { ...found, fault: "member" } : found;
    } catch (error) {
      if (!unrolled.unclear(error)) throw error;
      return one.is_member ? { ...one, ...unrolled.weigh(one.judge, one.said) } : { ...one, fault: "unread", words: error.message };
    }
  }

  // What lines are to a goal: what is said of the first that is not right, or of the last; `lines` has those that were judged.
  unrolled.judged = (judge, lines, letters) => {
    const found = [];
    for (const one of unrolled.written(judge, lines, letters)) {
      found.push(weighed(one));
      if (!unrolled.isRight(found.at(-1))) break;
    }
    const last = found.at(-1) ?? { ...unrolled.judge(judge, ""), judge };
    return { ...last, fault: last.is_let && unrolled.isRight(last) ? "let" : last.fault, lines: found };
  };
  // Lines that were judged, each with what was said of it first, as text and as LaTeX: { goal, lines } for each try.
  unrolled.copied = (tries) => {
    const rows = tries.flatMap(({ goal, lines }) => lines.map((one) => ({ ...one, goal: one.said.left || goal.tex, status: unrolled.sentences.status[one.fault || "right"] })));
    const as_text = ({ text, said, is_let, goal, status }) => `${said.left || is_let ? "" : `${goal} = `}${text.replace(/^[&\s]*=\s*/, "")} (${status})`;
    const as_tex = ({ text, tex, is_let, goal, status }) =>
      tex ? `${is_let ? "\\text{let } " : ""}${goal} &= ${tex} && \\text{${status.replace("−J", "$-J$")}} \\\\` : `% ${text} (${status})`;
    return { text: rows.map(as_text).join("\n"), latex: ["\\begin{aligned}", ...rows.map(as_tex), "\\end{aligned}"].join("\n") };
  };
  if (typeof module === "object") module.exports = unrolled;
})(globalThis);
