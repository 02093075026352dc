/** Pictures of a line each, drawn on a grid of 24. They say nothing by themselves: a word stands beside or behind each. */

const PATHS = {
  inbox:
    "M4 13.5 6.4 5.8A2 2 0 0 1 8.3 4.4h7.4a2 2 0 0 1 1.9 1.4L20 13.5V18a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zM4 13.5h4.5l1.5 2.5h4l1.5-2.5H20",
  sessions: "M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-7l-4.5 3.5V16H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM8 9h8M8 12h5",
  schedules: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.2l2.8 1.8",
  agents: "M12 3.5 19.5 8v8L12 20.5 4.5 16V8zM4.5 8 12 12.3 19.5 8M12 12.3v8.2",
  webhooks: "M5 9h13l-3.5-3.5M19 15H6l3.5 3.5",
  files:
    "M4 7a1.5 1.5 0 0 1 1.5-1.5H10l2 2.5h6.5A1.5 1.5 0 0 1 20 9.5v8a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5z",
  settings: "M5 7h9M18 7h1M5 12h2M11 12h8M5 17h7M16 17h3M16 5.2v3.6M9 10.2v3.6M14 15.2v3.6",
  runs: "M17.5 6h-11l5.5 6-5.5 6h11",
  plus: "M12 5v14M5 12h14",
  check: "m5 12.5 4.5 4.5L19 7.5",
  cross: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  send: "M5 12h13M12.5 6.5 18 12l-5.5 5.5",
  stop: "M7.5 7.5h9v9h-9z",
  down: "M12 5v11M7.5 12 12 16.5l4.5-4.5M6 20h12",
  up: "M12 19V8M7.5 12 12 7.5l4.5 4.5M6 4h12",
  eye: "M3.5 12S6.5 6 12 6s8.5 6 8.5 6-3 6-8.5 6-8.5-6-8.5-6zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  file: "M7 3.5h6.5L18 8v11.5a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1zM13.5 3.5V8H18",
  folder:
    "M4 7a1.5 1.5 0 0 1 1.5-1.5H10l2 2.5h6.5A1.5 1.5 0 0 1 20 9.5v8a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5z",
  clip: "m18.5 11.5-6.7 6.7a4 4 0 0 1-5.7-5.7l7.2-7.2a2.7 2.7 0 0 1 3.8 3.8l-7.1 7.1a1.3 1.3 0 0 1-1.9-1.9l6.2-6.2",
  moon: "M19 14.5A7.5 7.5 0 0 1 9.5 5a7.5 7.5 0 1 0 9.5 9.5z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4",
  half: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  back: "M14.5 6 8.5 12l6 6",
  chevron: "m9 6 6 6-6 6",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  bin: "M5 7h14M9.5 7V5h5v2M7 7l.8 12h8.4L17 7M10.5 10.5v5M13.5 10.5v5",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15.5 15.5 20 20",
  thought: "M12 4.5a6 6 0 0 0-3.5 10.9c.7.5 1 1.2 1 2.1h5c0-.9.3-1.6 1-2.1A6 6 0 0 0 12 4.5zM10 20.5h4",
  tool: "M14.5 5a4.5 4.5 0 0 0-4.3 5.9L5 16.1 7.9 19l5.2-5.2A4.5 4.5 0 0 0 19 9.5c0-.6-.1-1.1-.3-1.6L16 10.5 13.5 8l2.6-2.7c-.5-.2-1-.3-1.6-.3z",
  copy: "M9 9h10v10H9zM15 9V5H5v10h4",
  edit: "M5 19l.8-3.5L16 5.3 18.7 8 8.5 18.2z",
  key: "M9 12a3.5 3.5 0 1 0 0 .01M12.5 12H20M17 12v3",
  note: "M12 8v4.5M12 16h.01M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z",
  leave: "M10 5H6v14h4M13 12h7M17 9l3 3-3 3",
} as const;

export type IconName = keyof typeof PATHS;

/** Draw one, as large as the text beside it. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
