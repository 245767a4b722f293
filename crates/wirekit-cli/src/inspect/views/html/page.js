"use strict";
const search = document.querySelector("#search"), found = document.querySelector("#found");
const sections = [...document.querySelectorAll("section")];
// What waits in a block as one text becomes a part of the page when it is wanted: near what is in sight, or, so that the
// browser's own search finds it, when there is nothing else to do.
const show = block => {
  if (!block || !block.classList.contains("later")) return;
  const waiting = block.querySelector("noscript");
  waiting.outerHTML = waiting.textContent;
  block.classList.remove("later");
};
const near = new IntersectionObserver(entries => {
  for (const entry of entries.filter(entry => entry.isIntersecting)) {
    near.unobserve(entry.target);
    show(entry.target);
  }
}, { rootMargin: "1000px" });
for (const block of document.querySelectorAll(".later")) near.observe(block);
const showAll = (selector = ".later") => document.querySelectorAll(selector).forEach(show);
const whenIdle = window.requestIdleCallback || (work => setTimeout(work, 200));
const showNext = () => {
  const next = document.querySelector(".later");
  if (!next) return;
  show(next);
  whenIdle(showNext);
};
addEventListener("load", () => whenIdle(showNext));
addEventListener("beforeprint", () => showAll());
// The texts are put together when they are first asked for.
const entities = { "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&amp;": "&" };
const plain = markup => markup.replace(/<[^>]*>/g, "").replace(/&(?:lt|gt|quot|amp);/g, entity => entities[entity]);
const texts = new Map();
const text = element => {
  if (!texts.has(element)) {
    const words = [...element.children].map(it => it.localName === "noscript" ? plain(it.textContent) : it.textContent);
    texts.set(element, words.join("").toLowerCase());
  }
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
  showAll("#exchanges .later");
  for (const row of document.querySelectorAll("tbody.searched tr, a.lane")) {
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
  show(next);
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
    showAll("section.later:not([hidden])");
    const folds = [...document.querySelectorAll("section:not([hidden]) details")];
    const open = folds.some(fold => !fold.open);
    for (const fold of folds) fold.open = open;
  }
});
