// The review page by keyboard. In: the links of the list, and article fragments rendered (and escaped) by the server.
// Out: verdicts and notes, sent in the background while the next article is already on the screen.
//
// Nothing typed is lost: a verdict is written to the browser's storage before it is sent, and sent again after a lost
// connection, a lost session or a reload, until the desk has answered. Its token makes a repetition harmless. Drafts of
// notes and topics are kept in the same way.
"use strict";
(() => {
  const { base, analyst, t, say, post, postOnce, pause, store, newToken, keys } = window.desk;
  const container = document.getElementById("article");
  const list = document.querySelector("section.queue");
  const counts = document.getElementById("counts");
  const progressBar = document.querySelector("#progress progress");
  const news = document.getElementById("news");
  const PREFETCH = 3;
  const LIVE_SECONDS = 30;
  const narrow = matchMedia("(max-width: 56rem)");  // the list is above the article, as on a phone
  const fragments = new Map();  // article id → promise of its HTML
  const known = { newest: Number(list.dataset.newest), after: Number(list.dataset.review) };
  let last = Number(list.dataset.last) || null;  // article of my newest verdict, as the server knows it

  const links = () => [...document.querySelectorAll("#queue a[data-id]")];
  const currentId = () => Number(container.querySelector("article")?.dataset.id || 0);
  const linkOf = (id) => links().find((link) => Number(link.dataset.id) === id);
  const label = (verdict) => t(verdict.replace("_", " "));
  const signIn = [[t("Sign in"), `${base}/login`]];

  // Articles

  function fetchArticle(id) {
    if (!fragments.has(id)) {
      const parameters = new URLSearchParams(location.search);  // the audit queue hides scores
      parameters.set("part", "article");
      parameters.delete("found");  // belongs to the article that the page was opened with
      const fragment = fetch(`${base}/article/${id}?${parameters}`).then((response) => {
        if (!response.ok) throw new Error(t("Article {id} cannot be shown (HTTP {status}). Try again.", { id, status: response.status }));
        return response.text();
      }, () => { throw new Error(t("Article {id} cannot be shown: no connection to the desk.", { id })); });
      fragment.catch(() => fragments.delete(id));
      fragments.set(id, fragment);
    }
    return fragments.get(id);
  }

  async function show(id) {
    saveNote();
    try {
      container.innerHTML = await fetchArticle(id);
    } catch (error) {
      say(error.message, { problem: true });
      return;
    }
    for (const link of links()) link.toggleAttribute("aria-current", false);
    const link = linkOf(id);
    link?.setAttribute("aria-current", "true");
    link?.scrollIntoView({ block: "nearest" });
    history.replaceState(null, "", `${base}/article/${id}${link ? new URL(link.href).search : location.search}`);
    document.title = `${container.querySelector("h1").textContent} · Tumen`;
    scrollTo(0, narrow.matches ? container.offsetTop : 0);
    opened();
    container.focus({ preventScroll: true });
    prefetch();
  }

  // What an article needs when it comes to the screen, also the one that the server put there.
  function opened() {
    for (const button of container.querySelectorAll("[data-step]")) button.hidden = false;
    restoreDraft();
  }

  function prefetch() {
    const all = links();
    const at = all.findIndex((link) => Number(link.dataset.id) === currentId());
    for (const link of all.slice(at + 1, at + 1 + PREFETCH)) fetchArticle(Number(link.dataset.id));
  }

  function move(by) {
    const all = links();
    const at = all.findIndex((link) => Number(link.dataset.id) === currentId());
    let to = at + by;
    while (all[to]?.classList.contains("gone")) to += by;
    if (all[to]) show(Number(all[to].dataset.id));
    else if (by > 0) say(t("End of this list."), { buttons: [[t("Load more"), `${base}${location.search}`]] });
  }

  // Drafts of notes and topics

  const noteBox = () => document.getElementById("note-text");
  const topicBoxes = () => [...container.querySelectorAll("#topics input")];
  const draftOf = (id) => store.get(`draft ${id}`) ?? {};

  function keepDraft(id, change) {
    const draft = { ...draftOf(id), ...change };
    store.set(`draft ${id}`, Object.values(draft).every((value) => value === undefined) ? null : draft);
  }

  function restoreDraft() {
    const draft = draftOf(currentId());
    const box = noteBox();
    if (box && draft.note !== undefined && draft.note !== box.defaultValue) {
      box.value = draft.note;
      box.closest("details").open = true;
    }
    if (draft.topics) for (const topic of topicBoxes()) topic.checked = draft.topics.includes(topic.value);
    if (box?.value) box.closest("details").open = true;
  }

  container.addEventListener("input", (event) => {
    if (event.target === noteBox()) keepDraft(currentId(), { note: event.target.value });
    if (event.target.closest("#topics")) {
      keepDraft(currentId(), { topics: topicBoxes().filter((box) => box.checked).map((box) => box.value) });
    }
  });

  // Save the note on the screen without a verdict, if it changed.
  async function saveNote({ loud = false } = {}) {
    const box = noteBox();
    const id = currentId();
    if (!box || box.value.trim() === box.defaultValue.trim()) return;
    const note = box.value;
    try {
      await post("/note", { article: id, note, token: newToken() });
      box.defaultValue = note;
      if (draftOf(id).note === note) keepDraft(id, { note: undefined });
      fragments.delete(id);
      if (loud) say(t("Note saved."));
    } catch (error) {
      if (error.status === 403) say(t("You are not signed in. Your note is kept in this browser."), { problem: true, buttons: signIn });
      else say(t("{problem}. Your note is kept in this browser.", { problem: error.message }), { problem: true });
    }
  }

  // Verdicts: an outbox in the browser's storage, sent one after the other

  const outbox = () => store.get("outbox") ?? [];
  let sending = null;

  function send(verdict) {
    store.set("outbox", [...outbox(), verdict]);
    sending ??= flush().finally(() => { sending = null; });
    return sending;
  }

  async function flush() {
    for (let entry = outbox()[0]; entry; entry = outbox()[0]) {
      let answer = null;
      try {
        answer = await deliver(entry);
      } catch (error) {
        if (error.status && error.status < 500 && ![401, 403, 429].includes(error.status)) {
          drop(entry);  // the desk has refused it for good
          if (!(error.status === 409 && entry.verdict === "withdrawn")) {
            mark(entry.article, null);
            say(error.message, { problem: true });
          }
          continue;
        }
        for (const waiting of outbox()) mark(waiting.article, "unsent");
        if (error.status === 403) {
          say(t("You are not signed in: please sign in. Your verdict is kept in this browser, not saved yet."), { problem: true, buttons: signIn });
        } else {
          say(t("{problem}; not saved yet. Your verdict is kept in this browser.", { problem: error.message }), { problem: true, buttons: [[t("Try again"), retry]] });
        }
        return;
      }
      drop(entry);
      delivered(entry, answer);
    }
  }

  function retry() {
    sending ??= flush().finally(() => { sending = null; });
  }

  async function deliver(entry) {
    const { query, label: _, ...body } = entry;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await postOnce(`/verdict${query}`, { ...body, ...known });
      } catch (error) {
        if ((error.status && error.status < 500) || attempt >= 4) throw error;
        await pause(400 * 3 ** (attempt - 1));
      }
    }
  }

  function drop(entry) {
    store.set("outbox", outbox().filter((waiting) => waiting.token !== entry.token));
  }

  function delivered(entry, answer) {
    const draft = draftOf(entry.article);
    if (draft.note === entry.note) keepDraft(entry.article, { note: undefined });
    if (entry.topics) keepDraft(entry.article, { topics: undefined });
    for (const id of answer.articles) {
      fragments.delete(id);
      mark(id, answer.standing, { gone: id !== entry.article });
    }
    last = outbox().at(-1)?.article ?? answer.last;
    showChanges(answer);
    if (entry.verdict === "withdrawn") {
      say(answer.standing ? t("Undone. A colleague's verdict stands: {verdict}.", { verdict: label(answer.standing) }) : t("Undone. The record of both steps is kept."));
    } else if (answer.overruled && answer.overruled.verdict !== entry.verdict) {
      const { analyst: by, verdict, seconds } = answer.overruled;
      say(t("{name} chose “{theirs}” {ago}. Keep yours (“{own}”)?", { name: by, theirs: label(verdict), ago: ago(seconds), own: label(entry.verdict) }), {
        problem: true,
        buttons: [[t("Keep mine"), () => {}], [t("Take theirs"), () => withdraw(entry.article)]],
      });
    } else if (!outbox().length) {
      say(answer.articles.length > 1 ? t("{verdict} for the story: saved.", { verdict: label(entry.verdict) }) : t("{verdict}: saved.", { verdict: label(entry.verdict) }), { buttons: [[t("Undo"), undo]] });
    }
  }

  function ago(seconds) {
    if (seconds < 90) return t("{n} s ago", { n: seconds });
    if (seconds < 5400) return t("{n} min ago", { n: Math.round(seconds / 60) });
    return seconds < 129600 ? t("{n} h ago", { n: Math.round(seconds / 3600) }) : t("{n} days ago", { n: Math.round(seconds / 86400) });
  }

  const signs = { relevant: "✓", not_relevant: "✗", escalate: "▲", unsent: "…" };

  function mark(id, verdict, { gone = false } = {}) {
    const link = linkOf(id);
    if (!link) return;
    link.classList.toggle("reviewed", Boolean(verdict) && verdict !== "unsent");
    link.classList.toggle("gone", gone && Boolean(counts && verdict) && id !== currentId());  // only a queue
    link.querySelector(".verdict-sign")?.remove();
    if (!signs[verdict]) return;
    const sign = document.createElement("span");
    sign.className = "verdict-sign";
    sign.setAttribute("role", "img");
    sign.setAttribute("aria-label", verdict === "unsent" ? `${t("not sent yet")}: ` : `${label(verdict)}: `);
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
    return minutes > 600 ? "" : ` · ${t("about {n} min left", { n: minutes })}`;
  }

  function showChanges({ waiting, today, team, judged, after, new: fresh }) {
    if (counts) {
      const done = analyst ? t("{waiting} to review · {team} reviewed today, {mine} by you", { waiting, team, mine: today }) : t("{waiting} to review · {team} reviewed today", { waiting, team });
      counts.textContent = `${done}${timeLeft(waiting)}`;
      progressBar.max = Math.max(1, waiting + team);
      progressBar.value = team;
    }
    known.after = Math.max(known.after, after);
    for (const { article, verdict, analyst: by } of judged) {
      fragments.delete(article);
      if (article === currentId() && verdict) say(t("{name} just judged this article: {verdict}.", { name: by, verdict: label(verdict) }));
      mark(article, verdict, { gone: true });
    }
    news.hidden = !fresh;
    news.firstElementChild.textContent = t("{n} new – show", { n: fresh });
  }

  function giveVerdict(verdict) {
    const form = container.querySelector("form.verdict");
    if (!form) {
      say(t("Sign in to give a verdict."), { problem: true, buttons: signIn });
      return;
    }
    const id = currentId();
    const fields = new FormData(form);
    const box = noteBox();
    const changed = box.value.trim() !== box.defaultValue.trim();
    if (changed && !box.value.trim()) saveNote();  // a removed note needs no verdict
    const body = {
      article: id, verdict, token: newToken(), revision: Number(fields.get("revision")), seen: fields.get("seen"),
      note: fields.get("note"), flagged: fields.get("flagged"), topics: fields.getAll("topics"),
      story: fields.has("story"), query: location.search,
    };
    box.defaultValue = box.value;  // the verdict carries the note
    recordInterval();
    last = id;
    fragments.delete(id);
    mark(id, verdict);
    send(body);
    move(1);
  }

  async function withdraw(id) {
    await send({ article: id, verdict: "withdrawn", token: newToken(), revision: 1, query: location.search });
    if (!outbox().length) await show(id);
  }

  function undo() {
    const own = container.querySelector("article")?.dataset.own;
    const id = own ? currentId() : last;
    if (!id) {
      say(t("Nothing to undo: you have no verdict."));
      return;
    }
    last = null;
    withdraw(id);
  }

  // Panels, highlights, story

  function openPanel(id) {
    const panel = document.getElementById(id);
    if (!panel) {
      say(t("Sign in first."), { buttons: signIn });
      return;
    }
    panel.open = true;
    const field = panel.querySelector("textarea, input");
    field?.focus();
    if (field?.matches("textarea")) field.setSelectionRange(field.value.length, field.value.length);
  }

  // Digits in the open topics panel switch topics: the first nine have a number.
  container.addEventListener("keydown", (event) => {
    if (!event.target.closest("#topics fieldset") || !/^(Digit|Numpad)[1-9]$/.test(event.code)) return;
    event.preventDefault();
    const box = topicBoxes()[Number(event.code.at(-1)) - 1];
    box?.click();
    box?.focus();
  });

  document.addEventListener("desk-leave", (event) => {
    event.detail.closest("details")?.removeAttribute("open");
    if (event.detail === noteBox()) saveNote({ loud: true });
    container.focus();
  });

  function moveHighlight(by) {
    const highlights = [...container.querySelectorAll("h1 mark, .text mark")];
    if (!highlights.length) {
      say(t("This text has no highlights."));
      return;
    }
    const from = highlights.findIndex((mark_) => mark_.classList.contains("current"));
    highlights[from]?.classList.remove("current");
    showHighlight(highlights, from < 0 && by < 0 ? highlights.length - 1 : (from + by + highlights.length) % highlights.length);
  }

  function showHighlight(highlights, at) {
    highlights[at].classList.add("current");
    highlights[at].scrollIntoView({ block: "center" });
    say(t("{n} of {all}, {text}: {title}", { n: at + 1, all: highlights.length, text: highlights[at].textContent, title: highlights[at].title }));
  }

  function toggleWholeStory() {
    const box = document.getElementById("whole-story");
    if (!box) {
      say(t("This story has no other unreviewed article."));
      return;
    }
    box.checked = !box.checked;
    say(box.checked ? t("The verdict is for the whole story.") : t("The verdict is for this article alone."));
  }

  keys({
    j: () => move(1), k: () => move(-1), 1: () => giveVerdict("relevant"), 2: () => giveVerdict("not_relevant"),
    3: () => giveVerdict("escalate"), u: undo, t: () => openPanel("topics"), n: () => openPanel("note"),
    s: toggleWholeStory, e: () => moveHighlight(1), "shift e": () => moveHighlight(-1),
    o: () => document.getElementById("original")?.click(),
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#queue a[data-id]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      show(Number(link.dataset.id));
    }
    const button = event.target.closest("form.verdict button");
    if (button) {
      event.preventDefault();
      if (button.dataset.step) move(Number(button.dataset.step));
      else if (button.name === "save") saveNote({ loud: true });
      else if (button.value === "withdrawn") withdraw(currentId());
      else giveVerdict(button.value);
    }
    const highlight = event.target.closest(".text mark, h1 mark");  // a phone has no tooltip
    if (highlight && matchMedia("(hover: none)").matches) {
      const highlights = [...container.querySelectorAll("h1 mark, .text mark")];
      showHighlight(highlights, highlights.indexOf(highlight));
    }
  });

  // What happens elsewhere

  async function live() {
    if (document.hidden) return;
    const parameters = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(known)) parameters.set(name, value);
    try {
      const response = await fetch(`${base}/live?${parameters}`, { headers: { accept: "application/json" } });
      if (response.ok) showChanges(await response.json());
    } catch { /* the next call, or the next verdict, tells */ }
  }

  setInterval(live, LIVE_SECONDS * 1000);
  document.addEventListener("visibilitychange", live);
  addEventListener("online", () => { retry(); live(); });
  addEventListener("pagehide", () => { saveNote(); });

  opened();
  if (location.pathname.includes("/article/") && narrow.matches) container.scrollIntoView();
  container.querySelector(".text .found")?.scrollIntoView({ block: "center" });
  prefetch();
  if (analyst && outbox().length) {
    const count = outbox().length;
    for (const waiting of outbox()) mark(waiting.article, "unsent");
    retry();
    sending.then(() => { if (!outbox().length) say(t("Verdicts from before: {n} saved.", { n: count })); });
  }
})();
