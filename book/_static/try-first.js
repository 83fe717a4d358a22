// Read, or try first: what answers a question of the sheets is covered, and one tap uncovers it. The choice is remembered.
addEventListener("DOMContentLoaded", () => {
  const found = [...document.querySelectorAll(".to-find")];
  const title = document.querySelector(".bd-article h1");
  if (!found.length || !title) return;

  const uncover = (part) => {
    if (part.previousElementSibling?.matches(".cover")) part.previousElementSibling.remove();
    part.hidden = false;
  };
  const cover = (part) => {
    if (part.hidden || part.contains(document.getElementById(decodeURIComponent(location.hash.slice(1))))) return;
    const button = document.createElement("button");
    button.className = "cover";
    button.textContent = "Write yours first · Show me";
    button.onclick = () => (uncover(part), (part.tabIndex = -1), part.focus({ preventScroll: true }));
    part.before(button);
    part.hidden = "until-found";
  };
  // what a link or a search leads to is shown
  const lead = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const part = target?.closest(".to-find");
    if (part) uncover(part), target.scrollIntoView();
  };
  addEventListener("hashchange", lead);
  for (const part of found) part.addEventListener("beforematch", () => uncover(part));

  const KEY = "unrolled-try-first";
  let chosen = "";
  try { chosen = localStorage.getItem(KEY); } catch {}
  const row = document.createElement("div");
  row.className = "how-to-read";
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "How to read");
  const buttons = ["Read", "Try first"].map((name, first) => {
    const button = document.createElement("button");
    button.textContent = name;
    button.onclick = () => {
      try { localStorage.setItem(KEY, first ? "yes" : ""); } catch {}
      set(first);
    };
    row.append(button);
    return button;
  });
  const note = document.createElement("span");
  row.append(note);
  const set = (first) => {
    buttons.forEach((button, k) => button.setAttribute("aria-pressed", k === Number(first)));
    note.textContent = first
      ? "What answers the sheets is covered: write yours, then tap to compare."
      : "New to this? Read. If you know the method, try first.";
    found.forEach(first ? cover : uncover);
  };
  title.after(row);
  set(chosen ? 1 : 0);
});
