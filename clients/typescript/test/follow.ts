/** Follows a turn, and prints each event as JSON, while tests do to the connection what they want: `follow.ts REF`. */
import { Walkaway } from "../src/index.ts";

const client = new Walkaway({ silence: 2, firstWait: 0.02 });
const turn = client.turn(process.argv[2] ?? "");
for await (const event of turn.events()) process.stdout.write(`${JSON.stringify([event.number, event.type, event.data])}\n`);
process.stdout.write(`${JSON.stringify(turn.text)}\n`);
