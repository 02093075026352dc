/** The client against real servers: WALKAWAY_URL has the offline model, STRICT_URL asks for `a-key`. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import * as walkaway from "../src/index.ts";
import { type Tools, Walkaway } from "../src/index.ts";

const url = process.env["WALKAWAY_URL"] ?? "";
const strict = process.env["STRICT_URL"] ?? "";
const client = new Walkaway({ url });
const quick = { retries: 1, firstWait: 0.01 };

async function thrown<E extends Error>(work: Promise<unknown>, kind: abstract new (...given: any[]) => E): Promise<E> {
  const found = await work.then(
    () => assert.fail("it did not throw"),
    (error: unknown) => error,
  );
  assert.ok(found instanceof kind, `${found}`);
  return found;
}

async function closed(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

async function answering(status: number, body: string, kind = "application/json"): Promise<string> {
  const server = createServer((_, answer) => answer.writeHead(status, { "content-type": kind }).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers GET with what a function makes of the address, or never where that is undefined. */
async function serving(answer: (url: string, asked: number) => { body: unknown; next?: string } | undefined) {
  let asked = 0;
  const server = createServer((request, response) => {
    const said = answer(request.url ?? "", asked++);
    if (!said) return;
    if (said.next) response.setHeader("x-next-cursor", said.next);
    response.setHeader("content-type", "application/json").end(JSON.stringify(said.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { client: new Walkaway({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...quick }), asked: () => asked };
}

const ENDLESS: Record<string, (asked: number) => { body: unknown; next?: string }> = {
  "a place comes again": (asked) => ({ body: [{ id: `a${asked}` }], next: `c${asked % 3}` }),
  "a page comes again": (asked) => ({ body: [{ id: "a" }, { id: "b" }], next: `c${asked}` }),
  "all pages are empty": (asked) => ({ body: [], next: `c${asked}` }),
};

for (const [name, answer] of Object.entries(ENDLESS))
  test(`a list has an end where ${name}`, async () => {
    const { client, asked } = await serving((_, asked) => (asked < 5000 ? answer(asked) : { body: [] }));
    const error = await thrown(client.agents.list().first(100_000), walkaway.NotWalkaway);
    assert.match(error.message, /no end/);
    assert.ok(asked() <= 1000, `${asked()}`);
  });

test("a list may have empty pages, and begins anew", async () => {
  const { client } = await serving((url) => {
    const place = Number(/after=(\d+)/.exec(url)?.[1] ?? 0);
    return place < 900 ? { body: place % 300 ? [] : [{ id: `a${place}` }], next: String(place + 1) } : { body: [] };
  });
  const list = client.agents.list();
  for (const _ of [1, 2]) assert.deepEqual((await list.first(9)).map(({ id }) => id), ["a0", "a300", "a600"]);
});

test("no request outlasts the time that one waits", async () => {
  const me = { tenant: "a", features: ["wait"] };
  const { client } = await serving((url) => (url === "/v1/me" ? { body: me } : undefined));
  const began = performance.now();
  const late = await thrown(client.turn("sess_a/msg_a").result({ timeout: 0.2 }), walkaway.TimedOut);
  assert.match(late.message, /has not ended within 0.2 s/);
  assert.ok(performance.now() - began < 20_000); // a request by itself may take thirty seconds
});

test("a task is given, waited for, and its file read", async () => {
  const result = await client.run("Write a report on tides to report.md", { file_access: { read: [""], write: [""] } });
  assert.equal(result.status, "completed");
  assert.ok(result.text && result.steps > 0);
  assert.deepEqual(
    result.files?.map((file) => [file.path, file.op]),
    [["report.md", "written"]],
  );
  const session = client.session(result.turn.sessionId);
  assert.match(await session.files.readText("report.md"), /tides/i);
  assert.equal((await session.refresh()).raw.title, "Write a report on tides to report.md");
});

test("one walks away and comes back by a reference", async () => {
  const session = await client.sessions.create();
  const { ref } = await session.send("Hello");
  const back = new Walkaway({ url }).turn(ref);
  assert.equal((await back.result()).turn.ref, ref);
  const events = [];
  for await (const event of client.turn(ref).events()) events.push(event);
  assert.deepEqual(
    events.map((event) => event.number),
    events.map((_, index) => index),
  );
  assert.equal(events.at(-1)?.type, "message.completed");
  const middle = events[Math.floor(events.length / 2)];
  const rest = [];
  for await (const event of client.turn(ref).events({ after: middle?.cursor ?? "" })) rest.push(event);
  assert.deepEqual(rest, events.slice(events.length - rest.length));
  assert.equal(rest[0]?.number, (middle?.number ?? 0) + 1);
  let said = "";
  for await (const text of client.turn(ref).texts()) said += text;
  assert.equal(said, back.text);
});

test("the same key starts the same turn", async () => {
  const session = await client.sessions.create();
  const idempotencyKey = crypto.randomUUID();
  const [one, two] = [await session.send("Hi", { idempotencyKey }), await session.send("Hi", { idempotencyKey })];
  assert.equal(one.id, two.id);
  await one.wait();
  assert.deepEqual((await session.turns().first(9)).map((turn) => turn.id), [one.id]);
});

test("the program's tools are run, each once, whoever reads", async () => {
  const asked: unknown[] = [];
  const tools: Tools = {
    lookup_stock: {
      description: "Tell how many pieces are in stock",
      parameters: { type: "object", properties: { sku: { type: "string" } }, required: ["sku"] },
      run: (given, call) => {
        asked.push([given, call.name, call.sessionId]);
        return { pieces: 42 };
      },
    },
  };
  const session = await client.sessions.create({ tools });
  const turn = await session.send("Use lookup_stock");
  const results = [];
  for await (const event of turn.events()) if (event.type === "tool_result") results.push(event.data.content);
  assert.equal(asked.length, 1);
  assert.match(String(results[0]), /42/);
  assert.equal((await turn.result()).status, "completed");
  const again = await client.run("Use lookup_stock", { tools });
  assert.equal(again.status, "completed");
  assert.equal(asked.length, 2);
});

test("what a tool throws is told to the model", async () => {
  const run = () => Promise.reject(new RangeError("no such shelf"));
  const tools: Tools = { lookup_shelf: { description: "Find a shelf", run } };
  const turn = await (await client.sessions.create({ tools })).send("Use lookup_shelf");
  const results = [];
  for await (const event of turn.events()) if (event.type === "tool_result") results.push(event.data);
  assert.ok(results[0]?.is_error);
  assert.match(String(results[0]?.content), /RangeError: no such shelf/);
});

test("a yes and a no are given, and without anybody it is said what waits", async () => {
  const settings = { approve: ["write_file"], file_access: { read: [""], write: ["typescript"] } };
  const session = await client.sessions.create(settings);
  const turn = await session.send("Write a report on tides to typescript/a.md");
  const waits = await thrown(turn.result({ timeout: 30 }), walkaway.TurnWaiting);
  assert.equal(waits.calls[0]?.name, "write_file");
  assert.match(waits.message, /turn\.approve\(call\)/);
  await turn.deny(waits.calls[0] ?? "", "not today");
  await turn.wait({ timeout: 30 });
  const told = [];
  for await (const event of turn.events({ after: "" }))
    if (event.type === "tool_result" && event.data.id === waits.calls[0]?.call_id) told.push(event.data.content);
  assert.match(String(told[0]), /not today/);
  const calls: string[] = [];
  const onApproval = (call: { name: string }) => calls.push(call.name) > 0;
  const result = await session.ask("Write a report on tides to typescript/b.md", { onApproval });
  assert.deepEqual(calls, ["write_file"]);
  assert.equal(result.files?.[0]?.path, "typescript/b.md");
});

test("a busy session says so, takes a queue, and is cancelled", async () => {
  const tools: Tools = { lookup_slow: { description: "Takes long", run: () => new Promise(() => undefined) } };
  const session = await client.sessions.create({ tools });
  const turn = await session.send("Use lookup_slow");
  const busy = await thrown(session.send("And then?"), walkaway.SessionBusy);
  assert.equal(busy.turnId, turn.id);
  const queued = await session.send("And then?", { onBusy: "enqueue" });
  assert.equal(queued.status, "queued");
  for await (const event of turn.events({ after: "", tools: false })) if (event.type === "tool_call.requested") break;
  const late = await thrown(turn.result({ timeout: 1 }), walkaway.TimedOut);
  assert.match(late.message, /lookup_slow .* has not returned/);
  assert.equal((await turn.cancel()).status, "cancelled");
  await thrown(turn.result(), walkaway.TurnCancelled);
  assert.equal((await queued.wait({ timeout: 30 })).ended, true);
});

test("what is aborted throws what the caller gave, at once, and cancels nothing", async () => {
  const tools: Tools = { lookup_slow: { description: "Takes long", run: () => new Promise(() => undefined) } };
  const turn = await (await client.sessions.create({ tools })).send("Use lookup_slow");
  for (const work of [
    (signal: AbortSignal) => turn.result({ signal }),
    async (signal: AbortSignal) => {
      for await (const _ of turn.events({ after: "", signal })) continue;
    },
  ]) {
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 100);
    await assert.rejects(work(controller.signal), reason);
  }
  assert.equal((await turn.refresh()).status, "in_progress");
  await turn.cancel();
});

test("the feed tells what happens, and a loop that is left goes on where it was", async () => {
  const reader = new Walkaway({ url });
  const session = await reader.sessions.create();
  const seen = new Set<string>();
  for (let round = 0; round < 2; round++) {
    const turn = await session.send("Hello");
    for await (const event of reader.feed.events({ after: round ? undefined : "" } as { after?: string })) {
      assert.ok(!seen.has(event.id) || round);
      seen.add(event.id);
      if (event.type === "turn.completed" && event.data["id"] === turn.id) break;
    }
  }
});

test("lists go over all pages, by filter", async () => {
  const agent = await client.agents.create({ name: `pager-${Date.now()}`, instructions: "Be brief" });
  const made = new Set<string>();
  for (let count = 0; count < 103; count += 10)
    await Promise.all(
      Array.from({ length: Math.min(10, 103 - count) }, async () =>
        made.add((await client.sessions.create({ agent: agent.id })).id),
      ),
    );
  const listed = [];
  for await (const session of client.sessions.list({ agent: agent.id })) listed.push(session.id);
  assert.equal(listed.length, 103);
  assert.deepEqual(new Set(listed), made);
  assert.equal((await client.sessions.list({ agent: agent.id }).first(3)).length, 3);
  assert.equal((await client.sessions.list({ agent: agent.id, failed: true }).first(3)).length, 0);
  assert.equal((await client.agents.update(agent.name, { instructions: "Be long" })).instructions, "Be long");
  assert.equal((await client.agents.versions(agent)).length, 2);
  await client.agents.delete(agent);
  await thrown(client.agents.get(agent.id), walkaway.NotFound);
});

test("files go up and down, whatever they are called", async () => {
  const session = await client.sessions.create({ file_access: { read: [""], write: [""] } });
  const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
  const path = "päth/100 % ü # ?.bin";
  assert.equal((await session.files.upload(bytes, path)).path, path);
  assert.deepEqual(await session.files.read(path), bytes);
  const found = [];
  for await (const each of session.files.walk("päth")) found.push(each);
  assert.deepEqual(found, [path]);
  await thrown(session.files.read("päth"), walkaway.SettingInvalid);
  await thrown(session.files.read("päth/../x"), walkaway.SettingInvalid);
  await session.files.delete(path);
  await thrown(session.files.read(path), walkaway.NotFound);
});

test("webhooks are made, told, and forgotten", async () => {
  const hook = await client.webhooks.create({ url: "https://example.com/hook", events: ["turn.completed"] });
  assert.match(hook.secret, /^whsec_/);
  assert.match((await client.webhooks.rotate(hook)).secret, /^whsec_/);
  assert.equal((await client.webhooks.update(hook, { description: "mine" })).description, "mine");
  assert.ok((await client.webhooks.list()).some((each) => each.id === hook.id));
  await client.webhooks.delete(hook);
  await thrown(client.webhooks.get(hook), walkaway.NotFound);
});

test("each wrong address and key has its sentence", async () => {
  assert.equal((await client.me()).tenant.length > 0, true);
  const me = async (options: walkaway.Options) => new Walkaway({ ...quick, ...options }).me();
  const off = await thrown(me({ url: await closed() }), walkaway.Unreachable);
  assert.match(off.message, /cannot be reached.*Is it running\?/);
  assert.equal(off.sent, false);
  for (const body of ["<html>Hi</html>", "null", "[1]", '"x"', "{}", ""])
    assert.match(
      (await thrown(me({ url: await answering(200, body) }), walkaway.NotWalkaway)).message,
      /not as Walkaway does\. Is the address right\?/,
    );
  await thrown(me({ url: await answering(404, "no") }), walkaway.NotWalkaway);
  const failing = await thrown(me({ url: await answering(502, "bad gateway", "text/plain") }), walkaway.ServerFailed);
  assert.match(failing.message, /bad gateway \(502\)/);
  await thrown(me({ url: strict }), walkaway.Unauthorized);
  await thrown(me({ url: strict, key: "another" }), walkaway.Unauthorized);
  assert.equal((await me({ url: strict, key: "a-key\n" })).tenant, "a");
  assert.throws(() => new Walkaway({ key: "a\nb" }), walkaway.SettingInvalid);
  for (const wrong of ["localhost:8005", "ftp://x", "http://a?b=c"])
    assert.throws(() => new Walkaway({ url: wrong }), walkaway.SettingInvalid);
  for (const ref of ["", "sess_1", "sess_1/msg_1/x", "msg_1/sess_1"])
    assert.throws(() => client.turn(ref), walkaway.SettingInvalid);
  await thrown(client.sessions.get("sess_/../me"), walkaway.SettingInvalid);
  await thrown(client.turn("sess_nowhere/msg_nowhere").result(), walkaway.NotFound);
  const key = new Walkaway({ url: strict, key: "a-key" });
  assert.ok(!JSON.stringify(key).includes("a-key"));
  const theirs = await (await key.sessions.create()).send("Hi");
  await thrown(client.turn(theirs.ref).refresh(), walkaway.NotFound);
});

test("a cursor that is none is refused, and read no further", async () => {
  const turn = await (await client.sessions.create()).send("Hello");
  await turn.wait();
  const read = async (after: string) => {
    for await (const _ of turn.events({ after })) continue;
  };
  await thrown(read("99999"), walkaway.CursorInvalid);
});
