// What makes the review page quick; all of it works without, by links and forms.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  const cards = () => [...document.querySelectorAll(".card[data-finding]")];
  const current = () => document.querySelector('.card[aria-current="true"]');

  function go(card, { focus = true } = {}) {
    if (!card) return;
    for (const other of document.querySelectorAll('.card[aria-current="true"]')) other.removeAttribute("aria-current");
    card.setAttribute("aria-current", "true");
    if (focus) {
      card.focus({ preventScroll: true });
      card.scrollIntoView({ block: "nearest" });
    }
  }

  function step(by) {
    const all = cards();
    const at = all.indexOf(current());
    go(all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]);
  }

  function openMenu(card, kind) {
    const menu = card?.querySelector(`details[data-menu="${kind}"]`);
    if (!menu) return;
    menu.open = true;
    menu.querySelector(".menu-list button")?.focus();
  }

  function closeMenus(but) {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== but) menu.open = false;
  }

  function toggle(card) {
    const box = card?.querySelector(".pick input");
    if (box) { box.checked = !box.checked; count(); }
  }

  // The bar for many at once shows while some are picked.
  function count() {
    const bar = document.querySelector(".bulk");
    if (!bar) return;
    const picked = document.querySelectorAll(".pick input:checked").length;
    bar.hidden = picked === 0;
    const said = bar.querySelector("[data-count]");
    if (said) said.textContent = said.dataset.count.replace("%", picked);
  }

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    c: (card) => card?.querySelector("[data-key=c]")?.click(),
    d: (card) => openMenu(card, "dismiss"),
    s: (card) => openMenu(card, "snooze"),
    x: toggle,
    o: (card) => card?.querySelector("[data-key=o]")?.click(),
    u: () => [...document.querySelectorAll("[data-key=u]")].pop()?.click(),
    "/": () => document.querySelector("input[type=search]")?.focus(),
    "?": () => document.querySelector("#keys")?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const menu = document.querySelector("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
      return;
    }
    if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog")) return;
    if (menu && /^[1-9]$/.test(event.key)) {
      event.preventDefault();
      menu.querySelectorAll(".menu-list button")[event.key - 1]?.click();
      return;
    }
    const act = keys[event.key];
    if (!act) return;
    const card = event.target.closest?.(".card[data-finding]") || current();
    event.preventDefault();
    closeMenus();
    act(card);
  });

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details.menu"));
    if (event.target.closest("[data-opens=keys]")) document.querySelector("#keys")?.showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
    if (event.target.closest("[data-picks=all]")) {
      const boxes = [...document.querySelectorAll(".pick input")];
      const all = boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = !all;
      count();
    }
    if (event.target.closest("[data-picks=none]")) {
      for (const box of document.querySelectorAll(".pick input")) box.checked = false;
      count();
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest(".pick")) count();
    if (event.target.closest(".filters select")) event.target.form.requestSubmit();
  });
  document.addEventListener("focusin", (event) => {
    const card = event.target.closest?.(".card[data-finding]");
    if (card && card !== current()) go(card, { focus: false });
  });

  // Where a card was decided, the next one is at hand.
  let after = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const card = event.detail.target.closest?.(".card[data-finding]");
    const all = cards();
    const at = all.indexOf(card);
    after = card && card === current() && event.detail.shouldSwap ? (all[at + 1] || all[at - 1] || null) : null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const swapped = event.detail.elt;
    if (swapped?.matches?.(".card[data-finding]")) go(swapped);
    else if (after?.isConnected) go(after);
    else swapped?.focus?.();
    after = null;
    count();
  });

  let timer = 0;
  function tell(text) {
    const toast = document.querySelector("#toast");
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { toast.hidden = true; }, 8000);
  }
  document.addEventListener("htmx:sendError", () => tell(document.querySelector("#toast").dataset.failed));
  document.addEventListener("htmx:responseError", () => tell(document.querySelector("#toast").dataset.refused));

  const start = () => {
    const narrow = matchMedia("(max-width: 40rem)").matches;
    for (const box of document.querySelectorAll("details.filters")) box.open = !narrow || box.dataset.used === "yes";
    count();
    const wanted = location.hash && document.querySelector(`.card${CSS.escape ? `[id="${CSS.escape(location.hash.slice(1))}"]` : ""}`);
    if (wanted) go(wanted);
    else if (cards()[0]) go(cards()[0], { focus: false });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
