/** Values that tell who has read them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { computed, effect, signal } from "../src/state/signal.ts";

test("an effect runs at once, and again when what it read changes, but not for the same value or one peeked at", () => {
  const [read, peeked, seen] = [signal(1), signal(1), [] as number[]];
  effect(() => void seen.push(read.value * 10 + peeked.peek()));
  peeked.value = 2;
  read.value = 1;
  assert.deepEqual(seen, [11]);
  read.value = 3;
  assert.deepEqual(seen, [11, 32]);
});

test("an effect that is ended runs no more, though what it read has just changed", () => {
  const [number, seen] = [signal(0), [] as number[]];
  effect(() => void (number.value && stop()));
  const stop = effect(() => void seen.push(number.value));
  number.value = 1;
  assert.deepEqual(seen, [0]);
});

test("what is not read any more is not waited for", () => {
  const [first, a, b, seen] = [signal(true), signal("a"), signal("b"), [] as string[]];
  effect(() => void seen.push(first.value ? a.value : b.value));
  b.value = "bb";
  first.value = false;
  a.value = "aa";
  b.value = "bbb";
  assert.deepEqual(seen, ["a", "bb", "bbb"]);
});

test("a value of others is worked out once for each change, when it is read, and is never seen stale", () => {
  let worked = 0;
  const [number, seen] = [signal(1), [] as [number, number][]];
  const twice = computed(() => (worked++, number.value * 2));
  const more = computed(() => twice.value + 1);
  assert.equal(worked, 0);
  effect(() => void seen.push([number.value, more.value]));
  assert.equal(more.peek() + twice.value, 5);
  number.value = 2;
  number.value = 3;
  assert.deepEqual(seen, [[1, 3], [2, 5], [3, 7]]);
  assert.equal(worked, 3);
});

test("what an effect changes is told when it is over", () => {
  const [from, to, seen] = [signal(0), signal(0), [] as string[]];
  effect(() => {
    to.value = from.value;
    seen.push(`from ${from.value}`);
  });
  effect(() => void seen.push(`to ${to.value}`));
  from.value = 1;
  assert.deepEqual(seen, ["from 0", "to 0", "from 1", "to 1"]);
});

test("an effect that throws says so to who changed the value, and takes no other along", () => {
  const [number, seen] = [signal(0), [] as number[]];
  effect(() => {
    if (number.value === 1) throw new Error("one");
  });
  effect(() => void seen.push(number.value));
  assert.throws(() => (number.value = 1), /one/);
  assert.deepEqual(seen, [0, 1]);
  number.value = 2;
  assert.deepEqual(seen, [0, 1, 2]);
});

test("an effect begun within another is its own", () => {
  const [outer, inner, seen] = [signal(0), signal(0), [] as string[]];
  effect(() => {
    if (!outer.peek()) effect(() => void seen.push(`inner ${inner.value}`));
    seen.push(`outer ${outer.value}`);
  });
  inner.value = 1;
  outer.value = 1;
  assert.deepEqual(seen, ["inner 0", "outer 0", "inner 1", "outer 1"]);
});
