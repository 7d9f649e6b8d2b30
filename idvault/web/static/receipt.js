// Checks a receipt in this browser: nothing of it is sent. docs/formats.md describes every byte; the same checks as
// `idvault-verify check-receipt`.
(function () {
  "use strict";
  var form = document.getElementById("receipt-check");
  if (!form || !window.crypto || !crypto.subtle) { return; }
  var answer = document.getElementById("receipt-answer");
  // Octets; a receipt has some thousands.
  var LARGEST = 1000000;
  // Points of small order, under which one signature fits every text.
  var WEAK = ["edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"];

  function bytes(text) {
    return Uint8Array.from(atob(text || ""), function (each) { return each.charCodeAt(0); });
  }
  function utf8(text) { return new TextEncoder().encode(String(text)); }
  function hex(data) {
    return Array.from(data, function (each) { return each.toString(16).padStart(2, "0"); }).join("");
  }
  function joined(parts) {
    var size = parts.reduce(function (total, part) { return total + part.length; }, 0), data = new Uint8Array(size), at = 0;
    parts.forEach(function (part) { data.set(part, at); at += part.length; });
    return data;
  }
  function encode() {
    var parts = [];
    Array.prototype.forEach.call(arguments, function (part) {
      var data = part instanceof Uint8Array ? part : utf8(part), size = new Uint8Array(4);
      new DataView(size.buffer).setUint32(0, data.length);
      parts.push(size, data);
    });
    return joined(parts);
  }
  function decode(data) {
    var parts = [], view = new DataView(data.buffer, data.byteOffset, data.length), at = 0;
    while (at < data.length) {
      var size = view.getUint32(at);
      if (at + 4 + size > data.length) { throw new Error("OTHER_ENTRY"); }
      parts.push(data.slice(at + 4, at + 4 + size));
      at += 4 + size;
    }
    return parts;
  }
  async function sha256(data) { return new Uint8Array(await crypto.subtle.digest("SHA-256", data)); }
  async function hmac(key, data) {
    var imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
  }
  function same(one, other) { return hex(one) === hex(other); }
  function demand(holds, reason) { if (!holds) { throw new Error(reason); } }

  // What cannot be read is refused for the same reason as what does not verify.
  async function as(reason, work) {
    try { return await work; } catch (error) { throw new Error(/^[A-Z_]+$/.test(error.message) ? error.message : reason); }
  }

  // C2SP signed-note: NAME+KEYID+BASE64, with the key id over name and key.
  async function verifier(text) {
    var name = text.split("+")[0], rest = text.slice(name.length + 1), id = rest.split("+")[0];
    var material = bytes(rest.slice(id.length + 1));
    demand(name && material.length === 33 && material[0] === 1, "KEY");
    var found = (await sha256(joined([utf8(name + "\n"), material]))).slice(0, 4);
    demand(hex(found) === id, "KEY");
    var folded = material.slice(1);
    folded[31] &= 127;
    demand(WEAK.indexOf(hex(folded)) < 0, "KEY");
    return { name: name, id: found, key: material.slice(1) };
  }
  async function checkpoint(note, key) {
    var text = new TextDecoder("utf-8", { fatal: true }).decode(note), cut = text.lastIndexOf("\n\n");
    demand(cut > 0, "LOG_INVALID");
    var body = text.slice(0, cut + 1), lines = body.split("\n"), signed = false;
    var imported = await crypto.subtle.importKey("raw", key.key, { name: "Ed25519" }, false, ["verify"]);
    for (var line of text.slice(cut + 2).split("\n")) {
      var words = line.split(" "), value = words.length === 3 ? bytes(words[2]) : new Uint8Array();
      if (words[0] !== "\u2014" || words[1] !== key.name || !same(value.slice(0, 4), key.id)) { continue; }
      demand(await crypto.subtle.verify({ name: "Ed25519" }, imported, value.slice(4), utf8(body)), "LOG_INVALID");
      signed = true;
    }
    demand(signed && lines[0] === key.name && /^[0-9]+$/.test(lines[1]), "LOG_INVALID");
    return { size: Number(lines[1]), root: bytes(lines[2]) };
  }
  // RFC 9162 section 2.1.3.2.
  async function included(leaf, proof, newest) {
    var index = Number(proof.index || 0), last = newest.size - 1, hash = await sha256(joined([new Uint8Array([0]), leaf]));
    demand(index <= last && index >= 0 && Number(proof.treeSize) === newest.size, "NOT_IN_LOG");
    for (var each of (proof.hashes || []).map(bytes)) {
      demand(last > 0, "NOT_IN_LOG");
      if (index % 2 || index === last) {
        hash = await sha256(joined([new Uint8Array([1]), each, hash]));
        while (index && index % 2 === 0) { index = Math.floor(index / 2); last = Math.floor(last / 2); }
      } else {
        hash = await sha256(joined([new Uint8Array([1]), hash, each]));
      }
      index = Math.floor(index / 2);
      last = Math.floor(last / 2);
    }
    demand(last === 0 && same(hash, newest.root), "NOT_IN_LOG");
  }
  async function entry(receipt) {
    var kind = "verification:claim:settle", leaf = bytes(receipt.entry.leaf), parts = decode(leaf);
    var details = encode(kind, receipt.claimId, "SUCCEEDED", "", bytes(receipt.recordDigest));
    var commitment = await hmac(bytes(receipt.entry.openingKey), encode("idvault/log-commitment/v1", receipt.accountToken, details));
    var words = parts.slice(0, 4).map(function (part) { return new TextDecoder().decode(part); });
    demand(parts.length === 5 && words[0] === "idvault/log-entry/v1" && words[1] === kind && same(parts[4], commitment), "OTHER_ENTRY");
    demand(/^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/.test(words[2]) && /^([0-9a-f]{32}|system)$/.test(words[3]), "OTHER_ENTRY");
    return { leaf: leaf, time: words[2], actor: words[3] };
  }
  async function quorum(receipt) {
    demand(receipt.record || !receipt.sealingQuorum, "OTHER_QUORUM");
    if (!receipt.record) { return ""; }
    var record = receipt.record, given = receipt.sealingQuorum || {}, members = given.custodians || [];
    var digest = await sha256(encode.apply(null, ["idvault/sealed-record/v1", record.formatVersion, record.relyingParty,
      record.accountToken, record.recordId, record.sealingQuorumId, bytes(record.salt), bytes(record.commitment),
      bytes(record.ciphertext)].concat((record.shareHashes || []).map(bytes))));
    demand(same(digest, bytes(receipt.recordDigest)) && record.accountToken === receipt.accountToken, "OTHER_RECORD");
    // Its digest does not cover these.
    demand(!record.presentQuorumId && !record.suite, "OTHER_RECORD");
    var parts = ["idvault/quorum/v1", given.threshold];
    members.forEach(function (each) { parts.push(each.custodian, bytes(each.hpkePublicKey)); });
    demand(hex(await sha256(encode.apply(null, parts))) === record.sealingQuorumId, "OTHER_QUORUM");
    demand(members.length === record.shareHashes.length && receipt.quorum === given.threshold + " of " + members.length, "OTHER_QUORUM");
    return given.threshold + "/" + members.length + ": " + members.map(function (each) { return each.custodian; }).join(", ");
  }
  async function check(text, vkey) {
    var receipt;
    try { receipt = JSON.parse(text); } catch (error) { throw new Error("NOT_A_RECEIPT"); }
    demand(receipt && receipt.accountToken && receipt.entry && receipt.entry.leaf, "NOT_A_RECEIPT");
    demand(receipt.entry.proof && receipt.checkpoint && receipt.checkpoint.note, "NOT_COVERED");
    var key = await as("KEY", verifier(vkey.trim()));
    var newest = await as("LOG_INVALID", checkpoint(bytes(receipt.checkpoint.note), key));
    var found = await as("OTHER_ENTRY", entry(receipt));
    await included(found.leaf, receipt.entry.proof, newest);
    // Only the vault itself settles a claim.
    demand(found.actor === "system", "OTHER_ENTRY");
    return [found.time, receipt.accountToken, String(receipt.entry.proof.index || 0), await quorum(receipt)];
  }

  function tell(state, lines) {
    answer.className = state === "valid" ? "note" : "note stop";
    answer.dataset.state = state;
    answer.replaceChildren.apply(answer, lines.map(function (line) {
      var shown = document.createElement("p");
      shown.textContent = line;
      return shown;
    }));
    answer.focus();
  }
  function refuse(reason) {
    var texts = answer.dataset;
    tell(reason, [reason === "KEY" ? texts.key : reason === "NOT_COVERED" ? texts.wait : texts.wrong, reason]);
  }
  // Without Ed25519 in this browser the form stays hidden, and the page names the program.
  var base = bytes("WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=");
  crypto.subtle.importKey("raw", base, { name: "Ed25519" }, false, ["verify"]).then(function () { form.hidden = false; }, function () {});
  document.getElementById("receipt-file").addEventListener("change", async function (event) {
    var file = event.target.files[0];
    if (!file) { return; }
    if (file.size >= LARGEST) { refuse("NOT_A_RECEIPT"); return; }
    document.getElementById("receipt-text").value = await file.text();
  });
  form.addEventListener("submit", async function (event) {
    event.preventDefault();
    var texts = answer.dataset;
    try {
      var found = await check(document.getElementById("receipt-text").value, document.getElementById("receipt-key").value);
      var labels = texts.labels.split("|");
      tell("valid", [texts.valid].concat(found.map(function (value, place) {
        return value && labels[place] + " " + value;
      }).filter(Boolean)));
    } catch (error) {
      refuse(/^[A-Z_]+$/.test(error.message) ? error.message : "NOT_A_RECEIPT");
    }
  });
})();
