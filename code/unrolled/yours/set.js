// A line of the book's TeX as MathML that looks as the book's own formulas do and wraps as they do, see _ext/mathml.py; and
// in words. With labels, [{ at, tex }], something small stands below each factor of which one has the place.
(function (root) {
  const unrolled = (root.unrolled ??= {});
  const { inside, is, parts, split, words } = unrolled.inside;

  // TeX's classes of atoms, and the spaces between them: a digit is of thin, medium, thick, in brackets where scripts have none
  const ORD = 0, OP = 1, BIN = 2, REL = 3, OPEN = 4, CLOSE = 5, PUNCT = 6, INNER = 7;
  const WIDE = ["", "0.167em", "0.222em", "0.278em"];
  const BETWEEN = ["01230001", "11030001", "22002002", "33003003", "00000000", "01230001", "11011111", "11231011"];
  const SHORT = 6, NARROW = 13, WIDEST = 28; // in em: of what is not cut, and of what fits a phone, and a page

  const GREEK = Object.fromEntries(
    "alpha α beta β gamma γ delta δ varepsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ varphi φ chi χ psi ψ omega ω epsilon ϵ phi ϕ Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω ell ℓ"
      .split(" ").map((one, k, list) => [`\\${one}`, list[k + 1]]).filter((_, k) => k % 2 === 0),
  );
  const SIGNS = {
    "+": ["+", BIN, "plus"], "-": ["−", BIN, "minus"], "\\pm": ["±", BIN, "plus or minus"], "*": ["∗", BIN, "∗"], "\\cdot": ["⋅", BIN, "times"], "\\times": ["×", BIN, "by"],
    "\\odot": ["⊙", BIN, "entry by entry times"], "\\circ": ["∘", BIN, "after"], "/": ["/", ORD, "over"],
    "=": ["=", REL, "equals"], "<": ["<", REL, "is less than"], ">": [">", REL, "is greater than"], ":": [":", REL, ":"],
    "\\le": ["≤", REL, "is at most"], "\\ge": ["≥", REL, "is at least"], "\\ne": ["≠", REL, "is not"], "\\approx": ["≈", REL, "is about"],
    "\\in": ["∈", REL, "in"], "\\to": ["→", REL, "to"], "\\propto": ["∝", REL, "is proportional to"], "\\subseteq": ["⊆", REL, "is a part of"], "\\sim": ["∼", REL, "is drawn from"], "\\mid": ["∣", REL, "given"],
    "\\|": ["‖", ORD, "against"], ",": [",", PUNCT, ","], ";": [";", PUNCT, ";"], "!": ["!", CLOSE, "!"], ".": [".", ORD, "."],
    "\\sum": ["∑", OP, "sum"], "\\prod": ["∏", OP, "product"],
    "\\cdots": ["⋯", INNER, "and so on"], "\\dots": ["…", INNER, "and so on"], "\\ldots": ["…", INNER, "and so on"],
  };
  const LETTERS = { "\\partial": ["∂", "partial"], "\\top": ["⊤", "transposed"], "\\R": ["ℝ", "R"], "\\infty": ["∞", "infinity"] };
  const ACCENTS = { "\\hat": ["ˆ", "hat"], "\\tilde": ["˜", "tilde"], "\\bar": ["¯", "bar"], "\\vec": ["→", "vector"] };
  const FENCES = { "\\{": "{", "\\}": "}", "\\lvert": "|", "\\rvert": "|", "\\lVert": "‖", "\\rVert": "‖" };
  const BIG = { big: "1.3em", Big: "2em", bigg: "2.5em", Bigg: "3em" };
  const AROUND = { pmatrix: "()", bmatrix: "[]", vmatrix: "||", cases: "{ " };

  const node = (tag, kind, inside, said = "", attributes = {}) => {
    const leaf = typeof inside === "string";
    return { tag, kind, text: leaf ? inside : "", children: leaf ? [] : inside, said, attributes };
  };
  const space = (em) => node("mspace", -1, "", "", { width: em });
  const sign = (text, kind, said, attributes = {}) =>
    node("mo", kind, text, said, { ..."()[]{}".includes(text) ? {} : { lspace: "0", rspace: "0" }, ...(text === "⊙" ? { largeop: "false" } : {}), ...attributes });

  // MathML

  // A layout's token
  function token({ type, text }) {
    const plain = text.replace(/\s/g, "");
    if (type === "TEXT") return node("mtext", ORD, text.slice(text.indexOf("{") + 1, -1).replace(/\s+/g, "\u00a0"), words({ text }));
    if (type === "NAME") return node("mi", OP, words({ text }), words({ text }), words({ text }).length === 1 ? { mathvariant: "normal" } : {});
    if (type === "QUAD") return space(text === "\\quad" ? "1em" : "2em");
    if (type === "DIGIT") return node("mn", ORD, text, text);
    if (type === "PRIME") return sign("′".repeat(text.length), ORD, "prime");
    if (type === "BAR") return sign("|", ORD, "|", { stretchy: "false" });
    if (Object.hasOwn(SIGNS, plain)) return sign(...SIGNS[plain], ["/", "∣", "‖", "→"].includes(SIGNS[plain][0]) ? { stretchy: "false" } : {});
    if (Object.hasOwn(GREEK, plain)) return node("mi", ORD, GREEK[plain], plain === "\\ell" ? "l" : plain.replace(/\\(var)?/, ""), /[A-Z]/.test(plain) ? { mathvariant: "normal" } : {});
    if (Object.hasOwn(LETTERS, plain)) return node("mi", ORD, ...LETTERS[plain], ["⊤", "∞"].includes(LETTERS[plain][0]) ? { mathvariant: "normal" } : {});
    if (type === "COMMAND") return node("mi", OP, plain.slice(1), plain.slice(1));
    return node(type === "LETTER" ? "mi" : "mo", ORD, text, text);
  }

  function fence({ text }, kind) {
    const plain = text.replace(/\s/g, ""), [, big] = plain.match(/^\\([bB]igg?)/) ?? [];
    const drawn = plain.replace(/^\\(left|right|[bB]igg?[lr]?(?![A-Za-z]))/, ""), shown = FENCES[drawn] ?? drawn;
    const said = { "|": "size of", "‖": "norm of" }[shown] ?? shown;
    const size = big ? { minsize: BIG[big], maxsize: BIG[big], stretchy: "true" } : { stretchy: String(/^\\(left|right)/.test(plain)) };
    return sign(shown, kind, said === shown ? shown : kind === OPEN ? said : "", size);
  }

  // What stands in a row: digits are a number, brackets stand in the row; each node knows its place
  function row(items, tex, script = false) {
    const found = [];
    const add = (at, ...nodes) => found.push(...nodes.map((one) => ({ ...one, at })));
    items.forEach((item, k) => {
      const [base] = parts(item), digit = (one) => one?.type === "DIGIT" || (one?.text === "." && digit(items[items.indexOf(one) + 1]));
      if (item.type === "AMP" || item.type === "ROW") return;
      // spaces are no items; they stand before one
      for (const [, em] of tex.slice(Math.max(0, item.at - 20), item.at).match(/(?:\\[,;:!]|\s)*$/)[0].matchAll(/\\([,;:])/g)) found.push(space({ ",": WIDE[1], ":": WIDE[2], ";": WIDE[3] }[em]));
      if (digit(base) && digit(items[k - 1])) {
        const head = found.pop(), digits = { type: "DIGIT", text: head.text + base.text };
        add(head.at, item === base ? token(digits) : scripted(item, token(digits), tex));
      } else if (is(base, "fence")) {
        const [opened, { children }, closed] = base.children, first = fence(opened, OPEN), end = fence(closed, CLOSE);
        const inner = [first, ...row(children, tex)], whole = /^\\left/.test(opened.text);
        const all = whole ? [node("mrow", INNER, spaced([...inner, end], script))] : [...inner, end];
        add(item.at, ...all.slice(0, -1), item === base ? all.at(-1) : scripted(item, all.at(-1), tex));
      } else add(item.at, single(item, tex));
    });
    return found;
  }

  const rowed = (nodes) => (nodes.length === 1 ? nodes[0] : node("mrow", ORD, nodes));
  const group = (item, tex, script) => rowed(spaced(row(inside(item), tex, script), script));

  // An item that is no bracket
  function single(item, tex) {
    if (item.type) return token(item);
    const [first, second] = item.children;
    if (item.data === "script") return scripted(item, single(first, tex), tex);
    if (item.data === "group") return group(item, tex);
    if (item.data === "frac") {
      const small = tex.startsWith("\\tfrac", item.at) ? { displaystyle: "false", scriptlevel: "0" } : {};
      return node("mfrac", ORD, [first, second].map((part) => group(part, tex)), "", small);
    }
    if (item.data === "sqrt") {
      const root = node("msqrt", ORD, spaced(row(inside(first), tex))), html = element(root);
      const room = html.includes("<mfrac") ? "0.38em" : /<(msup|msubsup)|>\(/.test(html) ? "0.25em" : "";
      return room ? node("mrow", ORD, [space(room), root]) : root; // at the left of a tall one
    }
    if (item.data === "under") return node("munder", ORD, [group(first, tex), sign("⏟", ORD, "", { stretchy: "true" })]);
    if (item.data === "accent") {
      const base = group(second, tex), [accent, said] = ACCENTS[first.text] ?? [];
      if (accent) return node("mover", ORD, [base, sign(accent, REL, said, { stretchy: "false" })], "", { accent: "true" });
      const double = first.text === "\\mathbb" && { E: "𝔼", R: "ℝ" }[base.text];
      return double ? node("mi", ORD, double, base.text) : { ...base, attributes: { mathvariant: "normal" } };
    }
    if (item.data === "table") return table(item, tex);
    return group(item.data === "substack" ? first : item.children[1], tex, true);
  }

  function scripted(item, of, tex) {
    const [, below, above] = parts(item), primes = above.filter(({ type }) => type === "PRIME");
    const powers = above.filter(({ type }) => type !== "PRIME"), scripts = [below, powers].filter((list) => list.length);
    if (primes.length) of = node("mrow", of.kind, [of, ...primes.map(token)]);
    if (!scripts.length) return of;
    const limits = "∑∏".includes(of.text || "x") || of.children[1]?.text === "⏟", names = limits ? ["munder", "mover", "munderover"] : ["msub", "msup", "msubsup"];
    const tag = names[scripts.length === 2 ? 2 : below.length ? 0 : 1];
    return node(tag, of.kind, [of, ...scripts.map((list) => rowed(spaced(row(list, tex, true), true)))]);
  }

  function table(item, tex) {
    const [opened, { children }] = item.children, name = opened.text.slice(7, -1), [left, right] = AROUND[name] ?? "  ";
    const cells = split(children, "\\\\").map((line) => split(line, "&"));
    const rows = cells.map((line) => node("mtr", ORD, line.map((cell) => node("mtd", ORD, spaced(row(cell, tex))))));
    const kind = { cases: "left", aligned: "aligned" }[name] ?? "center";
    const made = node("mtable", ORD, rows, "", { class: kind });
    const fences = [left, made, right].map((part) => (part === " " ? undefined : part === made ? made : sign(part, part === left ? OPEN : CLOSE, part, { stretchy: "true" })));
    return left + right === "  " ? made : node("mrow", INNER, fences.filter(Boolean));
  }

  // A row with TeX's spaces
  function spaced(nodes, script = false) {
    const atoms = nodes.filter((one) => one.kind >= 0);
    atoms.forEach((one, k) => {
      const before = atoms[k - 1]?.kind ?? OPEN;
      if (one.kind === BIN && [OP, BIN, REL, OPEN, PUNCT].includes(before)) one.kind = ORD;
      if ([REL, CLOSE, PUNCT].includes(one.kind) && before === BIN) atoms[k - 1].kind = ORD;
    });
    if (atoms.at(-1)?.kind === BIN) atoms.at(-1).kind = ORD;
    const found = [];
    let last;
    for (const one of nodes) {
      if (one.kind >= 0) {
        let wide = last ? +BETWEEN[last.kind][one.kind] : 0;
        if (last?.tag === "mfrac" && one.kind === OP && first(one).tag === "mi") wide = 0;
        if (script && !(wide === 1 && last.kind !== PUNCT && last.kind !== INNER && one.kind !== INNER)) wide = 0;
        if (wide && found.at(-1).tag === "mo") found.at(-1).attributes.rspace = WIDE[wide];
        else if (wide && one.tag === "mo") one.attributes.lspace = WIDE[wide];
        else if (wide) found.push(space(WIDE[wide]));
        last = one;
      }
      found.push(one);
    }
    return found;
  }

  // Writing

  const escaped = (text) => text.replace(/[&<>"]/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[one]);
  const element = ({ tag, attributes, text, children }) =>
    `<${tag}${Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(value)}"`).join("")}>${escaped(text)}${children.map(element).join("")}</${tag}>`;

  // The factors with a label under each: what stands from one place to the next, without the sign between them
  function labelled(nodes, labels, tex) {
    const found = [], ends = [];
    for (let k = nodes.length - 1, end = tex.length, at = end; k >= 0; k--) {
      if (nodes[k].at < at) [end, at] = [at, nodes[k].at];
      ends[k] = end;
    }
    let own;
    nodes.forEach((one, k) => {
      const end = ends[k], between = [BIN, REL, PUNCT, -1].includes(one.kind) && one.tag !== "mrow";
      const label = labels.find(({ at }) => one.at <= at && at < end);
      if (own && !(label && label !== own.label) && (own.open || !between)) own.nodes.push(one);
      else if (label) found.push((own = { label, nodes: [one], open: 0 }));
      else {
        own = undefined;
        found.push(one);
      }
      if (own) own.open += (one.kind === OPEN) - (one.kind === CLOSE);
    });
    return found.flatMap((one, k) => {
      if (!one.label) return one;
      const beside = found[k - 1]?.label ? [space(WIDE[2])] : []; // labels are wide
      const below = rowed(spaced(row(unrolled.layout(one.label.tex).children, one.label.tex, true), true));
      return [...beside, { labelled: true, ...node("munder", ORD, [rowed(one.nodes), { ...below, attributes: { ...below.attributes, class: "shape" } }]), at: one.nodes[0].at }];
    });
  }

  // How good a place for a break stands before a node: 1 a good one, 2 one at need, worse within brackets; 0 is none
  function rank(nodes, k) {
    let before = k - 1;
    while (nodes[before]?.tag === "mspace") before--;
    const one = nodes[k], last = nodes[before], gap = nodes[k - 1]?.attributes.width;
    if (!last || one.tag === "mspace" || last.kind === OPEN || one.kind === CLOSE) return 0;
    if (parseFloat(gap) >= 1 || [one.tag, last.tag].includes("mtext") || last.kind === PUNCT) return one.kind === PUNCT ? 0 : 1;
    if (one.kind === REL) return last.kind === REL ? 0 : 1;
    if (one.kind === BIN) return "+−±".includes(one.text) ? 1 : 2;
    if ([REL, BIN, OP].includes(last.kind) || one.kind === PUNCT) return 0;
    return one.kind === OP || last.kind === CLOSE || last.labelled || (gap && one.kind !== OPEN) ? 2 : 0;
  }

  // The pieces of a row, and what stands before each: a break, or one for narrow screens, or nothing
  function cut(nodes) {
    let depth = 0;
    const ranks = nodes.map((one, k) => {
      depth -= one.kind === CLOSE;
      const found = rank(nodes, k), here = found && found + 2 * Math.max(depth, 0);
      depth += one.kind === OPEN;
      return here;
    });
    function* pieces(start, end, level, way) {
      const inner = [];
      for (let k = start + 1; k < end; k++) if (ranks[k] >= level) inner.push(k);
      const room = width(nodes.slice(start, end));
      if (!inner.length || room <= (level === 1 ? SHORT : NARROW)) return yield { nodes: nodes.slice(start, end), way };
      const ends = [start, ...inner.filter((k) => ranks[k] === level), end], finer = level > 1 && room <= WIDEST ? "narrow" : "break";
      for (let k = 1; k < ends.length; k++) yield* pieces(ends[k - 1], ends[k], level + 1, k === 1 ? way : finer);
    }
    return nodes.length ? [...pieces(0, nodes.length, 1, "")] : [];
  }

  // The HTML of a line: several <math>, between which it breaks
  function set(tex, { labels = [], display = true } = {}) {
    const plain = spaced(row(unrolled.layout(tex).children, tex)), groups = [];
    for (const { nodes, way } of cut(level(labels.length ? labelled(plain, labels, tex) : plain))) {
      const inside = nodes.length > 1 ? node("mrow", ORD, nodes) : nodes[0];
      const math = element(node("math", ORD, [inside], "", { "aria-hidden": "true", ...(display ? { displaystyle: "true" } : {}) }));
      if (way === "narrow") groups.at(-1).push(math);
      else groups.push([math]);
    }
    const html = groups.map((maths) => (maths.length > 1 ? `<span class="kept">${maths.join("")}</span>` : maths[0])).join("");
    return `<span class="${display ? "formula" : "math pieces"} notranslate" role="math" aria-label="${escaped(said(plain))}" data-tex="${escaped(tex)}">${html}</span>`;
  }

  // Roughly, in em
  const width = (nodes) => nodes.reduce((sum, one) => {
    if (one.tag === "mspace") return sum + parseFloat(one.attributes.width);
    if (one.text) return sum + 0.55 * one.text.length + 0.2 * (one.kind === BIN || one.kind === REL);
    const inner = one.children.map((child) => width([child]));
    if (/^(mfrac|munder|mover|munderover)$/.test(one.tag)) return sum + Math.max(...inner);
    return sum + (/^ms[u]/.test(one.tag) ? inner[0] + 0.7 * Math.max(...inner.slice(1)) : inner.reduce((a, b) => a + b, 0));
  }, 0);

  // Saying it, as _ext/mathml.py says it

  const SCRIPTED = /^(msub|msup|msubsup|munder|mover|munderover)$/;
  const first = (one) => ((SCRIPTED.test(one.tag) || one.tag === "mrow") && one.children.length ? first(one.children[0]) : one);
  const bracketed = (text) => (text.includes(" ") ? `(${text})` : text);
  const level = (nodes) => nodes.flatMap((one) => (one.tag === "mrow" && !one.children.some(({ attributes }) => attributes.stretchy === "true" && !attributes.minsize) ? level(one.children) : [one]));

  // A row in words; `product` is said between factors without a sign
  function said(row, product = "times") {
    const nodes = level(row).filter(({ tag }) => tag !== "mspace"), found = [];
    nodes.forEach((one, k) => {
      const before = nodes[k - 1], after = nodes[k + 1];
      const of = before && (before.kind === OP || "σpPqfHO".includes(before.text || " "));
      if (of && (one.kind === OPEN || (before.kind === OP && factor(one)))) found.push("of");
      else if (before && factor(before, true) && factor(one)) found.push(product);
      found.push(one.text === "/" && after && first(after).text === "∂" ? "by" : say(one));
    });
    return found.filter(Boolean).join(" ").replace(/([([]) /g, "$1").replace(/ (?=[)\],;.:])/g, "").replace(/\bof \((\w+)\)/g, "of $1");
  }

  // Whether a node may be a factor: the right one, or the left one
  function factor(one, left = false) {
    const letter = first(one), { kind, text } = letter;
    if (kind === OPEN || kind === CLOSE) return left ? kind === CLOSE : kind === OPEN && (text === "|" || text === "‖");
    if (text === "∂") return !left;
    if (["mo", "mtext", "mtable"].includes(one.tag) || (text && "…⋯⊤′|".includes(text))) return false;
    return !(left && (one.tag === "mn" || one.kind === OP));
  }

  function say(one) {
    const { tag, text, children } = one;
    if (text || one.said) return one.said;
    if (tag === "mfrac") {
      const [above, below] = children.map(say);
      return first(children[1]).text === "∂" ? `${above} by ${below}` : `${bracketed(above)} over ${bracketed(below)}`;
    }
    if (tag === "msqrt") return `square root of ${bracketed(said(children))}`;
    if (tag === "mover" && children[1].said && children[1].tag === "mo") return `${say(children[0])} ${children[1].said}`;
    if (tag === "mtable") return children.map((line) => line.children.map((cell) => said(cell.children)).filter(Boolean).join(one.attributes.class === "aligned" ? " " : ", ")).join("; ");
    return SCRIPTED.test(tag) ? say_script(tag, ...children) : said(children);
  }

  // A letter with what stands below and above it
  function say_script(tag, base, ...scripts) {
    if (scripts[0].text === "⏟") return say(base);
    if (base.tag === "munder" && base.children[1].text === "⏟") return `${say(base)} (${say(scripts[0])})`;
    const bounds = "∑∏".includes(base.text || "x") || tag.includes("under"), found = [say(base)], letters = (one) => [one.text, ...one.children.flatMap(letters)];
    if (/sub|under/.test(tag)) {
      const time = letters(scripts[0]).some((text) => ["t", "T", "τ"].includes(text));
      if (bounds) found.push("over");
      else if (scripts[0].tag !== "mtext") found.push(time ? "at" : "sub");
      found.push(said([scripts[0]], ""));
    }
    if (/sup|over/.test(tag)) {
      const above = say(scripts.at(-1));
      if (bounds) found.push(`up to ${above}`);
      else if (base.text === "ℝ" || above === "transposed" || above === "prime") found.push(above);
      else if (above.startsWith("(")) found.push(`superscript ${above}`);
      else found.push({ 2: "squared", 3: "cubed", "∗": "star" }[above] ?? `to the power ${bracketed(above)}`);
    }
    return found.filter(Boolean).join(" ");
  }

  Object.assign(unrolled, { set, said: (tex) => said(spaced(row(unrolled.layout(tex).children, tex))) });
})(globalThis);
