// Drives a served model with the clients openai and @ai-sdk/openai-compatible, as they are published:
//   node clients.mjs http://127.0.0.1:8000 [KEY]
// Exits with 1 where a case fails.
import assert from "node:assert/strict";
import OpenAI from "openai";
import {createOpenAICompatible} from "@ai-sdk/openai-compatible";
import {generateObject, generateText, streamText} from "ai";
import {z} from "zod";

const [root = "http://127.0.0.1:8000", key = "none"] = process.argv.slice(2);
const client = new OpenAI({baseURL: root + "/v1", apiKey: key, maxRetries: 0});
const model = (await client.models.list()).data[0].id;
const provider = createOpenAICompatible({
  name: "nemotron", baseURL: root + "/v1", apiKey: key, supportsStructuredOutputs: true, includeUsage: true});
const prompt = "Once upon a time";
const messages = [{role: "user", content: prompt}];
const completion = {model, prompt, max_tokens: 12, seed: 5};
const chat = {model, messages, max_completion_tokens: 12, seed: 5};
const mood = {
  type: "object", properties: {happy: {type: "boolean"}}, required: ["happy"], additionalProperties: false};
const failures = [];
let passed = 0;

async function test(name, body) {
  try {
    await body();
    passed++;
  } catch (e) {
    failures.push(`${name}: ${e.message}`);
  }
}

async function metric(name) {
  const text = await (await fetch(root + "/metrics")).text();
  return text.split("\n").filter(line => line.startsWith("vllm:" + name))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

async function idle() {
  const end = Date.now() + 10_000;
  while (await metric("num_requests_running") + await metric("num_requests_waiting") > 0) {
    assert(Date.now() < end, "an answer must end");
  }
}

const whole = (await client.completions.create(completion)).choices[0].text;
const turn = (await client.chat.completions.create(chat)).choices[0].message.content;

await test("model", async () => assert.equal((await client.models.retrieve(model)).object, "model"));
await test("completion again", async () =>
  assert.equal((await client.completions.create(completion)).choices[0].text, whole));
await test("completion, length", async () =>
  assert.equal((await client.completions.create(completion)).choices[0].finish_reason, "length"));
await test("completion, usage", async () =>
  assert.equal((await client.completions.create(completion)).usage.completion_tokens, 12));
await test("completion, stop string", async () => {
  const choice = (await client.completions.create({...completion, temperature: 0, max_tokens: 60, stop: "."})).choices[0];
  assert.equal(choice.finish_reason, "stop");
  assert(!choice.text.includes("."));
});
await test("completion, stream", async () => {
  let text = "";
  for await (const part of await client.completions.create({...completion, stream: true})) { text += part.choices[0].text; }
  assert.equal(text, whole);
});
await test("completion, two prompts twice", async () => {
  const answer = await client.completions.create({...completion, prompt: [prompt, "The dog"], n: 2});
  assert.deepEqual(answer.choices.map(choice => choice.index), [0, 1, 2, 3]);
});
await test("completion, log-probabilities of the prompt", async () => {
  const answer = await client.completions.create({...completion, max_tokens: 1, echo: true, logprobs: 2});
  const values = answer.choices[0].logprobs;
  assert.equal(values.token_logprobs[0], null);
  assert.equal(values.tokens.length, answer.usage.prompt_tokens + 1);
  assert(values.token_logprobs.slice(1).every(value => value <= 0));
});
await test("chat again", async () =>
  assert.equal((await client.chat.completions.create(chat)).choices[0].message.content, turn));
await test("chat, stream with usage", async () => {
  let text = "", usage = null;
  const stream = await client.chat.completions.create({...chat, stream: true, stream_options: {include_usage: true}});
  for await (const part of stream) {
    text += part.choices[0]?.delta.content ?? "";
    usage = part.usage ?? usage;
  }
  assert.equal(text, turn);
  assert.equal(usage.completion_tokens, 12);
});
await test("chat, the client's runner", async () => {
  const stream = client.chat.completions.stream(chat);
  assert.equal((await stream.finalChatCompletion()).choices[0].message.content, turn);
});
await test("chat, log-probabilities", async () => {
  const answer = await client.chat.completions.create({...chat, logprobs: true, top_logprobs: 3});
  assert.equal(answer.choices[0].logprobs.content.length, 12);
  assert(answer.choices[0].logprobs.content.every(token => token.top_logprobs.length === 3));
});
await test("chat, schema", async () => {
  const format = {type: "json_schema", json_schema: {name: "mood", schema: mood, strict: true}};
  const answer = await client.chat.completions.create({...chat, max_completion_tokens: 60, response_format: format});
  assert.equal(typeof JSON.parse(answer.choices[0].message.content).happy, "boolean");
});
await test("chat, the raw answer", async () => {
  const {response} = await client.chat.completions.create(chat).withResponse();
  assert(response.headers.get("x-request-id"));
});
await test("aborted stream", async () => {
  const stream = await client.chat.completions.create(
    {...chat, max_completion_tokens: 400, ignore_eos: true, stream: true});
  for await (const part of stream) { if (part.choices[0].delta.content) { break; } }
  await idle();
});
await test("aborted answer", async () => {
  const controller = new AbortController();
  const answer = client.chat.completions.create(
    {...chat, max_completion_tokens: 400, ignore_eos: true}, {signal: controller.signal});
  const aborted = assert.rejects(answer, OpenAI.APIUserAbortError);
  while (await metric("num_requests_running") === 0) { /* until it is under way */ }
  controller.abort();
  await aborted;
  await idle();
});
await test("error, wrong value", async () =>
  assert.rejects(client.chat.completions.create({...chat, temperature: -1}), error =>
    error instanceof OpenAI.BadRequestError && error.param === "temperature"));
await test("error, before a stream", async () =>
  assert.rejects(client.chat.completions.create({...chat, top_p: 7, stream: true}), OpenAI.BadRequestError));
await test("error, another model", async () =>
  assert.rejects(client.chat.completions.create({...chat, model: "other"}), error =>
    error instanceof OpenAI.NotFoundError && error.code === "model_not_found"));
await test("error, too long", async () =>
  assert.rejects(client.completions.create({...completion, max_tokens: 100_000}), error =>
    error.code === "context_length_exceeded"));

await test("AI SDK, text", async () => {
  const answer = await generateText({model: provider(model), prompt, seed: 5, maxOutputTokens: 12});
  assert.equal(answer.text, turn);
  assert.equal(answer.finishReason, "length");
  assert.equal(answer.usage.outputTokens, 12);
});
await test("AI SDK, stream", async () => {
  let text = "";
  const result = streamText({model: provider(model), prompt, seed: 5, maxOutputTokens: 12});
  for await (const piece of result.textStream) { text += piece; }
  assert.equal(text, turn);
  assert.equal((await result.usage).outputTokens, 12);
});
await test("AI SDK, object", async () => {
  const {object} = await generateObject({model: provider(model), prompt, schema: z.object({happy: z.boolean()})});
  assert.equal(typeof object.happy, "boolean");
});
await test("AI SDK, completion model", async () => {
  const answer = await generateText({model: provider.completionModel(model), prompt: "The dog", maxOutputTokens: 5});
  assert(answer.text.length > 0);
});
await test("AI SDK, aborted stream", async () => {
  const controller = new AbortController();
  const result = streamText({
    model: provider(model), prompt, maxOutputTokens: 400, abortSignal: controller.signal, onError: () => {}});
  for await (const piece of result.textStream) { if (piece) { controller.abort(); } }
  await idle();
});
await test("AI SDK, error", async () =>
  assert.rejects(generateText({model: provider("other"), prompt, maxRetries: 0}), error => error.statusCode === 404));

console.log(`openai and @ai-sdk/openai-compatible: ${passed} cases passed, ${failures.length} failed`);
failures.forEach(failure => console.log(failure));
process.exit(failures.length ? 1 : 0);
