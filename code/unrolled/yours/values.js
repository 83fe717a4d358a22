// The values of expressions on a case, as formulas/values.py computes them; here all letters have their values in the case.
//
// A case is { symbols, sizes, ranges, sets, letters }, see formulas/exported.py: letters have their members by index, as in
// { "": value } or { "1,3": value }. A value is a number or a matrix, { rows, cols, data } row by row; a vector is a column.
(function (root) {
  const unrolled = (root.unrolled ??= {});
  const { Unreadable } = unrolled, { all, nodes, same } = unrolled.inside;

  // A letter without a value, and where it stands
  class Unknown extends Error {
    constructor(message, at) {
      super(unrolled.shown?.(message) ?? message); // with letters as a reader writes them
      this.at = at;
    }
  }
  // Shapes that do not fit, as [rows, columns], and where: at the sign, or at the second of two factors
  class Misshapen extends Error {
    constructor(message, shapes = [], at) {
      super(message);
      this.shapes = shapes;
      this.at = at;
    }
  }

  const IDENTITY = { identity: true }; // of the size that fits
  const MOST = 100_000, LONGEST = 1000; // steps of a computation, and of a sum
  const ROUNDING = 1e-12, TINY = 1e-3;

  // Values. A number that is written out, a size, and an index are numbers; one that was computed from letters is { data: [x] }:
  // the one may be added to a vector, the other not.

  const scalar = (x) => ({ data: [x] });
  const matrix = (rows, cols, data) => ({ rows, cols, data });
  const shape = (value) => (value.rows === undefined ? [] : [value.rows, value.cols]);
  const is_matrix = (value) => value.rows !== undefined;
  const is_column = (value) => value.cols === 1;
  const plain = (value) => (typeof value === "number" ? value : value.data[0]);
  const shown = (sizes) => (sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(", ")})`);
  const mapped = (value, f) => (typeof value === "number" ? f(value) : { ...value, data: value.data.map((x) => f(x)) });
  const fits = (a, b) => a.rows === b.rows && a.cols === b.cols;
  const eye = (n) => matrix(n, n, Array.from({ length: n * n }, (_, k) => +(k % (n + 1) === 0)));
  const transposed = ({ rows, cols, data }) => matrix(cols, rows, data.map((_, k) => data[(k % rows) * cols + Math.floor(k / rows)]));

  // Entry by entry; a number goes with all entries
  function entrywise(a, b, f) {
    if (is_matrix(a) && is_matrix(b)) return { ...a, data: a.data.map((x, k) => f(x, b.data[k])) };
    if (is_matrix(a)) return mapped(a, (x) => f(x, plain(b)));
    if (typeof b !== "number") return mapped(b, (y) => f(plain(a), y));
    return mapped(a, (x) => f(x, b));
  }
  const times = (a, b) => entrywise(a, b, (x, y) => x * y);

  function multiplied(a, b) {
    const data = [];
    for (let i = 0; i < a.rows; i++) {
      for (let j = 0; j < b.cols; j++) {
        let sum = 0;
        for (let k = 0; k < a.cols; k++) sum += a.data[i * a.cols + k] * b.data[k * b.cols + j];
        data.push(sum);
      }
    }
    return matrix(a.rows, b.cols, data);
  }

  function inverse({ rows: n, data }, at) {
    const lines = eye(n).data.flatMap((_, k) => (k % n ? [] : [[...data.slice(k, k + n), ...eye(n).data.slice(k, k + n)]]));
    lines.forEach((_, k) => {
      const sizes = lines.map((line, i) => (i < k ? -1 : Math.abs(line[k]))), best = sizes.indexOf(Math.max(...sizes));
      if (!sizes[best]) throw new Misshapen("the inverse of a matrix that has none", [[n, n]], at);
      [lines[k], lines[best]] = [lines[best], lines[k]];
      lines[k] = lines[k].map((x) => x / lines[k][k]);
      lines.forEach((line, i) => {
        if (i !== k) lines[i] = line.map((x, j) => x - line[k] * lines[k][j]);
      });
    });
    return matrix(n, n, lines.flatMap((line) => line.slice(n)));
  }

  // Matrices, or numbers, below each other (axis 0), or side by side
  function beside(parts, axis, at) {
    const values = parts.map((one) => (one === IDENTITY || is_matrix(one) ? one : matrix(1, 1, [plain(one)])));
    const shapes = values.map(shape);
    if (shapes.some((one) => !one.length || one[1 - axis] !== shapes[0][1 - axis]))
      throw new Misshapen(`[${shapes.map(shown).join(", ")}] are put together`, shapes, at);
    if (axis === 1) return transposed(beside(values.map(transposed), 0));
    return matrix(shapes.reduce((sum, [rows]) => sum + rows, 0), shapes[0][1], values.flatMap(({ data }) => data));
  }

  const sigma = (x) => 1 / (1 + Math.exp(-x));
  // Functions of numbers, and their derivatives
  const FUNCTIONS = {
    log: [Math.log, (x) => 1 / x],
    log2: [Math.log2, (x) => 1 / (x * Math.LN2)],
    exp: [Math.exp, Math.exp],
    tanh: [Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
    sigma: [sigma, (x) => sigma(x) * (1 - sigma(x))],
  };
  const OF_VECTORS = {
    diag: ({ rows, data }) => matrix(rows, rows, eye(rows).data.map((one, k) => (one ? data[k % rows] : 0))),
    softmax({ rows, data }) {
      const largest = Math.max(...data), raised = data.map((x) => Math.exp(x - largest)), sum = raised.reduce((a, b) => a + b, 0);
      return matrix(rows, 1, raised.map((x) => x / sum));
    },
  };
  const COMPARED = {
    "=": (a, b) => a === b,
    "\\ne": (a, b) => a !== b,
    "<": (a, b) => a < b,
    ">": (a, b) => a > b,
    "\\le": (a, b) => a <= b + ROUNDING,
    "\\ge": (a, b) => b <= a + ROUNDING,
  };
  const CONSTANTS = { e: Math.E };

  // The whole numbers from one to another, down too unless `up`
  function numbers(first, last, up, at) {
    if (![first, last].every((x) => typeof x === "number" && isFinite(x))) throw new Misshapen("a range that is not of numbers", [], at);
    if (first > last && !up) return numbers(last, first, true, at).reverse();
    const from = Math.trunc(first), length = Math.trunc(last) - from + 1;
    if (length > LONGEST) throw new Unreadable(`a range of ${length} numbers: more than ${LONGEST} are not computed here`, at);
    return Array.from({ length: Math.max(length, 0) }, (_, k) => from + k);
  }

  // All choices of one from each list, one after the other
  function* product(lists) {
    if (!lists.length) yield [];
    else for (const first of lists[0]) for (const rest of product(lists.slice(1))) yield [first, ...rest];
  }
  function subsets(items) {
    if (!items.length) return [[]];
    const rest = subsets(items.slice(1));
    return [...rest, ...rest.map((some) => [items[0], ...some])];
  }

  // How far two values are apart, relative to the largest entry; infinite where shapes differ
  function apart(a, b) {
    if (a === IDENTITY) a = eye(is_matrix(b) ? b.rows : 1);
    if (b === IDENTITY) b = eye(is_matrix(a) ? a.rows : 1);
    const x = typeof a === "number" ? [a] : a.data, y = typeof b === "number" ? [b] : b.data;
    if (!(fits(a, b) || (x.length === 1 && y.length === 1)) || ![...x, ...y].every(isFinite)) return Infinity;
    const most = (data) => Math.max(0, ...data.map(Math.abs));
    return x.length ? most(x.map((one, k) => one - y[k])) / Math.max(most(x), most(y), TINY) : 0;
  }

  class Values {
    constructor(kase) {
      this.kase = kase;
    }

    // The value of an expression, with the values of its free letters; the identity alone is unrolled.IDENTITY
    value(node, env = {}) {
      this.steps = 0;
      const found = this.of(node, env);
      return found !== IDENTITY && typeof found !== "number" && !is_matrix(found) ? plain(found) : found;
    }

    // The terms of a line, and the factors of which each is made, with the place of each and the shape of its value: [], for
    // a number, [rows, columns]; undefined if it has none.
    parts(node, env = {}) {
      const seen = new Map(), found = [];
      this.seen = seen;
      try {
        this.value(node, env);
      } catch (error) {
        if (![Unreadable, Unknown, Misshapen].some((kind) => error instanceof kind)) throw error;
      } finally {
        this.seen = undefined;
      }
      const add = (kind, one) => found.push({ kind, at: one.at, shape: seen.get(one) });
      const factor = (one) => (one.op === "sum" || one.op === "prod" ? factors(one.parts[3]) : add("factor", one));
      const factors = (one) => (one.op === "product" || one.op === "dots" ? one.parts[0] : [one]).forEach(factor);
      const terms = (one) => {
        if (["neg", "add", "sub"].includes(one.op)) return one.parts.forEach(terms);
        add("term", one);
        factors(one);
      };
      terms(node);
      return found;
    }

    of(node, env) {
      const compute = this[`_${node.op}`];
      if (!compute) throw new Unreadable(`place ${node.at}: ${node.op} has no value`, node.at);
      if (++this.steps > MOST) throw new Unreadable(`place ${node.at}: it takes too long to compute`, node.at);
      if (this.seen && ["product", "add", "sub"].includes(node.op)) {
        // all of them, also behind what does not fit
        for (const part of nodes(node.parts)) {
          try {
            if (!this.seen.has(part)) this.of(part, env);
          } catch {
            this.seen.set(part, undefined);
          }
        }
      }
      const found = compute.call(this, node, env);
      this.seen?.set(node, found === IDENTITY ? undefined : shape(found));
      return found;
    }

    // The value of what has a size
    sized(node, env) {
      const found = this.of(node, env);
      if (found === IDENTITY) throw new Misshapen("I alone has no size", [], node.at);
      return found;
    }

    letter(name, members, at) {
      const { sizes, letters, symbols } = this.kase;
      if (Object.hasOwn(sizes, name)) return sizes[name];
      const found = letters[name]?.[members.join()];
      if (found === undefined) throw Object.assign(new Unknown(members.length ? `${name} has no member ${members.join(", ")}` : `${name}: neither given nor defined`, at), members.length && { members });
      const whole = ["size", "index"].includes(symbols[name].kind);
      return typeof found === "number" && !whole ? scalar(found) : found;
    }

    index(node, env) {
      return this.whole(this.of(node, env), node.at);
    }

    whole(value, at) {
      if (value === IDENTITY || is_matrix(value) || !Number.isInteger(plain(value))) throw new Misshapen("an index that is no whole number", [], at);
      return plain(value);
    }

    _number({ parts: [x] }) {
      return x;
    }

    _letter({ parts: [name], at }, env) {
      if (Object.hasOwn(env, name)) return env[name];
      if (!Object.hasOwn(this.kase.symbols, name)) throw new Unknown(`${name} is no letter of this page`, at);
      return this.letter(name, [], at);
    }

    _symbol({ parts: [name, members], at }, env) {
      const { kind, means } = Object.hasOwn(this.kase.symbols, name) ? this.kase.symbols[name] : {};
      if (!kind) throw new Unknown(`${name} is no letter of this page`, at);
      if (kind === "identity") return IDENTITY;
      if (kind === "constant") return CONSTANTS[means];
      if (kind === "name") return this.index(members[0], env);
      if (!members.length && Object.hasOwn(env, name)) return env[name];
      return this.letter(name, members.map((one) => this.index(one, env)), at);
    }

    // A letter that the reader has named: an expression, in which letters stand for its indices
    _where({ parts: [letters, indices, of] }, env) {
      const own = indices.map((index, k) => [letters[k], this.index(index, env)]);
      return this.of(of, { ...env, ...Object.fromEntries(own) });
    }

    _entry({ parts: [of, at], at: place }, env) {
      const value = this.sized(of, env);
      if (typeof value === "number") throw new Misshapen("an entry of a number", [], place);
      const own = shape(value), places = at.map((one) => this.index(one, env) - 1);
      if (places.length === 1 && is_column(value)) places.push(0);
      if (places.length !== own.length || !places.every((k, axis) => 0 <= k && k < own[axis]))
        throw new Misshapen(`no entry [${places.join(", ")}] in the shape ${shown(own)}`, [own], place);
      return scalar(value.data[places[0] * value.cols + places[1]]);
    }

    _neg({ parts: [of] }, env) {
      return mapped(this.sized(of, env), (x) => -x);
    }

    _add(node, env) {
      return this.added(node, env, 1);
    }

    _sub(node, env) {
      return this.added(node, env, -1);
    }

    // A sum; a number that is written out may be added to a vector, and zero, as a sum of no terms is, to a matrix
    added({ parts, at }, env, sign) {
      let [a, b] = parts.map((part) => this.of(part, env));
      if (a === IDENTITY || b === IDENTITY) {
        const other = a === IDENTITY ? b : a;
        if (!is_matrix(other) || other.rows !== other.cols) throw new Misshapen("I is added to what is no square matrix", [shape(other)], at);
        [a, b] = [a, b].map((x) => (x === IDENTITY ? eye(other.rows) : x));
      }
      const literal = (x, other) => typeof x === "number" && (!is_matrix(other) || is_column(other) || x === 0);
      if (!fits(a, b) && !literal(a, b) && !literal(b, a)) {
        const shapes = [a, b].map(shape);
        throw new Misshapen(`${shown(shapes[0])} and ${shown(shapes[1])} are added`, shapes, at);
      }
      return entrywise(a, b, (x, y) => x + sign * y);
    }

    _product({ parts: [factors, joins] }, env) {
      const naught = (value) => value !== IDENTITY && !is_matrix(value) && plain(value) === 0;
      let found = this.of(factors[0], env), zero = naught(found);
      for (let k = 1; k < factors.length; k++) {
        const factor = this.of(factors[k], env);
        found = this.joined(found, factor, joins[k], factors[k].at);
        zero ||= naught(factor);
        // a row times a column is a number
        if (found.rows === 1 && found.cols === 1 && !joins[k] && this.is_row(factors[k - 1])) found = scalar(found.data[0]);
      }
      if (!zero || found === IDENTITY || typeof found === "number" || is_matrix(found)) return found;
      return mapped(found, (x) => (isNaN(x) ? 0 : x)); // 0 log 0 is 0
    }

    // Whether a factor is a vector, transposed
    is_row({ op, parts: [of] }) {
      const kind = { symbol: () => this.kase.symbols[of.parts[0]].kind, where: () => of.parts[3] };
      return op === "transpose" && kind[of.op]?.() === "vector";
    }

    // Values joined from left to right; of none, the identity
    multiplied(values, joins, at) {
      return values.reduce((found, value, k) => (found === IDENTITY ? value : this.joined(found, value, joins[k], at)), IDENTITY);
    }

    // A product of two: of matrices, by a number, entry by entry, of vectors
    joined(a, b, join, at) {
      if (join === "\\circ") [a, b] = [b, a];
      if (a === IDENTITY || b === IDENTITY) return a === IDENTITY ? b : a;
      if (join === "/") return this.over(a, b, at);
      const shapes = [a, b].map(shape), refuse = (sign) => {
        throw new Misshapen(`${shown(shapes[0])} ${sign} ${shown(shapes[1])}`, shapes, at);
      };
      if (join === "\\odot") return fits(a, b) && is_matrix(a) ? times(a, b) : refuse("⊙");
      if (!is_matrix(a) || !is_matrix(b)) return times(a, b);
      if (join === "\\cdot") return fits(a, b) && is_column(a) ? scalar(multiplied(transposed(a), b).data[0]) : refuse("·");
      return a.cols === b.rows ? multiplied(a, b) : refuse("times");
    }

    _transpose({ parts: [of], at }, env) {
      const value = this.of(of, env);
      if (value === IDENTITY) return value;
      if (!is_matrix(value)) throw new Misshapen("a number is transposed", [], at);
      return transposed(value);
    }

    _power({ parts: [of, to], at }, env) {
      const value = this.sized(of, env), power = this.sized(to, env);
      if (is_matrix(power)) throw new Misshapen("the exponent is no number", [shape(power)], to.at);
      if (!is_matrix(value) || is_column(value)) return entrywise(value, power, (x, y) => x ** y);
      if (value.rows !== value.cols) throw new Misshapen("a power of what is no square matrix", [shape(value)], at);
      const whole = Math.trunc(plain(power));
      if (!(Math.abs(whole) < 2 ** 31)) throw new Misshapen("a power that is no number", [], to.at);
      let n = Math.abs(whole), found = eye(value.rows), square = whole < 0 ? inverse(value, at) : value;
      for (; n; n = Math.floor(n / 2), square = multiplied(square, square)) if (n % 2) found = multiplied(found, square);
      return found;
    }

    _quotient({ parts, at }, env) {
      return this.over(...parts.map((part) => this.sized(part, env)), at);
    }

    // One value over another, which is a number
    over(a, b, at) {
      if (is_matrix(b)) throw new Misshapen("a quotient by what is no number", [a, b].map(shape), at);
      return entrywise(plain(b) === 0 && typeof a === "number" ? scalar(a) : a, b, (x, y) => x / y);
    }

    _sqrt({ parts: [of] }, env) {
      return mapped(this.sized(of, env), Math.sqrt);
    }

    _function({ parts: [name, of], at }, env) {
      return this.applied(name, this.of(of, env), 0, at);
    }

    _slope({ parts: [name, of], at }, env) {
      return this.applied(name, this.sized(of, env), 1, at);
    }

    // A function's value (0), or its derivative (1); some are of vectors alone
    applied(name, value, order, at) {
      if (value === IDENTITY) {
        if (name === "diag") return IDENTITY;
        throw new Misshapen("I alone has no size", [], at);
      }
      const of_vectors = Object.hasOwn(OF_VECTORS, name);
      if ((of_vectors || is_matrix(value)) && !is_column(value)) throw new Misshapen(`${name} of the shape ${shown(shape(value))}`, [shape(value)], at);
      if (of_vectors && order) throw new Unreadable(`place ${at}: ${name}' has no value`, at);
      return of_vectors ? OF_VECTORS[name](value) : mapped(typeof value === "number" ? scalar(value) : value, FUNCTIONS[name][order]);
    }

    _call({ parts: [name, given], at }, env) {
      const values = given.map((one) => this.of(one, env)), { means } = this.kase.symbols[name];
      if (values.length === 1 && Object.hasOwn(FUNCTIONS, means)) return this.applied(means, values[0], 0, at);
      const members = values.map((one, k) => this.whole(one, given[k].at)), found = this.kase.letters[name]?.[members.join()];
      if (found === undefined) throw new Unknown(`${name} of ${given.length}: no function that has a value here`, at);
      return typeof found === "number" ? scalar(found) : found;
    }

    _truth({ parts }, env) {
      return +this.holds(parts, env);
    }

    // Whether a condition is true
    holds([relation, left, right], env) {
      const [a, b] = [left, right].map((part) => this.sized(part, env));
      if (is_matrix(a) || is_matrix(b)) throw new Misshapen("arrays are compared", [a, b].map(shape), left.at);
      if (!Object.hasOwn(COMPARED, relation)) throw new Unreadable(`${relation} has no value`, left.at);
      return COMPARED[relation](plain(a), plain(b));
    }

    _shaped({ parts: [of, sizes], at }, env) {
      const value = this.sized(of, env);
      this.demand_shape(value, sizes, env, at);
      return value;
    }

    // Refuse a value that has not the shape that is printed
    demand_shape(value, sizes, env, at) {
      const found = sizes.map((size) => this.sized(size, env));
      // one that is no number is an array of the same shape
      const told = is_matrix(found[0]) ? shape(found[0]) : found.map((size) => Math.trunc(plain(size)));
      const expected = told.length === 2 ? told : [...told, 1], own = shape(value);
      if (own.join() !== expected.join()) throw new Misshapen(`the shape is ${shown(own)}, and printed is ${shown(expected)}`, [own, expected], at);
    }

    // A value that is noted; it is no number if the note is wrong
    _same({ parts, at }, env) {
      const [value, noted] = parts.map((part) => this.sized(part, env)), shapes = [noted, value].map(shape);
      if (!fits(value, noted)) throw new Misshapen(`${shown(shapes[0])} is noted for ${shown(shapes[1])}`, shapes, at);
      return apart(value, noted) > ROUNDING ? mapped(value, () => NaN) : value;
    }

    _stack({ parts, at }, env) {
      return beside(parts.map((part) => this.of(part, env)), 0, at);
    }

    _block({ parts, at }, env) {
      return beside(parts.map((row) => beside(row.map((cell) => this.of(cell, env)), 1, at)), 0, at);
    }

    // The values of a letter for which none are printed: those of the page, or the entries of what has it as an index
    span(letter, node, env) {
      let range = this.kase.ranges[letter];
      for (const { op, parts } of all(node)) {
        // that of the letter which the reader has put below a letter of their own
        if (op === "where") range ??= this.kase.ranges[parts[0].find((_, k) => same(parts[1][k].parts, [letter]))];
        if (op !== "entry") continue;
        const axis = parts[1].findIndex((index) => index.op === "letter" && index.parts[0] === letter);
        if (axis < 0) continue;
        const own = shape(this.of(parts[0], { [letter]: 1, ...env }));
        if (axis >= own.length) throw new Misshapen(`${axis + 1} indices of what has fewer`, [own], node.at);
        return numbers(1, own[axis]);
      }
      if (range) return numbers(...range, true);
      throw new Unknown(`${letter} is no letter of this page. If it is an index, write both ends at its sum.`, node.at);
    }

    // The terms of a sum, the factors of a product
    members({ parts: [letters, bounds, test, body], at }, env) {
      const set = !bounds.length && this.kase.sets?.[letters[0]];
      let spans;
      if (bounds[0] === "of") {
        if (!Array.isArray(env[bounds[1]])) throw new Unknown(`${bounds[1]} is no set of this page`, at);
        spans = [env[bounds[1]]];
      } else if (set || bounds[0] === "subsets") {
        const steps = numbers(...(set || bounds.slice(1).map((bound) => this.of(bound, env))), true, at);
        if (steps.length > 12) throw new Unreadable(`place ${at}: too many subsets`, at);
        spans = [subsets(steps)];
      } else if (bounds.length) spans = [numbers(...bounds.map((bound) => this.of(bound, env)), true, at)];
      else spans = letters.map((letter) => this.span(letter, body, env));
      const found = [];
      for (const chosen of product(spans)) {
        const here = { ...env };
        letters.forEach((letter, k) => (here[letter] = chosen[k]));
        if (test.every((one) => this.holds(one, here))) found.push(this.of(body, here));
      }
      return found;
    }

    _sum(node, env) {
      let terms = this.members(node, env);
      if (terms.includes(IDENTITY)) {
        // as the term of an empty product
        const like = terms.find((term) => term !== IDENTITY);
        if (!like && terms.length === 1) return IDENTITY;
        if (like?.rows === undefined || like.rows !== like.cols) throw new Misshapen("I is added to what is no square matrix", [], node.at);
        terms = terms.map((term) => (term === IDENTITY ? eye(like.rows) : term));
      }
      if (!terms.length) return 0;
      return terms.reduce((a, b) => {
        if (is_matrix(a) && is_matrix(b) && !fits(a, b)) throw new Misshapen(`${shown(shape(a))} and ${shown(shape(b))} are added`, [a, b].map(shape), node.at);
        return entrywise(a, b, (x, y) => x + y);
      });
    }

    _prod(node, env) {
      const factors = this.members(node, env);
      return this.multiplied(factors, factors.map(() => ""), node.at);
    }

    // A product with dots. The blocks beside the dots are equal but for one index, and it runs from that of the first such
    // block to that of the last, also where these are fewer than are printed.
    _dots({ parts: [factors, joins, cut], at }, env) {
      const unclear = new Unreadable(`place ${at}: what the dots stand for is not clear`, at);
      let width = 0;
      const block = (k) => {
        const first = cut + k * width;
        return first < 0 || first + width > factors.length ? [] : factors.slice(first, first + width);
      };
      do if (++width > Math.min(cut, factors.length - cut)) throw unclear; while (!varying(block(-1), block(0)));
      let low = -1, high = 0;
      while (varying(block(low - 1), block(0))) low--;
      while (varying(block(high + 1), block(-1))) high++;
      const own = Array.from({ length: high - low + 1 }, (_, k) => varying(block(low + k), block(low + k < 0 ? 0 : -1)));
      if (own.includes(null)) throw unclear;
      const index = own.map((letter) => this.index(letter, env));
      const steps = index.slice(1).map((next, k) => next - index[k]).filter((_, k) => low + k !== -1), [step] = steps;
      if (Math.abs(step) !== 1 || steps.some((other) => other !== step)) throw unclear;
      const first = cut + low * width, last = cut + (high + 1) * width;
      const found = factors.slice(0, first), signs = joins.slice(0, first);
      for (const x of numbers(index[0] * step, index.at(-1) * step, true, at)) {
        found.push(...moved(block(low), own[0], x * step));
        // the first block of all has the sign of those that follow it
        signs.push(joins[first + width], ...joins.slice(first + 1, first + width));
      }
      const values = [...found, ...factors.slice(last)].map((factor) => this.of(factor, env));
      return this.multiplied(values, [...signs, ...joins.slice(last)], at);
    }
  }

  // The index in which a differs from b; null if it is no single one
  function varying(a, b) {
    const [first = null, ...rest] = differing(a, b);
    return rest.every((other) => same(first, other)) ? first : null;
  }

  // The indices of a that differ from those of b; null where they differ in more
  function differing(a, b, index = false) {
    if (same(a, b)) return [];
    if (a?.op && b?.op) {
      if (index) return [a];
      if (a.op !== b.op || (a.op === "symbol" && a.parts[0] !== b.parts[0])) return [null];
      return a.op === "symbol" ? differing(a.parts[1], b.parts[1], true) : differing(a.parts, b.parts);
    }
    const lists = Array.isArray(a) && Array.isArray(b) && a.length === b.length;
    return lists ? a.flatMap((x, k) => differing(x, b[k], index)) : [null];
  }

  // A block of factors, with another value of its index
  function moved(part, index, to) {
    if (Array.isArray(part)) return part.map((one) => moved(one, index, to));
    if (!part?.op) return part;
    return same(part, index) ? { op: "number", parts: [to], at: part.at } : { ...part, parts: moved(part.parts, index, to) };
  }

  // The letters of an expression that no sum of it binds
  function free({ op, parts }, bound = []) {
    if (op === "letter") return bound.includes(parts[0]) ? [] : [parts[0]];
    if (op === "sum" || op === "prod") return nodes(parts.slice(1)).flatMap((one) => free(one, [...bound, ...parts[0]]));
    if (op === "where") return [...nodes(parts[1]).flatMap((one) => free(one, bound)), ...free(parts[2], [...bound, ...parts[0]])];
    return nodes(parts).flatMap((one) => free(one, bound));
  }

  Object.assign(unrolled, { Values, Unknown, Misshapen, IDENTITY, apart, free: (node) => [...new Set(free(node))] });
})(globalThis);
