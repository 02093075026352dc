/** Recorded logs mean the same to each client, wherever their bytes are cut; tests/client/test_logs.py is this in Python. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Accumulator, Decoder, LogBroken, Place } from "../src/index.ts";
import { made } from "../src/reading.ts";

interface Log {
  turn: string;
  sse: string;
  events: [string, string, unknown][];
  text: string;
}

const FOLDER = new URL("../../../tests/client/logs/", import.meta.url);
const LOGS = readdirSync(FOLDER).map((name) => [name, JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"))] as const);

function read(log: Log, pieces: Uint8Array[]) {
  const [decoder, place, bytes] = [new Decoder(), new Place(), new TextDecoder()];
  const lines = pieces.flatMap((piece) => decoder.feed(bytes.decode(piece, { stream: true })));
  return lines.filter((line) => place.takes(line.cursor)).map((line) => made(line, log.turn));
}

test("there are logs", () => assert.ok(LOGS.length >= 7));

for (const [name, log] of LOGS as [string, Log][]) {
  const said = new TextEncoder().encode(log.sse);

  test(`${name} says what its other form says wherever it is cut`, () => {
    for (let cut = 0; cut < said.length; cut++) {
      const found = read(log, [said.slice(0, cut), said.slice(cut)]);
      assert.deepEqual(
        found.map(({ cursor, type, data }) => [cursor, type, data]),
        log.events,
      );
    }
    const bytes = [...said].map((each) => Uint8Array.of(each));
    assert.deepEqual(read(log, bytes), read(log, [said]));
  });

  test(`what is left of the text of ${name} is what the record says`, () => {
    const accumulator = new Accumulator();
    for (const event of read(log, [said])) accumulator.take(event);
    assert.equal(accumulator.text, log.text);
  });
}

test("ends of lines may be any, and fields are read as the standard says", () => {
  const decoder = new Decoder();
  const said = ": hi\n\nid:1\r\nevent: a\rdata: x\r\ndata:y\nretry: 9\r\n\r\n:only a comment\n\nid: 2\r\rdata\n\n";
  const found = [...said].flatMap((letter) => decoder.feed(letter));
  assert.deepEqual(found, [
    { cursor: "1", type: "a", text: "x\ny" },
    { cursor: "", type: "", text: "" },
  ]);
});

test("numbers only grow, and a gap is never silent", () => {
  const place = new Place("msg_a:7");
  const taken = ["msg_a:7", "msg_a:8", "sess_s:3", "msg_b:0", "msg_a:8", "msg_b:1", "sess_s:4", "sess_s:4"];
  assert.deepEqual(
    taken.map((each) => place.takes(each)),
    [false, true, true, true, false, true, true, false],
  );
  for (const gap of ["msg_b:3", "msg_c:1", "sess_s:6", "evt_x"]) assert.throws(() => place.takes(gap), LogBroken);
});

test("what cannot be read, or is not known, flows on", () => {
  assert.deepEqual(made({ cursor: "4", type: "harbour.opened", text: '{"a":1}' }, "msg_1"), {
    type: "harbour.opened",
    cursor: "4",
    number: 4,
    turnId: "msg_1",
    data: { a: 1 },
  });
  for (const text of ["{", "[1]", ""])
    assert.deepEqual(made({ cursor: "4", type: "text.delta", text }).data, { unreadable: text });
});
