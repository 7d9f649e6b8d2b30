// Checks a receipt (docs/formats.md, section 11) in this browser: nothing of it is sent. The same checks, in the same
// order and with the same reasons, as `idvault-verify check-receipt` and the Node client.
(function () {
  "use strict";
  var strict = window.idvault;
  var MOST_BYTES = 1024 * 1024, MOST_NOTE_BYTES = 1000000, MOST_SIGNATURES = 100;
  // What a roster takes (docs/formats.md, section 8).
  var CUSTODIAN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, KEY_SIZES = [32, 1216], MOST_CUSTODIANS = 255;
  var LOG = 1, WITNESS = 4, HIGHEST = 1n << 63n;
  var KIND = "verification:claim:settle";
  var NAME = /^[^\p{White_Space}+\u0000-\u001f]+$/u, NOT_IN_TEXTS = /[\u0000-\u0009\u000b-\u001f]/;
  var SIZE = /^(?:0|[1-9][0-9]{0,18})$/, DECIMAL = /^(?:0|-?[1-9][0-9]{0,15})$/;
  var EPOCH = /^epoch ([2-9]|[1-9][0-9]{1,8}) ([0-9a-f]{64})$/;
  var TIME = /^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z$/;
  // The y coordinates of the points whose order divides 8, in all encodings: under them one signature fits many texts.
  var P = (1n << 255n) - 19n;
  var EIGHTH = BigInt("0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826");
  var WEAK = [0n, 1n, P - 1n, EIGHTH, P - EIGHTH];
  // The same of X25519: to these nothing can be sealed (RFC 7748, section 6.1).
  var NO_SHARED = [0n, 1n, P - 1n, BigInt("0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5f"),
    BigInt("0x00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0")];
  // A public key of ML-KEM-768: 768 numbers of 12 bits below 3329, then 32 bytes (FIPS 203).
  var ML_KEM_NUMBERS = 1152, BELOW = 3329;
  // What each object of the file may have, by the kind of its value.
  var KINDS = {
    receipt: { accountToken: "text", claimId: "text", recordDigest: "bytes", quorum: "text", entry: "entry",
      checkpoint: "checkpoint", sealingQuorum: "sealingQuorum", record: "record" },
    entry: { leaf: "bytes", openingKey: "bytes", proof: "proof" },
    proof: { index: "long", treeSize: "long", hashes: ["bytes"] },
    checkpoint: { note: "bytes" },
    sealingQuorum: { threshold: "short", custodians: ["custodian"] },
    custodian: { custodian: "text", hpkePublicKey: "bytes" },
    record: { accountToken: "text", relyingParty: "text", recordId: "text", formatVersion: "short",
      sealingQuorumId: "text", presentQuorumId: "text", suite: "text", salt: "bytes", commitment: "bytes",
      ciphertext: "bytes", shareHashes: ["bytes"] }
  };
  var EMPTY = { text: "", bytes: new Uint8Array(), long: 0n, short: 0 };

  function demand(holds, reason) { if (!holds) { throw new Error(reason); } }
  // What is refused by a word of a part has the word of the whole.
  async function as(reason, work) {
    try { return await work(); } catch (error) { throw new Error(reason); }
  }
  function utf8(text) { return new TextEncoder().encode(text); }
  function hex(data) {
    return Array.from(data, function (each) { return each.toString(16).padStart(2, "0"); }).join("");
  }
  function same(one, other) { return hex(one) === hex(other); }
  function joined(parts) {
    var size = parts.reduce(function (total, part) { return total + part.length; }, 0);
    var data = new Uint8Array(size), at = 0;
    parts.forEach(function (part) { data.set(part, at); at += part.length; });
    return data;
  }
  function encode(parts) {
    return joined(parts.flatMap(function (part) {
      var data = part instanceof Uint8Array ? part : utf8(String(part)), size = new Uint8Array(4);
      new DataView(size.buffer).setUint32(0, data.length);
      return [size, data];
    }));
  }
  // The parts of a leaf, none if it is not encoded so.
  function decode(data) {
    var parts = [], view = new DataView(data.buffer, data.byteOffset, data.length), at = 0;
    while (at < data.length) {
      var end = at + 4 <= data.length ? at + 4 + view.getUint32(at) : Infinity;
      if (end > data.length) { return []; }
      parts.push(data.slice(at + 4, end));
      at = end;
    }
    return parts;
  }
  async function sha256() {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(Array.from(arguments))));
  }
  async function hmac(key, data) {
    var imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
  }

  // The number in the 32 bytes of a key, whose highest bit is none of its bits.
  function coordinate(key) { return BigInt("0x" + hex(key.slice().reverse())) % (1n << 255n) % P; }
  // Whether something can be sealed to a key of X25519, or of X-Wing.
  function isSealable(key) {
    for (var at = 0; key.length > 32 && at < ML_KEM_NUMBERS; at += 3) {
      var second = key[at + 1] >> 4 | key[at + 2] << 4;
      if ((key[at] | (key[at + 1] & 15) << 8) >= BELOW || second >= BELOW) { return false; }
    }
    return NO_SHARED.indexOf(coordinate(key.slice(-32))) < 0;
  }

  // C2SP signed-note: NAME+KEYID+BASE64, with the key id over name and key.
  async function parseKey(text, algorithm) {
    var parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text);
    demand(parts && NAME.test(parts[1]), "KEY_INVALID");
    var material = await as("KEY_INVALID", function () { return strict.base64(parts[3]); });
    demand(material.length === 33 && material[0] === algorithm, "KEY_INVALID");
    var raw = material.slice(1), y = coordinate(raw);
    var id = hex((await sha256(utf8(parts[1] + "\n"), material)).slice(0, 4));
    demand(WEAK.indexOf(y) < 0 && id === parts[2], "KEY_INVALID");
    var key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
    return { name: parts[1], algorithm: algorithm, id: id, key: key, publicKey: hex(raw) };
  }
  // Whose signatures a checkpoint needs: the log's, and of so many of these witnesses, of all without a number.
  async function policy(log, witnesses, quorum) {
    var found = { log: await parseKey(log, LOG), witnesses: [] };
    for (var each of witnesses) { found.witnesses.push(await parseKey(each, WITNESS)); }
    var different = new Set(found.witnesses.map(function (one) { return one.publicKey; }));
    found.quorum = quorum === undefined ? different.size : quorum;
    var possible = Number.isInteger(found.quorum) && found.quorum >= 0 && found.quorum <= different.size;
    demand(possible && !different.has(found.log.publicKey), "KEY_INVALID");
    return found;
  }

  function parseNote(note) {
    demand(note.length <= MOST_NOTE_BYTES, "TOO_LONG");
    var whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(note), cut = whole.lastIndexOf("\n\n");
    var text = whole.slice(0, cut + 1), lines = whole.slice(cut + 2).split("\n");
    demand(cut >= 0 && !NOT_IN_TEXTS.test(text) && lines.pop() === "", "MALFORMED");
    demand(lines.length > 0 && lines.length <= MOST_SIGNATURES, "MALFORMED");
    return { text: text, signatures: lines.map(function (line) {
      var words = line.split(" ");
      demand(words.length === 3 && words[0] === "\u2014" && NAME.test(words[1]), "MALFORMED");
      var raw = strict.base64(words[2]);
      demand(raw.length >= 5, "MALFORMED");
      return { name: words[1], id: hex(raw.slice(0, 4)), value: raw.slice(4) };
    }) };
  }
  async function isSigned(key, text, value) {
    if (key.algorithm === LOG) {
      return value.length === 64 && crypto.subtle.verify({ name: "Ed25519" }, key.key, value, utf8(text));
    }
    if (value.length !== 72) { return false; }
    var time = new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0);
    var message = utf8("cosignature/v1\ntime " + time + "\n" + text);
    return time < HIGHEST && crypto.subtle.verify({ name: "Ed25519" }, key.key, value.slice(8), message);
  }
  async function checkpoint(note, needs) {
    var parsed;
    try { parsed = parseNote(note); } catch (error) { throw new Error(error.message === "TOO_LONG" ? "TOO_LONG" : "MALFORMED"); }
    var keys = [needs.log].concat(needs.witnesses), isByLog = false, cosigned = new Set();
    for (var line of parsed.signatures) {
      var key = keys.find(function (one) { return one.name === line.name && one.id === line.id; });
      if (!key) { continue; }
      demand(await isSigned(key, parsed.text, line.value), "SIGNATURE_INVALID");
      if (key === needs.log) { isByLog = true; } else { cosigned.add(key.publicKey); }
    }
    demand(isByLog, "SIGNATURE_INVALID");
    var found = await read(parsed.text, needs.log.name);
    demand(cosigned.size >= needs.quorum, "NOT_COSIGNED");
    found.statement = statement(parsed.text);
    return found;
  }
  async function read(text, origin) {
    var lines = text.split("\n");
    demand(lines.length >= 4 && lines[0] !== "" && lines.slice(3, -1).indexOf("") < 0 && SIZE.test(lines[1]), "MALFORMED");
    var size = BigInt(lines[1]), root = strict.base64(lines[2]);
    demand(size < HIGHEST && root.length === 32, "MALFORMED");
    demand(lines[0] === origin, "OTHER_LOG");
    demand(size > 0n || same(root, await sha256()), "MALFORMED");
    return { size: size, root: root };
  }
  // The digest of the statement that began the checkpoint's epoch, "" in the first one.
  function statement(text) {
    var more = text.split("\n").slice(3, -1), first = more.shift() || "", found = EPOCH.exec(first);
    demand(found || !first.startsWith("epoch "), "MALFORMED");
    demand(!more.some(function (line) { return line.startsWith("epoch "); }), "MALFORMED");
    return found ? found[2] : "";
  }
  // RFC 9162 section 2.1.3.2.
  async function isIncluded(hashes, leaf, index, size, root) {
    if (index < 0n || index >= size) { return false; }
    var last = size - 1n, hash = await sha256(new Uint8Array([0]), leaf);
    for (var each of hashes) {
      if (last === 0n || each.length !== 32) { return false; }
      if (index % 2n === 1n || index === last) {
        hash = await sha256(new Uint8Array([1]), each, hash);
        while (index > 0n && index % 2n === 0n) { index /= 2n; last /= 2n; }
      } else {
        hash = await sha256(new Uint8Array([1]), hash, each);
      }
      index /= 2n;
      last /= 2n;
    }
    return last === 0n && same(hash, root);
  }

  var READERS = {
    text: function (value) { demand(typeof value === "string", "MALFORMED"); return value; },
    bytes: strict.base64,
    long: function (value) {
      demand(typeof value === "string" && DECIMAL.test(value) && Number.isSafeInteger(Number(value)), "MALFORMED");
      return BigInt(value);
    },
    short: function (value) {
      demand(typeof value === "number" && Math.abs(value) < 0x80000000, "MALFORMED");
      return value;
    }
  };
  // The values of an object; a member that is missing is empty, an object that is missing undefined.
  function message(value, kind) {
    var kinds = KINDS[kind], found = {};
    demand(value instanceof Map, "MALFORMED");
    Object.keys(kinds).forEach(function (name) { found[name] = Array.isArray(kinds[name]) ? [] : EMPTY[kinds[name]]; });
    value.forEach(function (each, name) {
      demand(Object.prototype.hasOwnProperty.call(kinds, name), "MALFORMED");
      if (Array.isArray(kinds[name])) {
        demand(Array.isArray(each), "MALFORMED");
        found[name] = each.map(function (one) { return member(one, kinds[name][0]); });
      } else {
        found[name] = member(each, kinds[name]);
      }
    });
    return found;
  }
  function member(value, kind) { return READERS[kind] ? READERS[kind](value) : message(value, kind); }
  function parse(data) {
    try { return message(strict.json(data, MOST_BYTES), "receipt"); } catch (error) {
      throw new Error(error.message === "TOO_LONG" ? "TOO_LONG" : "NOT_A_RECEIPT");
    }
  }

  // A leaf of version 2 has a platform, which an entry of this type may not name, and a tag of 16 bytes or none.
  function isVersion(purpose, more) {
    if (purpose === "idvault/log-entry/v1") { return more.length === 0; }
    return purpose === "idvault/log-entry/v2" && more.length === 2 && more[0].length === 0 &&
      (more[1].length === 0 || more[1].length === 16);
  }
  async function checkEntry(receipt) {
    var parts = decode(receipt.entry.leaf), key = receipt.entry.openingKey;
    var details = encode([KIND, receipt.claimId, "SUCCEEDED", "", receipt.recordDigest]);
    demand(key.length === 32 && parts.length >= 5, "OTHER_ENTRY");
    var commitment = await hmac(key, encode(["idvault/log-commitment/v1", receipt.accountToken, details]));
    var words = parts.slice(0, 4).map(function (part) { return String.fromCharCode.apply(null, part.slice(0, 100)); });
    var at = new Date(words[2]);
    // JavaScript takes the 30th of February for the 2nd of March.
    var isTime = TIME.test(words[2]) && !isNaN(at) && at.toISOString().slice(0, 16) + "Z" === words[2];
    demand(isVersion(words[0], parts.slice(5)) && words[1] === KIND && same(parts[4], commitment), "OTHER_ENTRY");
    demand(isTime && /^(?:[0-9a-f]{32}|system)$/.test(words[3]), "OTHER_ENTRY");
    return { time: words[2], actor: words[3] };
  }
  // Its id proves any M, names and keys: a roster has M from 1 to N, and different keys of X25519 or of X-Wing.
  function isPossible(threshold, members) {
    var names = members.map(function (each) { return each.custodian; });
    var keys = members.map(function (each) { return each.hpkePublicKey; });
    return threshold >= 1 && threshold <= names.length && names.length <= MOST_CUSTODIANS &&
      names.every(function (name) { return CUSTODIAN.test(name); }) && KEY_SIZES.indexOf(keys[0].length) >= 0 &&
      keys.every(function (key) { return key.length === keys[0].length && isSealable(key); }) &&
      new Set(names).size === names.length && new Set(keys.map(hex)).size === keys.length;
  }
  async function quorumOf(receipt) {
    var record = receipt.record, given = receipt.sealingQuorum || { threshold: 0 };
    demand(record || !receipt.sealingQuorum, "OTHER_QUORUM");
    if (!record) { return null; }
    var members = given.custodians || [], hashes = record.shareHashes;
    var digest = await sha256(encode(["idvault/sealed-record/v1", record.formatVersion, record.relyingParty,
      record.accountToken, record.recordId, record.sealingQuorumId, record.salt, record.commitment,
      record.ciphertext].concat(hashes)));
    demand(same(digest, receipt.recordDigest) && record.salt.length === 32, "OTHER_RECORD");
    demand(record.accountToken === receipt.accountToken, "OTHER_RECORD");
    // Its digest does not cover these.
    demand(record.presentQuorumId === "" && record.suite === "", "OTHER_RECORD");
    var isHash = function (each) { return each.length === 32; };
    demand(record.formatVersion === 1 && isHash(record.commitment) && hashes.every(isHash), "OTHER_RECORD");
    var parts = members.flatMap(function (each) { return [each.custodian, each.hpkePublicKey]; });
    var id = hex(await sha256(encode(["idvault/quorum/v1", given.threshold].concat(parts))));
    demand(isPossible(given.threshold, members), "OTHER_QUORUM");
    demand(id === record.sealingQuorumId && members.length === hashes.length, "OTHER_QUORUM");
    demand(receipt.quorum === given.threshold + " of " + members.length, "OTHER_QUORUM");
    return { threshold: given.threshold, custodians: members.map(function (each) { return each.custodian; }), id: id };
  }

  // data: the bytes of a receipt file; needs: of `policy`. An error's message is the reason.
  async function check(data, needs) {
    var receipt = parse(data), entry = receipt.entry;
    demand(receipt.accountToken !== "" && entry && entry.leaf.length > 0, "NOT_A_RECEIPT");
    demand(entry.proof && receipt.checkpoint && receipt.checkpoint.note.length > 0, "NOT_COVERED");
    var newest = await as("LOG_INVALID", function () { return checkpoint(receipt.checkpoint.note, needs); });
    // The custodians' statement of a later epoch is for the program to verify, with their roster.
    demand(newest.statement === "", "EPOCH_INVALID");
    var leaf = await checkEntry(receipt), proof = entry.proof;
    var included = await isIncluded(proof.hashes, entry.leaf, proof.index, newest.size, newest.root);
    demand(proof.treeSize === newest.size && included, "NOT_IN_LOG");
    // Only the vault itself settles a claim.
    demand(leaf.actor === "system", "OTHER_ENTRY");
    return { time: leaf.time, account: receipt.accountToken, index: String(proof.index), quorum: await quorumOf(receipt),
      witnessed: needs.quorum > 0 };
  }

  Object.assign(strict, { policy: policy, checkpoint: checkpoint, isIncluded: isIncluded, check: check, MOST_BYTES: MOST_BYTES });
})();
