// What pages that come anew while they are open share (rows.js, state.js).
(function () {
  "use strict";
  // From which failure in a row on the page says so, and how much longer than usual a pause becomes at most.
  var TOLD = 2, LONGEST = 8;
  // After how many milliseconds without an answer asking has failed: a command of the vault may take 120 seconds.
  var PATIENCE = 150000;
  // Asks for a page every so many milliseconds and when its tab is shown again; never twice at a time, because a
  // console answers one request after the other. address: returns where; read: takes the text of the answer.
  window.poll = function (live, news, every, address, read) {
    var failures = 0, isAsking = false, pauseEnds = 0;
    function lose(text) {
      failures += 1;
      pauseEnds = Date.now() + every * Math.min(Math.pow(2, failures), LONGEST);
      if (failures >= TOLD && news.textContent !== text) { news.textContent = text; }
    }
    function take(text) {
      if (failures >= TOLD) { news.textContent = ""; }
      read(text);
      failures = 0;
    }
    function ask() {
      if (document.hidden || isAsking || Date.now() < pauseEnds) { return; }
      isAsking = true;
      fetch(address(), { redirect: "error", signal: AbortSignal.timeout(PATIENCE) }).then(function (answer) {
        // Read in any case: an answer that is left open keeps its connection.
        return answer.text().then(function (text) {
          // It answers, but has no page: a console that cannot reach its vault is not away itself.
          if (answer.ok) { take(text); } else { lose(live.dataset.unread || live.dataset.lost); }
        });
      }).catch(function () {
        lose(live.dataset.lost);
      }).then(function () { isAsking = false; });
    }
    setInterval(ask, every);
    document.addEventListener("visibilitychange", ask);
  };
})();
