// Tries the page of a served chat model in a headless Chromium, and leaves pictures of it:
//   node page.mjs http://127.0.0.1:8000 FOLDER [CHROMIUM]
// Exits with 1 where something is not as it must be.
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";

const [root = "http://127.0.0.1:8000", folder = ".", chromium = "/usr/bin/chromium"] = process.argv.slice(2);
const browser = await puppeteer.launch({executablePath: chromium, args: ["--no-sandbox"]});
const page = await browser.newPage();
await page.setViewport({width: 1000, height: 700});
const faults = [];
const foreign = [];
page.on("pageerror", fault => faults.push(fault.message));
page.on("request", request => { if (!request.url().startsWith(root)) { foreign.push(request.url()); } });

const text = selector => page.$$eval(selector, found => found.length ? found[found.length - 1].textContent : "");
const button = () => text("#send");

async function set(id, value) {
  await page.$eval(id, (input, to) => { input.value = to; input.dispatchEvent(new Event("change")); }, String(value));
}

async function ask(question) {
  await page.type("#text", question);
  await page.keyboard.press("Enter");
}

async function ended() {
  await page.waitForFunction(() => document.getElementById("send").textContent === "Send", {timeout: 120_000});
}

async function picture(name) {
  await page.screenshot({path: `${folder}/page-${name}.png`});
}

try {
  await page.goto(root + "/");
  await page.waitForFunction(() => document.getElementById("model").textContent !== "Nemotron");
  await picture("empty");

  await set("#tokens", 60);
  await set("#seed", 5);
  await ask("Tell me of a cat.");
  await page.waitForFunction(() => [...document.querySelectorAll(".model")].pop()?.textContent.length > 5);
  const early = (await text(".model")).length;
  assert.equal(await button(), "Stop");
  await ended();
  const whole = await text(".model");
  assert(whole.length > early, "the answer must come piece by piece");
  assert.match(await text(".speed"), /60 tokens, [\d.]+ per second/);
  await ask("And a dog?");
  await ended();
  assert.equal((await page.$$(".turn")).length, 4);
  await picture("conversation");

  await set("#tokens", 400);
  await ask("A long tale.");
  await page.waitForFunction(() => [...document.querySelectorAll(".model")].pop()?.textContent.length > 20);
  await page.click("#send");
  await ended();
  const stopped = await text(".model");
  await ask("Go on."); // the conversation goes on behind an answer that was stopped
  await ended();
  assert.notEqual(await text(".model"), stopped);

  await set("#tokens", 100000);
  await ask("Too much.");
  await ended();
  assert.match(await text(".error"), /the context has \d+ tokens/);
  await set("#temperature", -1);
  await set("#tokens", 20);
  await ask("Too cold.");
  await ended();
  assert.match(await text(".error"), /temperature/);
  await picture("errors");

  await set("#temperature", 0.7);
  await page.select("#mode", "text");
  await ask("Once upon a time");
  await ended();
  await page.emulateMediaFeatures([{name: "prefers-color-scheme", value: "dark"}]);
  await picture("text-dark");
  await page.setViewport({width: 380, height: 700});
  await picture("narrow");

  assert.deepEqual(faults, []);
  assert.deepEqual(foreign, []);
  console.log(`the page: as it must be; it asked for nothing outside of ${root}`);
} finally {
  await browser.close();
}
