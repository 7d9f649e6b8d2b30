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
    // Somebody may have typed before this file came.
    check();
  }
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
    var fit = function () {
      var file = evidence.files[0], limit = Number(evidence.dataset.limit);
      evidence.setCustomValidity("");
      if (!file || file.size <= limit) { return; }
      evidence.setCustomValidity(evidence.dataset.wrong);
      createImageBitmap(file).then(function (picture) { return smaller(picture, limit, 1600); }).then(function (blob) {
        if (evidence.files[0] !== file || !blob || blob.size > limit) { return; }
        var chosen = new DataTransfer();
        chosen.items.add(new File([blob], "evidence.jpg", { type: "image/jpeg" }));
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
