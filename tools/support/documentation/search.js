// Searches a built site as a reader's browser does: the theme's own script, with the index of the site.
// node search.js SITE: stdin has a JSON list of queries, stdout one list of addresses for each, the best first.
"use strict";
const { readFileSync, readdirSync } = require("node:fs");
const { join } = require("node:path");
const vm = require("node:vm");

const [SETUP, QUERY] = [0, 2]; // kinds of messages, of the theme
const site = process.argv[2];
const folder = join(site, "assets", "javascripts", "workers");
const [name] = readdirSync(folder).filter((each) => /^search\..*\.js$/.test(each));

let listener;
let answered;
const scope = {
  console: { warn: console.error },
  addEventListener: (_kind, heard) => (listener = heard),
  postMessage: (data) => answered(data),
  importScripts: (...urls) => urls.forEach((url) => run(join(folder, url))),
};
scope.self = scope;
vm.createContext(scope);

function run(path) {
  vm.runInContext(readFileSync(path, "utf-8"), scope, { filename: path });
}

function ask(type, data) {
  return new Promise((resolve) => {
    answered = (answer) => resolve(answer.data);
    listener({ data: { type, data } });
  });
}

async function main() {
  run(join(folder, name));
  const index = JSON.parse(readFileSync(join(site, "search", "search_index.json"), "utf-8"));
  await ask(SETUP, { ...index, options: { suggest: false } });
  const found = [];
  for (const query of JSON.parse(readFileSync(0, "utf-8"))) {
    const { items } = await ask(QUERY, query);
    found.push(items.map(([first]) => first.location));
  }
  process.stdout.write(JSON.stringify(found));
}

main();
