/** The beginning of a table, and how much of it is not shown. */
import { useMemo, useState } from "preact/hooks";
import { many } from "../ui/words.ts";
import { table } from "./kinds.ts";

const FIRST = 500;
const MOST = 5000;
const COLUMNS = 100;
/** Characters of a cell. */
const CELL = 1000;

/** Rows of a text that is the beginning of a table `times` as long. */
export function Table({ text, times }: { text: string; times: number }) {
  const [most, setMost] = useState(FIRST);
  const { head, body, more, about } = useMemo(() => table(text, times, most), [text, times, most]);
  const wide = head.length > COLUMNS ? `${head.length - COLUMNS} more columns` : "";
  const long = more ? `${about ? "about " : ""}${more.toLocaleString()} more ${more === 1 ? "row" : "rows"}` : "";
  const left = [long, wide].filter(Boolean).join(" and ");
  return (
    <>
      <p class="dim">
        {many(body.length, "row")}
        {left && `; ${left} ${more === 1 && !wide ? "is" : "are"} not shown`}{" "}
        {more > 0 && body.length === most && most < MOST && (
          <button type="button" onClick={() => setMost(MOST)}>
            Show up to {MOST.toLocaleString()}
          </button>
        )}
      </p>
      <div class="wide" tabIndex={0} role="group" aria-label="Table">
        <table>
          <thead>
            <tr>
              {head.slice(0, COLUMNS).map((cell, index) => (
                <th key={index}>{short(cell)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {body.map((row, index) => (
              <tr key={index}>
                {row.slice(0, COLUMNS).map((cell, place) => (
                  <td key={place}>{short(cell)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const short = (cell: string): string => (cell.length > CELL ? `${cell.slice(0, CELL)} …` : cell);
