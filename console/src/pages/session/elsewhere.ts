/** How to go on with a turn from somewhere else: in a shell, in Python, in TypeScript. */

interface From {
  base: string;
  session: string;
  turn: string;
  cursor: string;
  keyed: boolean;
}

/** Commands and programs, each with its name. The key is never in them. */
export function elsewhere({ base, session, turn, cursor, keyed }: From): [string, string][] {
  const key = keyed ? ' -H "Authorization: Bearer $WALKAWAY_KEY"' : "";
  const after = cursor ? ` -H 'Last-Event-ID: ${cursor}'` : "";
  return [
    ["walkaway", `walkaway --url ${base} tail ${session}/${turn}`],
    ["curl", `curl -N${key} -H 'Accept: text/event-stream'${after} \\\n  ${base}/v1/sessions/${session}/events`],
    [
      "Python",
      `from walkaway import Walkaway\n\nwith Walkaway(url="${base}") as client:\n    turn = client.turn("${session}/${turn}")\n    for event in turn.events():\n        print(event.type)`,
    ],
    [
      "TypeScript",
      `import { Walkaway } from "walkaway";\n\nconst client = new Walkaway({ url: "${base}" });\nfor await (const event of client.turn("${session}/${turn}").events()) console.log(event.type);`,
    ],
  ];
}
