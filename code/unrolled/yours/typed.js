// What students write, as TeX of the book's language: the same as typed.py, word for word, by the tables of
// typing.js.
(function (root) {
  const unrolled = (root.unrolled ??= {});
  if (!unrolled.typing && typeof require === "function") require("./typing.js");
  const TABLE = unrolled.typing;
  const maps = (...names) => names.map((name) => new Map(Object.entries(TABLE[name])));
  const [SAME, WORDS, FUNCTIONS, CALLS, SUBSCRIPTS, LETTERS] =
    maps("same", "words", "functions", "calls", "subscripts", "letters");
  const [KINDS, PRODUCTS, JOINS, FAMILIES, COUNTED] = maps("kinds", "products", "joins", "families", "counted");
  const [ENDS, SKIP, DRESS, MODULES] = ["ends", "skip", "dress", "modules"].map((name) => new Set(TABLE[name]));
  const TRANSPOSING = new Set(TABLE.transposing), INDICES = TABLE.indices;
  const BRACKETS = { "(": ")", "[": "]", "{": "}" };
  const opens = (text) => Object.hasOwn(BRACKETS, text), closes = (text) => [")", "]", "}"].includes(text);
  const turn = (text) => opens(text) - closes(text);
  const JOINING = new Set(["=", "from", "to", "until", "\\in", "\\dots", ",", ":"]); // in a range
  const OPENING = new Set(["^", "_", "\\frac", "}", "\\sqrt"]); // what stands before an argument
  const WORD = "\\\\?[A-Za-z]+", NEEDING = new Set([...TABLE.joining, "+", "-", "="]);
  const CALLED = new Set([...FUNCTIONS.keys(), ...WORDS.keys(), ...CALLS.keys(), ..."_^sPp", "\\sigma"]);
  const MARKS = new Set([...ENDS, ...TABLE.joining, "(", "[", "{", "/"]);
  const CLOSED = 100; // in a line of so many signs, a place for a bracket is looked for
  const CHOICE = 0xe000; // signs from here on stand for choices between signs
  const COMBINED = 32; // of so many choices all combinations are readings

  const is = (pattern, text) => new RegExp(`^(?:${pattern})$`, "u").test(text);
  const after = (text, sign) => text.slice(text.indexOf(sign) + 1);
  const bare = (name) => name.replace(/^\\+/, "");
  const filled = (told, parts) => parts.reduce((all, part, k) => all.replaceAll(`%${k + 1}`, () => `${part}`), told);
  const say = (what, ...parts) => filled(TABLE.said[what], parts.map((part) => shown(part) || "∖"));
  const text = (line) => line.map((one) => one.text);

  class Mistyped extends Error {
    constructor(said, at, offer = "") {
      super(said);
      this.at = at;
      Object.defineProperty(this, "offer", { get: () => (typeof offer === "function" ? offer() : offer) }); // not at each key
    }
  }

  // From signs to tokens

  function signs(written) {
    const found = [];
    let script = "";
    written.forEach((char, at) => {
      const now = TABLE.above.includes(char) ? "^" : TABLE.below.includes(char) ? "_" : "";
      if (now !== script) {
        if (script) found.push(["}", at]);
        if (now) found.push([now, at], ["{", at]);
        script = now;
      }
      if (TABLE.nothing.includes(char)) return;
      const plain = char.normalize("NFKC");
      for (const one of plain.indexOf("⁄") > 0 ? ` ${plain} ` : plain) found.push([one, at]);
    });
    return script ? [...found, ["}", written.length]] : found;
  }

  function tokens(written) {
    const found = signs(written), places = found.flatMap(([char, at]) => Array(char.length).fill(at));
    const raw = [], out = [];
    let end = 0, gap = false;
    for (const one of found.map(([char]) => char).join("").matchAll(new RegExp(TABLE.token, "gu"))) {
      raw.push({ text: SAME.get(one[0]) ?? one[0], at: places[one.index], gap: one.index > end });
      end = one.index + one[0].length;
    }
    for (let k = 0; k < raw.length;) {
      const { text: told, at, gap: own } = raw[k], behind = out.at(-1)?.text ?? "";
      const dressed = DRESS.has(told) || told === "\\hat", block = told === "\\begin" || told === "\\end";
      gap ||= own;
      k += dressed;
      const lone = raw[k]?.text === "{" && raw[k + 2]?.text === "}";
      if (block || SKIP.has(told)) {
        k += block ? 4 : 1;
        gap = true;
      } else if (lone && (dressed || !OPENING.has(behind))) {
        out.push({ text: (told === "\\hat" ? told : "") + raw[k + 1].text, at, gap });
        k += 3;
        gap = false;
      } else if (told === "\\hat" && k < raw.length) {
        out.push({ text: told + raw[k].text, at, gap });
        k += 1;
        gap = false;
      } else if (!dressed) {
        out.push({ text: told, at, gap });
        k += 1;
        gap = false;
      }
    }
    return out;
  }

  function unclosed(written, line) {
    const opened = [], last = () => BRACKETS[opened.at(-1).text];
    for (const { text: told, at } of line) {
      if (opens(told)) opened.push({ text: told, at });
      else if (closes(told)) {
        if (!opened.length || last() !== told) {
          const offer = [...written.slice(0, at), opened.length ? last() : "", ...written.slice(at + 1)];
          throw new Mistyped(say("unopened", told), at, offer.join(""));
        }
        opened.pop();
      }
    }
    return opened;
  }

  // TeX, what it is (n a number, v a column, r a row, m a matrix, ? unknown), and how it is built.
  const [SUM, PRODUCT, ATOM, WHOLE] = [0, 1, 2, 3];
  const piece = (tex, kind, level = ATOM) => ({ tex, kind, level });
  const fenced = ({ tex, level }, least = PRODUCT) => (level >= least ? tex : `(${tex})`);
  const unfenced = ({ tex, level }) => (level === WHOLE && tex[0] === "(" ? tex.slice(1, -1) : tex);
  const shown = (tex) => Object.entries(TABLE.shown).reduce((all, [name, sign]) => all.replaceAll(name, sign), `${tex}`)
    .replace(/\{?\\text\{(\w+)\}\}?/g, "$1").replaceAll("\\", "");
  const turned = (kind) => ({ v: "r", r: "v" })[kind] ?? kind;
  const braced = (index) => (/^(?:\w|\\[a-z]+)$/.test(index) ? index : `{${index}}`);

  function raised(one, above) {
    const top = above === "\\top";
    let base = one.level === ATOM ? `{${one.tex}}` : fenced(one);
    if (one.level === PRODUCT) base = `(${one.tex})`;
    return piece(`${base}^${top ? above : braced(above)}`, top ? turned(one.kind) : one.kind);
  }

  function printed(name) {
    const cut = name.indexOf("_"), base = (cut < 0 ? name : name.slice(0, cut)).replace(/^\\hat(?=\w)/, "\\hat ");
    const below = cut < 0 ? "" : name.slice(cut + 1);
    if (!below) return base === "|V|" ? "\\lvert V\\rvert" : base;
    return below.length === 1 ? `${base}_${below}` : `${base}_{\\text{${below}}}`;
  }

  function pieces(line, ...at) {
    const found = [[]], cut = [];
    let depth = 0;
    for (const one of line) {
      depth += turn(one.text);
      if (at.includes(one.text) && !depth) {
        found.push([]);
        cut.push(one.text);
      } else found.at(-1).push(one);
    }
    return [found, cut];
  }

  const likeIndex = (texts) => texts.length > 0 && texts.every((x) =>
    ["-", "+", ",", ":", "_", "{", "}"].includes(x) || is("[0-9]+", x) || x.length < 3 && [...x].every((y) => INDICES.includes(y)));
  // A word that stands for its number, as in P(w_j | w_c) and P(u_j | v_c)
  const word = (line) => {
    const told = /^[uvw]_?\{?([a-z])\}?$/.exec(text(line).join(""));
    return told ? [{ ...line[0], text: told[1] }] : line;
  };
  const named = (tex) => tex.replace(/\\text\{(\w+)\}|[{}]/g, (_, word) => word ?? "");

  class Writer {
    constructor(written, symbols, names) {
      this.text = written;
      this.known = new Map(Object.entries(symbols));
      this.names = new Map(Object.entries(names));
      this.line = tokens(written);
      const opened = unclosed(written, this.line);
      if (opened.length) {
        const offer = () => closed(this, opened, (line) => new Writer(line, symbols, names));
        this.fail(say("unclosed", opened.at(-1).text), opened.at(-1).at, offer);
      }
      this.numpy = this.line.some((one) => one.text === "@");
      Object.assign(this, { i: 0, notes: [], asked: [], choices: [], used: [], depth: 0 });
      // sums of what is not alike; letters that count the words that are drawn; the letters of the sums that are open
      Object.assign(this, { mixed: 0, drawing: ["k"], open: [] });
      this.usual = Object.entries(TABLE.usual).find(([size]) => !size || this.known.has(size))[1];
      this.drawn = [...this.known].find(([, one]) => one.kind === "index" && one.below)?.[0] ?? "";
    }

    // Tokens

    peek(ahead = 0) {
      return this.line[this.i + ahead]?.text ?? "";
    }

    near(ahead = 0) {
      const one = this.line[this.i + ahead];
      return Boolean(one && !one.gap);
    }

    at() {
      return this.line[this.i]?.at ?? this.text.length;
    }

    ended() {
      const size = [0, 1, 2].map((k) => this.peek(k)).join(" ") === "| V |";
      return !this.peek() || ENDS.has(this.peek()) && !size;
    }

    sides() {
      const found = [this.sum()];
      while (this.take("=")) {
        if (!this.peek()) this.fail(say("sides"));
        found.push(this.sum());
      }
      if (this.peek() === ",") {
        if (this.peek(1)) this.note("behind", this.at());
      } else if (this.peek()) this.fail(say("unexpected", this.peek()));
      return found;
    }

    take(...texts) {
      const told = this.peek();
      if (!told || texts.length && !texts.includes(told)) return "";
      this.i += 1;
      return told;
    }

    group() {
      const start = this.i;
      let depth = 0, told;
      while ((told = this.take())) {
        depth += turn(told);
        if (depth <= 0) break;
      }
      const found = this.line.slice(start, this.i);
      return found.length && opens(found[0].text) ? found.slice(1, -1) : found;
    }

    texts() {
      const start = this.i, found = text(this.group());
      this.i = start;
      return found;
    }

    withoutShape() {
      const k = this.line.findIndex((one, n) =>
        ["length", "shape"].includes(one.text) && this.line.at(n - 1).text === "(");
      if (k >= 0) this.line = this.line.slice(0, k - 1);
    }

    inner(line) {
      const [whole, start, end] = [this.line, this.i, this.at()];
      [this.line, this.i] = [[...line, { text: "", at: end, gap: false }], 0];
      const found = this.sum();
      if (this.peek()) this.fail(say("unexpected", this.peek()));
      [this.line, this.i] = [whole, start];
      return found;
    }

    fail(said, at = this.at(), offer = "") {
      throw new Mistyped(said, at, offer);
    }

    offer(start, sign, end) {
      return [...this.text.slice(0, start), sign, ...this.text.slice(end)].join("");
    }

    // What cannot be read, with the indices that this page has
    lead(what, at, part = "", offer = "") {
      this.fail(say(what, ...this.usual, part), at, offer);
    }

    // A name that the page does not have, with those that it has
    unknown(name, at) {
      const own = [...this.known].filter(([x, one]) => ["vector", "matrix", "number", "function"].includes(one.kind) && x !== "\\sigma");
      const lower = this.known.get(name.toLowerCase());
      if (is("[A-Z]", name) && lower?.below && lower.kind === "vector") this.fail(say("family", name, lower.name), at);
      this.fail(say("name", name, own.map(([x]) => x).join(", ")), at);
    }

    note(what, at, ...parts) {
      const said = say(what, ...parts);
      if (!this.notes.some((other) => other.said === said)) this.notes.push({ said, at });
    }

    ask(name, at, offered) {
      name = shown(name);
      if (this.names.has(name)) return this.names.get(name);
      if (!this.asked.some((one) => one.name === name)) this.asked.push({ name, at, offered });
      return offered[0];
    }

    // Expressions

    sum() {
      const place = this.at(), found = [];
      let sign = this.take("+", "-");
      for (;;) {
        found.push([sign, this.product()]);
        sign = this.take("+", "-");
        if (this.peek() === "\\dots") this.lead("dots");
        if (!sign) break;
      }
      if (found.length === 1 && found[0][0] !== "-") return found[0][1];
      const kind = found.find(([, one]) => one.kind !== "n")?.[1].kind ?? "n";
      this.mixed += new Set(found.flatMap(([, one]) => (one.tex === "1" ? [] : [one.kind]))).size > 1;
      let tex = "";
      for (const [own, one] of found) {
        let told = one.tex;
        if (kind === "m" && told === "1") {
          told = "I";
          this.note("one", place);
        }
        tex += tex ? ` ${own} ${told}` : (own === "-" ? "-" : "") + told;
      }
      return piece(tex, kind, SUM);
    }

    product() {
      let found = null, join = "", place = 0, last = this.factor();
      while (!this.ended()) {
        const at = this.at();
        let told = this.take(...TABLE.joining, "/", "\\dots");
        if (told === "." && !this.peek()) break;
        if (told === "." && this.peek() === "dot" && this.peek(1) === "(") {
          this.i += 1;
          told = "@";
        }
        if (told && this.ended() && this.peek() !== "-") {
          if (told === "\\dots") this.lead("dots", at);
          this.fail(say("behind_sign", told), at);
        }
        if (this.peek() === "T" && !told && ["v", "m"].includes(last.kind))
          this.fail(say("transpose"), at, this.offer(this.line[this.i - 1].at + 1, "^T", at + 1));
        if (told === "/") {
          last = piece(`\\frac{${unfenced(last)}}{${unfenced(this.factor(true))}}`, last.kind);
          continue;
        }
        found = found ? this.joined(found, last, join, place) : last;
        const sign = this.take("-");
        [join, place, last] = [told, at, this.factor()];
        if (sign) last = piece(`(-${last.tex})`, last.kind, WHOLE);
        if (["*", "\\odot", "\\cdot"].includes(told) && found.kind + last.kind === "vm") last = this.grouped(last, at);
      }
      return found ? this.joined(found, last, join, place) : last;
    }

    grouped(found, at) {
      while (found.kind === "m" && !this.ended()) {
        const place = this.at(), told = this.take("@", ...(this.numpy ? [] : ["*"]));
        if (!told && [...TABLE.joining, "/", "\\dots"].includes(this.peek())) break;
        found = this.joined(found, this.factor(), told, place);
      }
      if (this.numpy) this.note("grouped", at);
      return piece(`(${found.tex})`, found.kind, WHOLE);
    }

    joined(a, b, join, at) {
      const kinds = a.kind + b.kind;
      if (join === "\\otimes") return piece(`${a.tex} ${b.kind === "r" ? b.tex : raised(b, "\\top").tex}`, "m", PRODUCT);
      if (join === "@" && kinds === "vm") {
        this.note("numpy", at, a.tex, b.tex);
        return piece(`${raised(b, "\\top").tex} ${fenced(a, ATOM)}`, "v", PRODUCT);
      }
      let signs = join === "\\dots" ? [join] : [""];
      if (!kinds.includes("n")) {
        const told = JOINS.get(join === "*" && this.numpy ? "@*" : join) ?? {};
        signs = told[kinds] ?? (kinds.includes("?") ? told["?"] : undefined) ?? signs;
      } else if (!join && kinds === "nn" && is("[0-9]", b.tex[0])) signs = ["\\cdot"];
      let sign = signs[0].replaceAll("dots", "cdots");
      if (signs.length > 1) {
        this.choices.push(signs);
        sign = String.fromCharCode(CHOICE + this.choices.length - 1);
      }
      let kind;
      if (kinds.includes("n")) kind = kinds.replace("n", "");
      else if (signs[0] === "\\odot") kind = kinds.replaceAll("?", "")[0] ?? "?";
      else kind = kinds === "vv" && signs[0] ? "n" : PRODUCTS.get(kinds) ?? "?";
      return piece(`${a.tex} ${sign}${sign && " "}${b.tex}`, kind, PRODUCT);
    }

    factor(alone = false) {
      this.depth += 1;
      if (this.depth > TABLE.deepest) this.fail(say("deep"));
      const at = this.at();
      if (!this.peek()) this.fail(say("factor"));
      const slash = this.slash();
      if (!slash) this.begin();
      let found;
      if (opens(this.peek())) found = this.bracket();
      else if (slash) found = this.derivative();
      else {
        const told = this.take();
        if (told === "|" && this.peek() === "V" && this.peek(1) === "|") {
          this.i += 2;
          found = piece("\\lvert V\\rvert", "n");
        } else if (/^[0-9]/.test(told)) found = this.number(told);
        else if (told === "\\sum" || told === "\\prod") found = this.big(told, at, alone);
        else if (told === "\\nabla") found = this.gradient(at);
        else if (told === "\\frac") found = this.fraction(at);
        else if (FUNCTIONS.has(told)) found = this.function(told, at);
        else if (CALLS.has(told) && opens(this.peek())) found = this.call(CALLS.get(told), told, at);
        else if (is("[A-Za-z]|\\\\[A-Za-z]+", told)) found = this.symbol(told, at);
        else if (is("[A-Za-z]+", told)) this.unknown(told, at);
        else this.fail(/^[^\\\u0080-\u{10ffff}]/u.test(told) ? say("factor") : say("sign", told), at);
      }
      this.depth -= 1;
      return this.scripted(found);
    }

    begin() {
      if (MODULES.has(this.peek()) && this.peek(1) === ".") {
        this.i += 2;
        while (["linalg", "functional", "nn", "special", "F"].includes(this.peek()) && this.peek(1) === ".") this.i += 2;
        if (!this.peek()) this.fail(say("factor"));
      }
      const one = this.line[this.i], word = WORDS.get(one.text) ?? one.text;
      if (word !== one.text) this.line.splice(this.i, 1, { ...one, text: word });
      if (!is("[A-Za-z]{2,}", word) || FUNCTIONS.has(word) || CALLS.has(word)) return;
      const base = word[0], rest = word.slice(1);
      const texts = [...this.known.keys()].filter((x) => x.startsWith(base + "_")).map((x) => after(x, "_"));
      let cut;
      const worded = rest.length > 1 || !this.known.has(rest) && !INDICES.includes(rest);
      if (worded && (texts.some((x) => x.startsWith(rest)) || texts.includes(SUBSCRIPTS.get(rest))))
        cut = [base, "_", rest];
      else if (word.startsWith("log")) cut = ["log", word.slice(3)];
      else if (word.length < 4 && [...word].every((x) => this.known.has(x) || INDICES.includes(x) || x === "W")) {
        cut = [...word];
        const at = one.at + word.indexOf("T", 1);
        if (rest.includes("T")) this.fail(say("transpose"), at, this.offer(at, "^T", at + 1));
      } else return;
      const made = cut.map((x, k) => ({
        text: x, at: one.at + cut.slice(0, k).join("").replaceAll("_", "").length, gap: k === 0 && one.gap,
      }));
      this.line.splice(this.i, 1, ...made);
      if (cut[0] === "log") this.begin();
    }

    number(told) {
      if (["[", "(", "_"].includes(this.peek()) && told === "1") {
        const start = this.i;
        this.take("_");
        if (this.texts().includes("=")) return this.bracket();
        this.i = start;
      }
      const [whole, part] = told.split(".");
      return part ? piece(`\\frac{${(whole + part).replace(/^0+(?=.)/, "")}}{1${"0".repeat(part.length)}}`, "n") : piece(told, "n", WHOLE);
    }

    bracket() {
      const place = this.at(), line = this.group();
      if (!line.length) this.fail(say("factor"), place + 1);
      const [sides, cut] = pieces(line, "=", "\\ne");
      if (cut.length === 1 && sides.every((side) => side.length)) {
        const [a, b] = sides.map((side) => this.inner(side).tex);
        return this.compared(a, cut[0], b, place);
      }
      const found = this.inner(line);
      return found.level === WHOLE || found.tex === "1" ? found : piece(`(${found.tex})`, found.kind, WHOLE);
    }

    // A condition; c is the observed word where the page has it in y alone
    compared(a, sign, b, at) {
      const y = this.known.get("y"), other = b === "c" ? a : b;
      const free = sign === "=" && [a, b].includes("c") && !this.known.has("c") && !this.open.includes("c");
      if (free && y?.kind === "vector" && !y.below && likeIndex([other])) {
        this.note("observed", at);
        return piece(`y_${braced(other)}`, "n");
      }
      return piece(`[${a} ${sign} ${b}]`, "n");
    }

    // What is 1 for one word and 0 for all others: δ_jo, and y_j where o is it
    indicated(base, at) {
      const start = this.i, { known } = this;
      if (!this.take("_") || base === "y" && !(known.has("o") && known.has("P"))) {
        this.i = start;
        return null;
      }
      const own = [...this.group(), ...this.behind()];
      if (likeIndex(text(own))) {
        const found = [...this.indices(own), ...(base === "y" ? ["o"] : [])];
        const whole = `${base}_${braced(text(own).join(""))}`, told = found.length === 2 ? `[${found[0]} = ${found[1]}]` : "";
        const loose = !found.some((x) => this.open.includes(x)) && found.every((x) => ["i", "j", "m", "n"].includes(x));
        if (told && !known.has(base)) {
          this.note("read", at, whole, told);
          return this.compared(found[0], "=", found[1], at);
        }
        const last = this.line[this.i - 1];
        if (told && loose) this.fail(say("kronecker", whole, told), at, this.offer(at, told, last.at + last.text.length));
      }
      this.i = start;
      return null;
    }

    // Scripts

    scripts(family = false) {
      const below = [], above = [];
      for (;;) {
        const place = this.at(), sign = this.take("_", "^"), top = { text: "\\top", at: place, gap: false };
        if (sign) {
          if (["_", "^"].includes(this.peek()) || this.ended())
            this.lead(sign === "_" ? "index" : "above", place + 1, "", sign === "_" && family ? this.offer(place + 1, this.usual[0], place + 1) : "");
          const start = this.i;
          this.splitScript(sign, family);
          const own = this.group();
          if (!own.length) this.lead("index", place + 1);
          if (sign === "^") above.push(this.line[start].text === "(" ? this.line.slice(start, this.i) : own);
          else {
            const short = family && this.i === start + 1 && own[0].text.length === 1;
            const shift = short ? this.shift(this.line[start - 2]) : [];
            below.push([...own, ...shift, ...(this.line[start].text === "{" ? [] : this.behind())]);
          }
        } else if (this.peek() === "\\top" || this.peek() === "'" && this.near()) {
          above.push([top]);
          this.i += 1;
        } else if (this.peek() === "." && TRANSPOSING.has(this.peek(1)) && this.near(1)) {
          above.push([top]);
          this.i += 2;
          if (this.peek() === "(" && !this.texts().length) this.group();
        } else if (this.peek() === "[" && this.near() && this.texts().some((x) => ["None", "newaxis"].includes(x))) {
          if (this.group()[0].text !== ":") above.push([top]);
        } else if (this.peek() === "." && this.peek(1) === "reshape") {
          this.i += 2;
          if (this.group()[0]?.text === "1") above.push([top]);
        } else if (["transposed", "transpose"].includes(this.peek()) && !opens(this.peek(1))) {
          above.push([top]);
          this.i += 1;
        } else if (this.peek() === "[" && this.near() && likeIndex(this.texts())) below.push(this.group());
        else return [below, above];
      }
    }

    splitScript(sign, family) {
      const one = this.line[this.i], told = one.text;
      const cut = sign === "^" ? is("T[A-Za-z]+", told) && told !== "Tr"
        : family && is("[a-z][A-Za-z]+", told) && INDICES.includes(told[0]) && !likeIndex([told]);
      if (cut) this.line.splice(this.i, 1, { ...one, text: told[0] }, { text: told.slice(1), at: one.at + 1, gap: false });
    }

    shift(base, said = true) {
      const close = ["-", "+"].includes(this.peek()) && this.near() && this.near(1);
      const index = this.line[this.i - 1], signed = ["-", "+"].includes(this.peek()) && ["1", "2"].includes(this.peek(1));
      if (signed && ["^", "'", "\\top"].includes(this.peek(2)) && !close) {
        const whole = index.text + this.peek() + this.peek(1);
        this.fail(say("minus", whole), index.at, this.offer(index.at, `{${whole}}`, this.line[this.i + 1].at + 1));
      }
      if (!close || !["1", "2"].includes(this.peek(1))) return [];
      const found = this.line.slice(this.i, this.i + 2);
      this.i += 2;
      const told = `${base.text}_{${index.text}${found[0].text}${found[1].text}}`;
      const written = this.text.slice(base.at, found[1].at + 1).join("");
      if (said) this.note("read", base.at, written, told);
      return found;
    }

    // The entries behind a comma without braces, as in W_unembed,ij and δ_t,i
    behind() {
      const start = this.i, next = () => this.peek(1);
      while (this.peek() === "," && this.near() && this.near(1) && is("[a-z]{1,2}", next()) && likeIndex([next()]) && !["_", "=", "("].includes(this.peek(2)))
        this.i += 2;
      return this.line.slice(start, this.i);
    }

    scripted(found, [below, above] = this.scripts()) {
      for (const own of below) {
        const base = found.level === WHOLE && found.tex[0] === "(" ? found.tex : `(${found.tex})`;
        found = piece(`${base}_${braced(this.indices(own).join(""))}`, "n");
      }
      for (const own of above) found = raised(found, this.exponent(own));
      return found;
    }

    exponent(own) {
      return TRANSPOSING.has(text(own).join("")) ? "\\top" : this.inner(own).tex;
    }

    indices(line) {
      const found = [], plain = line.filter((one) => !["{", "}", "(", ")", "|", ":"].includes(one.text));
      for (let own of pieces(plain, ",")[0]) {
        let parts = [];
        const first = own[1]?.text === "_" ? own[0].text : "";
        if (this.drawn && is("[a-z]", first) && !this.known.has(first)) {
          const behind = text(own.slice(1)).join("");
          this.note("read", own[0].at, first + behind, this.drawn + behind);
          own = [{ ...own[0], text: this.drawn }, ...own.slice(1)];
        }
        for (const one of own) {
          const sign = ["-", "+", "_"].includes(one.text) || is("[0-9]+", one.text);
          if (!sign && ![...one.text].every((x) => INDICES.includes(x) || this.sized(x)))
            this.lead(is(WORD, one.text) ? "no index" : "index", one.at, one.text);
          parts.push(...(sign ? [one.text] : [...one.text].map((x) => this.index(x))));
        }
        if (parts.includes("+") || parts.includes("-")) {
          if (["+", "-"].includes(parts.at(-1)) || parts.includes("_")) this.lead("index", own.at(-1).at);
          const shifted = parts.join("");
          found.push(shifted === "-1" ? "T" : shifted);
          continue;
        }
        parts = parts.filter((x) => x !== "_");
        while (parts.length) {
          let first = parts.shift();
          const known = this.known.get(first);
          if (known && known.kind === "index" && known.below && (parts.length || first === "w"))
            first += "_" + (parts.length ? parts.shift() : "k");
          found.push(first);
        }
      }
      if (!found.length) this.lead("index", line.length ? line[0].at : this.at());
      this.used.push(...found.filter((x) => is("[a-z]|\\\\ell", x)));
      return found;
    }

    index(one) {
      if (one === "l" && this.known.has("i")) return one;
      return { l: "\\ell", V: "\\lvert V\\rvert" }[one] ?? one;
    }

    // Symbols

    symbol(base, at) {
      if (base === "s" && this.peek() === "(" && this.near() && this.known.has("\\sigma") && !likeIndex(this.texts())) {
        this.note("read", at, "s", "σ");
        base = "\\sigma";
      }
      if (base === "p" && this.peek() === "(" && this.texts().includes("|") && this.known.has("P")) {
        this.note("read", at, "p", "P");
        base = "P";
      }
      if (["\\haty", "\\hatp"].includes(base) && this.peek() === "_" && this.known.has("P") && !this.known.has(base) && !this.known.has("p")) base = "p";
      if (base === "p" && this.peek() === "_" && this.known.has("P") && !this.known.get("p")?.below) base = "P";
      const other = this.other(base, at);
      if (other) return other;
      const plain = this.known.get(base), texts = new Map();
      for (const x of this.known.keys()) if (x.startsWith(base + "_")) texts.set(after(x, "_"), x);
      let [below, above] = this.scripts(Boolean(plain && plain.below));
      if (texts.size || this.known.has(LETTERS.get(base)) && !plain) [base, below] = this.matrix(base, texts, below, above, at);
      let found = this.known.get(base);
      if (found && found.kind === "index" && !below.length) found = undefined;
      if (!found) {
        if (INDICES.includes(base) && base !== "V" && !below.length) {
          this.used.push(base);
          return this.finished(piece(this.index(base), "n", WHOLE), [], above);
        }
        const offered = [...this.known.keys()].filter((x) => x.startsWith("W_")).map(printed);
        if (base === "V" && this.sized("|V|") && !offered.length && !below.length && !above.length) {
          this.note("read", at, "V", "|V|");
          return piece(printed("|V|"), "n");
        }
        if (!is("[A-Z]", base) || !offered.length) this.unknown(base, at);
        return this.finished(piece(this.ask(base, at, offered), "m", WHOLE), below, above);
      }
      return found.kind === "function" ? this.value(found, below, above, at) : this.member(found, below, above, at);
    }

    // What is no letter of the page: an indicator, a gradient that has its letter below, an exponential, an expectation
    other(base, at) {
      const one = (base === "\\delta" || base === "y" && !this.known.has("y")) && this.indicated(base, at);
      if (one) return one;
      const by = this.known.get(this.peek(this.peek(1) === "{" ? 2 : 1));
      if (["g", "\\delta"].includes(base) && this.peek() === "_" && this.known.has("J") && by?.kind === "vector" && !INDICES.includes(by.name)) {
        this.take();
        const found = this.inner(this.group());
        this.note("read", at, `${base}_${found.tex}`, `∂J/∂${found.tex}`);
        return this.slope(piece("J", "n"), found);
      }
      if (base === "e" && this.peek() === "^" && opens(this.peek(1)) && this.line.length > this.i + 4) {
        this.take();
        if (this.texts().length > 1) return piece(`\\exp(${this.inner(this.group()).tex})`, "?");
        this.i -= 1;
      }
      if (base === "E" && ["_", "\\sim"].includes(this.peek()) && this.sized("|V|")) {
        this.take("_");
        return this.expectation(this.group(), at);
      }
      return null;
    }

    expectation(spec, at) {
      const law = text(spec.slice(1)).filter((x) => x !== "\\sim");
      if (!law.length || !likeIndex([spec[0].text]) || !opens(this.peek())) this.lead("sum", at);
      const letter = spec[0].text, body = this.bracket(), name = law.includes("\\hatp") ? "\\hat p" : "P";
      this.note("read", at, "E", "a sum with weights");
      return piece(`\\sum_{${letter}=1}^{\\lvert V\\rvert} ${name}(${letter} \\mid c) ${body.tex}`, body.kind, SUM);
    }

    matrix(base, texts, below, above, at) {
      const all = [...texts.values()], offers = (names) => (names.length ? names.map(printed) : [LETTERS.get(base)]);
      if (!below.length) {
        if (texts.has(this.peek())) {
          const name = texts.get(this.take());
          this.note("read", at, `${base} ${after(name, "_")}`, name);
          const more = this.scripts();
          above.push(...more[1]);
          return [name, more[0]];
        }
        if (this.known.has(base)) return [base, below];
        const number = is("[0-9]+", this.peek()) && this.near(), written = number ? base + this.take() : base;
        if (number) {
          const more = this.scripts();
          above.push(...more[1]);
          [below] = more;
        }
        return [named(this.ask(written, at, offers(all))), below];
      }
      const comma = below[0].findIndex((one) => one.text === ","), cut = comma < 0 ? below[0].length : comma;
      const word = text(below[0].slice(0, cut)).join(""), behind = below[0].slice(cut + 1);
      const rest = [...(behind.length ? [behind] : []), ...below.slice(1)], written = `${base}_${word}`;
      if (texts.has(word)) return [texts.get(word), rest];
      const indexed = likeIndex([word]) || !is("[A-Za-z]+", word);
      if (this.known.has(base) && indexed) return [base, below];
      const starts = [...texts].filter(([x]) => x.startsWith(word.toLowerCase())).map(([, name]) => name);
      if (starts.length === 1) {
        this.note("read", at, written, starts[0]);
        return [starts[0], rest];
      }
      const own = SUBSCRIPTS.get(word);
      if (texts.has(own)) return [named(this.ask(written, at, [printed(texts.get(own))])), rest];
      const offered = offers(starts.length ? starts : all);
      return indexed && (word.length > 1 || rest.length) ? [named(this.ask(base, at, offered)), below] : [named(this.ask(written, at, offered)), rest];
    }

    member(found, below, above, at) {
      const { name } = found, tops = [];
      let layer = "", places = below.flatMap((own) => this.indices(own));
      for (const one of above) {
        const texts = text(one), end = texts[0] === "(" ? Math.max(texts.indexOf(")"), 0) : 0;
        const inside = end ? one.slice(1, end) : one, behind = end ? one.slice(end + 1) : [];
        const needs = found.above && !layer || places.length < found.below;
        const letters = end || texts.some((x) => is("[A-Za-z]+", x) && x !== "T");
        if (!(needs && letters && likeIndex(text(inside)))) {
          tops.push(one);
          continue;
        }
        const told = this.indices(inside).join("");
        if (found.above && !layer) layer = told;
        else {
          places.push(told);
          this.note("read", at, `${name}^${texts.join("")}`, `${name}_${braced(told)}`);
        }
        if (behind.length) tops.push(behind);
      }
      const lost = found.below && !places.length ? this.lost(found, at) : [];
      if (lost.length) {
        const more = this.scripts();
        places = [lost, ...more[0]].flatMap((own) => this.indices(own));
        tops.push(...more[1]);
      }
      if (found.above && !layer && places.length > found.below) {
        [layer] = places.splice(found.below, 1);
        this.note("read", at, `${name}_${layer}`, `${name}^{(${layer})}`);
      }
      const kind = KINDS.get(found.kind) ?? "?", rest = places.slice(found.below);
      let own = places.slice(0, found.below), tex = printed(name);
      if (this.drawn === "w" && found.kind === "vector" && own.some((x) => this.drawing.includes(x))) {
        this.note("read", at, `${name}_${own[0]}`, `${name}_{w_${own[0]}}`);
        own = [`w_${own[0]}`];
      }
      if (own.length < found.below || found.above && !layer) {
        const words = [...this.known.keys()].filter((x) => x.startsWith(name + "_")).map(printed);
        let offered = words.length ? words : TABLE.layers;
        if (own.length < found.below) offered = [...(FAMILIES.get(name) ?? FAMILIES.get("")), ...words];
        if (own.length < found.below && found.above) offered = offered.map((x) => `${x}^{(${layer || "\\ell"})}`);
        const base = tex + (own.length ? "_" + braced(own[0]) : "");
        offered = offered.map((x) => x.replaceAll("%", () => base));
        return this.finished(piece(this.ask(name, at, offered), kind, found.above ? ATOM : WHOLE), [], tops);
      }
      if (own.length) tex += `_${braced(own.join(","))}`;
      if (layer) tex += `^{(${layer})}`;
      return this.finished(piece(tex, kind, layer ? ATOM : WHOLE), rest, tops);
    }

    finished(found, rest, above) {
      if (rest.length && Array.isArray(rest[0])) rest = rest.flatMap((own) => this.indices(own));
      const tops = above.map((one) => this.exponent(one));
      if (rest.length) {
        const top = tops.indexOf("\\top");
        if (top >= 0) found = raised(found, tops.splice(top, 1)[0]);
        const base = is("\\\\?\\w", found.tex) ? found.tex : `(${found.tex})`;
        found = piece(`${base}_${braced(rest.join(""))}`, "n");
      }
      for (const told of tops)
        found = told === "\\top" && found.tex.endsWith(")}")
          ? piece(found.tex.slice(0, -1) + "\\top}", turned(found.kind)) : raised(found, told);
      return found;
    }

    lost(found, at) {
      const told = this.peek();
      let inside = [];
      if (told === "(" && likeIndex(this.texts())) inside = this.group();
      else if (is("[0-9]+", told) && this.near() || is("[a-z]", told) && INDICES.includes(told)) {
        this.i += 1;
        inside = [this.line[this.i - 1], ...this.shift({ text: this.text[at], at }, false)];
        inside.push(...this.behind());
      }
      if (inside.length) {
        const written = this.text.slice(at, this.line[this.i - 1].at + 1).join("");
        this.note("read", at, written, `${found.name}_${braced(text(inside).join(""))}`);
      }
      return inside;
    }

    value({ name }, below, above, at) {
      if (this.peek() !== "(") {
        if (name !== "P") this.fail(say("of", bare(name)));
        const index = below.length ? this.indices(below[0]).join("") : "o", told = `P(${index} \\mid c)`;
        return piece(below.length ? this.ask(`P_${index}`, at, [told]) : told, "n");
      }
      const place = this.at(), [parts, signs] = pieces(this.group(), "|", ",");
      if (!parts.every((one) => one.length)) this.fail(say("of", bare(name)), place);
      const words = parts.map((one) => (name === "P" ? word(one) : one)), changed = words.some((one, k) => one !== parts[k]);
      const given = words.map((one) => this.inner(one)), mid = signs.includes("|") ? " \\mid " : ", ";
      this.mixed += given[0].kind !== "n";
      const told = `${name}(${given.map((one) => one.tex).join(mid)})`, kind = name === "\\sigma" ? given[0].kind : "n";
      if (changed) this.note("read", at, this.text.slice(at, this.line[this.i - 1].at + 1).join(""), told.replaceAll(" ", ""));
      if (above[0]?.[0].text === "\\top" && name === "\\sigma") return piece(`${told} (1 - ${told})`, kind, SUM);
      return above.reduce((found, one) => raised(found, this.exponent(one)), piece(told, kind));
    }

    function(told, at) {
      const name = FUNCTIONS.get(told), [below, above] = this.scripts();
      if (below.length) this.fail(say("unexpected", "_"), at);
      if (this.ended()) this.fail(say("of", bare(told)), at);
      const slope = above[0]?.[0].text === "\\top" && name === "\\tanh";
      const bracketed = opens(this.peek()) && this.texts().length > 0;
      const inside = bracketed ? this.inner(this.group()) : this.factor();
      const kind = { diag: "m", softmax: "v" }[told.toLowerCase()] ?? inside.kind;
      this.mixed += ["r", "m"].includes(inside.kind);
      let behind = [], found = piece(`${name}${slope ? "'" : ""}${bracketed ? `(${inside.tex})` : ` ${inside.tex}`}`, kind);
      if (name === "sech") {
        const more = this.scripts();
        behind = more[0];
        above.push(...more[1]);
        const square = `1 - {\\tanh(${inside.tex})}^2`;
        found = piece(`\\sqrt{${square}}`, kind);
        if (above.length && text(above[0]).join() === "2") {
          this.note("read", at, "sech²", "1 − tanh²");
          found = piece(`(${square})`, kind, WHOLE);
          above.shift();
        }
      }
      return this.scripted(found, [behind, above.slice(+slope)]);
    }

    call(what, told, at) {
      const [parts] = pieces(this.group(), ","), two = ["outer", "@", "\\odot"].includes(what);
      if (what === "I" || what === "1") return piece(what, what === "I" ? "m" : "n", WHOLE);
      if (!parts.every((one) => one.length) || parts.length < 1 + two || two && parts.length > 2)
        this.fail(say("arguments", bare(told), two ? "two" : "one"), at);
      if (what === "mean") {
        const name = parts[0][0].text;
        if (parts[0].length > 1 || name !== "u" && name !== "v" || !this.known.has(name)) this.unknown(told, at);
        return piece(`\\frac{1}{\\lvert V\\rvert} \\sum_{j=1}^{\\lvert V\\rvert} ${name}_j`, "v", SUM);
      }
      const [a, b] = parts.slice(0, 1 + two).map((one) => this.inner(one));
      if (what === "outer") return piece(`${fenced(a)} ${b.kind === "r" ? b.tex : raised(b, "\\top").tex}`, "m", PRODUCT);
      if (two) {
        const whole = (one, least) => piece(fenced(one, least), one.kind, Math.max(one.level, least));
        const found = this.joined(whole(a, PRODUCT), whole(whole(b, PRODUCT), ATOM), what, at);
        return piece(`(${found.tex})`, found.kind, WHOLE);
      }
      if (what === "transpose") return raised(a, "\\top");
      return what === "square" ? raised(a, "2") : piece(`\\sqrt{${a.tex}}`, a.kind);
    }

    // Sums

    big(told, at, alone) {
      let upper = [], body = null, spec = [];
      if (this.peek() === "_" && this.peek(1)) {
        this.i += 1;
        this.splitScript("_", true);
        const start = this.i;
        spec = this.group();
        if (this.i === start + 1 && this.peek() === "=") {
          const sign = this.line[this.i];
          this.take();
          spec = [...spec, sign, ...this.group()];
        }
      } else if (opens(this.peek())) {
        const texts = this.texts();
        if (texts.includes("for")) [spec, body] = this.comprehended(this.group(), at);
        else if (texts.length > 2 && texts[1] === "=" && texts.slice(2).some((x) => JOINING.has(x))) spec = this.group();
        else [spec, body] = this.guessed(() => this.bracket(), at);
      } else {
        this.take("over", "from");
        this.take("all");
        if (is("[A-Z]", this.peek()) && this.peek(2) === "=") {
          upper = [this.line[this.i]];
          this.i += 1;
        }
        spec = this.spoken();
        if (!spec.length) [spec, body] = this.guessed(() => (alone ? this.factor() : this.product()), at);
      }
      let [letters, first, last, test] = this.spec(spec, at);
      if (this.take("^")) upper = this.group();
      if (upper.length) last = this.bound(upper);
      if (first && !last) this.lead("last", at);
      this.take("of");
      if (!body) {
        if (this.ended() && this.peek() !== "-") this.fail(say("factor"));
        const sign = this.take("-");
        const { open, drawing } = this;
        Object.assign(this, { open: [...open, ...letters], drawing: [...drawing, ...(last === "K" ? letters : [])] });
        body = alone || told === "\\prod" ? this.factor() : this.product();
        Object.assign(this, { open, drawing });
        body = { ...body, tex: sign + body.tex };
      }
      let behind = null;
      while (told === "\\prod" && body.kind === "m" && !behind) {
        if (this.ended() || [...TABLE.joining, "/", "\\dots"].includes(this.peek())) break;
        const place = this.at(), last = this.factor();
        if (last.kind === "m") body = this.joined(body, last, "", place);
        else behind = last;
      }
      if (letters.includes("w") && this.drawn === "w") {
        letters = letters.map((x) => (x === "w" ? "k" : x));
        this.note("read", at, "w", "w_k");
      }
      const [size, ...own] = letters.length === 1 ? this.counted(letters[0], body.tex) : [""];
      if (size && !first && !test && !own.includes(letters[0])) [first, last] = ["1", printed(size)];
      else if (size && first && ["n", "N", "m"].includes(last) && !this.sized(last)) {
        this.note("read", at, last, size);
        last = printed(size);
      }
      const below = letters.join(", ") + (first && `=${first}`) + (test && `: ${test}`);
      let found = piece(`${told}_${braced(below)}${first && `^${braced(last)}`} ${body.tex}`, body.kind, SUM);
      if (told === "\\prod") found = piece(`(${found.tex})`, found.kind, WHOLE);
      return behind ? this.joined(found, behind, "", at) : found;
    }

    sized(name) {
      return this.known.get(name)?.kind === "size";
    }

    // The size up to which a letter goes that is an index in some TeX, and the letters that the pages themselves say it of
    counted(letter, tex) {
      const escaped = (x) => x.replace(/[\\|{}]/g, "\\$&"), steps = ["T", "L"].find((x) => this.sized(x));
      for (const [name, one] of this.known) {
        const row = COUNTED.get(name) ?? COUNTED.get(steps);
        const place = new RegExp(`(?<![A-Za-z])${escaped(name)}(?:_\\{?|\\()\\s*${escaped(letter)}(?![A-Za-z])`);
        if ((one.below || name === "P") && row && this.sized(row[0]) && place.test(tex)) return row;
      }
      return [""];
    }

    guessed(read, at) {
      const before = this.used.length;
      if (this.ended()) this.lead("sum", at);
      const body = read();
      let free = [...new Set(this.used.slice(before))].filter((x) => x !== "o" && x !== "c");
      const usual = free.filter((x) => ["t", "k", "j"].includes(x));
      if (usual.length) free = usual;
      if (free.length !== 1) this.lead("sum", at);
      this.note("over", at, free[0]);
      return [[{ text: free[0], at, gap: false }], body];
    }

    spoken() {
      const found = [], signed = () => ["+", "-"].includes(this.peek());
      while (is("[A-Za-z0-9]+", this.peek()) && likeIndex([this.peek()])) {
        found.push(...this.group());
        while (JOINING.has(this.peek()) || signed() && found.length > 1) found.push(...this.group());
        if (!JOINING.has(found.at(-1).text) && !["+", "-"].includes(found.at(-1).text)) break;
      }
      return found;
    }

    spec(line, at) {
      if (line.some((one) => one.text === "\\sim")) [[line]] = pieces(line, ","); // without whence they are drawn
      const texts = text(line), k = texts.findIndex((x) => [":", "=", "from", "\\ne", "\\in", "in", "|"].includes(x));
      const head = (k < 0 ? texts : texts.slice(0, k)).filter((x) => ![",", "{", "}"].includes(x));
      if (!likeIndex(head) || !head.every((x) => is("[A-Za-z]+", x))) {
        const word = head.find((x) => is(WORD, x) && !likeIndex([x]));
        this.lead(word ? "no index" : "sum", at, word);
      }
      const letters = head.flatMap((x) => [...x].map((y) => this.index(y)));
      if (k < 0 || texts[k] === "\\in" || texts[k] === "in") return [letters, "", "", ""];
      if ([":", "|", "\\ne"].includes(texts[k])) {
        const test = texts[k] === "\\ne" ? line : line.slice(k + 1);
        const m = test.findIndex((one) => one.text === "=" || one.text === "\\ne");
        if (m < 1 || m === test.length - 1) this.lead("sum", at);
        const [a, b] = [this.inner(test.slice(0, m)), this.inner(test.slice(m + 1))];
        return [letters, "", "", `${a.tex} ${test[m].text} ${b.tex}`];
      }
      const ends = texts.flatMap((x, m) => (m > k && JOINING.has(x) ? [m] : []));
      const first = this.bound(line.slice(k + 1, ends.length ? ends[0] : line.length));
      return [letters, first, ends.length ? this.bound(line.slice(ends.at(-1) + 1)) : "", ""];
    }

    bound(line) {
      const used = [...this.used], found = this.indices(line).join("");
      this.used = used;
      return found;
    }

    comprehended(line, at) {
      [[line]] = pieces(line, ","); // without an axis
      if (line[0]?.text === "[" && line.at(-1).text === "]") line = line.slice(1, -1);
      const [of, rule, ...more] = pieces(line, "for")[0];
      if (more.length || !of.length || rule?.[1]?.text !== "in") this.lead("sum", at);
      const body = this.inner(of), spec = rule.slice(0, 1), over = rule.slice(2);
      if (over[0]?.text === "range") {
        const parts = pieces(over.slice(2, -1), ",")[0], sign = (told) => ({ text: told, at, gap: false });
        let end = parts.pop();
        if (!parts.length) this.fail(say("range"), over[0].at);
        end = text(end.slice(-2)).join("") === "+1" ? end.slice(0, -2) : [...end, sign("-"), sign("1")];
        spec.push(sign("="), ...parts[0], sign("to"), ...end);
      }
      return [spec, piece(fenced(body), body.kind, PRODUCT)];
    }

    // Derivatives

    slash() {
      const told = this.peek();
      if (told === "\\partial") return true;
      if (!is("d[A-Za-z]*", told) || [FUNCTIONS, WORDS, CALLS].some((table) => table.has(told))) return false;
      let depth = 0;
      for (let k = this.i + 1; k < Math.min(this.i + 24, this.line.length); k++) {
        const one = this.line[k].text;
        depth += turn(one);
        if (depth < 0 || depth === 0 && ["+", "-", "="].includes(one))
          return depth === 0 && one === "=" && this.i === 0 && k < 6 && told.length > 1;
        if (depth === 0 && one === "/") return /^(?:d|\\partial)/.test(this.line[k + 1]?.text ?? "");
      }
      return false;
    }

    undressed() {
      const one = this.line[this.i] ?? { text: "", at: 0 };
      if (one.text === "d" || one.text === "\\partial") this.i += 1;
      else if (is("d[A-Za-z]+", one.text)) this.line.splice(this.i, 1, { text: one.text.slice(1), at: one.at + 1, gap: false });
      else this.fail(say("by"));
    }

    derivative() {
      const at = this.at();
      this.undressed();
      if (this.peek() === "/" && ["d", "\\partial"].includes(this.peek(1))) {
        this.take();
        this.undressed();
        const by = this.factor();
        return this.slope(this.factor(), by);
      }
      const [of, sign] = this.objective();
      if (this.take("/")) {
        this.undressed();
        return this.slope(of, this.factor(), sign);
      }
      if (this.peek() !== "=") this.fail(say("by"));
      this.note("read", at, "d" + of.tex, `dJ/d${of.tex}`);
      return this.slope(piece("J", "n"), of);
    }

    objective() {
      let sign = this.take("-") !== "";
      const at = this.at(), told = this.peek(), J = piece("J", "n", WHOLE);
      if (TABLE.losses.includes(told)) {
        this.take();
        this.note("loss", at, told);
        return [J, !sign];
      }
      if (told !== "(") return [this.factor(), sign];
      const line = this.group();
      sign = line[0]?.text === "-";
      if (line.length === 1 + sign && TABLE.losses.includes(line.at(-1)?.text)) {
        this.note("loss", at, line.at(-1).text);
        return [J, !sign];
      }
      return [this.inner(line.slice(+sign)), sign];
    }

    slope(of, by, sign = false) {
      const found = piece(`\\frac{\\partial ${of.tex}}{\\partial ${by.tex}}`, of.kind === "n" ? by.kind : "m");
      return sign ? piece(`(-${found.tex})`, found.kind, WHOLE) : found;
    }

    fraction(at) {
      const above = this.group(), below = this.group();
      if (!above.length || !below.length) this.fail(say("arguments", "\\frac", "two"), at);
      if ([above, below].every(([one]) => /^(?:d(?![a-z])|d[a-zA-Z]+|\\partial)/.test(one.text))) {
        this.line.splice(this.i, 0, ...above, { text: "/", at, gap: false }, ...below);
        return this.derivative();
      }
      const a = this.inner(above), b = this.inner(below);
      return piece(`\\frac{${a.tex}}{${b.tex}}`, a.kind);
    }

    gradient(at) {
      if (!this.take("_")) this.fail(say("by"), at);
      const by = opens(this.peek()) ? this.inner(this.group()) : this.factor();
      const [of, sign] = ["", "="].includes(this.peek()) ? [piece("J", "n"), false] : this.objective();
      return this.slope(of, by, sign);
    }
  }

  // Lines

  // Before which tokens a bracket may be closed: which, and whether it is needed
  function* places(line) {
    const inside = [];
    for (const [k, { text: told }] of [...line, { text: "" }].entries()) {
      if (inside.length && k > inside.at(-1)[0] + 1 && !closes(told)) {
        const [start, needed] = inside.at(-1);
        if (line[start].text === "{" || told !== "^" && told !== "_") yield [k, line[start].text, needed];
      }
      if (opens(told)) inside.push([k, k > 0 && CALLED.has(line[k - 1].text)]);
      else if (closes(told)) inside.pop();
      else if (inside.length) inside.at(-1)[1] ||= NEEDING.has(told);
    }
  }

  // How much in a line does not fit; more than that in one that cannot be read
  function unlike(written, reader) {
    try {
      const writer = reader(written);
      return writer.sides().filter((x) => x.kind === "?").length + writer.mixed;
    } catch (error) {
      if (error instanceof Mistyped) return 9;
      throw error;
    }
  }

  // A line with its bracket closed: where it can be read, nothing is added to what is not alike, and the bracket is needed;
  // of such places the first that a sign marks, then the last of those between two letters, then the end.
  function closed(writer, opened, reader) {
    const written = writer.text, line = [...writer.line, { text: "", at: written.length }];
    let best = [9], found = [...written, ...opened.map((one) => BRACKETS[one.text]).reverse()];
    const alone = opened.length === 1 && line.length < CLOSED;
    for (const [k, bracket, needed] of alone ? places(writer.line) : []) {
      let end = line[k].at;
      while (end && /\s/u.test(written[end - 1])) end -= 1;
      const own = [...written.slice(0, end), BRACKETS[bracket], ...written.slice(end)];
      let place = MARKS.has(line[k].text) || closes(line[k - 1].text) ? [0, k] : [1, -k];
      if (bracket === "{") place = [0, -k];
      else if (!line[k].text) place = [2 * needed, k];
      const rank = [unlike(own, reader) + !needed, ...place], n = rank.findIndex((x, m) => x !== best[m]);
      if (rank[n] < best[n]) [best, found] = [rank, own];
    }
    return found.join("");
  }

  function readings(tex, choices) {
    if (!choices.length) return [tex];
    const count = choices.reduce((n, signs) => n * signs.length, 1);
    let ranks = [0, 1, 2].map((k) => choices.map((signs) => Math.min(k, signs.length - 1)));
    if (count <= COMBINED) {
      const total = (rank) => rank.reduce((a, b) => a + b, 0);
      ranks = choices.reduce((all, signs) => all.flatMap((rank) => signs.map((_, k) => [...rank, k])), [[]]);
      ranks.sort((a, b) => total(a) - total(b));
    }
    return ranks.map((rank) => choices.reduce((own, signs, k) => {
      const sign = signs[rank[k]];
      return own.replaceAll(String.fromCharCode(CHOICE + k) + " ", () => sign && sign + " ");
    }, tex));
  }

  function oriented(left) {
    for (;;) {
      const one = /^(-?)\((-?)(\\frac\{\\partial [^()]*(?:\([^()]*\)[^()]*)*\})\)(_\S+)?$/.exec(left);
      if (!one) return left;
      left = (one[1] !== one[2] ? "-" : "") + one[3];
      if (one[4]) {
        const by = left.lastIndexOf("{\\partial ") + "{\\partial ".length;
        left = `${left.slice(0, by)}(${left.slice(by, -1)})${one[4]}}`;
      }
    }
  }

  // A line in TeX of the book's language: { readings, notes, asked, left }; `names` has the TeX of names that the reader
  // was asked for.
  function typed(line, symbols, names = {}) {
    const written = [...line];
    if (written.length > TABLE.longest) throw new Mistyped(say("long", TABLE.longest), TABLE.longest);
    const note = written.findIndex((sign, k) => sign === "&" && written[k + 1] === "&"); // what the book has beside it
    const writer = new Writer(note < 0 ? written : written.slice(0, note), symbols, names);
    if (!writer.line.length) throw new Mistyped(say("empty"), 0);
    writer.withoutShape();
    const sides = writer.sides();
    const goal = (side) => /^-?\(?-?\\frac\{\\partial [^{}]*\}\{\\partial \S*\}\)?$/.test(side.tex); // a derivative alone
    if (sides.length === 2 && goal(sides[1])) sides.sort((a, b) => goal(b) - goal(a));
    if (sides.length > 2) writer.note("chain", 0);
    const left = sides.length > 1 ? readings(sides[0].tex, writer.choices)[0] : "";
    const { notes, asked, choices } = writer;
    return { readings: readings(sides.at(-1).tex, choices), notes, asked, left: oriented(left) };
  }

  Object.assign(unrolled, { typedLine: typed, Mistyped, shown }); // `unrolled.typed` reads a number
  if (typeof module === "object") module.exports = { typed, Mistyped };
})(globalThis);
