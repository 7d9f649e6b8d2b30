// The form that checks a receipt in this browser; receipt_check.js does it.
(function () {
  "use strict";
  var form = document.getElementById("receipt-check");
  if (!form || !window.crypto || !crypto.subtle) { return; }
  var strict = window.idvault, answer = document.getElementById("receipt-answer"), texts = answer.dataset;
  var MOST_KEYS = 64 * 1024;
  var pasted = document.getElementById("receipt-text");

  function tell(state, lines, code) {
    answer.className = state.startsWith("valid") ? "note good" : "note stop";
    answer.dataset.state = state;
    answer.replaceChildren.apply(answer, lines.map(function (line) {
      var shown = document.createElement("p");
      shown.textContent = line;
      return shown;
    }));
    if (code) {
      var details = document.createElement("details"), summary = document.createElement("summary"), word = document.createElement("code");
      summary.textContent = texts.code;
      word.textContent = code;
      details.append(summary, word);
      answer.append(details);
    }
    answer.focus();
  }
  function refuse(reason) {
    var told = { KEY_INVALID: texts.key, NOT_COVERED: texts.wait, EPOCH_INVALID: texts.epoch }[reason] || texts.wrong;
    tell(reason, [told], reason);
  }
  // As the pages write a time (View.minute): in the operator's zone, named by how far it is from UTC.
  function minute(time) {
    var zone = { timeZone: texts.zone }, locale = document.documentElement.lang === "en" ? "en-GB" : "zh-CN";
    var day = new Intl.DateTimeFormat(locale, Object.assign({ dateStyle: "long" }, zone)).format(time);
    var hour = new Intl.DateTimeFormat("en-GB", Object.assign({ timeStyle: "short" }, zone)).format(time);
    var parts = new Intl.DateTimeFormat("en-GB", Object.assign({ timeZoneName: "shortOffset" }, zone)).formatToParts(time);
    var offset = parts.find(function (part) { return part.type === "timeZoneName"; }).value.slice(3) || "+0";
    return texts.minute.replace("{day}", day).replace("{time}", hour).replace("{zone}", offset === "+8" ? texts.beijing : "UTC" + offset);
  }
  function show(found) {
    var labels = texts.labels.split("|"), quorum = found.quorum;
    var told = quorum && texts.quorum.replace("{threshold}", quorum.threshold).replace("{count}", quorum.custodians.length)
      .replace("{names}", quorum.custodians.join(document.documentElement.lang === "zh-CN" ? "、" : ", "));
    var rows = [minute(new Date(found.time)), found.account, found.index, told].map(function (value, place) {
      return value && labels[place] + (/：$/.test(labels[place]) ? "" : " ") + value;
    });
    tell(found.witnessed ? "valid" : "valid_unwitnessed", [found.witnessed ? texts.valid : texts.unwitnessed].concat(rows.filter(Boolean)));
  }
  // Of a key file that its owner got elsewhere: a key to type could be one that a page suggested.
  async function read(name) {
    var file = document.getElementById(name).files[0];
    if (file && file.size > MOST_KEYS) { throw new Error("KEY_INVALID"); }
    return file ? file.text() : "";
  }
  function lines(text) { return text.split(/\s+/).filter(Boolean); }

  // Without Ed25519 in this browser the form stays hidden, and the page names the program.
  var base = strict.base64("WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=");
  crypto.subtle.importKey("raw", base, { name: "Ed25519" }, false, ["verify"]).then(
    function () { form.hidden = false; }, function () {}
  );
  document.getElementById("receipt-file").addEventListener("change", async function (event) {
    var file = event.target.files[0];
    if (!file) { return; }
    if (file.size > strict.MOST_BYTES) { refuse("TOO_LONG"); return; }
    try {
      // Strictly, for the check sees what is in the field: no byte may become another character.
      pasted.value = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
    } catch (error) { refuse("NOT_A_RECEIPT"); }
  });
  form.addEventListener("submit", async function (event) {
    event.preventDefault();
    try {
      var needs = await strict.policy((await read("receipt-key")).trim(), lines(await read("receipt-witnesses")));
      show(await strict.check(new TextEncoder().encode(pasted.value), needs));
    } catch (error) {
      refuse(/^[A-Z_]+$/.test(error.message) ? error.message : "NOT_A_RECEIPT");
    }
  });
})();
