// What the book as one PDF has of a page: its article, unfolded, below a part's heading, with ids and links that lead
// through the whole document. `printed` are the names of its pages; `site` is where the book is published, if anywhere.
({ html, name, part, printed, site }) => {
  const NOT_PRINTED =
    ".headerlink, .copybtn, .copy-formula, .copy-as, .on-phone, .task, .run-time, .whole-book, .toctree-wrapper, script";
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const article = parsed.querySelector("article");
  const all = (selector) => article.querySelectorAll(selector);
  const head = (e, level) => (e.setAttribute("role", "heading"), e.setAttribute("aria-level", level));

  for (const e of all(NOT_PRINTED)) e.remove();
  for (const fold of all("details")) fold.removeAttribute("name"), (fold.open = true); // of those with a name, one is open

  // In the place of a citation to copy: what one cites by.
  for (const fold of all("details[id^=cite-]")) {
    const line = parsed.createElement("p"), label = fold.id.replace("cite-", "");
    line.id = fold.id;
    line.className = "label";
    line.innerHTML = `Label: <code>${label}</code>`;
    fold.replaceWith(line);
  }

  // In the fold of a result is its function, which the page may show, too.
  const checked = new Set(all(".result > details pre"));
  const shown = new Set([...all("pre")].filter((e) => !checked.has(e)).map((e) => e.textContent.trim()));
  for (const code of checked)
    if (shown.has(code.textContent.trim()))
      code.closest("[class^=highlight-]").replaceChildren("The function is printed elsewhere in this chapter.");

  for (const e of all("h1, h2, h3, h4, h5")) head(e, Number(e.tagName[1]) + 1);
  for (const e of all(":is(.result, .answer) > .admonition-title")) head(e, 5);

  for (const e of all("[id]:not(svg *)")) e.id = `${name}--${e.id}`; // a drawing uses its own
  for (const link of all("a[href]")) {
    const href = link.getAttribute("href");
    const [, page, anchor] = href.match(/^([\w-]+\.html|(?=#))(?:#(.*))?$/) ?? [];
    const target = page === undefined ? "" : page.replace(".html", "") || name;
    if (printed.includes(target)) link.href = "#" + target + (anchor ? `--${anchor}` : "");
    else if (/^(https?|mailto):/.test(href)) continue;
    else if (site && !/^[a-z]+:/.test(href)) link.href = site + href;
    else link.replaceWith(...link.childNodes);
  }

  article.id = name;
  article.style.page = name;
  const title = article.querySelector("h1").textContent.trim();
  if (part) {
    const line = parsed.createElement("p");
    line.className = "part";
    line.textContent = part;
    head(line, 1);
    article.prepend(line);
  }
  return [title, article.outerHTML];
}
