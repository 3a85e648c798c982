"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const rows = [...document.querySelectorAll(".matrix tbody tr")];
  const fields = ["text", "class", "language", "outcome", "first"].map((id) => document.getElementById(id));
  const [text, kind, language, outcome, first] = fields;
  const sections = new Map(rows.map((row) => [row, document.getElementById(row.dataset.section)]));
  // What a reader would search for is in the row and in the section's heading; a whole section would match everything.
  const parts = (row) => [...row.cells, sections.get(row).querySelector(".about")].map((each) => each.textContent);
  const words = new Map(rows.map((row) => [row, [...parts(row), row.dataset.class].join(" ").toLowerCase()]));

  const fits = (row) => {
    const outcomes = row.dataset.outcomes.split(/ (?=cpp:|rust:)/);
    const wanted = outcome.value ? outcomes.filter((each) => each.slice(each.indexOf(":") + 1) === outcome.value) : outcomes;
    const spoken = language.value ? wanted.filter((each) => each.startsWith(`${language.value}:`)) : wanted;
    return spoken.length > 0
      && (!kind.value || row.dataset.class.split("\n").includes(kind.value))
      && (!first.checked || "first" in row.dataset)
      && text.value.toLowerCase().split(/\s+/).every((word) => words.get(row).includes(word));
  };
  const filter = () => {
    let shown = 0;
    for (const row of rows) {
      const hide = !fits(row);
      row.hidden = hide;
      sections.get(row).hidden = hide;
      shown += hide ? 0 : 1;
    }
    one("#count").textContent = `${shown} of ${rows.length} ${one("#filters").dataset.noun} shown`;
    one("#none").hidden = shown > 0 || rows.length === 0;
  };
  // Evidence that waits as text. Every word of a log in it is escaped already, and the page's policy lets none of it run.
  const fill = (section) => {
    const text = section && section.querySelector(":scope > script.later");
    if (!text) { return; }
    const made = document.createElement("template");
    made.innerHTML = text.textContent;
    text.replaceWith(made.content);
  };
  const fillAll = () => { for (const section of document.querySelectorAll(".entry")) { fill(section); } };
  const near = new IntersectionObserver((seen) => {
    for (const each of seen.filter((one) => one.isIntersecting)) { fill(each.target); near.unobserve(each.target); }
  }, { rootMargin: "1200px" });
  const fillNamed = () => fill(document.getElementById(decodeURIComponent(location.hash.slice(1))));
  const open = (wanted) => {
    if (wanted) { fillAll(); }
    document.querySelectorAll(".entry details").forEach((each) => { each.open = wanted; });
  };
  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      // A page that was opened from a mail may not write to the clipboard: then the text is selected instead.
      getSelection().selectAllChildren(button.previousElementSibling);
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };
  const theme = () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  };

  one("#filters").addEventListener("input", filter);
  one("#filters").addEventListener("submit", (event) => event.preventDefault());
  one("#filters").addEventListener("reset", () => setTimeout(filter));
  document.addEventListener("click", (event) => { if (event.target.matches(".copy")) { copy(event.target); } });
  one("#theme").addEventListener("click", theme);
  one("#open").addEventListener("click", () => open(true));
  one("#close").addEventListener("click", () => open(false));
  addEventListener("beforeprint", () => open(true));
  addEventListener("hashchange", fillNamed);
  for (const text of document.querySelectorAll(".entry > script.later")) { near.observe(text.parentElement); }
  fillNamed();
  one("#scriptless")?.remove();
  // Without script these would do nothing, so they are shown by script.
  for (const each of document.querySelectorAll("#filters, #theme, .buttons")) { each.hidden = false; }
  filter();
})();
