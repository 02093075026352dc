/** How to go on with a turn from somewhere else: in a shell, in Python, in TypeScript. */

interface From {
  base: string;
  session: string;
  turn: string;
  /** The number of the last event that is here, to read on behind it; -1: from the beginning. */
  after: number;
  keyed: boolean;
}

/** Commands and programs, each with its name. The key is never in them. */
export function elsewhere({ base, session, turn, after, keyed }: From): [string, string][] {
  const ref = `${session}/${turn}`;
  const [from, python, object] = after < 0 ? ["", "", ""] : [` --from ${after}`, `after=${after}`, `{ after: ${after} }`];
  const headers = [
    keyed && '-H "Authorization: Bearer $WALKAWAY_KEY" ',
    "-H 'Accept: text/event-stream' ",
    after >= 0 && `-H 'Last-Event-ID: ${after}' `,
  ];
  return [
    ["walkaway", `walkaway --url ${base} tail ${ref}${from}`],
    [
      "curl",
      `curl -N ${headers.filter(Boolean).join("")}\\\n  ${base}/v1/sessions/${session}/responses/${turn}/events`,
    ],
    [
      "Python",
      `from walkaway import Walkaway\n\nwith Walkaway(url="${base}") as client:\n    turn = client.turn("${ref}")\n    for event in turn.events(${python}):\n        print(event.type)`,
    ],
    [
      "TypeScript",
      `import { Walkaway } from "walkaway";\n\nconst client = new Walkaway({ url: "${base}" });\nfor await (const event of client.turn("${ref}").events(${object})) console.log(event.type);`,
    ],
  ];
}
