// The brief page: order by drag or keys, sentences saved as they are typed, copy, print and mail without leaving.
"use strict";
(() => {
  const { base, t, say, post, store, keys } = window.desk;
  const section = document.querySelector(".brief");
  const query = new URLSearchParams({ since: section.dataset.since, which: section.dataset.which });
  const items = () => [...section.querySelectorAll(".brief-items > li[data-id]")];
  const current = () => document.activeElement.closest?.(".brief-items > li[data-id]");

  for (const hidden of section.querySelectorAll("[hidden]")) hidden.hidden = false;
  for (const button of section.querySelectorAll(".sentence .save")) button.hidden = true;

  const edit = (body) => post("/brief/edit", body);

  function failed(error) {
    const problem = error.status === 403;
    say(problem ? t("You are not signed in; not saved.") : t("{problem}; not saved.", { problem: error.message }), {
      problem: true, buttons: problem ? [[t("Sign in"), `${base}/login`]] : [],
    });
  }

  // Order

  async function saveOrder(moved) {
    try {
      await edit({ what: "order", value: items().map((item) => Number(item.dataset.id)) });
      if (section.querySelector("h2")) location.reload();  // the sections give way to the order
      else say(t("Order saved."));
    } catch (error) {
      failed(error);
    }
    moved?.focus();
  }

  function move(item, by) {
    const all = items();
    const other = all[all.indexOf(item) + by];
    if (!other) return;
    if (by < 0) other.before(item); else other.after(item);
    store.set("brief focus", item.dataset.id);
    saveOrder(item);
  }

  section.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (button) move(button.closest("li"), Number(button.dataset.move));
  });

  for (const handle of section.querySelectorAll(".handle")) {
    const item = handle.closest("li");
    handle.addEventListener("pointerdown", () => { item.draggable = true; });
    item.addEventListener("dragstart", () => item.classList.add("dragged"));
    item.addEventListener("dragend", () => {
      item.draggable = false;
      item.classList.remove("dragged");
      store.set("brief focus", item.dataset.id);
      saveOrder(item);
    });
    item.addEventListener("dragover", (event) => {
      const dragged = section.querySelector(".dragged");
      if (!dragged || dragged === item) return;
      event.preventDefault();
      const middle = item.getBoundingClientRect().top + item.offsetHeight / 2;
      if (event.clientY < middle) item.before(dragged); else item.after(dragged);
    });
  }

  document.getElementById("by-topic")?.addEventListener("click", async () => {
    try {
      await edit({ what: "order", value: [] });
      location.reload();
    } catch (error) {
      failed(error);
    }
  });

  document.addEventListener("keydown", (event) => {
    const item = current();
    if (!item || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    move(item, event.key === "ArrowUp" ? -1 : 1);
  });

  // Sentences: kept in the browser until the desk has them

  for (const box of section.querySelectorAll(".sentence textarea")) {
    const id = Number(box.form.elements.article.value);
    const draft = store.get(`sentence ${id}`);
    let saved = box.value;
    const fit = () => { box.style.height = "auto"; box.style.height = `${box.scrollHeight + 2}px`; };
    const save = async () => {
      if (box.value === saved) return;
      const value = box.value;
      try {
        await edit({ what: "sentence", article: id, value });
        saved = value;
        if (box.value === value) store.set(`sentence ${id}`, null);
        say(t("Sentence saved."));
      } catch (error) {
        failed(error);
      }
    };
    if (draft !== null && draft !== saved) box.value = draft;
    fit();
    box.addEventListener("input", () => { store.set(`sentence ${id}`, box.value); fit(); });
    box.addEventListener("change", save);
    box.form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
    if (box.value !== saved) save();
  }

  // Out of the desk

  async function copy(form) {
    const text = await fetch(`${base}/brief.${form}?${query}`).then((response) => {
      if (!response.ok) throw new Error(t("The brief is not available (HTTP {status}). Try again.", { status: response.status }));
      return response.text();
    });
    try {
      const parts = { "text/plain": new Blob([text], { type: "text/plain" }) };
      if (form === "html") parts["text/html"] = new Blob([text], { type: "text/html" });
      await navigator.clipboard.write([new ClipboardItem(parts)]);
      say(form === "html" ? t("Copied as HTML.") : t("Copied as Markdown."));
    } catch {  // without TLS the browser gives no access to the clipboard
      say(t("The browser does not allow copying here. Use Download."), { problem: true });
    }
  }

  for (const button of section.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy(button.dataset.copy).catch((error) => say(error.message, { problem: true })));
  }
  document.getElementById("print").addEventListener("click", () => print());
  const mail = document.getElementById("mail");
  mail?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const target = mail.elements.target.value;
    say(t("Sending to {target} …", { target }));
    try {
      await post("/brief/mail", { target, ...Object.fromEntries(query) }, 1);  // a repetition could arrive twice
      say(t("Sent to {target}.", { target }));
    } catch (error) {
      say(error.message, { problem: true });
    }
  });

  // Keys

  function focus(by) {
    const all = items();
    if (!all.length) return;
    const at = all.indexOf(current());
    all[Math.max(0, Math.min(all.length - 1, at + by))].focus();
  }

  function write() {
    const box = current()?.querySelector("textarea");
    box?.focus();
    box?.setSelectionRange(box.value.length, box.value.length);
  }

  keys({
    j: () => focus(1), k: () => focus(-1), n: write, Enter: () => {
      if (document.activeElement.matches("a")) document.activeElement.click(); else write();
    }, x: () => current()?.querySelector(".leave button")?.click(),
  });
  document.addEventListener("desk-leave", (event) => event.detail.closest(".brief-items > li")?.focus());
  const moved = store.get("brief focus");
  if (moved) items().find((item) => item.dataset.id === moved)?.focus();
  store.set("brief focus", null);
})();
