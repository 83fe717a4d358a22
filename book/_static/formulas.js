// Formulas: copied as LaTeX, shown as LaTeX where a browser knows no MathML.
(() => {
"use strict";

// What copied text has for a formula, and for the rest of a block, as Markdown and as LaTeX.
const DIALECTS = {
  LaTeX: {
    inline: (tex) => `$${tex}$`,
    display: (tex) => `\\[\n${tex}\n\\]`,
    strong: (text) => `\\textbf{${text}}`,
    em: (text) => `\\emph{${text}}`,
    code: (text) => `\\texttt{${text}}`,
    a: (text, element) => `\\href{${element.href}}{${text}}`,
    ul: (text) => `\\begin{itemize}\n${text}\n\\end{itemize}`,
    ol: (text) => `\\begin{enumerate}\n${text}\n\\end{enumerate}`,
    li: (text) => `\\item ${text}`,
    pre: (text, element) => `\\begin{verbatim}\n${element.innerText.trim()}\n\\end{verbatim}`,
    text: (text) => text.replace(/[\\{}#$%&_^~]/g, (c) =>
      ({ "\\": "\\textbackslash{}", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}" })[c] ?? `\\${c}`),
  },
  Markdown: {
    inline: (tex) => `$${tex}$`,
    display: (tex) => `$$\n${tex}\n$$`,
    strong: (text) => `**${text}**`,
    em: (text) => `*${text}*`,
    code: (text) => `\`${text}\``,
    a: (text, element) => `[${text}](${element.href})`,
    ul: (text) => text,
    ol: (text) => text,
    li: (text, element) => `${element.closest("ul, ol").matches("ol") ? "1." : "-"} ${text.replace(/\n/g, "\n  ")}`,
    pre: (text, element) => `\`\`\`\n${element.innerText.trim()}\n\`\`\``,
    text: (text) => text.replace(/[\\*_`[\]]/g, "\\$&"),
  },
};
const BLOCKS = "p, div, ul, ol, li, pre, table, tr, [data-tex].formula";

function formula(element, dialect) {
  return dialect[element.matches(".formula") ? "display" : "inline"](element.dataset.tex);
}

function write(node, dialect) {
  if (node.nodeType === Node.TEXT_NODE) return dialect.text(node.data.replace(/\s+/g, " "));
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches("details, .headerlink, .eqno, .task, .tempting, button")) return "";
  if (node.dataset.tex) return formula(node, dialect);
  if (node.matches(".admonition-title, .derivation-title")) return dialect.strong(inside(node, dialect));
  const rule = dialect[node.localName === "b" ? "strong" : node.localName];
  const raw = node.localName === "code" && dialect === DIALECTS.Markdown;
  const text = raw ? node.textContent : inside(node, dialect);
  return rule && node.localName !== "text" ? rule(text, node) : text;
}

function inside(node, dialect) {
  let text = "";
  for (const child of node.childNodes) {
    const block = child.nodeType === Node.ELEMENT_NODE && child.matches(BLOCKS);
    const part = write(child, dialect);
    if (block && part.trim()) text = `${text.trim()}${text.trim() && "\n"}${child.matches("li, tr") ? "" : "\n"}${part.trim()}\n`;
    else text += text.endsWith("\n") ? part.trimStart() : part;
  }
  return text.trim() && node.matches(BLOCKS) ? text.trim() : text;
}

// A button for each dialect; what is copied is written when it is asked for.
function buttons(source) {
  return Object.entries(DIALECTS).map(([name, dialect]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.setAttribute("aria-label", `Copy as ${name}`);
    button.addEventListener("click", async () => {
      await copy(source.dataset.tex ? formula(source, dialect) : inside(source, dialect).trim());
      button.textContent = "copied";
      setTimeout(() => (button.textContent = name), 1500);
    });
    return button;
  });
}

function copy(text) {
  // Over file:// and plain http, there may be no clipboard but that of a copying user.
  const put = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener("copy", put, { capture: true, once: true });
  if (document.execCommand("copy")) return;
  document.removeEventListener("copy", put, { capture: true });
  return navigator.clipboard?.writeText(text);
}

addEventListener("DOMContentLoaded", () => {
  for (const fold of document.querySelectorAll(".result > details[id^='cite-'], .answer > details[id^='cite-']")) {
    const line = document.createElement("p");
    line.className = "copy-as";
    line.append("Copy as ", ...buttons(fold.parentElement));
    fold.querySelector("summary").after(line);
  }
  for (const display of document.querySelectorAll("div.math:has(> [data-tex])")) {
    const fold = document.createElement("details");
    const summary = document.createElement("summary");
    fold.className = "copy-formula";
    summary.setAttribute("aria-label", "Copy this formula");
    fold.append(summary, ...buttons(display.querySelector("[data-tex]")));
    display.append(fold);
  }
});

// Selected text is copied with its formulas as LaTeX; one that is selected in part counts as a whole.
addEventListener("copy", (event) => {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return;
  const range = selection.getRangeAt(0).cloneRange();
  const start = range.startContainer;
  const first = (start.nodeType === Node.ELEMENT_NODE ? start : start.parentElement)?.closest("[data-tex]");
  if (first) range.setStartBefore(first);
  const copied = document.createElement("div");
  copied.append(range.cloneContents());
  const formulas = copied.querySelectorAll("[data-tex]");
  if (!formulas.length) return;
  for (const element of formulas) {
    const tex = document.createElement(element.matches(".formula") ? "div" : "span");
    tex.style.whiteSpace = "pre";
    tex.textContent = formula(element, DIALECTS.Markdown);
    element.replaceWith(tex);
  }
  for (const element of copied.querySelectorAll(".copy-formula, .copy-as, .copybtn")) element.remove();
  copied.style.cssText = "left: -9999px; position: fixed";
  event.clipboardData.setData("text/html", copied.innerHTML);
  document.body.append(copied); // only what is laid out has lines
  event.clipboardData.setData("text/plain", copied.innerText);
  copied.remove();
  event.preventDefault();
});

// A browser from before MathML (Chromium: before 109) shows LaTeX, and says once why.
addEventListener("DOMContentLoaded", () => {
  if ("MathMLElement" in window) return;
  for (const element of document.querySelectorAll("[data-tex]")) {
    element.classList.add("plain");
    element.textContent = element.dataset.tex;
  }
  try {
    if (localStorage.getItem("told-of-mathml")) return;
    localStorage.setItem("told-of-mathml", "yes");
  } catch { /* then it is said on every page */ }
  const notice = document.createElement("p");
  notice.className = "old-browser";
  notice.setAttribute("role", "status");
  notice.textContent = "This browser is from before MathML, so formulas are shown as LaTeX. A newer one shows them as they are printed.";
  document.querySelector("article")?.prepend(notice);
});
})();
