/** In what two versions of a record differ, field by field; of texts with several lines, line by line. */

/** A line that is in one of them, or in both. */
export interface Line {
  text: string;
  in: "both" | "old" | "new";
}

interface Difference {
  field: string;
  lines: Line[];
}

const SAME = new Set(["version", "updated_at", "created_at", "id"]);
const MOST = 400;

/** Compare two records. */
export function differences(old: object, now: object): Difference[] {
  const before = old as Record<string, unknown>;
  const after = now as Record<string, unknown>;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !SAME.has(name));
  return names
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((field) => ({ field, lines: lines(shown(before[field]), shown(after[field])) }));
}

const shown = (value: unknown): string[] =>
  (typeof value === "string" ? value : JSON.stringify(value ?? null)).split("\n").slice(0, MOST);

/** The longest common part, and what is around it. */
export function lines(old: string[], now: string[]): Line[] {
  const table = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  const cell = (row: number, column: number): number => table[row]?.[column] ?? 0;
  for (let row = old.length - 1; row >= 0; row--)
    for (let column = now.length - 1; column >= 0; column--) {
      const same = old[row] === now[column];
      (table[row] as number[])[column] = same
        ? cell(row + 1, column + 1) + 1
        : Math.max(cell(row + 1, column), cell(row, column + 1));
    }
  const found: Line[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < now.length) {
    if (row < old.length && column < now.length && old[row] === now[column]) {
      found.push({ text: old[row] as string, in: "both" });
      row++;
      column++;
    } else if (row < old.length && (column >= now.length || cell(row + 1, column) >= cell(row, column + 1)))
      found.push({ text: old[row++] as string, in: "old" });
    else found.push({ text: now[column++] as string, in: "new" });
  }
  return found;
}
