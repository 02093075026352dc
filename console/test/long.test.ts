/** Long logs: four times as many events take about four times as much of the processor, whatever they are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bars } from "../src/log/activity.ts";
import { Conversation } from "../src/log/conversation.ts";

const [FEW, MANY, ROUNDS] = [8000, 32_000, 3];
/** Times as much: what is quadratic takes sixteen times. Below FLOOR, in ms, times say nothing. */
const [MOST, FLOOR] = [10, 20];

type Shape = (index: number) => [type: string, data: object, turn?: string];

const shapes: Record<string, Shape> = {
  "files of one call": (i) =>
    i ? ["file.changed", { call_id: "c", path: `p${i}`, op: "written" }] : ["tool_use.start", { id: "c", name: "a" }],
  "files of no call": (i) => ["file.changed", { call_id: "none", path: `p${i}` }],
  "calls that were never written": (i) => ["tool_use.executing", { id: `c${i}`, name: "a", input: {} }],
  "calls that are written": (i) => ["tool_use.start", { id: `c${i}`, name: "a" }],
  questions: (i) => ["tool_call.requested", { call_id: `c${i}`, name: "a", arguments: {} }],
  "steps with a call each": (i) =>
    i % 2 ? ["tool_use.start", { id: `c${i}`, name: "a" }] : ["step.started", { step: i + 1, attempt: 1 }],
  attempts: (i) => (i % 2 ? ["step.started", { step: 1, attempt: i }] : ["tool_use.start", { id: `c${i}`, name: "a" }]),
  citations: (i) => (i ? ["text.citation", { citation: { url: `http://a/${i}` } }] : ["text.start", {}]),
  "ends of nothing": (i) => [i % 2 ? "tool_use.stop" : "text.stop", {}],
  turns: (i) => ["message.created", {}, `msg_${i}`],
};

function taken(shape: Shape, events: number): number {
  const begun = process.cpuUsage();
  const conversation = new Conversation();
  for (let index = 0; index < events; index++) {
    const [type, data, turnId = "msg_1"] = shape(index);
    conversation.take({ type, data, turnId, cursor: "", number: index } as never);
  }
  bars(conversation.turns.at(-1)!, 9);
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

for (const [name, shape] of Object.entries(shapes))
  test(`${name}, by the thousand`, () => {
    const least = (events: number) => Math.min(...Array.from({ length: ROUNDS }, () => taken(shape, events)));
    const [few, many] = [least(FEW), least(MANY)];
    assert.ok(many < MOST * Math.max(few, FLOOR), `${MANY}: ${many} ms, ${FEW}: ${few} ms`);
  });
