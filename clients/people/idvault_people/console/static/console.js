// Every page works without this file. It leads to the errors of a form, and sends a form only once.
(function () {
  "use strict";
  var errors = document.querySelector(".errors");
  if (errors) { errors.focus(); }
  function able(yes) {
    document.querySelectorAll("form[method=post] button").forEach(function (button) { button.disabled = !yes; });
  }
  document.querySelectorAll("form[method=post]").forEach(function (form) {
    form.addEventListener("submit", function () { setTimeout(function () { able(false); }, 0); });
  });
  window.addEventListener("pageshow", function () { able(true); });
})();
