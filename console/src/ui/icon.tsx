/** Draws a picture. It says nothing by itself: a word stands beside or behind each. */
import type { PICTURES } from "./pictures.ts";

export type IconName = keyof typeof PICTURES;

/** Draw one, as large as the text beside it. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <use href={`#icon-${name}`} />
    </svg>
  );
}
