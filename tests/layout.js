// What is wrong with how the page that is open is laid out, a line each. `whole`: nothing may scroll, as on a laptop and
// on paper; `paper`: the page is printed.
({ whole, paper }) => {
  const FORMULAS = ".math"; // a matter of their own
  const LEFT_OUT = `${FORMULAS}, .headerlink, .visually-hidden, .sr-only, script, style`;
  const WORKS_BY_KEYS = "a[href], button, input, select, textarea, summary, iframe, audio, video, [role=option]";
  const LETTERS = { least: 11, index: 8 }; // pixels

  const article = document.querySelector("article") ?? document.querySelector("main") ?? document.body;
  const faults = [];
  const seen = (e) => e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
  const scrolls = (e) =>
    e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible";
  function say(what, e) {
    const text = e.textContent.trim().replace(/\s+/g, " ").slice(0, 60);
    faults.push(`${what}: <${e.tagName.toLowerCase()} class="${e.getAttribute("class") ?? ""}"> ${text}`);
  }

  if (document.documentElement.scrollWidth > innerWidth + 1)
    say(`the page is ${document.documentElement.scrollWidth} pixels wide in a window of ${innerWidth}`, document.body);

  const elements = [...article.querySelectorAll("*")].filter((e) => !e.closest(LEFT_OUT) && seen(e));
  const boxes = elements.filter(scrolls);
  for (const box of boxes)
    if (whole) say(`${box.scrollWidth - box.clientWidth} pixels are cut`, box);
    else {
      if (getComputedStyle(box).maskImage === "none") say("cut, and nothing shows it", box);
      if (box.tabIndex < 0) say("scrolls, but not by keys", box);
      if (!box.getAttribute("aria-label")) say("scrolls, and has no name", box);
    }
  for (const e of paper ? [] : elements)
    if (e.tabIndex >= 0 && !e.matches(WORKS_BY_KEYS) && !scrolls(e)) say("a stop for keys, with nothing to do", e);

  // Text
  const range = document.createRange();
  for (const e of elements) {
    const inDrawing = e.closest("svg");
    for (const node of e.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || !node.data.trim() || inDrawing) continue;
      range.selectNodeContents(node);
      const { left, right } = range.getBoundingClientRect();
      if ((left < -1 || right > innerWidth + 1) && !boxes.some((box) => box.contains(e)))
        say("text beyond the window", e);
      if (e.closest("pre, code, a, .pre") || getComputedStyle(e).hyphens === "auto") continue;
      for (const word of node.data.matchAll(/(?<![\w.])\p{L}{6,}(?![\w.]*_)/gu)) {
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        if (range.getClientRects().length > 1) say(`the word ${word[0]} is broken`, e);
      }
    }
  }

  // Drawings
  for (const svg of article.querySelectorAll("svg.drawing")) {
    if (!seen(svg)) continue;
    const frame = svg.getBoundingClientRect(), places = [];
    for (const text of svg.querySelectorAll("text")) {
      const sizes = [text, ...text.querySelectorAll("tspan")]
        .filter((e) => [...e.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
        .map((e) => parseFloat(getComputedStyle(e).fontSize) * Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b));
      if (!sizes.length) continue;
      if (Math.max(...sizes) < LETTERS.least - 0.05) say(`letters of ${Math.max(...sizes).toFixed(1)} pixels`, text);
      if (Math.min(...sizes) < LETTERS.index - 0.05) say(`an index of ${Math.min(...sizes).toFixed(1)} pixels`, text);
      const place = text.getBoundingClientRect();
      if (place.left < frame.left - 1 || place.right > frame.right + 1 || place.top < frame.top - 1 || place.bottom > frame.bottom + 1)
        say("cut by its drawing", text);
      for (const [other, name] of places) {
        const across = Math.min(place.right, other.right) - Math.max(place.left, other.left);
        const over = Math.min(place.bottom, other.bottom) - Math.max(place.top, other.top);
        if (across > 2 && over > 4) say(`written over “${name}”`, text);
      }
      places.push([place, text.textContent.trim()]);
    }
  }

  // Paper: everything is open, and dark on light
  if (paper) {
    const NOT_PRINTED = 'details[id^="cite-"]';
    for (const fold of article.querySelectorAll("details:not([open]), .toggle-hidden"))
      if (!fold.closest(NOT_PRINTED)) say("folded", fold);
    const light = (colour) => {
      const [r, g, b, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
      const scale = colour.startsWith("color(") ? 255 : 1;
      return 1 - alpha + (alpha * scale * (0.2126 * r + 0.7152 * g + 0.0722 * b)) / 255;
    };
    for (const e of [document.body, ...elements]) {
      const style = getComputedStyle(e);
      if (light(style.backgroundColor) < 0.7) say(`dark ground, ${style.backgroundColor}`, e);
      if (light(style.color) > 0.55) say(`pale letters, ${style.color}`, e);
    }
  }
  return faults;
}
