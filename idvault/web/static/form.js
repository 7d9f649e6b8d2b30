// Every page works without this file. It checks a number as one types, and lets a waiting page catch up by itself.
(function () {
  "use strict";
  var WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  function fits(number) {
    if (!/^[0-9]{17}[0-9Xx]$/.test(number)) { return false; }
    var sum = WEIGHTS.reduce(function (total, weight, place) { return total + weight * Number(number[place]); }, 0);
    return "10X98765432"[sum % 11] === number[17].toUpperCase();
  }
  var field = document.querySelector("input[data-check=RESIDENT_ID]");
  if (field) {
    var check = function () {
      var typed = field.value.normalize("NFKC").replace(/\s/g, "");
      field.setCustomValidity(typed.length < 18 || fits(typed) ? "" : field.dataset.wrong);
    };
    field.addEventListener("input", check);
    field.addEventListener("change", check);
  }
  var errors = document.querySelector(".errors");
  if (errors) { errors.focus(); }
  var form = document.querySelector("form[method=post]");
  if (form) {
    // A second click sends nothing; coming back from the history makes the button work again.
    form.addEventListener("submit", function () {
      setTimeout(function () { form.querySelector("button").disabled = true; }, 0);
    });
    window.addEventListener("pageshow", function () { form.querySelector("button").disabled = false; });
  }
  if (document.body.hasAttribute("data-waits")) {
    setTimeout(function () { location.reload(); }, 3000);
  }
})();
