// A symbol of a formula says what it is: when it is tapped, pointed at, or reached by keys. The build has numbered the
// letters of each formula (data-letters: of each mi and mtext, in order) and written a card for each number.
addEventListener("DOMContentLoaded", () => {
  const cards = document.querySelector("template.letters")?.content.children;
  const article = document.querySelector(".bd-article");
  if (!cards || !article) return;
  const REST = 400, LEAVE = 300; // milliseconds: before a card is shown, and until it goes
  const NEAR = { mouse: 4, touch: 24 }; // pixels that one may be beside a symbol
  const OTHER = "a, button, summary, label"; // which have a click of their own

  const card = document.createElement("div");
  card.className = "symbol-card";
  card.hidden = true;
  const told = document.createElement("p");
  told.className = "visually-hidden";
  told.setAttribute("role", "status");
  const text = document.createElement("div");
  const buttons = document.createElement("div");
  buttons.className = "buttons";
  const PRESSED = { "‹": ["Symbol before", () => step(-1)], "›": ["Next symbol", () => step(1)], "×": ["Close", () => close()] };
  for (const [sign, [name, press]] of Object.entries(PRESSED)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.ariaLabel = name;
    button.tabIndex = -1; // the way through the page stays as it is; keys do the same
    button.onclick = press;
    buttons.append(button);
  }
  card.append(buttons, text);
  article.append(card, told);

  let shown; // { formula, k, kept }: the symbol that is shown, and whether it stays when the mouse goes elsewhere
  let back; // where the focus was before F2

  // The symbols of a formula: the tokens that are a letter, and no mere part of one.
  function symbols(formula) {
    const tokens = formula.querySelectorAll("mi, mtext");
    return formula.dataset.letters.split(" ").flatMap((n, k) => (/^\d+$/.test(n) ? [{ token: tokens[k], n: Number(n) }] : []));
  }
  // What is marked, and counts as the symbol when one points at it: with its indices.
  function whole({ token }) {
    let found = token;
    for (let e = token; (e = e.parentElement) && e.localName !== "math" && e.firstElementChild.contains(token); )
      if (/^m(sub|sup|subsup|over)$/.test(e.localName)) found = e;
    return found;
  }
  function distance(element, x, y) {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
  }
  // The symbol at a point: the token there, else what is nearest. A finger means a letter rather than its index.
  function at(formula, { target, clientX: x, clientY: y, pointerType }) {
    const far = symbols(formula).map((one) => {
      const inner = distance(one.token, x, y), outer = distance(whole(one), x, y);
      const index = pointerType === "touch" && whole(one) === one.token && one.token.closest("msub, msup, msubsup");
      return index ? 4 + inner : inner && 1 + Math.min(inner, outer + 2);
    });
    const k = far.indexOf(Math.min(...far));
    return far[k] <= (NEAR[pointerType] ?? NEAR.mouse) ? k : -1;
  }

  function show(formula, k, kept) {
    clear();
    const symbol = symbols(formula)[k];
    if (!symbol) return;
    shown = { formula, k, kept };
    whole(symbol).classList.add("touched");
    text.replaceChildren(...cards[symbol.n].cloneNode(true).childNodes);
    for (const link of text.querySelectorAll("a")) link.tabIndex = -1;
    card.setAttribute("role", back ? "application" : "group");
    card.ariaLabel = back ? "Symbols: arrows go to others, Enter to the definition, Escape back" : "What this symbol is";
    card.hidden = false;
    place(whole(symbol));
    const words = text.cloneNode(true);
    for (const math of words.querySelectorAll("[data-tex]")) math.replaceWith(math.ariaLabel);
    words.querySelector(".letter > b").remove();
    told.textContent = [...words.children].map((p) => p.textContent.trim()).join(". ");
  }
  // Beside the symbol, or on a phone at the edge of the screen that it is not at.
  function place(symbol) {
    card.classList.remove("above");
    let box = symbol.getBoundingClientRect();
    const bar = matchMedia("(max-width: 40rem)").matches;
    const bottom = innerHeight - (bar ? card.offsetHeight : 0) - 8;
    const by = box.bottom > bottom ? box.bottom - bottom : box.top < header() + 8 ? box.top - header() - 8 : 0;
    if (by && shown.kept) scrollBy({ top: by, behavior: "instant" });
    box = symbol.getBoundingClientRect();
    if (bar) return card.classList.toggle("above", box.bottom > bottom + 1);
    // below the line, so that the rest of the formula is seen
    const line = (symbol.closest(".formula-row") ?? symbol.closest(".formula") ?? symbol).getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = card;
    const below = line.bottom + 8 + height < innerHeight || line.top < height + header() + 8;
    card.style.left = `${Math.max(8, Math.min(box.left, document.documentElement.clientWidth - width - 8))}px`;
    card.style.top = `${below ? line.bottom + 8 : line.top - height - 8}px`;
  }
  function header() {
    return document.querySelector(".bd-header-article")?.getBoundingClientRect().bottom ?? 0;
  }
  function clear() {
    for (const one of document.querySelectorAll(".touched")) one.classList.remove("touched");
  }
  function close() {
    clear();
    card.hidden = true;
    told.textContent = "";
    shown = undefined;
    if (!back) return;
    const to = back;
    back = undefined;
    card.removeAttribute("tabindex");
    to.focus({ preventScroll: true });
  }
  function step(by) {
    const k = shown.k + by;
    if (k >= 0 && k < symbols(shown.formula).length) show(shown.formula, k, true);
  }

  // Pointed at: after a rest, and until the mouse has left both the symbol and the card.
  let timer;
  article.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse" || event.buttons || back || shown?.kept) return;
    clearTimeout(timer);
    if (card.contains(event.target)) return;
    const formula = event.target.closest("[data-letters]");
    const k = formula && !formula.closest("a, button") ? at(formula, event) : -1;
    if (k < 0) return (timer = shown && setTimeout(close, LEAVE));
    if (shown?.formula !== formula || shown.k !== k) timer = setTimeout(() => show(formula, k, false), REST);
  });
  article.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "mouse") return;
    clearTimeout(timer);
    if (shown && !shown.kept) timer = setTimeout(close, LEAVE);
  });
  // Tapped or clicked; a tap elsewhere closes.
  addEventListener("click", (event) => {
    if (card.contains(event.target)) return;
    clearTimeout(timer);
    const formula = event.target.closest?.("[data-letters]");
    const k = formula && !event.target.closest(OTHER) && getSelection().isCollapsed ? at(formula, event) : -1;
    if (k < 0) return shown && close();
    if (back) close();
    show(formula, k, true);
  });

  // By keys: F2 goes into the next formula. The focus is on the card, so that the keys come here.
  function formulas() {
    return [...article.querySelectorAll("[data-letters]")].filter((one) =>
      /\d/.test(one.dataset.letters) && one.checkVisibility() && !one.closest("a, button"));
  }
  function enter() {
    const focus = document.activeElement ?? document.body;
    const { top, bottom } = focus.getBoundingClientRect();
    const seen = (one) => one.getBoundingClientRect().bottom > header();
    const after = focus !== document.body && bottom > 0 && top < innerHeight
      ? (one) => focus.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING && (!focus.contains(one) || seen(one))
      : seen;
    const formula = shown?.formula ?? formulas().find(after);
    if (!formula) return;
    back = focus;
    show(formula, shown?.k ?? 0, true);
    card.tabIndex = -1;
    card.focus({ preventScroll: true });
  }
  function go(by) {
    const all = formulas(), next = all[all.indexOf(shown.formula) + by];
    if (next) show(next, 0, true);
  }
  const KEYS = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    ArrowUp: () => go(-1),
    ArrowDown: () => go(1),
    Enter: () => {
      const link = text.querySelector("p:last-child > a:only-child");
      if (link) close(), link.click();
    },
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.key === "Escape" && shown) close();
    else if (event.key === "F2" && !back) enter();
    else if (back && KEYS[event.key]) KEYS[event.key]();
    else return back && event.key === "Tab" && close(); // and the focus goes on from where it was
    event.preventDefault();
  });
  card.addEventListener("focusout", () => back && !card.hidden && setTimeout(() => document.activeElement !== card && ((back = undefined), close())));
  addEventListener("resize", () => shown && place(whole(symbols(shown.formula)[shown.k])));
  addEventListener("scroll", () => shown && !back && !shown.kept && close(), { passive: true });
});
