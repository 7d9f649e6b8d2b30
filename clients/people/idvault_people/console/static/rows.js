// New rows of a list arrive while it is open. Without this file a link on the page asks for them.
(function () {
  "use strict";
  var live = document.querySelector("[data-live]"), news = document.querySelector("[data-news]");
  if (!live || !news) { return; }
  var EVERY = 20000, fresh = null;
  function rows(of) { return Array.from(of.querySelectorAll("tr[data-row]")); }
  function head(of) { var found = of.querySelector("thead"); return found ? found.textContent : ""; }
  function isSelected(row) {
    var selection = document.getSelection();
    return !selection.isCollapsed && selection.containsNode(row, true);
  }
  // Whoever works in a row keeps it as it is: its focus, its checked box, its marked words.
  function isBusy(row) {
    return row.contains(document.activeElement) || row.querySelector(":checked") !== null || isSelected(row);
  }
  function marked(row, left) {
    row.classList.toggle("left", left);
    row.querySelectorAll("button, input").forEach(function (one) { one.disabled = left; });
  }
  function show() {
    if (!fresh) { return; }
    var body = live.querySelector("tbody"), known = {}, before = null;
    rows(live).forEach(function (row) { known[row.dataset.row] = row; });
    rows(fresh).forEach(function (row) {
      var old = known[row.dataset.row];
      if (!old) {
        old = document.importNode(row, true);
        body.insertBefore(old, before ? before.nextSibling : body.firstChild);
      } else {
        // It may have left, and be back. What a sent form disabled stays so.
        if (old.classList.contains("left")) { marked(old, false); }
        if (!isBusy(old) && old.innerHTML !== row.innerHTML) {
          old.replaceChildren.apply(old, Array.from(document.importNode(row, true).childNodes));
        }
      }
      delete known[row.dataset.row];
      before = old;
    });
    // A row that has left the list stays where it is, so that no other one slips under the pointer.
    Object.keys(known).forEach(function (path) { marked(known[path], true); });
    fresh = null;
  }
  function read(text) {
    var found = new DOMParser().parseFromString(text, "text/html").querySelector("[data-known]");
    if (!found || found.dataset.known === live.dataset.known) { return; }
    live.dataset.known = found.dataset.known;
    var paths = rows(live).filter(function (row) { return !row.classList.contains("left"); })
      .map(function (row) { return row.dataset.row; });
    var count = rows(found).filter(function (row) { return paths.indexOf(row.dataset.row) < 0; }).length;
    if (count) { news.textContent = live.dataset.told.replace("0", count); }
    // Other columns, or a first row: the link beside it shows the page anew. An empty list has no head.
    if (!rows(live).length || (rows(found).length && head(found) !== head(live))) { return; }
    fresh = found;
    if (!live.matches(":hover")) { show(); }
  }
  live.addEventListener("mouseleave", show);
  poll(live, news, EVERY, function () { return live.dataset.live + live.dataset.known; }, read);
})();
