// Every page works without this file. It checks fields as one types, by the rules of the service (tests/web/test_fields.py),
// and lets a waiting page catch up by itself.
(function () {
  "use strict";
  var WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], PROVINCE = /^(1[1-5]|2[123]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[123])/;
  var CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY", LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  var FORMS = { UNIFIED_SOCIAL_CREDIT_CODE: /^[0-9A-HJ-NP-RTUWXY]{18}$/, FOREIGN_PERMANENT_RESIDENT: /^9[0-9]{16}[0-9X]$/ };
  var REGIONS = { RESIDENT_ID: PROVINCE, RESIDENCE_PERMIT: /^8[123]0000/, UNIFIED_SOCIAL_CREDIT_CODE: /^..[0-9]{6}/ };
  function sum(text, weight, alphabet) {
    return Array.from(text).reduce(function (total, each, place) { return total + weight(place) * alphabet.indexOf(each); }, 0);
  }
  function resident(text) { return "10X98765432"[sum(text, function (place) { return WEIGHTS[place]; }, LETTERS) % 11]; }
  function credit(text) {
    var organisation = "0X987654321"[sum(text.slice(8, 16), function (place) { return [3, 7, 9, 10, 5, 8, 4, 2][place]; }, LETTERS) % 11];
    var power = 1, total = sum(text.slice(0, 17), function (place) { power = place ? power * 3 % 31 : 1; return power; }, CREDIT);
    return organisation === text[16] && CREDIT[(31 - total % 31) % 31] === text[17];
  }
  function birth(digits, today) {
    var year = Number(digits.slice(0, 4)), day = new Date(0);
    day.setUTCFullYear(year, Number(digits.slice(4, 6)) - 1, Number(digits.slice(6)));
    if (year < 1 || day.toISOString().slice(0, 10).replace(/-/g, "") !== digits) { return "birthDate"; }
    return digits > today.replace(/-/g, "") ? "futureDate" : "";
  }
  // What is wrong with a number, "" for nothing: the first that the rules would say.
  function number(kind, typed, today) {
    var text = typed.replace(/[\uff01-\uff5e]/g, function (each) { return String.fromCharCode(each.charCodeAt(0) - 0xfee0); })
      .replace(/[\s\x1c-\x1f\x85\u2010-\u2015\u2212-]/g, "").replace(/[a-z]/g, function (each) { return each.toUpperCase(); });
    var length = Array.from(text).length;
    if (kind === "FOREIGN_PERMANENT_RESIDENT" && length === 15) { return /^[A-Z]{3}[0-9]{12}$/.test(text) ? "" : "character"; }
    if (length !== 18) { return length ? "length" : ""; }
    if (!(FORMS[kind] || /^[0-9]{17}[0-9X]$/).test(text)) { return "character"; }
    if (!(REGIONS[kind] || PROVINCE).test(REGIONS[kind] ? text : text.slice(1))) { return "region"; }
    if (kind === "UNIFIED_SOCIAL_CREDIT_CODE") { return credit(text) ? "" : "checkDigit"; }
    return birth(text.slice(6, 14), today) || (resident(text.slice(0, 17)) === text[17] ? "" : "checkDigit");
  }
  function name(typed) {
    var text = typed.normalize("NFKC").replace(/[\u2022\u30fb\u2027\u22c5\u0387]/g, "\u00b7").replace(/[\ue863\ue85f]/g, "\u4e00").trim();
    if (Array.from(text).length > 50) { return "length"; }
    var hidden = /[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}]/u;
    var seen = /^(?:[\p{L}\p{M}\p{N}\p{P} ]|[\u{20000}-\u{2fffd}\u{30000}-\u{3fffd}])*$/u, letter = /[\p{L}\p{Nl}\u{20000}-\u{2fffd}\u{30000}-\u{3fffd}]/u;
    return !text || (seen.test(text) && !hidden.test(text) && letter.test(text)) ? "" : "character";
  }
  // Help opens beside a form for name and number, which nothing keeps: whoever left it would type all again.
  if (document.querySelector("form[data-today]")) {
    document.querySelectorAll("footer a").forEach(function (each) { each.target = "_blank"; each.rel = "noopener"; });
  }
  // What is wrong stands as text at its field, where it stays; a bubble of the browser would go.
  function told(field) {
    var text = field.validity.valueMissing && field.dataset.empty || field.validationMessage, box = field.parentNode, note = document.getElementById(field.id + "-error");
    if (!box.classList.contains("field")) { return false; }
    if (!note) {
      if (!text) { return true; }
      note = document.createElement("p");
      note.id = field.id + "-error";
      note.className = "error";
      note.setAttribute("aria-live", "polite");
      box.insertBefore(note, field);
      field.setAttribute("aria-describedby", ((field.getAttribute("aria-describedby") || "") + " " + note.id).trim());
    }
    note.textContent = text;
    box.classList.toggle("wrong", text !== "");
    field.setAttribute("aria-invalid", text !== "");
    return true;
  }
  document.addEventListener("invalid", function (event) {
    if (!told(event.target)) { return; }
    event.preventDefault();
    if (event.target === event.target.form.querySelector("input:invalid, textarea:invalid")) { event.target.focus(); }
  }, true);
  document.addEventListener("input", function (event) {
    if (event.target.getAttribute("aria-invalid") === "true") { told(event.target); }
  });
  var pressed = false;
  ["pointerdown", "pointerup", "pointercancel", "contextmenu"].forEach(function (each) {
    document.addEventListener(each, function () { pressed = each === "pointerdown"; }, true);
  });
  document.querySelectorAll("input[data-check]").forEach(function (field) {
    var kind = field.dataset.check, words = field.form.dataset;
    function check() {
      var chosen = kind === kind.toLowerCase() && (field.form.querySelector("[name=" + kind + "]:checked") || field.form.querySelector("[name=" + kind + "][type=hidden]"));
      var wrong = kind === "NAME" ? name(field.value) : number(chosen ? chosen.value : kind, field.value, words.today);
      field.setCustomValidity(wrong && words[wrong] || "");
    }
    field.form.addEventListener("input", check);
    field.form.addEventListener("change", check);
    // Not while a press that ends the typing lasts: a text that moves its button would let it miss.
    function tell() { if (pressed) { setTimeout(tell, 300); } else { told(field); } }
    field.addEventListener("change", function () { setTimeout(tell, 300); });
    // Somebody may have typed before this file came.
    check();
  });
  var evidence = document.querySelector("input[type=file][data-limit]");
  function smaller(picture, limit, width) {
    // Half the size until it fits; the canvas also drops what a camera wrote into the file.
    var canvas = document.createElement("canvas");
    canvas.width = Math.min(width, picture.width);
    canvas.height = Math.max(1, Math.round(picture.height * canvas.width / picture.width));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return new Promise(function (told) { canvas.toBlob(told, "image/jpeg", 0.7); }).then(function (blob) {
      return blob && blob.size > limit && width > 100 ? smaller(picture, limit, width / 1.4) : blob;
    });
  }
  if (evidence) {
    document.getElementById(evidence.id + "-smaller").hidden = false;
    var fit = function () {
      var file = evidence.files[0], limit = Number(evidence.dataset.limit);
      evidence.setCustomValidity("");
      if (!file || file.size <= limit) { return; }
      evidence.setCustomValidity(evidence.dataset.wrong);
      createImageBitmap(file).then(function (picture) { return smaller(picture, limit, 1600); }).then(function (blob) {
        if (evidence.files[0] !== file || !blob || blob.size > limit) { return; }
        var chosen = new DataTransfer();
        chosen.items.add(new File([blob], file.name.replace(/\.[^.]*$/, "") + ".jpg", { type: "image/jpeg" }));
        evidence.files = chosen.files;
        evidence.setCustomValidity("");
      }).catch(function () {});
    };
    evidence.addEventListener("change", fit);
    // Somebody may have chosen a picture before this file came.
    fit();
  }
  var errors = document.querySelector(".errors");
  if (errors) { errors.focus(); }
  var sent = null;
  document.querySelectorAll("main form[method=post]").forEach(function (form) {
    // A second click sends nothing, on whichever button, and the pressed one says why; coming back from the history
    // makes them work again.
    form.addEventListener("submit", function (event) {
      var button = event.submitter || form.querySelector("button"), text = button.textContent;
      sent = form;
      function able(yes) {
        form.querySelectorAll("button").forEach(function (each) { each.disabled = !yes; });
      }
      setTimeout(function () { able(false); button.textContent = document.body.dataset.sending; }, 0);
      window.addEventListener("pageshow", function () { sent = null; able(true); button.textContent = text; }, { once: true });
    });
  });
  // Whatever leaves the page, such as a link or another language, asks before a text that was not sent is lost.
  window.addEventListener("beforeunload", function (event) {
    document.querySelectorAll("main form[method=post] textarea").forEach(function (each) {
      if (each.form !== sent && each.value !== (errors ? "" : each.defaultValue)) { event.preventDefault(); }
    });
  });
  // A page within an app has no button of a browser. A link names the page before, which the history may not have.
  var back = document.querySelector("[data-back] button");
  if (back) {
    back.parentNode.hidden = history.length < 2;
    back.addEventListener("click", function () { history.back(); });
  }
  // Copies the text or the number that it stands beside; of several the last one pressed says so.
  var copied = null;
  document.querySelectorAll("[data-copied]").forEach(function (copy) {
    var told = copy.querySelector("[aria-live]"), word = told.textContent;
    copy.hidden = false;
    copy.addEventListener("click", function () {
      var beside = copy.parentNode.querySelector("textarea, code");
      if (beside.select) { beside.select(); } else { getSelection().selectAllChildren(beside); }
      if (!document.execCommand("copy")) { return; }
      if (copied && copied !== told) { copied.textContent = word; }
      told.textContent = copy.dataset.copied;
      copied = told;
    });
  });
  if (document.body.hasAttribute("data-waits")) {
    setTimeout(function () { location.reload(); }, 3000);
  }
})();
