/** Sessions: a conversation and its workspace each, in which one turn runs at a time. */
import { address, idOf, key } from "./addresses.ts";
import { Files } from "./files.ts";
import { Follower } from "./following.ts";
import type { Accepted, AttachmentIn, LogEvent, Said, SessionCreate, SessionRecord } from "./generated.ts";
import { Pages } from "./lists.ts";
import { Place } from "./reading.ts";
import { definitions, type Tools } from "./tools.ts";
import type { Transport } from "./transport.ts";
import { type Result, Turn, type Waiting } from "./turn.ts";

const WEEK = 7 * 86_400;

/** What a message has besides its text. */
export interface Sending {
  attachments?: AttachmentIn[];
  /** What becomes of it while a turn runs: refused with SessionBusy, queued, told to that turn, or begun in its place. */
  onBusy?: "reject" | "enqueue" | "steer" | "interrupt";
  webhookUrl?: string;
  webhookSecret?: string;
  /** Else one is made, so that a repetition starts nothing twice. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** What a session is made with: what POST /v1/sessions takes, and functions of this program as `tools`. */
export type Creating = Partial<Omit<SessionCreate, "tools">> & { tools?: Tools; signal?: AbortSignal };

/** A session. Properties say what is known here, and ask nobody: `refresh()` does. */
export class Session {
  readonly id: string;
  /** All that the server said of it last. */
  raw: Partial<SessionRecord>;
  readonly tools: Tools;
  readonly files: Files;
  #transport: Transport;
  #path: string;

  constructor(transport: Transport, id: string, more: { tools?: Tools; raw?: Partial<SessionRecord> } = {}) {
    this.#transport = transport;
    this.id = id;
    this.raw = more.raw ?? {};
    this.tools = more.tools ?? {};
    this.files = new Files(transport, id);
    this.#path = address("sessions", id);
  }

  /** The turn that runs. */
  get current(): Turn | undefined {
    return this.raw.response_id ? this.turn(this.raw.response_id) : undefined;
  }

  /** Ask how it stands. */
  async refresh(signal?: AbortSignal): Promise<this> {
    this.raw = await this.#transport.json<SessionRecord>("GET", this.#path, { signal }, "id");
    return this;
  }

  /** Set keys of the metadata (null removes one, others stay), or the title. */
  async update(change: { metadata?: Record<string, unknown>; title?: string }): Promise<this> {
    this.raw = await this.#transport.json<SessionRecord>("PATCH", this.#path, { json: change, safe: "yes" }, "id");
    return this;
  }

  /** Delete it, and cancel what runs. Files stay. */
  async delete(): Promise<void> {
    await this.#transport.delete(this.#path);
  }

  /** Give a handle for a turn; asks nobody. */
  turn(id: string | { id: string }): Turn {
    return new Turn(this.#transport, this.id, idOf("a turn", id), { tools: this.tools });
  }

  /** Send a message, and come back at once: the turn goes on by itself, and starts once whatever breaks. */
  async send(message: string, how: Sending = {}): Promise<Turn> {
    const json = {
      message,
      on_busy: how.onBusy ?? "reject",
      attachments: how.attachments,
      webhook_url: how.webhookUrl || undefined,
      webhook_secret: how.webhookSecret || undefined,
    };
    const headers = { Prefer: "respond-async", "Idempotency-Key": how.idempotencyKey ?? key() };
    const asked = { json, headers, safe: "yes" as const, signal: how.signal };
    const said = await this.#transport.json<Accepted>("POST", `${this.#path}/messages`, asked, "response_id");
    const { status, outcome, after } = said;
    return new Turn(this.#transport, this.id, said.response_id, {
      tools: this.tools,
      raw: status ? { status } : {},
      outcome,
      after,
    });
  }

  /** Send a message and wait for what comes of it. */
  async ask(message: string, how: Sending & Waiting = {}): Promise<Result> {
    return (await this.send(message, how)).result(how);
  }

  /** List the turns, the newest first. */
  turns(): Pages<Turn> {
    const make = (raw: Partial<Turn["raw"]> & { id: string }) =>
      new Turn(this.#transport, this.id, raw.id, { tools: this.tools, raw });
    return new Pages(this.#transport, `${this.#path}/responses`, {}, make);
  }

  /** List what was said, from the beginning. */
  messages(): Pages<Said> {
    return new Pages(this.#transport, `${this.#path}/messages`);
  }

  /** Read the events of all turns by one cursor, until the session is gone. Runs no tools. */
  async *events(how: { after?: string; follow?: boolean; signal?: AbortSignal } = {}): AsyncGenerator<LogEvent, void> {
    const place = new Place(how.after);
    const follower = new Follower(this.#transport, `${this.#path}/events`, place, { signal: how.signal });
    yield* how.follow === false ? follower.present() : follower.events();
  }
}

/** The sessions of a tenant. */
export class Sessions {
  #transport: Transport;
  #tools: Tools;

  constructor(transport: Transport, tools: Tools) {
    this.#transport = transport;
    this.#tools = tools;
  }

  /** Make a session that lives for a week unless `ttl` says otherwise; the API's own default is four hours. */
  async create({ tools = {}, signal, ...settings }: Creating = {}): Promise<Session> {
    const own = { ...this.#tools, ...tools };
    const told = definitions(own);
    const json = { persistent: true, ttl: WEEK, ...settings, ...(told.length && { tools: told }) };
    const asked = { json, headers: { "Idempotency-Key": key() }, safe: "with keys" as const, signal };
    const raw = await this.#transport.json<SessionRecord>("POST", "/v1/sessions", asked, "id");
    return new Session(this.#transport, raw.id, { tools: own, raw });
  }

  /** Ask for a session. Throws NotFound. */
  async get(session: string | { id: string }): Promise<Session> {
    return this.handle(session).refresh();
  }

  /** Give a handle for a session; asks nobody. */
  handle(session: string | { id: string }): Session {
    return new Session(this.#transport, idOf("a session", session), { tools: this.#tools });
  }

  /** List sessions, the newest first. */
  list(
    only: { busy?: boolean; waiting?: boolean; failed?: boolean; agent?: string; q?: string } = {},
  ): Pages<Session> {
    const make = (raw: SessionRecord) => new Session(this.#transport, raw.id, { tools: this.#tools, raw });
    return new Pages(this.#transport, "/v1/sessions", only, make);
  }

  /** Delete a session. */
  async delete(session: string | { id: string }): Promise<void> {
    await this.handle(session).delete();
  }
}
