// What a line means: its layout, read with the symbols of a page, as formulas/meaning.py reads it; values.js computes it.
//
// `symbols` has for each name { name, kind, shape, below, above, means, silent }. An expression is a node { op, parts, at }:
// what is done, with what, and where it stands in the TeX.
(function (root) {
  const unrolled = (root.unrolled ??= {});
  const { Unreadable, layout, quoted } = unrolled;

  const RELATIONS = ["<", "=", ">", "\\approx", "\\ge", "\\in", "\\le", "\\ne", "\\subseteq"];
  const CONDITIONS = ["<", ">", "\\ne"];
  const FUNCTIONS = ["\\log", "\\exp", "\\tanh", "diag", "softmax"];
  const NAMED = ["log", "exp", "tanh", "diag", "softmax", "log2"];
  const JOINS = ["\\odot", "\\cdot", "\\times", "\\circ", "/"];
  const ELLIPSES = ["\\cdots", "\\dots", "\\ldots"];
  const MOMENTS = new Map([["\\mathbbE", "E"], ["\\operatorname{E}", "E"], ["\\operatorname{Var}", "Var"], ["\\Pr", "Pr"]]);
  const DEEPEST = 200, MOST = 500; // functions of functions, and terms: as many as the stack of a phone surely bears

  const refuse = (at, words) => {
    throw new Unreadable(at === undefined ? words : `place ${at}: ${words}`, at);
  };
  const refuse_all = (items, words) => {
    throw new Unreadable(`${quoted(flat_all(items))}${words}`, items[0]?.at);
  };
  const node = (op, parts, at = 0) => ({ op, parts, at });

  // The nodes in a part of a node, which may be a list of parts
  const nodes = (part) => (Array.isArray(part) ? part.flatMap(nodes) : part?.op ? [part] : []);
  const all = (one) => [one, ...nodes(one.parts).flatMap(all)];
  // Whether two expressions are the same, wherever they stand
  function same(a, b) {
    if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, k) => same(x, b[k]));
    return a?.op ? a.op === b?.op && same(a.parts, b.parts) : a === b;
  }

  // The layout, as text and in parts

  const is = (item, data) => item?.data === data;
  const text = (item) => (item.type ? item.text.trim() : "");
  // An item as TeX without spaces
  function flat(item) {
    if (item.type) return item.text.trim();
    if (item.data !== "script") return flat_all(item.children);
    const [base, below, above] = parts(item);
    return flat(base) + (below.length ? `_${flat_all(below)}` : "") + (above.length ? `^${flat_all(above)}` : "");
  }
  const flat_all = (items) => items.map(flat).join("");
  // The words of a \text
  const words = (token) => {
    const found = token.text.indexOf("{");
    return found < 0 ? "" : token.text.slice(found + 1).replace(/\}+$/, "").trim();
  };
  const is_text = (items) => items.length === 1 && items[0].type === "TEXT";
  // What stands in an argument
  const inside = (item) => (is(item, "group") ? item.children[0].children : [item]);

  // A base, what stands below it, and what above it; primes stand above
  function parts(item) {
    if (!is(item, "script")) return [item, [], []];
    const [base, tail] = item.children, below = [], above = [];
    for (const part of tail.children) {
      if (part.type) above.push(part);
      else (part.data === "sub" ? below : above).push(...inside(part.children[0]));
    }
    return [base, below, above];
  }

  // Items in pieces, cut at signs
  function split(items, ...at) {
    const pieces = [[]];
    for (const item of items) {
      if (item.type && at.includes(item.text)) pieces.push([]);
      else pieces.at(-1).push(item);
    }
    return pieces;
  }

  // Items in two pieces, cut at a sign
  function halves(items, ...at) {
    const pieces = split(items, ...at);
    if (pieces.length !== 2 || !pieces.every((piece) => piece.length)) refuse_all(items, `: expected ${at.join(" or ")} in it once`);
    return pieces;
  }

  // The indices that stand below a letter: between commas, or letter by letter
  function indices(items) {
    if (!items.length) return [];
    const pieces = split(items, ",");
    const letters = items.every((item) => ["LETTER", "DIGIT", "COMMAND"].includes(item.type));
    return pieces.length === 1 && letters ? items.map((item) => [item]) : pieces;
  }

  const empty = (item) => (item.type ? item.type === "QUAD" : is(item, "group") && !item.children[0].children.length);
  // Without spaces and without the full stop
  // What ends a sentence does not belong to it
  const strip = (piece) => {
    const found = piece.filter((item) => !empty(item));
    return found.length && [".", ";", ":"].includes(flat(found.at(-1))) ? found.slice(0, -1) : found;
  };

  // Expressions

  // Reads the items of one expression, left to right
  class Reader {
    constructor(items, symbols, end = 0, depth = 0) {
      this.items = items.filter((item) => !empty(item));
      this.symbols = symbols;
      this.i = 0;
      this.end = this.items.at(-1)?.at ?? end;
      this.depth = depth;
      this.terms = 0;
    }

    known(name) {
      return Object.hasOwn(this.symbols, name) ? this.symbols[name] : undefined;
    }

    // The sign that comes next, or nothing
    peek() {
      return this.more() ? text(this.items[this.i]) : "";
    }

    more() {
      return this.i < this.items.length;
    }

    place() {
      return this.more() ? this.items[this.i].at : this.end;
    }

    take() {
      if (!this.more()) refuse(this.end, "it ends where a factor is expected");
      return this.items[this.i++];
    }

    // All items as one expression
    whole() {
      const found = this.sum();
      if (this.more()) refuse(this.place(), `${quoted(flat(this.items[this.i]))} is not expected here`);
      return found;
    }

    // Terms, added and subtracted
    sum() {
      let at = this.place();
      const sign = this.peek();
      if (sign === "+" || sign === "-") this.take();
      let found = this.product();
      if (sign === "-") found = node("neg", [found], at);
      for (let join; (join = this.peek()) === "+" || join === "-"; ) {
        ({ at } = this.take());
        if (++this.terms > MOST) refuse(at, `more than ${MOST} terms`);
        found = node(join === "+" ? "add" : "sub", [found, this.product()], at);
      }
      return found;
    }

    // Factors, each with how it is joined to the one before
    product() {
      const at = this.place(), factors = [this.factor()], joins = [""];
      let cut;
      while (this.more() && !["+", "-", ",", ":", ...RELATIONS].includes(this.peek())) {
        const join = JOINS.includes(this.peek()) ? this.take().text : "";
        if (ELLIPSES.includes(this.peek())) {
          const dots = this.take().at;
          cut = factors.length;
          if ((JOINS.includes(this.peek()) ? this.peek() : "") !== join) refuse(dots, "another sign behind the dots");
          if (join) this.take();
        }
        joins.push(join);
        factors.push(this.factor());
      }
      if (cut !== undefined) return node("dots", [factors, joins, cut], at);
      return factors.length === 1 ? factors[0] : node("product", [factors, joins], at);
    }

    // An expression within this one
    inner(items) {
      return new Reader(items, this.symbols, this.end, this.depth).whole();
    }

    factor() {
      if (++this.depth > DEEPEST) refuse(this.place(), `more than ${DEEPEST} things in each other`);
      const found = this.taken();
      this.depth--;
      return found;
    }

    // The next factor
    taken() {
      const item = this.take(), { at } = item;
      const [base, below, above] = parts(item), sign = base.type || is(base, "accent") ? flat(base) : "";
      if (sign === "\\sum" || sign === "\\prod") return this.big(sign.slice(1), below, above, at);
      if (sign === "\\partial") return this.slash(at);
      if (MOMENTS.has(sign)) return this.moment(sign, below, at);
      if (FUNCTIONS.includes(sign) || (base.type === "NAME" && !this.known(sign))) return this.named(base, below, above, at);
      if (base.type === "DIGIT") return this.number(item, above, at);
      if (base.data === "frac") return this.raised(this.held(this.fraction(base, at)), above, at);
      if (base.data === "sqrt") return node("sqrt", [this.inner(inside(base.children[0]))], at);
      if (base.data === "under") return this.braced(base, below, at);
      if (base.data === "group") return this.raised(this.inner(inside(base)), above, at);
      if (base.data === "table") return this.block(base, at);
      if (base.data === "fence") return this.fence(base, below, above, at);
      return this.symbol(base, below, above, at);
    }

    // Digits, of which the last may have a power
    number(item, above, at) {
      let digits = flat(parts(item)[0]);
      const digit = (ahead) => this.i + ahead < this.items.length && parts(this.items[this.i + ahead])[0].type === "DIGIT";
      while ((!above.length && digit(0)) || (this.peek() === "." && digit(1))) {
        const [next, , power] = parts(this.take());
        above = power;
        digits += next.text;
      }
      return this.raised(node("number", [Number(digits)], at), above, at);
    }

    // A node with what stands above it: transposed, or a power
    raised(found, above, at) {
      if (!above.length) return found;
      return flat_all(above) === "\\top" ? node("transpose", [found], at) : node("power", [found, this.inner(above)], at);
    }

    // A quotient, or a derivative
    fraction(item, at) {
      const [top, bottom] = item.children.map(inside);
      if (!top.length || !bottom.length) refuse(at, "a fraction of nothing");
      if (flat(top[0]) === "\\partial" || flat(top[0]) === "\\mathrmd") {
        if (flat(bottom[0]) !== flat(top[0])) refuse(at, `expected ${flat(top[0])} below, too`);
        const below = this.inner(bottom.slice(1));
        return node("derivative", [top.length > 1 ? this.inner(top.slice(1)) : this.product(), below], at);
      }
      return node("quotient", [this.inner(top), this.inner(bottom)], at);
    }

    // A derivative with what is noted behind it, on a bar: what is held fixed
    held(found) {
      if (found.op !== "derivative" || !this.more()) return found;
      const [bar, note] = parts(this.items[this.i]);
      if (flat(bar) !== "\\bigg|") return found;
      this.take();
      if (!is_text(note)) refuse(found.at, "what is held fixed?");
      return node("held", [words(note[0]), found], found.at);
    }

    // What stands above a brace: its value and its shape may stand below
    braced(base, below, at) {
      let found = this.inner(inside(base.children[0]));
      for (const piece of split(below, ",").filter((piece) => piece.length)) {
        const shape = shape_of(piece, this.symbols);
        if (shape.length) found = node("shaped", [found, shape], at);
        else if (!piece.some((item) => is_text([item])) && !piece.every((item) => this.known(flat(item))?.kind === "name")) found = node("same", [found, this.inner(piece)], at);
      }
      return found;
    }

    // An expectation, a variance, a probability
    moment(sign, below, at) {
      if (!below.length) return node("moment", [MOMENTS.get(sign), this.factor()], at);
      const [drawn, printed] = halves(below, "\\sim"), found = this.known(flat_all(printed));
      const law = found?.kind === "function" ? node("symbol", [found.name, []]) : this.inner(printed);
      const letters = split(drawn, ",");
      if (!letters.every((letter) => letter.length)) refuse(at, "the mean over what?");
      const ends = letters.length > 1 ? [letters[0], letters.at(-1)].map((letter) => parts(letter[0])[1]) : [];
      return node("mean", [[flat(parts(letters[0][0])[0]), ...ends.map((end) => this.inner(end))], law, this.factor()], at);
    }

    // A derivative in a line: ∂J / ∂W
    slash(at) {
      const above = this.factor();
      if (this.peek() !== "/") refuse(at, "expected / and what J is differentiated by");
      this.take();
      if (flat(this.take()) !== "\\partial") refuse(at, "expected ∂ behind the /");
      return node("derivative", [above, this.factor()], at);
    }

    // A function that all pages have, of what follows it
    named(base, below, above, at) {
      const plain = base.type === "NAME" ? words(base) : base.text.slice(1), name = plain + flat_all(below);
      if (!NAMED.includes(name)) refuse(at, `${quoted(plain)} is no function of the book`);
      if (!this.more()) refuse(at, `${name} of what?`);
      const of = this.factor();
      if (above[0]?.type === "PRIME") return node("slope", [name, of], at);
      return this.raised(node("function", [name, of], at), above, at);
    }

    // What stands in brackets: an expression, a truth value, a size
    fence(base, below, above, at) {
      const [opened, { children: items }] = base.children;
      if (opened.text.includes("vert") || opened.text.includes("Vert")) {
        const name = `|${flat_all(items)}|`, size = opened.text.includes("lvert");
        if (size && this.known(name)) return node("symbol", [name, []], at);
        return node(size ? "size" : "norm", [this.inner(items)], at);
      }
      if (items.some((item) => RELATIONS.includes(flat(item)))) return node("truth", this.test(items), at);
      const stacked = split(items, opened.text.endsWith("[") ? ";" : ",");
      if (stacked.length > 1) return node("stack", stacked.map((piece) => this.inner(piece)), at);
      let found = this.inner(items);
      if (below.length) found = node("entry", [found, indices(below).map((index) => this.inner(index))], at);
      return this.raised(found, above, at);
    }

    // A matrix that is written out
    block(base, at) {
      const rows = split(base.children[1].children, "\\\\");
      return node("block", rows.map((row) => split(row, "&").map((cell) => this.inner(cell))), at);
    }

    // A letter, with its indices, an entry of it, or a function's value
    symbol(base, below, above, at) {
      let name = flat(base);
      if (["OP", "AMP", "ROW"].includes(base.type)) refuse(at, `${name} where a letter is expected`);
      if (is_text(below)) [name, below] = [`${name}_${words(below[0])}`, []];
      else if (this.known(`${name}_${flat_all(below)}`)) [name, below] = [`${name}_${flat_all(below)}`, []];
      if (above.length && this.known(`${name}^${flat(above[0])}`)) [name, above] = [`${name}^${flat(above[0])}`, above.slice(1)];
      const found = this.known(name), places = indices(below).map((index) => this.inner(index));
      if (!found && places.length) refuse(at, `${quoted(name)} is no symbol of this page`);
      if (!found || (found.kind === "index" && !places.length)) return this.raised(node("letter", [name], at), above, at);
      if (found.kind === "function") return this.raised(places.length ? node("call", [name, places], at) : this.call(found, at), above, at);
      if (found.below && !places.length && this.of_given()) {
        const [entry, given] = halves(this.take().children[1].children, "\\mid");
        return node("entry", [node("symbol", [name, [this.inner(given)]], at), [this.inner(entry)]], at);
      }
      if (found.kind === "vector" && !found.below && this.of_given()) {
        const [one, given] = halves(this.take().children[1].children, "\\mid");
        return node("likelihood", [node("symbol", [name, []], at), this.inner(one), this.inner(given)], at);
      }
      const own = [...found.silent.map((letter) => node("letter", [letter], at)), ...places.slice(0, found.below)];
      const entry = places.slice(found.below);
      if (found.above) {
        if (!is(above[0], "fence")) refuse(at, `${name} needs an index in brackets above`);
        own.push(this.inner(above[0].children[1].children));
        above = above.slice(1);
      }
      if (own.length < found.below + found.above + found.silent.length) refuse(at, `${name} needs an index`);
      const letter = node("symbol", [name, own], at);
      return this.raised(entry.length ? node("entry", [letter, entry], at) : letter, above, at);
    }

    // A function of the page, of what stands in brackets
    call({ name }, at) {
      const item = this.take();
      if (!is(item, "fence")) refuse(at, `${name} of what?`);
      const given = split(item.children[1].children, ",", "\\mid", "\\|", "\\Vert");
      return node("call", [name, given.map((piece) => this.inner(piece))], at);
    }

    // Whether brackets follow as in p(o | c): entry o of the vector p_c
    of_given() {
      const item = this.items[this.i];
      return is(item, "fence") && item.children[1].children.some((part) => flat(part) === "\\mid");
    }

    // A sum or a product over letters, of the product that follows it
    big(op, below, above, at) {
      const [head, ...conditions] = split(below, ":");
      let letters, bounds = [];
      if (head.some((item) => flat(item) === "=") && !conditions.length) {
        const [letter, first] = halves(head, "=");
        letters = [letter];
        bounds = [this.inner(first), this.inner(above)];
      } else if (head.some((item) => ["\\in", "\\subseteq"].includes(flat(item)))) {
        const [letter, over] = halves(head, "\\in", "\\subseteq");
        letters = [letter];
        bounds = ["of", flat_all(over)];
        if (is(over[0], "fence")) {
          const ends = split(over[0].children[1].children, ",");
          if (ends.length < 2) refuse_all(over, ": expected the first and the last");
          bounds = ["subsets", this.inner(ends[0]), this.inner(ends.at(-1))];
        }
      } else letters = split(head, ",");
      const test = conditions.slice(0, 1).map((condition) => this.test(condition));
      const sign = this.peek() === "-" ? this.take() : undefined;
      let body = this.product();
      if (sign) body = node("neg", [body], sign.at);
      return node(op, [letters.map(flat_all), bounds, test, body], at);
    }

    // A condition: a relation, and what stands on its two sides
    test(items) {
      const [left, right] = halves(items, ...RELATIONS);
      return [items.map(flat).find((sign) => RELATIONS.includes(sign)), this.inner(left), this.inner(right)];
    }
  }

  const read = (items, symbols) => new Reader(items, symbols).whole();

  // Statements

  // The lines of a display, each with what is noted beside it; one that goes on with the one before is joined to it
  function lines(tree) {
    const items = tree.children.filter((item) => !empty(item)), table = items.find((item) => is(item, "table"));
    if (!table?.children[0].text.includes("aligned")) return [[items, []]];
    const found = [];
    for (const row of split(table.children[1].children, "\\\\")) {
      const cells = split(row, "&"), blank = cells.findIndex((cell, k) => k && !cell.length);
      const end = blank < 0 ? cells.length : blank;
      const main = cells.slice(0, end).flat(), note = cells.slice(end).flat(), last = found.at(-1);
      const start = main.find((item) => !empty(item));
      if (last && start && [...RELATIONS, "+", "-"].includes(flat(start))) {
        if (flat_all(last[0].slice(-1)) === ",") last[0].pop();
        last[0].push(...main);
        last[1].push(...note);
      } else if (main.length) found.push([main, note]);
    }
    return found;
  }

  // The statements of a formula, in the order in which they are printed
  function statements(tex, symbols) {
    const found = [], ranges = [];
    for (const [main, note] of lines(layout(tex))) {
      let said = [], alone = [];
      const shapes = [], tests = [], comma = note.length ? [{ type: "OP", text: ",", at: note[0].at }] : [];
      const pieces = split([...main, ...comma, ...note], ",").map(strip).filter((piece) => piece.length);
      for (let k = 0; k < pieces.length; ) {
        const [whole, ...space] = split(pieces[k++], "\\in"), piece = without_words(whole, symbols);
        if (!space.every((items) => items.length)) refuse(undefined, "in which space?");
        if (space.length) {
          const [letter, , sizes] = parts(space[0][0]);
          if (flat(letter) !== "\\R") refuse_all(space[0], ": no space of the book");
          shapes.push(split(sizes, "\\times").map((size) => read(size, symbols)));
        }
        const signs = piece.map(flat).filter((sign) => RELATIONS.includes(sign));
        const shape = shape_of(piece, symbols), ranged = shape.length ? undefined : range_of(pieces, k - 1, symbols);
        if (shape.length) shapes.push(shape);
        else if (ranged) {
          ranges.push(...ranged[0]);
          k = ranged[1];
        } else if (said.length && signs.length === 1 && CONDITIONS.includes(signs[0])) tests.push(new Reader(piece, symbols).test(piece));
        else if (said.length && signs.length === 1 && ["\\le", "\\ge"].includes(signs[0])) refuse_all(piece, " is the range of no letter");
        else if (signs.length) said.push(chain(piece, symbols));
        else if (piece.some((item) => flat(item) === "\\sim") || piece.every((item) => item.type === "TEXT")) {
          if (/length|shape/.test(flat_all(piece))) refuse(undefined, "a length or a shape is missing");
        } else alone.push([[read(piece, symbols)], []]);
      }
      if (shapes.length && !said.length) [said, alone] = [alone, []];
      if (alone.length && pieces.length > 1) {
        const { at } = alone[0][0][0];
        refuse(at, `${quoted(tex.slice(at, at + 12))} states nothing`);
      }
      found.push(...said.map(([sides, relations]) => ({ sides, relations, ranges, shapes, conditions: tests })));
    }
    return found;
  }

  // A piece without the words before a formula, as in “that is, a = b”
  function without_words(piece, symbols) {
    const [first, second, ...rest] = piece.map(flat);
    const stated = !RELATIONS.includes(second) && rest.some((sign) => RELATIONS.includes(sign));
    return is_text(piece.slice(0, 1)) && !Object.hasOwn(symbols, first) && stated ? piece.slice(1) : piece;
  }

  // Sides, and the relations between them
  function chain(piece, symbols) {
    const sides = split(piece, ...RELATIONS).map((side) => read(side, symbols));
    if (sides.some((side, k) => k && same(side, sides[k - 1]))) refuse_all(piece, " says that a thing is itself");
    return [sides, piece.map(flat).filter((sign) => RELATIONS.includes(sign))];
  }

  // The sizes that a piece prints, as in “(length d)”; none, if it is no shape
  function shape_of(piece, symbols) {
    if (piece.length === 1 && is(piece[0], "fence")) piece = strip(piece[0].children[1].children);
    if (piece.some((item) => [...RELATIONS, ...ELLIPSES].includes(flat(item)))) return [];
    const said = piece.filter((item) => item.type === "TEXT"), rest = piece.filter((item) => item.type !== "TEXT");
    const sizes = split(rest, "\\times").filter((size) => size.length).map((size) => read(size, symbols));
    const within = sizes.flatMap(all), kinds = within.filter(({ op }) => op === "symbol").map((one) => symbols[one.parts[0]].kind);
    const like = kinds.length === 1 && kinds[0] === "matrix" && said.length === 1 && words(said[0]) === "like";
    const plain = within.every(({ op }) => ["symbol", "add", "letter"].includes(op));
    return like || (plain && kinds.length && kinds.every((kind) => kind === "size")) ? sizes : [];
  }

  // The ranges that begin at piece k, as in “i, j = 1, …, d” or “j ≤ d”, and where they end
  function range_of(pieces, k, symbols) {
    const letters = [];
    for (let m = k; m < pieces.length; m++) {
      const [head, ...rest] = split(pieces[m], "=", "\\le"), letter = head[0];
      if (head.length !== 1 || !letter.type || Object.hasOwn(symbols, letter.text)) return;
      letters.push(letter.text);
      if (!rest.length) continue;
      const value = read(rest[0], symbols);
      if (pieces[m].some((item) => flat(item) === "\\le")) return [letters.map((name) => [name, node("number", [1]), value]), m + 1];
      for (let end = m + 1; end < pieces.length - 1; end++) {
        if (ELLIPSES.includes(flat_all(pieces[end]))) {
          const last = read(pieces[end + 1], symbols);
          return [letters.map((name) => [name, value, last]), end + 2];
        }
        if (pieces[end].some((item) => RELATIONS.includes(flat(item)))) return;
      }
      return;
    }
  }

  const expression = (tex, symbols) => read(layout(tex).children, symbols);
  unrolled.inside = { all, flat, inside, is, nodes, parts, same, split, words };
  Object.assign(unrolled, { expression, statements });
})(globalThis);
