/** Recorded logs as the page shows them: the same logs that both clients read. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Decoder, Place } from "../../clients/typescript/src/index.ts";
import { made } from "../../clients/typescript/src/reading.ts";
import { bars, extent } from "../src/log/activity.ts";
import { Conversation } from "../src/log/conversation.ts";
import { asLines, asMarkdown } from "../src/log/export.ts";
import { Picked } from "../src/log/picked.ts";
import { isOver } from "../src/log/view.ts";

const FOLDER = new URL("../../tests/client/logs/", import.meta.url);

interface Log {
  turn: string;
  sse: string;
  events: [string, string, unknown][];
  text: string;
}

const logs = readdirSync(FOLDER).map(
  (name) => [name, JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Log] as const,
);

function events(log: Log) {
  const place = new Place();
  return new Decoder()
    .feed(log.sse)
    .filter((line) => place.takes(line.cursor))
    .map((line) => made(line, log.turn));
}

test("there are logs", () => assert.ok(logs.length >= 7));

for (const [name, log] of logs)
  test(`${name} has a view that is whole`, () => {
    const conversation = new Conversation();
    const read = events(log);
    for (const event of read) conversation.take(event);
    const turn = conversation.turns.at(-1);
    assert.ok(turn);
    assert.equal(conversation.taken, read.length);
    const terminal = read.some((event) => /^message\.(completed|cancelled|error)$/.test(event.type));
    assert.equal(isOver(turn), terminal);
    const last = turn.steps.at(-1)?.number;
    const said = turn.entries.filter((entry) => entry.kind === "text" && entry.step === last && !entry.withdrawn);
    assert.equal(said.map((entry) => (entry.kind === "text" ? entry.text : "")).join(""), log.text);
    if (terminal)
      assert.ok(
        turn.entries.every(
          (entry) =>
            entry.kind === "note" || (entry.kind === "call" ? ["done", "failed"].includes(entry.state) : !entry.open),
        ),
      );
    const drawn = bars(turn, read.at(-1)?.data.at ?? 0);
    if (drawn.length) assert.ok(extent(drawn)[0] < extent(drawn)[1]);
    assert.equal(asLines(read, conversation).trim().split("\n").length, read.length);
    assert.ok(asMarkdown("Title", conversation).startsWith("# Title"));
  });

const event = (type: string, data: object, turnId = "msg_1") =>
  ({ type, data, turnId, cursor: "", number: 0 }) as never;

function told(...all: [string, object][]) {
  const conversation = new Conversation();
  for (const [type, data] of all) conversation.take(event(type, data));
  return conversation.turns[0]!;
}

test("what an attempt wrote that failed is struck through, not lost", () => {
  const turn = told(
    ["step.started", { step: 1, attempt: 1 }],
    ["text.start", {}],
    ["text.delta", { content: "one" }],
    ["step.retrying", { step: 1, attempt: 1, error: "busy", wait: 2 }],
    ["step.started", { step: 1, attempt: 2 }],
    ["text.start", {}],
    ["text.delta", { content: "two" }],
  );
  const texts = turn.entries.flatMap((entry) => (entry.kind === "text" ? [[entry.text, entry.withdrawn]] : []));
  assert.deepEqual(texts, [
    ["one", true],
    ["two", false],
  ]);
  assert.equal(turn.steps[0]?.retries.length, 1);
  assert.deepEqual(
    bars(turn, 9).map((bar) => [bar.name, bar.withdrawn]),
    [
      ["step 1, attempt 1", true],
      ["step 1", false],
      ["tries again", false],
    ],
  );
});

test("a call is written, asked about, allowed, carried out and answered", () => {
  const states: string[] = [];
  const conversation = new Conversation();
  const steps: [string, object][] = [
    ["tool_use.start", { id: "c1", name: "bash" }],
    ["tool_use.input_delta", { content: '{"command":' }],
    ["tool_use.input_delta", { content: '"ls"}' }],
    ["tool_use.stop", {}],
    [
      "tool_call.requested",
      { call_id: "c1", name: "bash", arguments: { command: "ls" }, needs: "approval", expires_at: 9 },
    ],
    ["tool_call.approved", { call_id: "c1" }],
    ["tool_use.executing", { id: "c1", name: "bash", input: { command: "ls" } }],
    ["file.changed", { call_id: "c1", path: "a", op: "written", size: 3 }],
    ["tool_result", { id: "c1", content: "a", is_error: false }],
  ];
  for (const [type, data] of steps) {
    conversation.take(event(type, data));
    const call = conversation.turns[0]?.entries[0];
    if (call?.kind === "call") states.push(call.state);
  }
  assert.deepEqual(states, [
    "writing",
    "writing",
    "writing",
    "ready",
    "waiting",
    "ready",
    "running",
    "running",
    "done",
  ]);
  assert.deepEqual([...conversation.turns[0]!.files.keys()], ["a"]);
});

test("what a newer server says changes nothing", () => {
  const turn = told(["step.started", { step: 1 }], ["something.new", { a: 1 }], ["text.delta", { content: "x" }]);
  assert.equal(turn.entries.length, 1);
});

test("calls that are written beside each other each get their own arguments", () => {
  const turn = told(
    ["tool_use.start", { id: "c1", name: "a" }],
    ["tool_use.start", { id: "c2", name: "b" }],
    ["tool_use.input_delta", { content: "[2]" }],
    ["tool_use.stop", {}],
    ["tool_use.input_delta", { content: "[1]" }],
    ["tool_use.stop", {}],
  );
  assert.deepEqual(turn.entries.flatMap((entry) => (entry.kind === "call" ? [entry.input] : [])), [[1], [2]]);
});

test("events are picked by name and text, and looked at once", () => {
  const picked = new Picked("b", " X");
  const all = [event("a", { x: 1 }), event("b", { x: 1 }), event("b", { y: 1 })];
  assert.equal(picked.of(all.slice(0, 1)).found.length, 0);
  assert.deepEqual(picked.of(all).found, [all[1]]);
  assert.deepEqual([...picked.of(all).names], ["a", "b"]);
  assert.equal(picked.of(all).found.length, 1);
});

test("what a call writes again is listed once, the last time", () => {
  const written = (path: string, size: number): [string, object] => [
    "file.changed",
    { call_id: "c1", path, op: "written", size },
  ];
  const turn = told(["tool_use.start", { id: "c1", name: "a" }], written("x", 1), written("y", 2), written("x", 3));
  const [call] = turn.entries;
  assert.deepEqual(call?.kind === "call" && call.files.map(({ path, size }) => [path, size]), [
    ["y", 2],
    ["x", 3],
  ]);
});
