// What is too wide for its place. A table is set tighter, or gets a block for each row. Whatever else scrolls is marked
// at the edge that is cut, and can be reached by keys; what does not scroll is no stop for them.
const NAMES = { PRE: "Code", DIV: "Table" };
const BOXES = ".bd-article :is(pre, .output, .pst-scrollable-table-container, .formula)";

function overflows(box) {
  return box.scrollWidth > box.clientWidth + 1;
}

// Puts the name of its column before each value of a table.
function nameValues(table) {
  const names = table.tHead?.rows[0]?.cells ?? [];
  for (const row of table.tBodies[0].rows)
    [...row.cells].forEach((cell, k) => {
      if (!names[k]?.textContent.trim()) return;
      const name = document.createElement("span");
      name.className = "column";
      name.append(...(names[k].querySelector("p") ?? names[k]).cloneNode(true).childNodes);
      for (const e of name.querySelectorAll("[id]")) e.removeAttribute("id");
      cell.prepend(name);
    });
}

function markEdges(box) {
  const over = overflows(box);
  box.classList.toggle("cut-left", over && box.scrollLeft > 1);
  box.classList.toggle("cut-right", over && box.scrollLeft < box.scrollWidth - box.clientWidth - 1);
}

function fit(box) {
  const table = box.querySelector(":scope > table");
  table?.classList.remove("tight", "stacked");
  if (table && overflows(box)) table.classList.add("tight");
  if (table && overflows(box)) {
    if (!table.querySelector(".column")) nameValues(table);
    table.classList.replace("tight", "stacked");
  }
  markEdges(box);
  markStop(box);
}

function markStop(box) {
  const over = overflows(box), name = NAMES[box.tagName]; // a formula has a name of its own
  const named = name ? box.hasAttribute("aria-label") : over;
  if (over === (box.getAttribute("tabindex") === "0") && over === named) return;
  if (over) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
  if (!name) return;
  box.role = over ? "group" : null;
  box.ariaLabel = over ? `${name}, scrolls sideways` : null;
}

addEventListener("DOMContentLoaded", async () => {
  // a table in a fold of a cell's output has a box of its own, which is laid out when the fold opens
  for (const table of document.querySelectorAll(".output > details > table")) {
    const box = document.createElement("div");
    box.className = "pst-scrollable-table-container";
    table.replaceWith(box);
    box.append(table);
  }
  const boxes = [...document.querySelectorAll(BOXES)], widths = new Map();
  // a box gets its width when the page is laid out, when a fold opens, and when a window or a phone is turned
  const watch = new ResizeObserver((entries) =>
    requestAnimationFrame(() => {
      for (const { target } of entries)
        if (widths.get(target) !== target.clientWidth) widths.set(target, target.clientWidth), fit(target);
    }),
  );
  // the theme makes stops, too, also of what is a pixel too high
  const stops = new MutationObserver((changes) => changes.forEach(({ target }) => markStop(target)));
  for (const box of boxes) {
    stops.observe(box, { attributeFilter: ["tabindex"] });
    box.addEventListener("scroll", () => markEdges(box), { passive: true });
    watch.observe(box);
  }
  // tables grow with their formulas and letters
  await document.fonts.ready;
  boxes.forEach(fit);
});
