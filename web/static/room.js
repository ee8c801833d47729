/* Comfort only: every page works without it. j/k walk through rows, o opens, / searches, ? lists the keys; a letter
   presses the button of the selected row that carries it as data-key. */
"use strict";
(() => {
  const rows = [...document.querySelectorAll("[data-row]")];
  const help = document.querySelector("#keys");
  let at = rows.findIndex((row) => row.id && `#${row.id}` === location.hash);
  const select = (next, scroll) => {
    rows[at]?.classList.remove("selected");
    at = next;
    rows[at]?.classList.add("selected");
    if (scroll) rows[at]?.scrollIntoView({ block: "nearest" });
    rows[at]?.querySelector("a")?.focus({ preventScroll: true });
  };
  if (at >= 0) select(at, false);
  const go = (step) => {
    if (rows.length) select(Math.min(rows.length - 1, Math.max(0, at + step)), true);
  };
  const press = (key) => {
    const place = rows[at] ?? (rows.length ? null : document);
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
    o: () => rows[at]?.querySelector("a")?.click(),
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
  for (const chooser of document.querySelectorAll("select[data-submit]")) {
    chooser.addEventListener("change", () => chooser.form.requestSubmit());
  }
})();
