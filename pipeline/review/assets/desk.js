// The review page by keyboard. In: the links of the queue, and article fragments rendered (and escaped) by the server.
// Out: verdicts, posted in the background while the next article is already on the screen.
"use strict";
(() => {
  const base = document.querySelector("nav a").getAttribute("href");
  const csrf = document.querySelector('meta[name="csrf"]').content;
  const container = document.getElementById("article");
  const status = document.getElementById("status");
  const counts = document.getElementById("counts");
  const progressBar = document.querySelector("#progress progress");
  const PREFETCH = 3;
  const fragments = new Map();  // article id → promise of its HTML
  const judged = [];  // ids of articles with a verdict of this session, the latest last
  let statusTimer;

  const links = () => [...document.querySelectorAll("#queue a")];
  const currentId = () => Number(container.querySelector("article")?.dataset.id || 0);
  const linkOf = (id) => links().find((link) => Number(link.dataset.id) === id);

  function showStatus(message, problem = false) {
    clearTimeout(statusTimer);
    status.textContent = message;
    status.classList.toggle("problem", problem);
    if (!problem) statusTimer = setTimeout(() => { status.textContent = ""; }, 4000);
  }

  function fetchArticle(id) {
    if (!fragments.has(id)) {
      const parameters = new URLSearchParams(location.search);  // the audit queue hides scores
      parameters.set("part", "article");
      const fragment = fetch(`${base}/article/${id}?${parameters}`).then((response) => {
        if (!response.ok) throw new Error(`Article ${id} cannot be shown (HTTP ${response.status}). Try again.`);
        return response.text();
      }, () => { throw new Error(`Article ${id} cannot be shown: no connection to the desk.`); });
      fragment.catch(() => fragments.delete(id));
      fragments.set(id, fragment);
    }
    return fragments.get(id);
  }

  async function show(id) {
    try {
      container.innerHTML = await fetchArticle(id);
    } catch (error) {
      showStatus(error.message, true);
      return;
    }
    for (const link of links()) link.toggleAttribute("aria-current", false);
    const link = linkOf(id);
    link?.setAttribute("aria-current", "true");
    link?.scrollIntoView({ block: "nearest" });
    history.replaceState(null, "", `${base}/article/${id}${link ? new URL(link.href).search : location.search}`);
    document.title = `${container.querySelector("h1").textContent} · Tumen`;
    scrollTo(0, matchMedia("(max-width: 56rem)").matches ? container.offsetTop : 0);
    container.focus({ preventScroll: true });
    prefetch();
  }

  function prefetch() {
    const all = links();
    const at = all.findIndex((link) => Number(link.dataset.id) === currentId());
    for (const link of all.slice(at + 1, at + 1 + PREFETCH)) fetchArticle(Number(link.dataset.id));
  }

  function move(by) {
    const all = links();
    const at = all.findIndex((link) => Number(link.dataset.id) === currentId());
    const next = all[at + by];
    if (next) show(Number(next.dataset.id));
    else if (by > 0) showStatus("End of this list. Reload the page for more articles.");
  }

  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

  function newToken() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // The token makes a retry harmless: the server stores one verdict per token.
  async function post(verdict) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const response = await fetch(`${base}/verdict${location.search}`, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json", "x-csrftoken": csrf },
          body: JSON.stringify(verdict),
        });
        if (response.ok) return await response.json();
        const answer = await response.json().catch(() => ({ error: "The desk refused the verdict. Reload the page." }));
        if (response.status < 500 || attempt === 3) throw Object.assign(new Error(answer.error), { final: true });
      } catch (error) {
        if (error.final || attempt === 3) throw error.final ? error : new Error("No connection to the desk; not saved.");
      }
      await pause(400 * 3 ** attempt);
    }
  }

  const signs = { relevant: "✓", not_relevant: "✗", escalate: "▲" };
  const label = (verdict) => verdict.replace("_", " ");

  function markReviewed(id, verdict) {
    const link = linkOf(id);
    if (!link) return;
    link.classList.toggle("reviewed", verdict !== "withdrawn");
    link.querySelector(".verdict-sign")?.remove();
    if (!signs[verdict]) return;
    const sign = document.createElement("span");
    sign.className = "verdict-sign";
    sign.setAttribute("role", "img");
    sign.setAttribute("aria-label", `${label(verdict)}: `);
    sign.textContent = `${signs[verdict]} `;
    link.prepend(sign);
  }

  const intervals = [];  // milliseconds between the last verdicts, to estimate the time left
  let lastVerdictAt = performance.now();

  function recordInterval() {
    const now = performance.now();
    intervals.push(now - lastVerdictAt);
    if (intervals.length > 20) intervals.shift();
    lastVerdictAt = now;
  }

  function timeLeft(waiting) {
    if (intervals.length < 5 || !waiting) return "";
    const median = [...intervals].sort((a, b) => a - b)[Math.floor(intervals.length / 2)];
    const minutes = Math.ceil((median * waiting) / 60000);
    return minutes > 600 ? "" : ` · about ${minutes} min left`;
  }

  function showProgress({ waiting, today, team }) {
    counts.textContent = `${waiting} to review · ${team} reviewed today, ${today} by you${timeLeft(waiting)}`;
    progressBar.max = Math.max(1, waiting + team);
    progressBar.value = team;
  }

  async function giveVerdict(verdict) {
    const form = container.querySelector("form.verdict");
    if (!form) {
      showStatus("Sign in to give a verdict.", true);
      return;
    }
    const id = currentId();
    const fields = new FormData(form);
    const body = {
      article: id, verdict, token: newToken(), revision: Number(fields.get("revision")), note: fields.get("note"),
      flagged: fields.get("flagged"), topics: fields.getAll("topics"), story: fields.has("story"),
    };
    recordInterval();
    judged.push(id);
    fragments.delete(id);
    markReviewed(id, verdict);
    move(1);
    try {
      showProgress(await post(body));
      showStatus(`${label(verdict)}${body.story ? " for the story" : ""}: saved. Press u to undo.`);
    } catch (error) {
      markReviewed(id, "withdrawn");
      judged.splice(judged.lastIndexOf(id), 1);
      showStatus(error.message, true);
    }
  }

  async function undo() {
    const id = judged.pop() ?? (container.querySelector('button[value="withdrawn"]') ? currentId() : undefined);
    if (id === undefined) {
      showStatus("Nothing to undo: you gave no verdict on this page.");
      return;
    }
    try {
      showProgress(await post({ article: id, verdict: "withdrawn", token: newToken(), revision: 1 }));
      markReviewed(id, "withdrawn");
      fragments.delete(id);
      await show(id);
      showStatus("Undone. The record of both steps is kept.");
    } catch (error) {
      judged.push(id);
      showStatus(error.message, true);
    }
  }

  function openPanel(id) {
    const panel = document.getElementById(id);
    if (!panel) return;
    panel.open = true;
    panel.querySelector("textarea, input")?.focus();
  }

  function moveHighlight(by) {
    const highlights = [...container.querySelectorAll("h1 mark, .text mark")];
    if (!highlights.length) {
      showStatus("This text has no highlights.");
      return;
    }
    const from = highlights.findIndex((mark) => mark.classList.contains("current"));
    highlights[from]?.classList.remove("current");
    const to = from < 0 && by < 0 ? highlights.length - 1 : (from + by + highlights.length) % highlights.length;
    highlights[to].classList.add("current");
    highlights[to].scrollIntoView({ block: "center" });
    showStatus(`${to + 1} of ${highlights.length}, ${highlights[to].textContent}: ${highlights[to].title}`);
  }

  function toggleWholeStory() {
    const box = document.getElementById("whole-story");
    if (!box) {
      showStatus("This story has no other unreviewed article.");
      return;
    }
    box.checked = !box.checked;
    showStatus(box.checked ? "The verdict is for the whole story." : "The verdict is for this article alone.");
  }

  const keys = {
    j: () => move(1), k: () => move(-1), 1: () => giveVerdict("relevant"), 2: () => giveVerdict("not_relevant"),
    3: () => giveVerdict("escalate"), u: undo, t: () => openPanel("topics"), n: () => openPanel("note"),
    s: toggleWholeStory, e: () => moveHighlight(1), E: () => moveHighlight(-1),
    o: () => document.getElementById("original")?.click(), "/": () => { location.href = `${base}/search`; },
    "?": () => document.getElementById("keys").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const field = event.target.closest("textarea, select, input");
    if (event.key === "Escape" && field) {
      field.closest("details")?.removeAttribute("open");
      container.focus();
    }
    if (field && (field.type !== "checkbox" || event.key === " ")) return;
    if (document.querySelector("dialog[open]") || !keys[event.key]) return;
    event.preventDefault();
    if (event.repeat && "123u".includes(event.key)) return;  // a key held down must not judge a row of articles
    keys[event.key]();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#queue a");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      show(Number(link.dataset.id));
    }
    const button = event.target.closest("form.verdict button");
    if (button) {
      event.preventDefault();
      if (button.value === "withdrawn") undo(); else giveVerdict(button.value);
    }
  });

  prefetch();
})();
