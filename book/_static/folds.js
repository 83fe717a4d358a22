// A link to something folded opens the fold.
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target?.closest("details")) return;
  for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
  target.scrollIntoView();
}
addEventListener("DOMContentLoaded", unfold);
addEventListener("hashchange", unfold);

// On paper, what is folded is open, also where one at a time is open on the screen, and the theme is the light one.
const folded = new Set(), groups = new Map();
let theme;
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details[name]")) groups.set(fold, fold.getAttribute("name")), fold.removeAttribute("name");
  for (const fold of document.querySelectorAll("details:not([open])")) folded.add(fold), (fold.open = true);
  theme = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
addEventListener("afterprint", () => {
  for (const fold of folded) fold.open = false;
  for (const [fold, group] of groups) fold.setAttribute("name", group);
  folded.clear(), groups.clear();
  document.documentElement.dataset.theme = theme;
});
