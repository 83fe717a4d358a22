// A link to something folded opens the fold.
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target?.closest("details")) return;
  for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
  target.scrollIntoView();
}
addEventListener("DOMContentLoaded", unfold);
addEventListener("hashchange", unfold);

// The theme lets keys scroll a wide table, but sees only those that are not folded.
addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("details .pst-scrollable-table-container, details .output, details pre"))
    table.tabIndex = 0;
});
