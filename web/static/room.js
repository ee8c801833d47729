/* Comfort only: every page works without it. j/k walk through rows, o opens, / searches, ? lists the keys; a letter
   presses the button of the selected row that carries it as data-key. */
"use strict";
(() => {
  const help = document.querySelector("#keys");
  const rows = () => [...document.querySelectorAll("[data-row]")]; // asked each time: parts of a page are swapped
  const selected = () => document.querySelector("[data-row].selected");
  const select = (row) => {
    selected()?.classList.remove("selected");
    row?.classList.add("selected");
  };
  const walkTo = (row) => {
    select(row);
    row?.querySelector("a")?.focus({ preventScroll: true });
  };
  walkTo(rows().find((row) => row.id && `#${row.id}` === location.hash));
  const go = (step) => {
    const all = rows();
    const next = all[Math.min(all.length - 1, Math.max(0, all.indexOf(selected()) + step))];
    walkTo(next);
    next?.scrollIntoView({ block: "nearest" });
  };
  const press = (key) => {
    const place = selected() ?? (rows().length ? null : document);
    const target = place?.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!target) return false;
    const needed = target.dataset.needs && target.form.elements[target.dataset.needs];
    if (needed && !needed.value.trim()) {
      needed.required = true;
      needed.focus();
    } else {
      target.click();
    }
    return true;
  };
  const keys = {
    j: () => go(1),
    k: () => go(-1),
    o: () => selected()?.querySelector("a")?.click(),
    "/": () => document.querySelector("input[type=search]")?.focus(),
    "?": () => (help?.open ? help.close() : help?.showModal()),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.matches("input, textarea")) event.target.blur();
    const typing = event.target.closest("input, textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.key.length > 1) return;
    if (help?.open && event.key !== "?") return;
    if (keys[event.key]) keys[event.key]();
    else if (!press(event.key)) return;
    event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && row !== selected()) select(row);
  });
  for (const chooser of document.querySelectorAll("select[data-submit]")) {
    chooser.addEventListener("change", () => chooser.form.requestSubmit());
  }
})();
