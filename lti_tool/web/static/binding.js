// Keeps the key of a login where the launch will find it, or finds it again.
// The key proves that the browser which finishes a launch is the one that began it. The page
// works without this script wherever the browser lets our cookie come back.
(() => {
  "use strict";

  const ANSWER_WITHIN_MS = 1000;
  const page = document.querySelector("[data-binding]");
  const { binding: name, key, next, frame, origin } = page.dataset;

  // Each store may throw, be null, or never answer where a browser blocks it.
  const session = {
    put() { try { sessionStorage.setItem(name, key); return true; } catch { return false; } },
    get() { try { return sessionStorage.getItem(name); } catch { return null; } },
    forget() { try { sessionStorage.removeItem(name); } catch { /* there was none */ } },
  };

  const platform = {
    put: () => asked("lti.put_data", key),
    get: () => asked("lti.get_data"),
    forget: () => post("lti.put_data", null),
  };

  // Our own page in the LMS's frame, which opened this window, remembers for it.
  const opening = {
    put: () => toOpener("npq.put_data", key),
    get: () => toOpener("npq.get_data"),
  };

  function newId() {
    return crypto.getRandomValues(new Uint32Array(4)).join("-");
  }

  function asked(subject, value) {
    const target = frame && storageWindow();
    return target ? ask(target, origin, subject, value) : Promise.resolve(null);
  }

  function post(subject, value) {
    const target = frame && storageWindow();
    if (target) target.postMessage({ subject, message_id: newId(), key: name, value }, origin);
  }

  function toOpener(subject, value) {
    return window.opener ? ask(window.opener, location.origin, subject, value) : Promise.resolve(null);
  }

  // The LMS's page: above us, or above the frame of ours that opened this window.
  function storageWindow() {
    const { opener } = window;
    const lms = !opener ? parent : opener === opener.parent ? opener : opener.parent;
    if (lms === window) return null;
    if (frame === "_parent") return lms;
    try { return lms.frames[frame] ?? lms; } catch { return lms; }
  }

  // What the window at this origin answers: its value, or null for no answer in time.
  function ask(target, theirs, subject, value) {
    const id = newId();
    return new Promise((resolve) => {
      const timer = setTimeout(end, ANSWER_WITHIN_MS, null);
      addEventListener("message", hear);
      target.postMessage({ subject, message_id: id, key: name, value }, theirs);

      function hear(event) {
        const answer = readable(event.data);
        if (event.origin !== theirs || answer.message_id !== id) return;
        if (answer.subject !== `${subject}.response` || answer.key !== name) return;
        end(!answer.error && typeof answer.value === "string" ? answer.value : null);
      }

      function end(found) {
        clearTimeout(timer);
        removeEventListener("message", hear);
        resolve(found);
      }
    });
  }

  // Some LMSs answer with text.
  function readable(data) {
    if (typeof data !== "string") return data ?? {};
    try { return JSON.parse(data) ?? {}; } catch { return {}; }
  }

  function keepsCookies() {
    const probe = "__Host-npq-probe=1";
    try {
      document.cookie = `${probe}; Path=/; Secure; SameSite=None; Partitioned; Max-Age=60`;
      return document.cookie.includes(probe);
    } catch { return false; }
  }

  // The first of these that is there; null when none is.
  function first(answers) {
    return new Promise((resolve) => {
      let left = answers.length;
      for (const answer of answers) {
        const take = (value) => { left -= 1; if (value || !left) resolve(value); };
        answer.then(take, () => take(null));
      }
    });
  }

  async function keep() {
    const here = [session.put(), keepsCookies()].includes(true);
    const elsewhere = first([platform.put(), opening.put()]);
    if (here || (await elsewhere)) location.replace(next);
    else offerWindow();
  }

  async function find() {
    const from = (carrier) => (value) => value && [carrier, value];
    const found = from("session_storage")(session.get()) || (await first([
      platform.get().then(from("platform_storage")),
      opening.get().then(from("opener")),
    ]));
    const { elements } = page;
    [elements.carrier.value, elements.browser_key.value] = found || ["", ""];
    const opened = found && (await openedBy(page));
    if (!opened) return page.submit();
    session.forget();
    platform.forget();
    location.replace(opened); // not this page, which Back would post again
  }

  // Where posting the form leads; null when it leads nowhere.
  async function openedBy(form) {
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      return answer.ok && answer.redirected ? answer.url : null;
    } catch { return null; }
  }

  // Nothing can be kept in this frame: a window of its own may, and if not, this page does.
  function offerWindow() {
    const kept = new Map();
    page.dataset.binding = "window";
    addEventListener("message", (event) => {
      const { subject, message_id, key: asked, value } = readable(event.data);
      if (event.origin !== location.origin || !asked) return;
      if (subject === "npq.put_data") kept.set(asked, value);
      else if (subject !== "npq.get_data") return;
      event.source.postMessage(
        { subject: `${subject}.response`, message_id, key: asked, value: kept.get(asked) },
        location.origin,
      );
      if (subject === "npq.get_data") kept.delete(asked);
    });
    page.querySelector("form").addEventListener("submit", () => { page.dataset.binding = "opened"; });
  }

  if (key) keep();
  else find();
})();
