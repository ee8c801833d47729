/* Swaps parts of a page in place of loading it whole; every page works without it, and what fails is loaded whole.
   data-parts="ids" on a form or link: its address is asked for these elements (header Room-Parts), and each one that comes
   takes the place of the one with its id. A link or GET form changes the address too, so back and forth work.
   data-live on a form: a choice sends it. data-then: the id of the element to go to afterwards.
   An answer's data-say is read out, its data-title becomes the page's. data-poll="seconds" on an element with data-parts:
   it is asked for anew with its data-mark as ETag, and what came is offered, never put under the reader's hands. */
"use strict";
(() => {
  const HEADER = "Room-Parts";
  const byId = (id) => document.getElementById(id);
  const named = (parts) => parts.split(" ").map((part) => byId(decodeURIComponent(part))).filter(Boolean);
  const busy = (parts, on) => named(parts).forEach((part) => part.setAttribute("aria-busy", on));
  const ask = (url, parts, more = {}) => fetch(url, { ...more, headers: { [HEADER]: parts, ...more.headers } });
  const isParts = (answer) => answer?.ok && answer.headers.has(HEADER);
  const read = (text) => new DOMParser().parseFromString(text, "text/html").body;

  const say = (text) => {
    const place = byId("said");
    place.textContent = "";
    setTimeout(() => (place.textContent = text), 50); // read out again when it is the same text
  };
  /* How to find what has the focus in its successor. */
  const trace = ({ id, name, value, type, tagName }) => {
    if (id) return `#${CSS.escape(id)}`;
    if (!name) return null;
    const one = tagName === "BUTTON" || type === "checkbox" || type === "radio";
    return `[name="${CSS.escape(name)}"]` + (one ? `[value="${CSS.escape(value)}"]` : "");
  };
  const goTo = (element, quietly) => {
    const target = element.matches("[data-row]") ? element.querySelector("a") ?? element : element;
    if (!target.matches("a, button, input, select, textarea")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    if (!quietly) element.scrollIntoView({ block: "nearest" });
  };
  const put = (fresh) => {
    const old = byId(fresh.id);
    if (!old) return;
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const again = active && trace(active);
    old.replaceWith(fresh);
    if (active) goTo((again && (fresh.matches(again) ? fresh : fresh.querySelector(again))) || fresh, true);
    if (fresh.dataset.say) say(fresh.dataset.say);
    if (fresh.dataset.title) document.title = fresh.dataset.title;
  };
  const swap = (text, then) => {
    [...read(text).children].forEach(put);
    document.querySelectorAll("[aria-busy]").forEach((part) => part.removeAttribute("aria-busy"));
    const next = then && byId(then);
    if (next) goTo(next);
  };

  let asking = null; // the latest question: an older one is dropped
  const get = async (url, parts, { then, back } = {}) => {
    asking?.abort();
    const mine = (asking = new AbortController());
    busy(parts, true);
    try {
      const answer = await ask(url, parts, { signal: mine.signal });
      if (!isParts(answer)) throw new Error(answer.status);
      const text = await answer.text();
      if (!back) {
        history.replaceState({ parts, top: scrollY }, "");
        history.pushState({ parts }, "", url);
      }
      swap(text, then);
      if (back) scrollTo(0, back.top ?? scrollY);
    } catch (fault) {
      if (fault.name === "AbortError") return;
      if (back) location.reload();
      else location.assign(url);
    }
  };
  const post = async (form, by, url) => {
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    busy(form.dataset.parts, true);
    const body = new URLSearchParams(new FormData(form, by));
    const answer = await ask(url, form.dataset.parts, { method: "POST", body }).catch(() => null);
    delete form.dataset.busy;
    if (isParts(answer)) return swap(await answer.text(), form.dataset.then);
    if (answer?.ok) return location.assign(answer.url);
    if (answer && answer.status >= 500) return location.reload();
    form.removeAttribute("data-parts"); // refused, or never arrived: shown by the browser as without this script
    form.requestSubmit(by);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target, by = event.submitter;
    if (!form.dataset.parts) return;
    event.preventDefault();
    const url = new URL(by?.getAttribute("formaction") ?? form.getAttribute("action"), location.href);
    if (form.method === "post") return post(form, by, url);
    for (const [name, value] of new FormData(form, by)) if (value) url.searchParams.append(name, value);
    get(url, form.dataset.parts);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-parts]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    get(link.href, link.dataset.parts, { then: link.dataset.then });
  });
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-live]") && event.target.matches("select, [type=checkbox], [type=radio]")) form.requestSubmit();
  });
  addEventListener("popstate", ({ state }) => {
    if (!state?.parts) return;
    const given = new URLSearchParams(location.search);
    for (const box of document.querySelectorAll("[data-parts] [type=search]")) box.value = given.get(box.name) ?? "";
    get(location.href, state.parts, { back: state });
  });

  const living = document.querySelector("[data-poll]");
  if (!living) return;
  const offer = byId("offer"), poll = living.dataset;
  const rows = (within) => [...within.querySelectorAll("[data-row]")].filter((row) => row.id);
  let shown = poll.mark, mark = shown, fresh = null;
  const tellNew = (count) => {
    const words = offer.dataset[count === 0 ? "none" : count === 1 ? "one" : "many"];
    offer.querySelector("span").textContent = words.replace("{n}", count);
    offer.hidden = false;
    say(offer.querySelector("span").textContent);
  };
  const look = async () => {
    if (document.hidden) return;
    const headers = { "If-None-Match": mark };
    const answer = await ask(location.href, poll.parts, { headers }).catch(() => null);
    if (!isParts(answer)) return; // 304: nothing new; anything else: the next look may do better
    mark = answer.headers.get("ETag");
    fresh = read(await answer.text()).firstElementChild;
    for (const row of rows(fresh)) if (!byId(row.id)) row.classList.add("fresh");
    if (mark === shown) offer.hidden = true;
    else tellNew(fresh.querySelectorAll(".fresh").length);
  };
  offer.querySelector("button").addEventListener("click", () => {
    for (const row of fresh.querySelectorAll(".fresh")) row.insertAdjacentText("afterbegin", `${offer.dataset.word}: `);
    shown = mark;
    put(fresh);
    offer.hidden = true;
    goTo(byId(fresh.id), true);
  });
  setInterval(look, 1000 * poll.poll);
  document.addEventListener("visibilitychange", look);
})();
