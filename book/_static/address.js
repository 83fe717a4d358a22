// A citation has the whole address where the page is served; a build that was not told it knows no more than its end.
addEventListener("DOMContentLoaded", () => {
  if (!location.protocol.startsWith("http")) return;
  for (const end of document.querySelectorAll(".address")) end.textContent = new URL(end.textContent, location.href).href;
});
