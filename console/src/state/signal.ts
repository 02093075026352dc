/** Values that tell whoever has read them when they change: effects run again, components draw themselves anew. */
import { type Component, options, type VNode } from "preact";
import "preact/hooks"; // whose effects run before a component draws: they are none of what it reads

/** A value that can be read, by `peek` so that no change is told. */
export interface Known<T> {
  readonly value: T;
  peek(): T;
}

/** A value that can be changed. */
export interface Signal<T> extends Known<T> {
  value: T;
}

interface Reader {
  /** The readers of each value that it has read, it being one of them. */
  among: Set<Set<Reader>>;
  /** Do what is to be done when one of them changes: nothing yet that reads. */
  stir: () => void;
}

let reading: Reader | undefined;
let running = false;
const due = new Set<() => void>();

const reader = (stir: () => void): Reader => ({ among: new Set(), stir });

/** Make a value that changes when another is given it. */
export function signal<T>(now: T): Signal<T> {
  const readers = new Set<Reader>();
  return {
    get value() {
      note(readers);
      return now;
    },
    set value(next) {
      if (next === now) return;
      now = next;
      for (const each of readers) each.stir();
      run();
    },
    peek: () => now,
  };
}

/** Make a value of others: worked out when it is read, once for each time that these change. */
export function computed<T>(work: () => T): Known<T> {
  const readers = new Set<Reader>();
  let last: { known: T } | undefined;
  const self = reader(() => {
    if (!last) return;
    last = undefined;
    for (const each of readers) each.stir();
  });
  const peek = () => (last ??= { known: as(self, work) }).known;
  return {
    get value() {
      note(readers);
      return peek();
    },
    peek,
  };
}

/** Do something, and again each time when something changes that it read; gives what ends that. */
export function effect(work: () => void): () => void {
  const again = () => as(self, work);
  const self = reader(() => void due.add(again));
  again();
  return () => {
    due.delete(again);
    leave(self);
  };
}

function note(readers: Set<Reader>): void {
  if (!reading) return;
  readers.add(reading);
  reading.among.add(readers);
}

function leave(self: Reader): void {
  for (const readers of self.among) readers.delete(self);
  self.among.clear();
}

/** Work as a reader: what it read before is forgotten. */
function as<T>(self: Reader, work: () => T): T {
  const before = reading;
  leave(self);
  reading = self;
  try {
    return work();
  } finally {
    reading = before;
  }
}

/** Run all effects that are due, those as well that become so meanwhile, though one throws. */
function run(): void {
  if (running) return;
  running = true;
  try {
    for (const each of due) {
      due.delete(each);
      each();
    }
  } finally {
    running = false;
    if (due.size) run();
  }
}

type Drawn = VNode & { __c: Component };
type Call = (drawn: Drawn) => void;
/** What Preact calls as it draws, by the names that its own hooks use. */
const calls = options as unknown as Record<string, ((...drawn: [Drawn]) => void) | undefined>;
const drawing = new WeakMap<Component, Reader>();
const over = () => (reading = undefined);

function call(name: string, first: Call, then?: Call): void {
  const before = calls[name];
  calls[name] = (...drawn) => {
    first(drawn[0]);
    before?.(...drawn);
    then?.(drawn[0]);
  };
}

for (const name of ["__b", "diffed", "__e"]) call(name, over);
call("__r", over, ({ __c }) => {
  if (!drawing.has(__c)) drawing.set(__c, reader(() => __c.forceUpdate()));
  leave((reading = drawing.get(__c) as Reader));
});
call("unmount", ({ __c }) => {
  const self = drawing.get(__c);
  if (self) leave(self);
});
