// The state that a page shows comes anew while it is open. Without this file "Check again" shows it.
(function () {
  "use strict";
  var live = document.querySelector("[data-state]"), news = document.querySelector("[data-news]");
  if (!live || !news) { return; }
  // Each answer costs the vault's host a run of its command.
  var EVERY = 60000;
  // Whoever is about to follow a link, or marks words, keeps the page as it is.
  function isBusy() {
    var selection = document.getSelection();
    return live.contains(document.activeElement) || live.querySelector("a:hover") !== null ||
      (!selection.isCollapsed && selection.containsNode(live, true));
  }
  function read(text) {
    var found = new DOMParser().parseFromString(text, "text/html").querySelector("[data-state]");
    if (!found) { throw new Error("another page"); }
    if (found.dataset.known !== live.dataset.known) { news.textContent = live.dataset.told; }
    if (isBusy()) { return; }
    live.dataset.known = found.dataset.known;
    live.replaceChildren.apply(live, Array.from(document.importNode(found, true).childNodes));
  }
  poll(live, news, EVERY, function () { return live.dataset.state; }, read);
})();
