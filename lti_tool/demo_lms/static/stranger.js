// Forges the answer to what the tool asked its LMS, in every frame there is.
(() => {
  "use strict";

  addEventListener("message", ({ data, source }) => {
    if (source !== parent) return;
    const { subject, message_id, key } = data;
    const forged = { subject: `${subject}.response`, message_id, key, value: "forged" };
    for (let place = 0; place < parent.length; place += 1) parent[place].postMessage(forged, "*");
    parent.postMessage("forged", "*");
  });
  parent.postMessage("here", "*");
})();
