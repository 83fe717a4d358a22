// The layout of a line of the book's TeX: what stands where, as formulas/layout.lark has it; meaning.js says what it means.
(function (root) {
  const unrolled = (root.unrolled ??= {});

  // A line that is not of the book's language, and at which place of it.
  class Unreadable extends Error {
    constructor(message, at) {
      super(message);
      this.at = at;
    }
  }

  const DEEPEST = 40; // as deep as the stack of a phone surely goes
  const SPACE = /(?:\\[,;:! ]|~|\s+)*/y;
  // In the order in which they are tried
  const TERMINALS = {
    OPEN: /(?:\\(?:left|[bB]igg?l?)\s*)?(?:[([]|\\\{|\\l[vV]ert(?![A-Za-z]))/,
    CLOSE: /(?:\\(?:right|[bB]igg?r?)\s*)?(?:[)\]]|\\\}|\\r[vV]ert(?![A-Za-z]))/,
    BAR: /\\bigg\||\|/,
    ACCENT: /\\(?:hat|tilde|mathbb|mathrm|bar|vec)(?![A-Za-z])/,
    FRAC: /\\[td]?frac(?![A-Za-z])/,
    SQRT: /\\sqrt(?![A-Za-z])/,
    UNDER: /\\underbrace(?![A-Za-z])/,
    SUBSTACK: /\\substack(?![A-Za-z])/,
    BEGIN: /\\begin\{[a-z]+\}/,
    END: /\\end\{[a-z]+\}/,
    TEXT: /\\text(?:bf)?\{[^{}]*\}/,
    NAME: /\\operatorname\{[A-Za-z]+\}/,
    QUAD: /\\q?quad(?![A-Za-z])/,
    ROW: /\\\\/,
    COMMAND: /\\[A-Za-z]+/,
    PRIME: /'+/,
    LETTER: /[A-Za-z]/,
    DIGIT: /[0-9]/,
    OP: /[-+=<>,.:;/*!?]|\\\|/,
    AMP: /&/,
    LOW: /_/,
    HIGH: /\^/,
    LEFT: /\{/,
    RIGHT: /\}/,
  };
  const scanner = (names) => new RegExp(names.map((name) => `(?<${name}>${TERMINALS[name].source})`).join("|"), "y");
  const without = (...names) => scanner(Object.keys(TERMINALS).filter((name) => !names.includes(name)));
  // What may follow decides what a sign is: behind _ there is no \sqrt but a letter of that name. By what stands before.
  const ANY = without(), FIRST = without("CLOSE", "END"), ARGUMENT = scanner(["ACCENT", "FRAC", "TEXT", "NAME", "COMMAND", "LETTER", "DIGIT", "OP", "LEFT"]);
  const BEHIND = { START: FIRST, LEFT: FIRST, OPEN: without("END"), BEGIN: without("CLOSE"), LOW: ARGUMENT, HIGH: ARGUMENT, FRAC: ARGUMENT, SQRT: ARGUMENT, ACCENT: ARGUMENT };
  const ATOMS = new Set(["LETTER", "DIGIT", "COMMAND", "TEXT", "NAME"]);

  // The tree of a line: tokens { type, text, at } and what they make up, { data, children, at }.
  function layout(tex) {
    let i = 0, last = { type: "START", at: 0 }, token, depth = 0;

    function refuse(at) {
      const before = [...tex.slice(0, at)], after = [...tex.slice(at)], lines = before.join("").split("\n");
      const shown = unrolled.quoted(`${before.slice(-12).join("")}⟨here⟩${after.slice(0, 12).join("")}`.trim());
      throw new Unreadable(`line ${lines.length}, column ${[...lines.at(-1)].length + 1}: ${shown} cannot be read here`, at);
    }

    function advance() {
      SPACE.lastIndex = i;
      i += SPACE.exec(tex)[0].length;
      const scan = BEHIND[last.type] ?? ANY;
      scan.lastIndex = i;
      const found = scan.exec(tex);
      if (!found && i < tex.length) refuse(i);
      const type = found ? Object.keys(found.groups).find((name) => found.groups[name] !== undefined) : "THE END";
      token = { type, text: found?.[0] ?? "", at: found ? i : last.at };
      i += token.text.length;
    }

    function take(type = token.type) {
      if (token.type !== type) refuse(token.at);
      last = token;
      advance();
      return last;
    }

    const tree = (data, at, ...children) => ({ data, children, at });

    function deeper(read) {
      if (++depth > DEEPEST) throw new Unreadable(`place ${token.at}: brackets in brackets, more than ${DEEPEST} deep`, token.at);
      const found = read();
      depth--;
      return found;
    }

    function seq() {
      const { at } = token, children = [];
      while (!["THE END", "RIGHT", "CLOSE", "END"].includes(token.type)) children.push(item());
      return tree("seq", at, ...children);
    }

    function item() {
      if (["OP", "AMP", "ROW", "QUAD"].includes(token.type)) return take();
      const base = atom(), tail = tree("tail", token.at);
      if (token.type === "PRIME") tail.children.push(take());
      while (token.type === "LOW" || token.type === "HIGH") {
        const data = token.type === "LOW" ? "sub" : "sup";
        if (tail.children.some((script) => script.data === data)) refuse(token.at);
        const { at } = take();
        tail.children.push(tree(data, at, arg()));
      }
      return tail.children.length ? tree("script", base.at, base, tail) : base;
    }

    // Groups and what has arguments, in an atom or an argument
    function made(type) {
      const { at } = token;
      if (type === "LEFT") return group();
      const sign = take();
      if (type === "FRAC") return tree("frac", at, arg(), arg());
      if (type === "SQRT") return tree("sqrt", at, arg());
      if (type === "ACCENT") return tree("accent", at, sign, arg());
      if (type === "OPEN") return tree("fence", at, sign, seq(), take("CLOSE"));
      if (type === "BEGIN") return tree("table", at, sign, seq(), take("END"));
      return tree(type.toLowerCase(), at, group()); // under, substack
    }

    function group() {
      const { at } = take("LEFT"), inside = seq();
      take("RIGHT");
      return tree("group", at, inside);
    }

    function atom() {
      if (ATOMS.has(token.type) || token.type === "BAR") return take();
      if (["LEFT", "FRAC", "SQRT", "ACCENT", "UNDER", "SUBSTACK", "OPEN", "BEGIN"].includes(token.type)) return deeper(() => made(token.type));
      refuse(token.at);
    }

    function arg() {
      if (ATOMS.has(token.type) || token.type === "OP") return take();
      if (["LEFT", "FRAC", "ACCENT"].includes(token.type)) return deeper(() => made(token.type));
      refuse(token.at);
    }

    advance();
    const found = seq();
    take("THE END");
    return found;
  }

  // A text as Python shows it
  const NAMED = { "\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\" };
  const number = (code) => (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : code < 65536 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`);
  unrolled.quoted = (text) => {
    const sign = text.includes("'") && !text.includes('"') ? '"' : "'";
    const inside = text.replace(/\\|(?! )[\p{C}\p{Z}]/gu, (one) => NAMED[one] ?? number(one.codePointAt(0)));
    return sign + (sign === "'" ? inside.replace(/'/g, "\\'") : inside) + sign;
  };

  Object.assign(unrolled, { layout, Unreadable });
})(globalThis);
