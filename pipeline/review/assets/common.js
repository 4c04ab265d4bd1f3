// What every page of the desk has: the status line, posts that survive a lost connection, and keys by position.
// Pages add their own keys with desk.keys(). Nothing here inserts HTML.
"use strict";
window.desk = (() => {
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
  const base = meta("desk");
  const analyst = meta("analyst");
  const words = JSON.parse(meta("words") || "{}");
  // Translate a text and fill in its {values}; the English text is the key.
  const t = (text, values = {}) => (words[text] ?? text).replace(/{(\w+)}/g, (_, name) => values[name] ?? "");
  const status = document.getElementById("status");
  let statusTimer;

  // Buttons are [label, function] pairs, or [label, address] for a link. A message with a problem stays.
  function say(message, { problem = false, buttons = [] } = {}) {
    clearTimeout(statusTimer);
    status.replaceChildren(message);
    for (const [label, action] of buttons) {
      const button = document.createElement(typeof action === "string" ? "a" : "button");
      button.textContent = label;
      if (typeof action === "string") button.href = action;
      else button.addEventListener("click", () => { status.replaceChildren(); action(); });
      status.append(" ", button);
    }
    status.classList.toggle("problem", problem);
    if (!problem) statusTimer = setTimeout(() => status.replaceChildren(), buttons.length ? 12000 : 4000);
  }

  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

  // Post JSON. Errors have `status`: 0 if there was no answer.
  async function postOnce(path, body) {
    let response;
    try {
      response = await fetch(`${base}${path}`, {
        method: "POST",
        keepalive: true,  // leaving the page does not cancel it
        headers: { "content-type": "application/json", accept: "application/json", "x-csrftoken": meta("csrf") },
        body: JSON.stringify(body),
      });
    } catch {
      throw Object.assign(new Error(t("No connection to the desk")), { status: 0 });
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw Object.assign(new Error(answer.error ?? t("The desk refused it. Reload the page.")), { status: response.status });
  }

  async function post(path, body, tries = 4) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await postOnce(path, body);
      } catch (error) {
        if ((error.status && error.status < 500) || attempt >= tries) throw error;
        await pause(400 * 3 ** (attempt - 1));
      }
    }
  }

  // Browser storage, by analyst; without it (private mode) values live as long as the page.
  const memory = new Map();
  const store = {
    get(name) {
      try { return JSON.parse(localStorage.getItem(`tumen ${analyst} ${name}`)); } catch { return memory.get(name) ?? null; }
    },
    set(name, value) {
      memory.set(name, value);
      try {
        if (value === null) localStorage.removeItem(`tumen ${analyst} ${name}`);
        else localStorage.setItem(`tumen ${analyst} ${name}`, JSON.stringify(value));
      } catch { /* the copy in memory remains */ }
    },
  };

  function newToken() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // The name of a key: what it types on a Latin layout, else the letter at its position, so that the keys work under
  // Russian and Korean layouts and with Caps Lock.
  function nameOf(event) {
    const typed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (/^[a-z0-9/?]$/.test(typed)) return event.shiftKey && /[a-z]/.test(typed) ? `shift ${typed}` : typed;
    if (/^Key[A-Z]$/.test(event.code)) return `${event.shiftKey ? "shift " : ""}${event.code[3].toLowerCase()}`;
    if (/^(Digit|Numpad)[0-9]$/.test(event.code) && !event.shiftKey) return event.code.at(-1);
    if (event.code === "Slash") return event.shiftKey ? "?" : "/";
    return typed;
  }

  const sections = { q: "", s: "/search", b: "/brief", d: "/dashboard", o: "/op-ed", f: "/feeds" };
  const repeated = new Set(["j", "k", "e", "shift e"]);  // other keys act once, however long they are held
  const bound = {
    "/": () => { location.href = `${base}/search`; },
    "?": () => document.getElementById("keys")?.showModal(),
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
  };
  let prefix = -Infinity;  // when “g” was pressed; 0 would be the time at which the page opened

  function moveFocus(by) {
    const links = [...document.querySelectorAll('main a[href*="/article/"]')];
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    links[Math.max(0, Math.min(links.length - 1, at + by))].focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const control = event.target.closest("input, select, textarea, button, summary, [contenteditable]");
    if (control) {
      if (event.key === "Escape") {
        control.blur();
        document.dispatchEvent(new CustomEvent("desk-leave", { detail: control }));
      }
      return;  // a letter typed into a control is for the control
    }
    const name = nameOf(event);
    if (performance.now() - prefix < 1500 && name in sections) {
      prefix = -Infinity;
      event.preventDefault();
      location.href = `${base}${sections[name]}`;
      return;
    }
    prefix = name === "g" ? performance.now() : -Infinity;
    if (!bound[name]) return;
    event.preventDefault();
    if (event.repeat && !repeated.has(name)) return;
    bound[name]();
  });

  const keysButton = document.getElementById("show-keys");
  keysButton.hidden = matchMedia("(hover: none)").matches;  // a phone has no keys
  keysButton.addEventListener("click", bound["?"]);

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes("tumen_zone=")) {
    document.cookie = `tumen_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
  }

  return { base, analyst, t, say, post, postOnce, pause, store, newToken, keys: (more) => Object.assign(bound, more) };
})();
