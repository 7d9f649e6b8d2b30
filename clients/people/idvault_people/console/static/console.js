// Every page works without this file. It leads to the errors of a form, sends a form only once, and keeps back a
// file that is too large to be sent, so that nothing else is lost with it.
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
  document.querySelectorAll("input[data-most]").forEach(function (input) {
    input.addEventListener("change", function () {
      var large = input.files.length > 0 && input.files[0].size > Number(input.dataset.most);
      if (large) { input.value = ""; }
      input.setCustomValidity(large ? input.dataset.tooLarge : "");
      input.reportValidity();
    });
  });
  window.addEventListener("pageshow", function (event) {
    able(true);
    // A form that the way back shows as it was has been sent already, and would be taken for that one: ask for a new
    // one. Not by a reload, which would send the form whose answer the page may be.
    if (event.persisted) { location.replace(location.pathname + location.search); }
  });
})();
