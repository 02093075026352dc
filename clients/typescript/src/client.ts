/** The client: where a program begins. */
import type { Answer } from "./answers.ts";
import { SettingInvalid } from "./errors.ts";
import { Feed } from "./feed.ts";
import type { Me } from "./generated.ts";
import { Agents, Webhooks } from "./resources.ts";
import { type Creating, type Sending, Session, Sessions } from "./session.ts";
import type { Tools } from "./tools.ts";
import { type Asked, type Options, Transport } from "./transport.ts";
import { type Result, Turn, type Waiting } from "./turn.ts";

/**
 * The way to a server.
 *
 *     const client = new Walkaway();
 *     const result = await client.run("Write a report on tidal power to report.md");
 *     console.log(result.text, result.costUsd);
 */
export class Walkaway {
  readonly sessions: Sessions;
  readonly agents: Agents;
  readonly webhooks: Webhooks;
  readonly feed: Feed;
  /** Where requests go. */
  readonly url: string;
  #transport: Transport;
  #tools: Tools;

  /** `tools`: functions that every session of this client has. Throws SettingInvalid. */
  constructor({ tools = {}, ...options }: Options & { tools?: Tools } = {}) {
    this.#transport = new Transport(options);
    this.#tools = tools;
    this.url = this.#transport.url;
    this.sessions = new Sessions(this.#transport, tools);
    this.agents = new Agents(this.#transport, "agents");
    this.webhooks = new Webhooks(this.#transport, "webhooks");
    this.feed = new Feed(this.#transport);
  }

  /** Give a task to a new session, wait, and give what came of it. Throws what `turn.result` does. */
  async run(message: string, how: Creating & Pick<Sending, "attachments"> & Waiting = {}): Promise<Result> {
    const { attachments, timeout, onWaiting, onApproval, raiseOnFailure, ...creating } = how;
    return (await this.sessions.create(creating)).ask(message, how);
  }

  /** Give a handle for a session; asks nobody. */
  session(session: string | { id: string }): Session {
    return this.sessions.handle(session);
  }

  /** Give a handle for a turn by what `turn.ref` gave, on this machine or another; asks nobody. */
  turn(ref: string | { ref: string }): Turn {
    const said = typeof ref === "string" ? ref.trim() : ref.ref;
    const [session = "", id = "", ...more] = said.split("/");
    if (!(session.startsWith("sess_") && id.startsWith("msg_")) || more.length)
      throw new SettingInvalid(`"${said.slice(0, 200)}" names no turn; turn.ref gives one, like sess_…/msg_…`);
    return new Turn(this.#transport, session, id, { tools: this.#tools });
  }

  /** Say who is calling, and what there is for them. */
  async me(signal?: AbortSignal): Promise<Me> {
    return this.#transport.me(signal);
  }

  /** Send any request by the rules of all others; give the answer, if it is a success. */
  async request(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    return this.#transport.request(method, path, asked);
  }
}
