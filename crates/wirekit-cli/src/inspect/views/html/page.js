"use strict";
const search = document.querySelector("#search"), found = document.querySelector("#found");
const sections = [...document.querySelectorAll("section")];
const rows = [...document.querySelectorAll("tbody.searched tr, a.lane")];
// The texts are put together when they are first asked for.
const texts = new Map();
const text = element => {
  if (!texts.has(element)) texts.set(element, element.textContent.toLowerCase());
  return texts.get(element);
};
const connection = element => {
  const link = element.matches("a") ? element : element.querySelector("a");
  return link && link.getAttribute("href").slice(1);
};
const filter = () => {
  const wanted = search.value.trim().toLowerCase();
  const kept = new Set();
  for (const section of sections) {
    const holds = !wanted || text(section).includes(wanted);
    section.hidden = !holds;
    if (holds) kept.add(section.id);
  }
  for (const row of rows) {
    const isExchange = row.closest("#exchanges");
    row.hidden = Boolean(wanted) && !text(row).includes(wanted) && (isExchange || !kept.has(connection(row)));
  }
  found.textContent = wanted ? `${kept.size} of ${sections.length} connections` : "";
};
let due;
search.addEventListener("input", () => { clearTimeout(due); due = setTimeout(filter, 120); });
const go = step => {
  const shown = sections.filter(section => !section.hidden);
  // From where the focus is, else from what is in sight below the header.
  const focused = shown.indexOf(document.activeElement.closest("section"));
  const at = focused >= 0 ? focused : shown.findLastIndex(section => section.getBoundingClientRect().top < 64);
  const next = shown[Math.max(0, Math.min(shown.length - 1, at + step))];
  if (!next) return;
  next.scrollIntoView();
  next.focus({ preventScroll: true });
};
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === search) {
    if (event.key === "Escape") { search.value = ""; filter(); search.blur(); }
    return;
  }
  if (event.key === "/") { search.focus(); event.preventDefault(); }
  if (event.key === "j") go(1);
  if (event.key === "k") go(-1);
  if (event.key === "e") {
    const folds = [...document.querySelectorAll("section:not([hidden]) details")];
    const open = folds.some(fold => !fold.open);
    for (const fold of folds) fold.open = open;
  }
});
