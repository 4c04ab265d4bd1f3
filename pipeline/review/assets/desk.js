// The review page by keyboard. In: the queue's links, and fragments of pages made (and escaped) by the server.
// Out: verdicts, posted behind the reader's back while the next article is on the screen already.
"use strict";
(() => {
  const base = document.querySelector("nav a").getAttribute("href");
  const csrf = document.querySelector('meta[name="csrf"]').content;
  const place = document.getElementById("article");
  const said = document.getElementById("said");
  const counts = document.getElementById("counts");
  const bar = document.querySelector("#progress progress");
  const ahead = 3;
  const parts = new Map();
  const given = [];
  let saying;

  const links = () => [...document.querySelectorAll("#queue a")];
  const current = () => Number(place.querySelector("article")?.dataset.id || 0);
  const link = (id) => links().find((one) => Number(one.dataset.id) === id);

  function say(words, problem = false) {
    clearTimeout(saying);
    said.textContent = words;
    said.classList.toggle("problem", problem);
    if (!problem) saying = setTimeout(() => { said.textContent = ""; }, 4000);
  }

  function part(id) {
    if (!parts.has(id)) {
      const got = fetch(`${base}/article/${id}?part=article`).then((answer) => {
        if (!answer.ok) throw new Error(`Article ${id} cannot be shown (${answer.status}); try again.`);
        return answer.text();
      }, () => { throw new Error(`Article ${id} cannot be shown: the desk cannot be reached.`); });
      got.catch(() => parts.delete(id));
      parts.set(id, got);
    }
    return parts.get(id);
  }

  async function show(id) {
    try {
      place.innerHTML = await part(id);
    } catch (error) {
      say(error.message, true);
      return;
    }
    for (const one of links()) one.toggleAttribute("aria-current", false);
    const here = link(id);
    here?.setAttribute("aria-current", "true");
    here?.scrollIntoView({ block: "nearest" });
    history.replaceState(null, "", `${base}/article/${id}${here ? new URL(here.href).search : location.search}`);
    document.title = `${place.querySelector("h1").textContent} · Tumen`;
    scrollTo(0, matchMedia("(max-width: 56rem)").matches ? place.offsetTop : 0);
    place.focus({ preventScroll: true });
    prefetch();
  }

  function prefetch() {
    const all = links();
    const at = all.findIndex((one) => Number(one.dataset.id) === current());
    for (const one of all.slice(at + 1, at + 1 + ahead)) part(Number(one.dataset.id));
  }

  function move(by) {
    const all = links();
    const at = all.findIndex((one) => Number(one.dataset.id) === current());
    const next = all[at + by];
    if (next) show(Number(next.dataset.id));
    else if (by > 0) say("That was the last of this list; load the page for more.");
  }

  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

  function name() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  }

  async function post(verdict) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await fetch(`${base}/verdict${location.search}`, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json", "x-csrftoken": csrf },
          body: JSON.stringify(verdict),
        });
        if (answer.ok) return await answer.json();
        const told = await answer.json().catch(() => ({ error: "The desk refused; load the page again." }));
        if (answer.status < 500 || attempt === 3) throw Object.assign(new Error(told.error), { final: true });
      } catch (error) {
        if (error.final || attempt === 3) throw error.final ? error : new Error("The desk cannot be reached; not saved.");
      }
      await pause(400 * 3 ** attempt);
    }
  }

  const signs = { relevant: "✓", not_relevant: "✗", escalate: "▲" };
  const words = (verdict) => verdict.replace("_", " ");

  function mark(id, verdict) {
    const one = link(id);
    if (!one) return;
    one.classList.toggle("done", verdict !== "withdrawn");
    one.querySelector(".given")?.remove();
    if (!signs[verdict]) return;
    const given = document.createElement("span");
    given.className = "given";
    given.setAttribute("role", "img");
    given.setAttribute("aria-label", `${words(verdict)}: `);
    given.textContent = `${signs[verdict]} `;
    one.prepend(given);
  }

  const pauses = [];  // milliseconds between the last verdicts: how long the rest will take
  let lastGiven = performance.now();

  function pace() {
    const now = performance.now();
    pauses.push(now - lastGiven);
    if (pauses.length > 20) pauses.shift();
    lastGiven = now;
  }

  function left(waiting) {
    if (pauses.length < 5 || !waiting) return "";
    const usual = [...pauses].sort((a, b) => a - b)[Math.floor(pauses.length / 2)];
    const minutes = Math.ceil((usual * waiting) / 60000);
    return minutes > 600 ? "" : ` · about ${minutes} min left`;
  }

  function tell(answer) {
    const { waiting, today, team } = answer;
    counts.textContent = `${waiting} waiting · ${team} done today, ${today} by you${left(waiting)}`;
    bar.max = Math.max(1, waiting + team);
    bar.value = team;
  }

  async function give(verdict) {
    const form = place.querySelector("form.verdict");
    if (!form) {
      say("Sign in to give a verdict.", true);
      return;
    }
    const id = current();
    const fields = new FormData(form);
    const what = {
      article: id, verdict, token: name(), revision: Number(fields.get("revision")), note: fields.get("note"),
      flagged: fields.get("flagged"), topics: fields.getAll("topics"), story: fields.has("story"),
    };
    pace();
    given.push(id);
    parts.delete(id);
    mark(id, verdict);
    move(1);
    try {
      tell(await post(what));
      say(`${words(verdict)}${what.story ? " for the story" : ""}: saved. u takes it back.`);
    } catch (error) {
      mark(id, "withdrawn");
      given.splice(given.lastIndexOf(id), 1);
      say(error.message, true);
    }
  }

  async function takeBack() {
    const id = given.pop() ?? (place.querySelector('button[value="withdrawn"]') ? current() : undefined);
    if (id === undefined) {
      say("There is no verdict of yours to take back.");
      return;
    }
    try {
      tell(await post({ article: id, verdict: "withdrawn", token: name(), revision: 1 }));
      mark(id, "withdrawn");
      parts.delete(id);
      await show(id);
      say("Taken back; both verdicts are kept.");
    } catch (error) {
      given.push(id);
      say(error.message, true);
    }
  }

  function open(id) {
    const box = document.getElementById(id);
    if (!box) return;
    box.open = true;
    box.querySelector("textarea, input")?.focus();
  }

  function evidence(by) {
    const marks = [...place.querySelectorAll("h1 mark, .text mark")];
    if (!marks.length) {
      say("No words of this text are marked.");
      return;
    }
    const at = marks.findIndex((one) => one.classList.contains("here"));
    marks[at]?.classList.remove("here");
    const to = at < 0 && by < 0 ? marks.length - 1 : (at + by + marks.length) % marks.length;
    marks[to].classList.add("here");
    marks[to].scrollIntoView({ block: "center" });
    say(`${to + 1} of ${marks.length}, ${marks[to].textContent}: ${marks[to].title}`);
  }

  function wholeStory() {
    const box = document.getElementById("whole");
    if (!box) {
      say("No other article of this story waits.");
      return;
    }
    box.checked = !box.checked;
    say(box.checked ? "The verdict is for the whole story." : "The verdict is for this article alone.");
  }

  const keys = {
    j: () => move(1), k: () => move(-1), 1: () => give("relevant"), 2: () => give("not_relevant"),
    3: () => give("escalate"), u: takeBack, t: () => open("topics"), n: () => open("note"), s: wholeStory,
    e: () => evidence(1), E: () => evidence(-1),
    o: () => document.getElementById("original")?.click(), "/": () => { location.href = `${base}/search`; },
    "?": () => document.getElementById("keys").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest("textarea, select, input");
    if (event.key === "Escape" && typing) {
      typing.closest("details")?.removeAttribute("open");
      place.focus();
    }
    if (typing && (typing.type !== "checkbox" || event.key === " ")) return;
    if (document.querySelector("dialog[open]") || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  document.addEventListener("click", (event) => {
    const one = event.target.closest("#queue a");
    if (one && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      show(Number(one.dataset.id));
    }
    const button = event.target.closest("form.verdict button");
    if (button) {
      event.preventDefault();
      if (button.value === "withdrawn") takeBack(); else give(button.value);
    }
  });

  prefetch();
})();
