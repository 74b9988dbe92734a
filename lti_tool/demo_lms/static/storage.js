// Keeps values for the tool while this page is open: LTI platform storage, strictly.
(() => {
  "use strict";

  const { tool, mode, where } = document.currentScript.dataset;
  const LONGEST = 4096; // characters of a value
  const MOST = 200; // values
  const kept = new Map();
  const page = window.parent; // this page itself, unless this is its storage frame
  const elsewhere = mode === "frame" ? { frame: "lti_storage" } : {};

  const answers = {
    "lti.capabilities": () => ({
      supported_messages: [
        { subject: "lti.capabilities" },
        { subject: "lti.put_data", ...elsewhere },
        { subject: "lti.get_data", ...elsewhere },
      ],
    }),
    "lti.put_data": ({ key, value }) => {
      if (value === null) kept.delete(key);
      else if (typeof value !== "string") return fault("bad_request", key);
      else if (value.length > LONGEST || kept.size >= MOST) return fault("storage_exhaustion", key);
      else kept.set(key, value);
      return { key, value };
    },
    "lti.get_data": ({ key }) => ({ key, value: kept.get(key) ?? null }),
  };

  // With a frame for storage the page says what there is, and the frame does it.
  function isAnsweredHere(subject) {
    if (!Object.hasOwn(answers, subject)) return false;
    return mode !== "frame" || (subject === "lti.capabilities") === (where === "page");
  }

  // The tool's frame, a window this page opened for the tool, or one the tool's frame opened.
  function isOurs(source) {
    if (!source || source === page) return false;
    return source.parent === page || source.opener === page || source.opener?.parent === page;
  }

  function fault(code, key) {
    return { key, error: { code, message: "This value cannot be kept." } };
  }

  function answerTo(asked) {
    if (asked.subject !== "lti.capabilities" && typeof asked.key !== "string") return fault("bad_request");
    return answers[asked.subject](asked);
  }

  function tell(source, asked, answer) {
    const { subject, message_id } = asked;
    source.postMessage({ subject: `${subject}.response`, message_id, ...answer }, tool);
  }

  addEventListener("message", ({ data, origin, source }) => {
    if (origin !== tool || !isOurs(source) || !isAnsweredHere(data?.subject)) return;
    const answer = answerTo(data);
    if (mode === "forged" && "key" in data) forge(source, data, () => tell(source, data, answer));
    else tell(source, data, answer);
  });

  // The rest is the mode that forges: first from here, each wrong in one thing; then, right in all
  // but its origin, from a frame of a stranger; then the truth.
  const waiting = [];
  let stranger = null;

  function forge(source, asked, afterwards) {
    const value = "forged";
    tell(source, { ...asked, message_id: "forged" }, { key: asked.key, value });
    tell(source, asked, { key: `${asked.key}.forged`, value });
    tell(source, { ...asked, subject: "lti.forged" }, { key: asked.key, value });
    waiting.push({ asked, afterwards });
    passOn();
  }

  function passOn() {
    if (stranger && waiting.length) stranger.postMessage(waiting[0].asked, "*");
  }

  if (mode === "forged") {
    addEventListener("message", ({ data, origin, source }) => {
      if (origin !== "null" || source !== window.frames.stranger) return;
      stranger = source;
      if (data === "forged") waiting.shift().afterwards();
      passOn();
    });
  }
})();
