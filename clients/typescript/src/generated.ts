/** What is on the wire: records and events. Written by dev/typescript.py; changes are made there. */

/** A message that a turn has: a new one, one that waits, or the one that was running already. */
export interface Accepted {
  response_id: string;
  session_id: string;
  status?: "in_progress" | "queued";
  /** what became of the message */
  outcome: "started" | "queued" | "steered";
  /** address of the turn's events */
  events_url: string;
  /** what to send there as `after`, to read on from the message; -1: all */
  after: number;
}

/** What can be changed about an agent; what is absent stays. */
export interface AgentChange {
  /** the server's default if empty */
  model?: string;
  /** added to the system prompt */
  instructions?: string;
  /** whether to think first, or with how many tokens more; as the model does by itself if absent */
  thinking?: boolean | number | null;
  /** model calls in one turn */
  max_steps?: number;
  /** seconds until a turn is given up; else the server's */
  turn_timeout?: number | null;
  /** of one answer, its thinking counted; by model if absent */
  max_output_tokens?: number | null;
  /** how much work the model puts into an answer; its own default if absent */
  effort?: "low" | "medium" | "high" | "xhigh" | "max" | null;
  /** for models that take one; newer ones refuse it */
  temperature?: number | null;
  /** only these; web_search, web_fetch and code_execution are off if not named */
  allowed_tools?: string[] | null;
  /** all but these */
  disallowed_tools?: string[];
  /** no model call once the session has cost so much, by docs/models.md */
  max_cost_usd?: number | null;
  /** the same for each turn */
  max_turn_cost_usd?: number | null;
  /** tools of the server's whose calls wait for a yes */
  approve?: string[];
  /** seconds that the caller has for a call; then the model is told that nobody answered. 0: as many as the session lives */
  tool_timeout?: number;
  /** whether tools that take moments run beside the model; false: each by itself */
  inline_tools?: boolean;
  /** whether to call tools; one or `any` that must be is called in a turn's first step alone */
  tool_choice?: "auto" | "any" | "none" | ToolNamed | null;
  /** whether an answer may call several tools at once */
  parallel_tool_calls?: boolean;
  /** what the text of each answer is to be; any text if absent */
  output_format?: OutputFormat | null;
  /** the same of all answers of a turn together */
  max_turn_output_tokens?: number | null;
  /** for models that take one, instead of a temperature */
  top_p?: number | null;
  /** tools that the caller runs: a call waits for POST …/tool_results */
  tools?: FunctionTool[];
  name?: string | null;
  description?: string | null;
}

/** An agent: a name, and how it works. */
export interface AgentCreate {
  /** the server's default if empty */
  model?: string;
  /** added to the system prompt */
  instructions?: string;
  /** whether to think first, or with how many tokens more; as the model does by itself if absent */
  thinking?: boolean | number | null;
  /** model calls in one turn */
  max_steps?: number;
  /** seconds until a turn is given up; else the server's */
  turn_timeout?: number | null;
  /** of one answer, its thinking counted; by model if absent */
  max_output_tokens?: number | null;
  /** how much work the model puts into an answer; its own default if absent */
  effort?: "low" | "medium" | "high" | "xhigh" | "max" | null;
  /** for models that take one; newer ones refuse it */
  temperature?: number | null;
  /** only these; web_search, web_fetch and code_execution are off if not named */
  allowed_tools?: string[] | null;
  /** all but these */
  disallowed_tools?: string[];
  /** no model call once the session has cost so much, by docs/models.md */
  max_cost_usd?: number | null;
  /** the same for each turn */
  max_turn_cost_usd?: number | null;
  /** tools of the server's whose calls wait for a yes */
  approve?: string[];
  /** seconds that the caller has for a call; then the model is told that nobody answered. 0: as many as the session lives */
  tool_timeout?: number;
  /** whether tools that take moments run beside the model; false: each by itself */
  inline_tools?: boolean;
  /** whether to call tools; one or `any` that must be is called in a turn's first step alone */
  tool_choice?: "auto" | "any" | "none" | ToolNamed | null;
  /** whether an answer may call several tools at once */
  parallel_tool_calls?: boolean;
  /** what the text of each answer is to be; any text if absent */
  output_format?: OutputFormat | null;
  /** the same of all answers of a turn together */
  max_turn_output_tokens?: number | null;
  /** for models that take one, instead of a temperature */
  top_p?: number | null;
  /** tools that the caller runs: a call waits for POST …/tool_results */
  tools?: FunctionTool[];
  /** by which sessions and runs may name it */
  name: string;
  /** for people */
  description?: string;
}

/** An agent as it is now. */
export interface AgentRecord {
  id: string;
  name: string;
  description: string;
  /** one more with each change; a turn keeps the one that it began with */
  version: number;
  /** seconds since the epoch, like all times */
  created_at: number;
  updated_at: number;
  /** of an agent, empty: the server's default */
  model: string;
  instructions: string;
  thinking: boolean | number;
  max_steps: number;
  turn_timeout: number | null;
  max_output_tokens: number;
  effort: string | null;
  temperature: number | null;
  allowed_tools: string[] | null;
  disallowed_tools: string[];
  max_cost_usd: number | null;
  max_turn_cost_usd: number | null;
  /** names of the tools that the caller runs */
  tools: string[];
  approve: string[];
  tool_timeout: number;
  inline_tools: boolean;
  tool_choice: string | Record<string, unknown> | null;
  parallel_tool_calls: boolean;
  output_format: Record<string, unknown> | null;
  max_turn_output_tokens: number | null;
  top_p: number | null;
}

/** An agent as it was in a version: a turn that began with it keeps it. */
export interface AgentVersion {
  id: string;
  /** that it had then; null of one that 0.1.0 kept */
  name: string | null;
  description: string | null;
  version: number;
  /** when it came to be; null of one that 0.1.0 kept */
  updated_at: number | null;
  /** of an agent, empty: the server's default */
  model: string;
  instructions: string;
  thinking: boolean | number;
  max_steps: number;
  turn_timeout: number | null;
  max_output_tokens: number;
  effort: string | null;
  temperature: number | null;
  allowed_tools: string[] | null;
  disallowed_tools: string[];
  max_cost_usd: number | null;
  max_turn_cost_usd: number | null;
  /** names of the tools that the caller runs */
  tools: string[];
  approve: string[];
  tool_timeout: number;
  inline_tools: boolean;
  tool_choice: string | Record<string, unknown> | null;
  parallel_tool_calls: boolean;
  output_format: Record<string, unknown> | null;
  max_turn_output_tokens: number | null;
  top_p: number | null;
}

/** A version with the definitions of its tools. */
export interface AgentVersionDetail {
  id: string;
  /** that it had then; null of one that 0.1.0 kept */
  name: string | null;
  description: string | null;
  version: number;
  /** when it came to be; null of one that 0.1.0 kept */
  updated_at: number | null;
  /** of an agent, empty: the server's default */
  model: string;
  instructions: string;
  thinking: boolean | number;
  max_steps: number;
  turn_timeout: number | null;
  max_output_tokens: number;
  effort: string | null;
  temperature: number | null;
  allowed_tools: string[] | null;
  disallowed_tools: string[];
  max_cost_usd: number | null;
  max_turn_cost_usd: number | null;
  /** those that the caller runs, as they can be sent again */
  tools: Record<string, unknown>[];
  approve: string[];
  tool_timeout: number;
  inline_tools: boolean;
  tool_choice: string | Record<string, unknown> | null;
  parallel_tool_calls: boolean;
  output_format: Record<string, unknown> | null;
  max_turn_output_tokens: number | null;
  top_p: number | null;
}

/** An image (JPEG, PNG, GIF, WebP up to 5 MB), a PDF (20 MB) or a text (1 MB) for the model to look at. */
export interface AttachmentIn {
  /** a file of the workspace */
  path?: string;
  /** needed with data; else by the path's suffix */
  media_type?: string;
  /** the bytes in base64, instead of a path */
  data?: string;
  /** what the model is told the file is called */
  name?: string;
}

/** One attempt to deliver. */
export interface AttemptRecord {
  at: number;
  latency_ms: number;
  /** null when there was no answer */
  status_code: number | null;
  /** why there was none, or why it does not count */
  error: string | null;
  /** the beginning of the answer's body */
  response: string;
}

/** What came of a cancel (contract A.8). */
export interface Cancelled {
  response_id: string;
  status: "cancelling" | "already_complete";
}

/** A file that a tool has changed, as the turn left it. */
export interface ChangedFile {
  path: string;
  op: "written" | "deleted";
  /** bytes; null once it is deleted */
  size: number | null;
  /** its ETag without quotes; null once it is deleted */
  version?: string | null;
  /** the call that changed it last */
  call_id: string;
}

/** How many sessions were deleted. */
export interface Deleted {
  deleted: number;
}

/** A delivery with what is sent. */
export interface DeliveryDetail {
  /** the event's id, which the header webhook-id has in every attempt */
  id: string;
  type: string;
  /** failed: no attempt is left, or none is wanted */
  status: "pending" | "succeeded" | "failed";
  /** increases with each event of a session; 0: of no session */
  sequence: number;
  session_id: string | null;
  response_id: string | null;
  created_at: number;
  next_attempt_at: number | null;
  /** the latest ones */
  attempts: AttemptRecord[];
  payload: unknown;
}

/** Something that an endpoint is to be told, and how far that is. */
export interface DeliveryRecord {
  /** the event's id, which the header webhook-id has in every attempt */
  id: string;
  type: string;
  /** failed: no attempt is left, or none is wanted */
  status: "pending" | "succeeded" | "failed";
  /** increases with each event of a session; 0: of no session */
  sequence: number;
  session_id: string | null;
  response_id: string | null;
  created_at: number;
  next_attempt_at: number | null;
  /** the latest ones */
  attempts: AttemptRecord[];
}

/** What is wrong and what to do (contract A.14). */
export interface ErrorBody {
  /** a short name for programs */
  error: string;
  /** a sentence for people */
  message: string;
  /** the turn that runs; only where a session is busy */
  response_id?: string;
  /** who has claimed the call; only where one is claimed */
  worker?: string;
  /** when that claim ends; only where a call is claimed */
  until?: number;
}

/** Some events of a turn's log, in order. */
export interface EventsPage {
  events: Record<string, unknown>[];
  /** what to send as `after` for the rest */
  next: number;
  /** whether the terminal event is at or before `next` */
  done: boolean;
}

/** Some of what has happened, about in its order. */
export interface FeedPage {
  /** bodies as webhooks have them: docs/webhooks.md */
  events: Record<string, unknown>[];
  /** what to send as `after` for the rest; it changes also where nothing came */
  next: string;
}

/** Which paths of the workspace a session may touch; each stands for itself and all below, `""` for everything. */
export interface FileAccess {
  read?: string[];
  write?: string[];
}

/** An entry of a directory. */
export interface FileEntry {
  /** the basename */
  name: string;
  /** from the workspace's root */
  path: string;
  type: "file" | "directory";
  size: number;
  modified: number;
  /** of a file, in hexadecimal; null: not asked for, or not known */
  sha256: string | null;
}

/** A file that has been written. */
export interface FileWritten {
  path: string;
  size: number;
  modified: number;
}

/** What a firing that deletes sessions has done so far. */
export interface FiringPruned {
  /** failed: some could not be deleted, as the firing's error says */
  status: "in_progress" | "completed" | "failed" | "cancelled";
  /** how many sessions it has deleted */
  deleted: number;
}

/** A time at which a schedule was to fire, and what became of it. */
export interface FiringRecord {
  id: string;
  schedule_id: string;
  /** the time that the schedule names, whenever it was kept */
  scheduled_at: number;
  fired_at: number;
  trigger: "tick" | "catch_up" | "manual" | "backfill";
  /** queued: it waits; missed: nobody was there to keep it */
  outcome: "queued" | "started" | "skipped" | "missed" | "failed";
  /** of how many times this tells; more than 1 only where all were missed */
  count: number;
  session_id: string | null;
  response_id: string | null;
  /** null where there is no turn, or it is gone with its session */
  turn_status: "queued" | "in_progress" | "completed" | "failed" | "cancelled" | null;
  /** null where it deletes no sessions */
  pruned: FiringPruned | null;
  /** why nothing began, or not all could be deleted */
  error: ScheduleTrouble | null;
}

/** A tool that the caller runs, in the flat form of OpenAI's Responses API. */
export interface FunctionTool {
  type?: "function";
  /** by which the model calls it */
  name: string;
  /** for the model, up to 16 KiB */
  description?: string;
  /** JSON schema of an object */
  parameters?: Record<string, unknown>;
  /** taken and not used: models differ in what they promise */
  strict?: boolean | null;
  /** seconds for an answer; else the session's tool_timeout */
  timeout?: number | null;
}

/** The server answers. */
export interface Health {
  status?: "ok";
  version: string;
  /** the model of sessions that name none */
  model: string;
}

/** A key: never the key itself. */
export interface KeyRecord {
  /** the beginning of its hash, by which `walkaway keys` names it */
  id: string;
  /** what it is for; empty where nobody has said it */
  name: string;
}

/** The turn of a session that ended last, at its `last_activity`. */
export interface LastResponse {
  id: string;
  status: "completed" | "failed" | "cancelled";
}

/** Who is calling, and what there is for them. */
export interface Me {
  tenant: string;
  /** null where nobody needs one */
  key: KeyRecord | null;
  version: string;
  /** what clients may ask whether it is there: docs/reference.md */
  features: string[];
  /** by name, each with its unit; more may come */
  limits: Record<string, number>;
  /** the default one first; others may work as well */
  models: ModelRecord[];
}

/** A message to the agent, and settings that hold for its turn alone: the session's are what is absent. */
export interface MessageCreate {
  /** the server's default if empty */
  model?: string;
  /** added to the system prompt */
  instructions?: string;
  /** whether to think first, or with how many tokens more; as the model does by itself if absent */
  thinking?: boolean | number | null;
  /** model calls in one turn */
  max_steps?: number;
  /** seconds until a turn is given up; else the server's */
  turn_timeout?: number | null;
  /** of one answer, its thinking counted; by model if absent */
  max_output_tokens?: number | null;
  /** how much work the model puts into an answer; its own default if absent */
  effort?: "low" | "medium" | "high" | "xhigh" | "max" | null;
  /** for models that take one; newer ones refuse it */
  temperature?: number | null;
  /** only these; web_search, web_fetch and code_execution are off if not named */
  allowed_tools?: string[] | null;
  /** all but these */
  disallowed_tools?: string[];
  /** no model call once the session has cost so much, by docs/models.md */
  max_cost_usd?: number | null;
  /** the same for each turn */
  max_turn_cost_usd?: number | null;
  /** tools of the server's whose calls wait for a yes */
  approve?: string[];
  /** seconds that the caller has for a call; then the model is told that nobody answered. 0: as many as the session lives */
  tool_timeout?: number;
  /** whether tools that take moments run beside the model; false: each by itself */
  inline_tools?: boolean;
  /** whether to call tools; one or `any` that must be is called in a turn's first step alone */
  tool_choice?: "auto" | "any" | "none" | ToolNamed | null;
  /** whether an answer may call several tools at once */
  parallel_tool_calls?: boolean;
  /** what the text of each answer is to be; any text if absent */
  output_format?: OutputFormat | null;
  /** the same of all answers of a turn together */
  max_turn_output_tokens?: number | null;
  /** for models that take one, instead of a temperature */
  top_p?: number | null;
  /** tools that the caller runs: a call waits for POST …/tool_results */
  tools?: FunctionTool[];
  /** plain text or markdown */
  message: string;
  /** up to 20 MB in all */
  attachments?: AttachmentIn[];
  /** what happens while a turn runs: 409, wait for it to end, tell it so at its next step, or cancel it and begin at once */
  on_busy?: "reject" | "enqueue" | "steer" | "interrupt";
  /** an address that is told how this turn ends; see /v1/webhooks */
  webhook_url?: string;
  /** signs what is sent there: whsec_ and 24 to 64 bytes in base64 */
  webhook_secret?: string;
}

/** A model that sessions can name. */
export interface ModelRecord {
  id: string;
  /** whether it answers where none is named */
  default: boolean;
}

/** What the text of an answer is to be. */
export interface OutputFormat {
  type?: "json_schema";
  /** of JSON, up to 32 KiB: the text is an instance of it */
  schema: Record<string, unknown>;
}

/** A call that waits for the caller: for its output, or for a yes or no to a tool that the server runs. */
export interface PendingToolCall {
  call_id: string;
  name: string;
  arguments: Record<string, unknown>;
  /** how to answer it */
  needs: "output" | "approval";
  /** then the model is told that nobody answered; null: it waits without an end */
  expires_at: number | null;
}

/** A turn as it is now, with the settings that it began with; one that waits: with those that it would have now. */
export interface ResponseRecord {
  id: string;
  session_id: string;
  status: "queued" | "in_progress" | "completed" | "failed" | "cancelled";
  created_at: number;
  /** when it began to run; null while it waits */
  started_at: number | null;
  ended_at: number | null;
  /** model calls so far */
  steps: number;
  usage: Record<string, number>;
  /** by docs/models.md; null when a model has no price there */
  cost_usd: number | null;
  /** the text of the last step */
  output_text: string;
  error: string | null;
  /** why it failed, for programs; null where nothing says so */
  error_code: string | null;
  /** what it waits for the caller to do */
  pending_tool_calls: PendingToolCall[];
  /** what its tools have changed, each file once; the last 1,000 */
  files?: ChangedFile[];
  /** the schedule that began it; null: somebody has */
  schedule_id?: string | null;
  /** and at which of its times */
  firing_id?: string | null;
  /** of an agent, empty: the server's default */
  model: string;
  instructions: string;
  thinking: boolean | number;
  max_steps: number;
  turn_timeout: number | null;
  max_output_tokens: number;
  effort: string | null;
  temperature: number | null;
  allowed_tools: string[] | null;
  disallowed_tools: string[];
  max_cost_usd: number | null;
  max_turn_cost_usd: number | null;
  /** names of the tools that the caller runs */
  tools: string[];
  approve: string[];
  tool_timeout: number;
  inline_tools: boolean;
  tool_choice: string | Record<string, unknown> | null;
  parallel_tool_calls: boolean;
  output_format: Record<string, unknown> | null;
  max_turn_output_tokens: number | null;
  top_p: number | null;
}

/** One entry of the conversation: from the user, the model, or a tool (`role` is then `tool`). */
export interface Said {
  /** a cursor for `after` */
  id: string;
  response_id: string;
  /** 0 for the user's message */
  step: number;
  role: "user" | "assistant" | "tool";
  /** blocks in the shape of the Messages API */
  content: Record<string, unknown>[];
  created_at: number;
}

/** For which past times to fire: those from `from` to `to`, 100 at most. */
export interface ScheduleBackfillAsked {
  from: number;
  to: number;
  /** enqueue: all wait, in their order */
  overlap?: "enqueue" | "skip" | "interrupt" | "allow";
}

/** What can be changed about a schedule; what is absent stays. */
export interface ScheduleChange {
  /** minute, hour, day of month, month, day of week; or @daily */
  cron?: string | null;
  /** seconds from one to the next, 60 at least */
  every?: number | null;
  /** once, at this time; one that has passed needs `catch_up` beside it */
  at?: number | null;
  /** of the IANA database; cron is in it */
  timezone?: string;
  /** nothing before it; `every` counts from it on */
  starts_at?: number | null;
  /** nothing behind it */
  ends_at?: number | null;
  /** how often it begins something by itself */
  max_firings?: number | null;
  /** seconds by which it may be late, to spread the load */
  jitter?: number;
  /** message: begins a turn; prune: deletes sessions, and takes no message */
  action?: "message" | "prune";
  /** which sessions are deleted, where `action` is prune */
  prune?: SchedulePrune | null;
  /** what the agent is told, with {{scheduled_at}}, {{previous_at}}, {{schedule}} and {{firing}} */
  message?: string;
  attachments?: AttachmentIn[];
  /** an address that is told how each turn ends; see /v1/webhooks */
  webhook_url?: string;
  /** id or name of the agent; also `session.agent` */
  agent?: string;
  /** how to make the session of each turn (by default it lives a week), or the id of one */
  session?: SessionCreate | string | null;
  /** what happens while the last turn, or deleting, that it began goes on */
  overlap?: "skip" | "enqueue" | "enqueue_all" | "interrupt" | "allow";
  /** which of the times fire that nobody could keep: the newest, all up to 100, or none */
  catch_up?: "latest" | "all" | "none";
  /** seconds: what was missed earlier does not fire */
  catch_up_window?: number;
  /** pause when so many in a row have failed */
  pause_after_failures?: number | null;
  /** free form, up to 16 KB */
  metadata?: Record<string, unknown>;
  /** a paused one keeps no times */
  status?: "active" | "paused";
  /** why it is paused */
  note?: string;
  /** one's own in the tenant; stands for the id */
  name?: string;
}

/** How many times had which outcome. */
export interface ScheduleCounts {
  started: number;
  skipped: number;
  missed: number;
  failed: number;
}

/** A turn at given times, or sessions that are deleted then. */
export interface ScheduleCreate {
  /** minute, hour, day of month, month, day of week; or @daily */
  cron?: string | null;
  /** seconds from one to the next, 60 at least */
  every?: number | null;
  /** once, at this time; one that has passed needs `catch_up` beside it */
  at?: number | null;
  /** of the IANA database; cron is in it */
  timezone?: string;
  /** nothing before it; `every` counts from it on */
  starts_at?: number | null;
  /** nothing behind it */
  ends_at?: number | null;
  /** how often it begins something by itself */
  max_firings?: number | null;
  /** seconds by which it may be late, to spread the load */
  jitter?: number;
  /** message: begins a turn; prune: deletes sessions, and takes no message */
  action?: "message" | "prune";
  /** which sessions are deleted, where `action` is prune */
  prune?: SchedulePrune | null;
  /** what the agent is told, with {{scheduled_at}}, {{previous_at}}, {{schedule}} and {{firing}} */
  message?: string;
  attachments?: AttachmentIn[];
  /** an address that is told how each turn ends; see /v1/webhooks */
  webhook_url?: string;
  /** id or name of the agent; also `session.agent` */
  agent?: string;
  /** how to make the session of each turn (by default it lives a week), or the id of one */
  session?: SessionCreate | string | null;
  /** what happens while the last turn, or deleting, that it began goes on */
  overlap?: "skip" | "enqueue" | "enqueue_all" | "interrupt" | "allow";
  /** which of the times fire that nobody could keep: the newest, all up to 100, or none */
  catch_up?: "latest" | "all" | "none";
  /** seconds: what was missed earlier does not fire */
  catch_up_window?: number;
  /** pause when so many in a row have failed */
  pause_after_failures?: number | null;
  /** free form, up to 16 KB */
  metadata?: Record<string, unknown>;
  /** a paused one keeps no times */
  status?: "active" | "paused";
  /** why it is paused */
  note?: string;
  /** one's own in the tenant; stands for the id */
  name?: string;
}

/** Why a schedule is paused. */
export interface SchedulePaused {
  code: string;
  message: string;
  at: number;
}

/** When a schedule would fire. */
export interface SchedulePreview {
  description: string;
  /** seconds since the epoch, like all times */
  upcoming: number[];
}

/** When to fire, and how many times are to be shown. */
export interface SchedulePreviewAsked {
  /** minute, hour, day of month, month, day of week; or @daily */
  cron?: string | null;
  /** seconds from one to the next, 60 at least */
  every?: number | null;
  /** once, at this time; one that has passed needs `catch_up` beside it */
  at?: number | null;
  /** of the IANA database; cron is in it */
  timezone?: string;
  /** seconds since the epoch */
  starts_at?: number | null;
  /** seconds since the epoch */
  ends_at?: number | null;
  count?: number;
}

/** Which sessions a schedule deletes: those that are idle, and have been for long. */
export interface SchedulePrune {
  /** a busy one is never deleted by itself */
  status?: "idle";
  /** unused for so long before the time that fires, such as 720h or 1h30m */
  older_than: string;
}

/** A schedule as it is now. */
export interface ScheduleRecord {
  id: string;
  name: string;
  cron: string | null;
  every: number | null;
  at: number | null;
  timezone: string;
  starts_at: number | null;
  ends_at: number | null;
  max_firings: number | null;
  jitter: number;
  action: "message" | "prune";
  prune: SchedulePrune | null;
  message: string;
  attachments: Record<string, unknown>[];
  webhook_url: string;
  agent: string;
  session: Record<string, unknown> | string | null;
  overlap: "skip" | "enqueue" | "enqueue_all" | "interrupt" | "allow";
  catch_up: "latest" | "all" | "none";
  catch_up_window: number;
  pause_after_failures: number | null;
  metadata: Record<string, unknown>;
  /** an ended one goes after 30 days */
  status: "active" | "paused" | "ended";
  paused_reason: SchedulePaused | null;
  /** when it fires, in words */
  description: string;
  next_at: number | null;
  /** the next five times */
  upcoming: number[];
  last_firing: FiringRecord | null;
  counts: ScheduleCounts;
  /** seconds since the epoch, like all times */
  created_at: number;
  updated_at: number;
}

/** How to fire now; what is absent is the schedule's. */
export interface ScheduleRunAsked {
  overlap?: "skip" | "enqueue" | "enqueue_all" | "interrupt" | "allow" | null;
  message?: string | null;
}

/** What is wrong. */
export interface ScheduleTrouble {
  code: string;
  message: string;
}

/** How to change an endpoint's secret. */
export interface SecretRotate {
  /** seconds for which the old one signs too */
  grace?: number;
}

/** A new secret. This is the only time that it is shown. */
export interface SecretRotated {
  secret: string;
  /** until then messages are signed with the old one too */
  old_valid_until: number;
}

/** What can be changed about a session. */
export interface SessionChange {
  /** keys to set; null removes one, other keys stay */
  metadata?: Record<string, unknown>;
  /** what it is called in lists; empty: it has no title */
  title?: string | null;
}

/** What can be said when a session is made; everything has a default, or is the named agent's. */
export interface SessionCreate {
  /** the server's default if empty */
  model?: string;
  /** added to the system prompt */
  instructions?: string;
  /** whether to think first, or with how many tokens more; as the model does by itself if absent */
  thinking?: boolean | number | null;
  /** model calls in one turn */
  max_steps?: number;
  /** seconds until a turn is given up; else the server's */
  turn_timeout?: number | null;
  /** of one answer, its thinking counted; by model if absent */
  max_output_tokens?: number | null;
  /** how much work the model puts into an answer; its own default if absent */
  effort?: "low" | "medium" | "high" | "xhigh" | "max" | null;
  /** for models that take one; newer ones refuse it */
  temperature?: number | null;
  /** only these; web_search, web_fetch and code_execution are off if not named */
  allowed_tools?: string[] | null;
  /** all but these */
  disallowed_tools?: string[];
  /** no model call once the session has cost so much, by docs/models.md */
  max_cost_usd?: number | null;
  /** the same for each turn */
  max_turn_cost_usd?: number | null;
  /** tools of the server's whose calls wait for a yes */
  approve?: string[];
  /** seconds that the caller has for a call; then the model is told that nobody answered. 0: as many as the session lives */
  tool_timeout?: number;
  /** whether tools that take moments run beside the model; false: each by itself */
  inline_tools?: boolean;
  /** whether to call tools; one or `any` that must be is called in a turn's first step alone */
  tool_choice?: "auto" | "any" | "none" | ToolNamed | null;
  /** whether an answer may call several tools at once */
  parallel_tool_calls?: boolean;
  /** what the text of each answer is to be; any text if absent */
  output_format?: OutputFormat | null;
  /** the same of all answers of a turn together */
  max_turn_output_tokens?: number | null;
  /** for models that take one, instead of a temperature */
  top_p?: number | null;
  /** tools that the caller runs: a call waits for POST …/tool_results */
  tools?: FunctionTool[];
  /** false: ends 5 minutes after its last response */
  persistent?: boolean;
  /** seconds it lives at the most */
  ttl?: number;
  /** free form, up to 16 KB; the agent reports here too */
  metadata?: Record<string, unknown>;
  file_access?: FileAccess;
  /** id or name of an agent; what is said here goes before what it says */
  agent?: string;
  /** whether commands may reach the network, where the server allows that */
  network?: boolean;
}

/** Some events of a session, in order, over its turns. */
export interface SessionEventsPage {
  events: Record<string, unknown>[];
  /** what to send as `after` for the rest; empty: from the beginning */
  next: string;
}

/** A session as it is now. */
export interface SessionRecord {
  id: string;
  /** the beginning of its first message, or what PATCH said; may be empty */
  title: string;
  /** seconds since the epoch, like all times */
  created_at: number;
  last_activity: number;
  /** whether a turn runs */
  busy: boolean;
  persistent: boolean;
  ttl: number;
  status?: "ready";
  metadata: Record<string, unknown>;
  file_access: FileAccess;
  /** id of the agent that says the rest */
  agent: string | null;
  network: boolean;
  /** what its turns have cost so far, as far as models have prices */
  cost_usd: number;
  expires_at: number;
  /** how many have begun; null where 0.1.0 has begun to count none */
  turns: number | null;
  /** the turn that runs now */
  response_id: string | null;
  /** the turn that ended last */
  last_response: LastResponse | null;
  /** the turns that wait for it to end, the next one first */
  queue: string[];
  /** what the turn waits for the caller to do */
  pending_tool_calls: PendingToolCall[];
  /** of an agent, empty: the server's default */
  model: string;
  instructions: string;
  thinking: boolean | number;
  max_steps: number;
  turn_timeout: number;
  max_output_tokens: number;
  effort: string | null;
  temperature: number | null;
  allowed_tools: string[] | null;
  disallowed_tools: string[];
  max_cost_usd: number | null;
  max_turn_cost_usd: number | null;
  /** names of the tools that the caller runs */
  tools: string[];
  approve: string[];
  tool_timeout: number;
  inline_tools: boolean;
  tool_choice: string | Record<string, unknown> | null;
  parallel_tool_calls: boolean;
  output_format: Record<string, unknown> | null;
  max_turn_output_tokens: number | null;
  top_p: number | null;
}

/** A worker takes a call that waits, to run its function. */
export interface ToolClaim {
  call_id: string;
  /** who claims it; the same name renews its claim */
  worker: string;
  /** how long, from now */
  seconds?: number;
}

/** The call is this worker's, until then or until somebody answers it. */
export interface ToolClaimed {
  call_id: string;
  worker: string;
  /** when the claim ends, by the server's clock */
  until: number;
}

/** The one tool that the model is to call. */
export interface ToolNamed {
  type?: "tool";
  name: string;
}

/** The answer to a call: an output, or a yes or no. */
export interface ToolResult {
  call_id: string;
  /** what the tool gave: text, or what the model is to read as JSON */
  output?: unknown;
  /** whether the tool failed; output says why */
  is_error?: boolean;
  /** whether the server's tool may run */
  approve?: boolean | null;
  /** of a no: told to the model */
  reason?: string;
}

/** Answers to calls that wait. */
export interface ToolResults {
  results: ToolResult[];
}

/** The answers are kept. */
export interface ToolResultsTaken {
  /** the turn whose calls they were */
  response_id: string;
  /** what it waits for still; none: it goes on */
  pending_tool_calls: PendingToolCall[];
}

/** What can be changed about an endpoint; what is absent stays. */
export interface WebhookChange {
  url?: string | null;
  events?: ("*" | "turn.started" | "turn.awaiting_tools" | "turn.completed" | "turn.failed" | "turn.cancelled" | "turn.queued" | "turn.resumed" | "session.created" | "session.updated" | "session.archived" | "session.deleted" | "session.expired" | "schedule.fired" | "schedule.skipped" | "schedule.failed" | "schedule.paused" | "webhook.disabled" | "session.status_run_started" | "session.status_idled" | "session.status_terminated" | "session.requires_action" | "session.budget_reached" | "session.running" | "session.idled")[] | null;
  format?: string | null;
  description?: string | null;
  name?: string | null;
  /** a disabled one is told nothing */
  status?: "enabled" | "disabled" | null;
}

/** An address that is to be told what happens. */
export interface WebhookCreate {
  /** http(s), on port 80 or 443, at a public address */
  url: string;
  /** what to be told; `*` for all. Some are of the format `managed` */
  events?: ("*" | "turn.started" | "turn.awaiting_tools" | "turn.completed" | "turn.failed" | "turn.cancelled" | "turn.queued" | "turn.resumed" | "session.created" | "session.updated" | "session.archived" | "session.deleted" | "session.expired" | "schedule.fired" | "schedule.skipped" | "schedule.failed" | "schedule.paused" | "webhook.disabled" | "session.status_run_started" | "session.status_idled" | "session.status_terminated" | "session.requires_action" | "session.budget_reached" | "session.running" | "session.idled")[];
  /** what the body looks like: the name of a dialect */
  format?: string;
  /** for people */
  description?: string;
  /** which no other one has, and which stands for its id; empty: none */
  name?: string;
}

/** A new endpoint. This is the only time that its secret is shown. */
export interface WebhookCreated {
  id: string;
  url: string;
  events: string[];
  format: string;
  description: string;
  /** empty: it has none */
  name: string;
  status: "enabled" | "disabled";
  /** why it was disabled */
  reason: string | null;
  /** seconds since the epoch, like all times */
  created_at: number;
  /** nothing was delivered since then; null: all is well */
  failing_since: number | null;
  /** verifies signatures, see standardwebhooks.com */
  secret: string;
}

/** An endpoint as it is now. */
export interface WebhookRecord {
  id: string;
  url: string;
  events: string[];
  format: string;
  description: string;
  /** empty: it has none */
  name: string;
  status: "enabled" | "disabled";
  /** why it was disabled */
  reason: string | null;
  /** seconds since the epoch, like all times */
  created_at: number;
  /** nothing was delivered since then; null: all is well */
  failing_since: number | null;
}

/** What every event of a log has besides its type and data. */
export interface Placed {
  /** What to give as `after`, to read on behind it. */
  cursor: string;
  /** Its place in the turn's log, from 0; of an event between turns, in the session's. */
  number: number;
  turnId: string;
}

/** What all data has: a number, and when it was written, in seconds since the epoch. */
export interface Timed {
  sequence_number?: number;
  at?: number;
}

/** This call has `written` or `deleted` a file; before its ToolResult. `size` in bytes, None once deleted. */
export interface FileChangedEvent extends Placed {
  type: "file.changed";
  data: Timed & {
    call_id: string;
    op: string;
    path: string;
    size: number | null;
    version: string | null;
  };
}

/** The call may run; a no is a ToolResult with `is_error`. */
export interface ToolCallApprovedEvent extends Placed {
  type: "tool_call.approved";
  data: Timed & {
    call_id: string;
  };
}

/** The turn waits for an output, or for a yes or no where `needs` is `approval`. */
export interface ToolCallRequestedEvent extends Placed {
  type: "tool_call.requested";
  data: Timed & {
    arguments: Record<string, unknown>;
    call_id: string;
    expires_at: number;
    name: string;
    needs: string;
  };
}

/** What the tool returned; `id` is that of ToolUseStart. */
export interface ToolResultEvent extends Placed {
  type: "tool_result";
  data: Timed & {
    content: string;
    id: string;
    is_error: boolean;
  };
}

/** The tool is about to run. */
export interface ToolUseExecutingEvent extends Placed {
  type: "tool_use.executing";
  data: Timed & {
    id: string;
    input: unknown;
    name: string;
  };
}

/** More of the call's arguments, as JSON text. */
export interface ToolUseInputDeltaEvent extends Placed {
  type: "tool_use.input_delta";
  data: Timed & {
    content: string;
  };
}

/** How far the tool is; at most once a second. */
export interface ToolUseProgressEvent extends Placed {
  type: "tool_use.progress";
  data: Timed & {
    content: string;
    id: string;
  };
}

/** The model begins to write a tool call. */
export interface ToolUseStartEvent extends Placed {
  type: "tool_use.start";
  data: Timed & {
    id: string;
    name: string;
  };
}

/** The arguments are complete. */
export interface ToolUseStopEvent extends Placed {
  type: "tool_use.stop";
  data: Timed;
}

/** What is stored of this event cannot be read; the ones around it keep their numbers. */
export interface EventUnreadableEvent extends Placed {
  type: "event.unreadable";
  data: Timed & {
    unreadable: unknown;
  };
}

/** The last event: the turn was cancelled. */
export interface MessageCancelledEvent extends Placed {
  type: "message.cancelled";
  data: Timed & {
    id: string;
    status: string;
  };
}

/** The last event: the turn is done. */
export interface MessageCompletedEvent extends Placed {
  type: "message.completed";
  data: Timed & {
    files: Record<string, unknown>[];
    id: string;
    status: string;
    usage: Record<string, number>;
  };
}

/** The first event of each turn; `id` is the turn's. */
export interface MessageCreatedEvent extends Placed {
  type: "message.created";
  data: Timed & {
    id: string;
    session_id: string;
    status: string;
  };
}

/** The last event: the turn failed. */
export interface MessageErrorEvent extends Placed {
  type: "message.error";
  data: Timed & {
    code: string;
    error: string;
    id: string;
  };
}

/** These keys of the session's metadata were set, or removed where they are None. */
export interface MetadataUpdatedEvent extends Placed {
  type: "metadata.updated";
  data: Timed & {
    changes: Record<string, unknown>;
  };
}

/** Of a session's events alone: no turn begins in it any more, and nothing follows. */
export interface SessionArchivedEvent extends Placed {
  type: "session.archived";
  data: Timed;
}

/** Of a session's events alone: somebody wanted to interrupt it, while no turn ran. */
export interface SessionInterruptedEvent extends Placed {
  type: "session.interrupted";
  data: Timed;
}

/** A session of a dialect that has such an event was changed: each field in `changes` as it is now. */
export interface SessionUpdatedEvent extends Placed {
  type: "session.updated";
  data: Timed & {
    changes: Record<string, unknown>;
  };
}

/** The model is not sent some things, which it does not take. */
export interface StepAdjustedEvent extends Placed {
  type: "step.adjusted";
  data: Timed & {
    left_out: unknown;
    reason: string;
    step: number;
  };
}

/** The model call is complete and part of the conversation. */
export interface StepCompletedEvent extends Placed {
  type: "step.completed";
  data: Timed & {
    step: number;
    stop_reason: string;
    usage: Record<string, number>;
  };
}

/** The attempt failed; the next one begins after `wait` seconds. */
export interface StepRetryingEvent extends Placed {
  type: "step.retrying";
  data: Timed & {
    attempt: number;
    error: string;
    step: number;
    wait: number;
  };
}

/** A model call begins; `attempt` 2 and up withdraw what the earlier attempt of this step wrote. */
export interface StepStartedEvent extends Placed {
  type: "step.started";
  data: Timed & {
    attempt: number;
    step: number;
  };
}

/** The conversation neared the model's window, and goes on from this summary. */
export interface TurnCompactedEvent extends Placed {
  type: "turn.compacted";
  data: Timed & {
    step: number;
    summary: string;
  };
}

/** The message waits, as number `place` in the queue behind the turn `behind`. */
export interface TurnQueuedEvent extends Placed {
  type: "turn.queued";
  data: Timed & {
    behind: string;
    place: number;
  };
}

/** Of a session's events alone: this turn begins, and its own events follow. */
export interface TurnStartedEvent extends Placed {
  type: "turn.started";
  data: Timed & {
    response_id: string;
  };
}

/** The user said this while the turn ran; the model gets to see it at that step. */
export interface TurnSteeredEvent extends Placed {
  type: "turn.steered";
  data: Timed & {
    message: string;
    step: number;
  };
}

/** That tool has answered; the whole block is in the conversation. Its kind is `data["type"]`. */
export interface ServerToolResultEvent extends Placed {
  type: "server_tool.result";
  data: Timed & {
    id: string;
  };
}

/** The model service uses a tool of its own, such as web_search. */
export interface ServerToolUseEvent extends Placed {
  type: "server_tool.use";
  data: Timed & {
    id: string;
    input: unknown;
    name: string;
  };
}

/** Where the text that is open now comes from, in the words of the Messages API. */
export interface TextCitationEvent extends Placed {
  type: "text.citation";
  data: Timed & {
    citation: Record<string, unknown>;
  };
}

/** More text. */
export interface TextDeltaEvent extends Placed {
  type: "text.delta";
  data: Timed & {
    content: string;
  };
}

/** A text block opens. */
export interface TextStartEvent extends Placed {
  type: "text.start";
  data: Timed;
}

/** The text block is complete. */
export interface TextStopEvent extends Placed {
  type: "text.stop";
  data: Timed;
}

/** More reasoning. */
export interface ThinkingDeltaEvent extends Placed {
  type: "thinking.delta";
  data: Timed & {
    content: string;
  };
}

/** The model's reasoning opens, or what it says of its work between calls of tools. */
export interface ThinkingStartEvent extends Placed {
  type: "thinking.start";
  data: Timed;
}

/** The reasoning is complete. */
export interface ThinkingStopEvent extends Placed {
  type: "thinking.stop";
  data: Timed;
}

/** An event of a log, told apart by its `type`. A newer server may send others: they flow on. */
export type LogEvent =
  | FileChangedEvent
  | ToolCallApprovedEvent
  | ToolCallRequestedEvent
  | ToolResultEvent
  | ToolUseExecutingEvent
  | ToolUseInputDeltaEvent
  | ToolUseProgressEvent
  | ToolUseStartEvent
  | ToolUseStopEvent
  | EventUnreadableEvent
  | MessageCancelledEvent
  | MessageCompletedEvent
  | MessageCreatedEvent
  | MessageErrorEvent
  | MetadataUpdatedEvent
  | SessionArchivedEvent
  | SessionInterruptedEvent
  | SessionUpdatedEvent
  | StepAdjustedEvent
  | StepCompletedEvent
  | StepRetryingEvent
  | StepStartedEvent
  | TurnCompactedEvent
  | TurnQueuedEvent
  | TurnStartedEvent
  | TurnSteeredEvent
  | ServerToolResultEvent
  | ServerToolUseEvent
  | TextCitationEvent
  | TextDeltaEvent
  | TextStartEvent
  | TextStopEvent
  | ThinkingDeltaEvent
  | ThinkingStartEvent
  | ThinkingStopEvent;
