/** Agents and webhooks: records that are made, read, changed and deleted, and the verbs of their own. */
import { address, idOf, key } from "./addresses.ts";
import type {
  AgentChange,
  AgentCreate,
  AgentRecord,
  AgentVersion,
  DeliveryDetail,
  DeliveryRecord,
  SecretRotated,
  WebhookChange,
  WebhookCreate,
  WebhookCreated,
  WebhookRecord,
} from "./generated.ts";
import { Pages } from "./lists.ts";
import type { Transport } from "./transport.ts";

type Id = string | { id: string };

/** Records of one kind. */
class Resources<R extends { id: string }, Create, Made, Change> {
  protected readonly transport: Transport;
  #kind: string;

  constructor(transport: Transport, kind: string) {
    this.transport = transport;
    this.#kind = kind;
  }

  /** Make one. Throws NameTaken where it has a name that another has. */
  async create(said: Create): Promise<Made> {
    const asked = { json: said, headers: { "Idempotency-Key": key() }, safe: "with keys" as const };
    return this.transport.json<Made>("POST", `/v1/${this.#kind}`, asked, "id");
  }

  /** Ask for one. */
  async get(one: Id): Promise<R> {
    return this.transport.json<R>("GET", this.of(one), {}, "id");
  }

  /** Change what is named. */
  async update(one: Id, change: Change): Promise<R> {
    return this.transport.json<R>("PATCH", this.of(one), { json: change }, "id");
  }

  /** Delete one. */
  async delete(one: Id): Promise<void> {
    await this.transport.delete(this.of(one));
  }

  protected of(one: Id, ...more: string[]): string {
    return address(this.#kind, idOf(this.#kind, one), ...more);
  }
}

/** Named settings that sessions can share. An agent may be named by its id or its name. */
export class Agents extends Resources<AgentRecord, AgentCreate, AgentRecord, AgentChange> {
  /** List agents. */
  list(): Pages<AgentRecord> {
    return new Pages(this.transport, "/v1/agents");
  }

  /** List what it was, the newest first. */
  async versions(agent: Id): Promise<AgentVersion[]> {
    return this.transport.json<AgentVersion[]>("GET", this.of(agent, "versions"));
  }
}

/** Addresses that are told what happens. */
export class Webhooks extends Resources<WebhookRecord, WebhookCreate, WebhookCreated, WebhookChange> {
  /** List webhooks. */
  async list(): Promise<WebhookRecord[]> {
    return this.transport.json<WebhookRecord[]>("GET", "/v1/webhooks", {}, "id");
  }

  /** Make a new secret; the old one signs too for `grace` seconds. */
  async rotate(webhook: Id, grace = 86_400): Promise<SecretRotated> {
    return this.transport.json("POST", this.of(webhook, "rotate"), { json: { grace } }, "secret");
  }

  /** Have `webhook.test` sent. */
  async test(webhook: Id): Promise<DeliveryRecord> {
    return this.transport.json("POST", this.of(webhook, "test"), {}, "id");
  }

  /** List what it was to be told, the newest first. */
  deliveries(webhook: Id): Pages<DeliveryRecord> {
    return new Pages(this.transport, this.of(webhook, "deliveries"));
  }

  /** Ask for a delivery, with what was sent. */
  async delivery(webhook: Id, delivery: Id): Promise<DeliveryDetail> {
    return this.transport.json("GET", this.#delivery(webhook, delivery), {}, "id");
  }

  /** Begin the attempts anew. */
  async redeliver(webhook: Id, delivery: Id): Promise<DeliveryRecord> {
    return this.transport.json("POST", `${this.#delivery(webhook, delivery)}/redeliver`, {}, "id");
  }

  #delivery(webhook: Id, delivery: Id): string {
    return this.of(webhook, "deliveries", idOf("a delivery", delivery));
  }
}
