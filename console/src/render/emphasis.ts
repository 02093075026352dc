/** Emphasis in markdown: runs of marks that begin it and end it, as CommonMark pairs them. */
import { type ComponentChild, h } from "preact";

/** A run of marks that may begin emphasis, end it, or both. */
interface Run {
  mark: string;
  count: number;
  opens: boolean;
  closes: boolean;
}

/** A run that begins emphasis if another ends it: where it stands among what was made, and how many marks are left. */
interface Opener extends Run {
  at: number;
  left: number;
}

/** What a text was cut into. */
export type Piece = ComponentChild | Run;

const isRun = (piece: Piece): piece is Run => typeof piece === "object" && piece !== null && "mark" in piece;
/** How many runs are looked back at: whoever writes more has no emphasis in mind. */
const MOST = 500;

/** Judge a run by the letters that it stands between, if there are any. */
export function run(raw: string, before: string | undefined, after: string | undefined): Run {
  const mark = raw.charAt(0);
  const [left, right] = [kindOf(before, mark), kindOf(after, mark)];
  const leads = right !== "space" && (right !== "mark" || left !== "letter");
  const trails = left !== "space" && (left !== "mark" || right !== "letter");
  const opens = leads && (mark !== "_" || !trails || left === "mark");
  const closes = trails && (mark !== "_" || !leads || right === "mark");
  return { mark, count: raw.length, opens, closes };
}

/** Letters that are written without spaces between words, and their marks, are no bar to emphasis: `*` stands right beside them. */
function kindOf(letter: string | undefined, mark: string): "space" | "wide" | "mark" | "letter" {
  if (letter === undefined || /\s/.test(letter)) return "space";
  if (mark !== "_" && /[\u3000-\ud7ff\uff00-\uffef]/.test(letter)) return "wide";
  return /[\p{P}\p{S}]/u.test(letter) ? "mark" : "letter";
}

/** Find for each run that may end emphasis the last one that may begin it; what is left over is text. */
export function emphasised(pieces: Piece[]): ComponentChild[] {
  const made: ComponentChild[] = [];
  const openers: Opener[] = [];
  for (const piece of pieces) {
    if (!isRun(piece)) {
      made.push(piece);
      continue;
    }
    let left = piece.count;
    while (left && piece.closes) {
      const index = openers.findLastIndex((each) => fit(each, piece, left));
      const opener = openers[index];
      if (!opener) break;
      const used = piece.mark === "~" ? left : Math.min(2, left, opener.left);
      openers.length = index + 1;
      opener.left -= used;
      left -= used;
      const inside = made.splice(opener.at + 1);
      made[opener.at] = piece.mark.repeat(opener.left);
      made.push(h(piece.mark === "~" ? "del" : used === 2 ? "strong" : "em", null, inside));
      if (!opener.left) openers.pop();
    }
    if (!left) continue;
    if (piece.opens && openers.length < MOST) openers.push({ ...piece, at: made.length, left });
    made.push(piece.mark.repeat(left));
  }
  return made;
}

/** Whether one run begins what the other ends: of two that may do both, the sum is no multiple of three. */
function fit(opener: Opener, closer: Run, left: number): boolean {
  if (opener.mark !== closer.mark || (closer.mark === "~" && opener.left !== left)) return false;
  const isOdd = (opener.closes || closer.opens) && (opener.count + closer.count) % 3 === 0;
  return !isOdd || (opener.count % 3 === 0 && closer.count % 3 === 0);
}
