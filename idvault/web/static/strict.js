// The strict readers of JSON (RFC 8259) and base64 (RFC 4648): refuse what another reader could understand in another
// way. docs/formats.md, section 1, says what is refused; the program and the Node client read in the same way.
(function () {
  "use strict";
  var DEEPEST = 32, MOST_MARKS = 250000;
  var NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y, WHOLE = /^(?:0|-?[1-9][0-9]{0,15})$/;
  var STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
  // With the flag u, a whole pair is one character and no surrogate.
  var SURROGATE = /\p{Surrogate}/u;
  // No member of a paper may be null, so null is a value of no other type.
  var WORDS = [["null", Symbol("null")], ["true", true], ["false", false]];

  function refuse(reason) { throw new Error(reason); }

  // A byte order mark stays in the text, where no value begins with it.
  function text(data, limit) {
    if (data.length > limit) { refuse("TOO_LONG"); }
    var found;
    try { found = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data); } catch (error) { refuse("MALFORMED"); }
    if ((found.match(/[,[{]/g) || []).length > MOST_MARKS) { refuse("TOO_LONG"); }
    return found;
  }

  // An object becomes a Map, so that no name means anything to JavaScript.
  function json(data, limit) {
    var source = text(data, limit), at = 0;

    function match(pattern) {
      pattern.lastIndex = at;
      var found = pattern.exec(source);
      if (!found) { refuse("MALFORMED"); }
      at += found[0].length;
      return found[0];
    }
    function space() { while (at < source.length && " \t\n\r".indexOf(source[at]) >= 0) { at += 1; } }
    function take(mark) {
      var there = source[at] === mark;
      at += there ? 1 : 0;
      return there;
    }
    function expect(mark) { if (!take(mark)) { refuse("MALFORMED"); } }
    function string() {
      var found = JSON.parse(match(STRING));
      if (SURROGATE.test(found)) { refuse("MALFORMED"); }
      return found;
    }
    function number() {
      var found = match(NUMBER);
      if (!WHOLE.test(found) || !Number.isSafeInteger(Number(found))) { refuse("MALFORMED"); }
      return Number(found);
    }
    function items(end, item) {
      at += 1;
      space();
      if (take(end)) { return; }
      do { item(); space(); } while (take(","));
      expect(end);
    }
    function object(depth) {
      var found = new Map();
      items("}", function () {
        space();
        var name = string();
        space();
        expect(":");
        if (found.has(name)) { refuse("MALFORMED"); }
        found.set(name, value(depth + 1));
      });
      return found;
    }
    function list(depth) {
      var found = [];
      items("]", function () { found.push(value(depth + 1)); });
      return found;
    }
    function value(depth) {
      space();
      var next = source[at];
      if (next === "{" || next === "[") {
        if (depth > DEEPEST) { refuse("MALFORMED"); }
        return next === "{" ? object(depth) : list(depth);
      }
      if (next === '"') { return string(); }
      for (var place = 0; place < WORDS.length; place += 1) {
        if (source.startsWith(WORDS[place][0], at)) {
          at += WORDS[place][0].length;
          return WORDS[place][1];
        }
      }
      return number();
    }

    var found = value(1);
    space();
    if (at !== source.length) { refuse("MALFORMED"); }
    return found;
  }

  // With padding. Only the one text of its bytes is equal to it: atob skips white space and bits that no byte has.
  function base64(given) {
    if (typeof given !== "string") { refuse("MALFORMED"); }
    var found;
    try { found = atob(given); } catch (error) { refuse("MALFORMED"); }
    if (btoa(found) !== given) { refuse("MALFORMED"); }
    return Uint8Array.from(found, function (each) { return each.charCodeAt(0); });
  }

  // Without padding.
  function base64url(given) {
    if (typeof given !== "string" || !/^[A-Za-z0-9_-]*$/.test(given)) { refuse("MALFORMED"); }
    return base64(given.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - given.length % 4) % 4));
  }

  window.idvault = { json: json, base64: base64, base64url: base64url };
})();
