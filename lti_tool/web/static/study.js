// Keeps what is typed, counts words, and puts the focus where something is to be done.
// Every page works without it; nothing here decides anything.
(() => {
  "use strict";

  const SAVE_AFTER_MS = 2500;
  const LONGEST_RETRY_MS = 60000;
  const LARGEST_KEEPALIVE = 60000; // bytes; browsers refuse more when a page is being left
  const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
  const SENT = "npq:sent";

  // Storage may throw or be null where an LMS's frame has none.
  const storeIn = (storage) => ({
    read(key) {
      try { return JSON.parse(storage().getItem(key)); } catch { return null; }
    },
    write(key, value) {
      try { storage().setItem(key, JSON.stringify(value)); return true; } catch { return false; }
    },
    remove(key) {
      try { storage().removeItem(key); } catch { /* there was none */ }
    },
    names() {
      try { return Object.keys(storage()); } catch { return []; }
    },
  });
  const ofTab = storeIn(() => sessionStorage);
  const lasting = storeIn(() => localStorage);

  // Unsent text outlives the tab: a visit may have ended meanwhile, and the text is for the next.
  const stored = {
    read(key) {
      return lasting.read(key) ?? ofTab.read(key);
    },
    write(key, value) {
      return lasting.write(key, { ...value, at: Date.now() }) || ofTab.write(key, value);
    },
    remove(key) {
      lasting.remove(key);
      ofTab.remove(key);
    },
  };

  function keepAnswers(form) {
    const key = `npq:${form.dataset.keep}`;
    const fields = [...form.querySelectorAll("textarea, input[type=radio]")];
    const status = form.querySelector("[data-saved]");
    let atServer = served();
    let timer = 0, retryMs = 5000, sending = null, ended = false, handedIn = false, isKept = true;

    function served() {
      return valuesOf((field) => field.defaultChecked, (field) => field.defaultValue);
    }

    function now() {
      return valuesOf((field) => field.checked, (field) => field.value);
    }

    function valuesOf(isChosen, textOf) {
      const values = {};
      for (const field of fields) {
        if (field.type === "radio") {
          if (isChosen(field)) values[field.name] = field.value;
        } else {
          values[field.name] = textOf(field);
        }
      }
      return values;
    }

    function same(one, other) {
      const names = new Set([...Object.keys(one), ...Object.keys(other)]);
      return [...names].every((name) => (one[name] ?? "") === (other[name] ?? ""));
    }

    function say(words) {
      if (status.textContent !== words) status.textContent = words;
    }

    function fill(values) {
      for (const field of fields) {
        const value = values[field.name];
        if (value === undefined) continue;
        if (field.type === "radio") field.checked = field.value === value;
        else field.value = value;
        field.dispatchEvent(new Event("count"));
      }
    }

    function changed() {
      const values = now();
      if (same(values, atServer)) stored.remove(key);
      else isKept = stored.write(key, { values, base: atServer });
      if (!timer && !ended) timer = setTimeout(save, SAVE_AFTER_MS);
    }

    async function save() {
      clearTimeout(timer);
      timer = 0;
      const values = now();
      if (ended || handedIn || sending || same(values, atServer)) return;
      sending = new AbortController();
      const answer = await send(sending.signal);
      sending = null;
      if (!handedIn) settle(answer, values);
    }

    function send(signal) {
      const body = new URLSearchParams(new FormData(form));
      const keepalive = body.toString().length < LARGEST_KEEPALIVE;
      return fetch(form.dataset.draft, { method: "POST", body, keepalive, signal })
        .then((response) => response.status, () => 0);
    }

    function settle(answer, values) {
      if (answer === 204) {
        atServer = values;
        retryMs = 5000;
        say(`Saved ${clock()}`);
        changed();
        if (same(now(), atServer)) { clearTimeout(timer); timer = 0; }
      } else if (answer === 413) {
        say("Too long to save whole: please keep it under 20,000 characters.");
      } else if (answer >= 400 && answer < 500 && answer !== 429) {
        ended = true;
        say(isKept
          ? "Not saved: open the session again from your course. Your text is kept here until then."
          : "Not saved: copy your text before you leave this page, then open the session again from your course.");
      } else {
        say(`Not saved yet. Your text is kept ${isKept ? "here" : "on this page only"}; trying again.`);
        timer = setTimeout(save, retryMs);
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      }
    }

    function clock() {
      return new Date().toLocaleTimeString("en-GB",
        { hour: "2-digit", minute: "2-digit", timeZone: "Europe/London" });
    }

    function leave() {
      if (!handedIn && !ended && !same(now(), atServer)) send();
    }

    function restore() {
      const entry = stored.read(key);
      if (!entry || !entry.values || same(entry.values, atServer)) {
        stored.remove(key);
      } else if (same(entry.base, atServer)) {
        fill(entry.values);
        say("What you had not sent yet is back.");
        changed();
      } else {
        offer(entry.values);
      }
    }

    // Changed on another device since: the participant decides.
    function offer(values) {
      const box = document.createElement("div");
      box.className = "kept-here";
      const words = document.createElement("p");
      words.textContent = "This browser kept other text for this activity that was never sent.";
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-outline-primary";
      button.textContent = "Use that text instead";
      button.addEventListener("click", () => { fill(values); changed(); box.remove(); fields[0].focus(); });
      box.append(words, button);
      form.querySelector("h2").after(box);
    }

    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", (event) => {
      if (handedIn) { event.preventDefault(); return; }
      handedIn = true;
      sending?.abort();
      ofTab.write(SENT, key);
      stored.write(key, { values: now(), base: atServer });
      form.querySelector("[type=submit]").setAttribute("aria-disabled", "true");
    });
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") save();
    });
    addEventListener("online", save);
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      handedIn = false;
      form.querySelector("[type=submit]").removeAttribute("aria-disabled");
    });
    restore();
  }

  // What was handed in has arrived once another page of the session answers.
  function forgetWhatArrived() {
    const done = document.querySelector("[data-done]");
    if (done) stored.remove(`npq:${done.dataset.done}`);
    const form = document.querySelector("form[data-keep]");
    const sent = ofTab.read(SENT);
    if (!sent || !(done || form || document.querySelector("[data-arrived]"))) return;
    if (!form || `npq:${form.dataset.keep}` !== sent) stored.remove(sent);
    ofTab.remove(SENT);
  }

  // A shared computer must not keep for ever what somebody never came back for.
  function forgetWhatIsOld() {
    for (const name of lasting.names()) {
      if (name.startsWith("npq:") && !(Date.now() - lasting.read(name)?.at < KEPT_MS)) lasting.remove(name);
    }
  }

  function countWords(note) {
    const field = document.getElementById(note.dataset.count);
    const least = Number(note.dataset.least);
    const show = () => {
      const words = field.value.split(/\s+/).filter(Boolean).length;
      if (least > 1 && words < least) note.textContent = `${words} of at least ${least} words`;
      else note.textContent = words ? `${words} word${words === 1 ? "" : "s"}` : "";
    };
    field.addEventListener("input", show);
    field.addEventListener("count", show);
    show();
  }

  function printEveryStep() {
    const closed = [...document.querySelectorAll("details.part:not([open])")];
    closed.forEach((step) => { step.open = true; });
    addEventListener("afterprint", () => closed.forEach((step) => { step.open = false; }), { once: true });
  }

  // The grade is on its way: look again a few times, then leave it to the reader.
  function watchGrade(times) {
    const box = document.querySelector("[data-watch]");
    if (!box || !times) return;
    setTimeout(async () => {
      const text = await fetch(location.href).then((r) => (r.ok ? r.text() : ""), () => "");
      const fresh = new DOMParser().parseFromString(text, "text/html").querySelector(".grade");
      if (fresh && fresh.textContent !== box.textContent) {
        const held = box.contains(document.activeElement);
        box.replaceChildren(...fresh.childNodes);
        if (held) { box.tabIndex = -1; box.focus(); }
      }
      if (fresh && !("watch" in fresh.dataset)) box.removeAttribute("data-watch");
      watchGrade(times - 1);
    }, 5000);
  }

  forgetWhatIsOld();
  forgetWhatArrived();
  document.querySelectorAll("[data-count]").forEach(countWords);
  document.querySelectorAll("form[data-keep]").forEach(keepAnswers);
  document.querySelector("[data-focus]")?.focus();
  addEventListener("beforeprint", printEveryStep);
  watchGrade(12);
  document.querySelector("form[data-submit]")?.submit();
})();
