// Every page works without this file. It leads to the errors of a form, sends a form only once, keeps back a
// file that is too large to be sent, so that nothing else is lost with it, and asks before typed words are left.
(function () {
  "use strict";
  var errors = document.querySelector(".errors");
  if (errors) { errors.focus(); }
  function able(yes) {
    document.querySelectorAll("form[method=post] button").forEach(function (button) { button.disabled = !yes; });
  }
  var sent = null;
  document.querySelectorAll("form[method=post]").forEach(function (form) {
    form.addEventListener("submit", function () { sent = form; setTimeout(function () { able(false); }, 0); });
  });
  document.querySelectorAll("input[data-most]").forEach(function (input) {
    input.addEventListener("change", function () {
      var large = input.files.length > 0 && input.files[0].size > Number(input.dataset.most);
      if (large) { input.value = ""; }
      input.setCustomValidity(large ? input.dataset.tooLarge : "");
      input.reportValidity();
    });
  });
  // A file may be dropped anywhere on a page that asks for one: it is chosen there, and sent. Elsewhere on the page
  // the browser would leave for the file.
  var target = document.querySelector("form[data-drop]");
  if (target) {
    document.addEventListener("dragover", function (event) { event.preventDefault(); });
    document.addEventListener("drop", function (event) {
      var input = target.querySelector("input[type=file]"), files = event.dataTransfer.files;
      event.preventDefault();
      if (files.length === 0) { return; }
      input.files = files;
      input.dispatchEvent(new Event("change"));
      if (files.length > 1) {
        input.value = "";
        input.setCustomValidity(target.dataset.drop);
        input.reportValidity();
      } else if (input.files.length) { target.requestSubmit(); }
    });
  }
  // One box chooses all rows of a list.
  document.querySelectorAll("[data-all-rows]").forEach(function (all) {
    all.hidden = false;
    all.addEventListener("change", function () {
      all.form.querySelectorAll("[data-row] .pick input:enabled").forEach(function (one) { one.checked = all.checked; });
    });
  });
  // A button copies the code before it; of several the last one pressed says so, because the clipboard has its code.
  // By a selection, which every browser copies: not all take an address of this machine for a safe one.
  var copied = null;
  document.querySelectorAll("button[data-copied]").forEach(function (button) {
    var told = button.firstElementChild, word = told.textContent;
    button.hidden = false;
    button.addEventListener("click", function () {
      getSelection().selectAllChildren(button.previousElementSibling);
      if (!document.execCommand("copy")) { return; }
      if (copied && copied !== told) { copied.textContent = word; }
      told.textContent = button.dataset.copied;
      copied = told;
    });
  });
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
  document.querySelectorAll("[data-all-boxes]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      button.closest("fieldset").querySelectorAll("input").forEach(function (box) { box.checked = true; });
    });
  });
  // Keys of what a page offers: data-key names one, j and k go through the rows of a list. Whoever speaks to the
  // machine, or types by another means, can switch them off.
  var off = document.querySelector("[data-keys-off]");
  if (off) {
    off.checked = localStorage.getItem("keys") === "off";
    off.addEventListener("change", function () { localStorage.setItem("keys", off.checked ? "off" : "on"); });
  }
  function typed() {
    var texts = "form[method=post] textarea, form[method=post] input[type=text]";
    return Array.from(document.querySelectorAll(texts)).some(function (one) {
      return one.form !== sent && one.value !== (errors ? "" : one.defaultValue);
    });
  }
  // What is shown once is left without a question by the links under it, by its form in another language, and when its
  // time is over: what it hides would stay on the screen.
  var once = document.querySelector("[data-once]"), handed = false;
  document.querySelectorAll("[data-after-once] a").forEach(function (link) {
    link.addEventListener("click", function () { handed = true; });
  });
  function shownOnce() {
    return performance.now() < 1000 * (once.dataset.once - 1) && !handed && !(sent && sent.matches("header form"));
  }
  // Whatever leaves the page, such as a link or another language, asks first; so does a form beside the words. Who
  // stays may send it after all. Another page that leaves by itself does not ask.
  window.addEventListener("beforeunload", function (event) {
    if (once ? !shownOnce() : document.body.hasAttribute("data-hides") || !typed()) { return; }
    event.preventDefault();
    sent = null;
    setTimeout(function () { able(true); }, 0);
  });
  document.addEventListener("keydown", function (event) {
    var typing = "textarea, select, input:not([type=radio]):not([type=checkbox])";
    if (!off || off.checked || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (!/^[a-z/?]$/.test(event.key) || event.target.matches(typing)) { return; }
    // On a case j and k walk through the list that it is of, not through the tables on its page.
    var listed = document.querySelector(".walk") ? [] : document.querySelectorAll("main [data-row]");
    var rows = Array.from(listed), at = document.activeElement;
    var place = rows.findIndex(function (row) { return row.contains(at); });
    var step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0, key = '[data-key="' + event.key + '"]';
    var found = step && rows.length ? rows[Math.min(Math.max(place + step, 0), rows.length - 1)].querySelector("a") :
      rows.length && event.key === "a" ? place >= 0 && rows[place].querySelector(key) : document.querySelector(key);
    if (!found) { return; }
    event.preventDefault();
    // A key that leaves the page would take along what somebody has typed, or typed before a refusal.
    var leaves = found.matches("button, .walk a, [data-key=m]");
    if (leaves && typed()) { return; }
    if (found.matches("details")) { found.open = !found.open; }
    else if (leaves) { found.click(); }
    else { found.focus(); }
  });
  window.addEventListener("pageshow", function (event) {
    able(true);
    sent = null;
    // A form that the way back shows as it was has been sent already, and would be taken for that one: ask for a new
    // one. Not by a reload, which would send the form whose answer the page may be.
    if (event.persisted) { location.replace(location.pathname + location.search); }
  });
})();
