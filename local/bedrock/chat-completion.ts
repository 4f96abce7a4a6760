import * as z from 'zod';
import type { AnswerPart } from './answerer.ts';

/** What a server sent is no chat completion; the message says what it did, to follow its name. */
export class MalformedCompletion extends Error {
  override readonly name = 'MalformedCompletion';
}

/** Servers tell reasoning by one name or the other; OpenAI's own do not tell it. */
const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            reasoning: z.string().nullish(),
            refusal: z.string().nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z.object({ prompt_tokens: z.int().min(0), completion_tokens: z.int().min(0) }).nullish(),
  error: z.unknown().optional(),
});

/** OpenAI's reasons in Converse's words; what is not among them is an end like any other. */
const STOP_REASONS: Readonly<Record<string, string>> = {
  length: 'max_tokens',
  content_filter: 'content_filtered',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
};
const DATA = /^data: ?(.*)$/;

/**
 * Reads a chat completion as it is streamed: server-sent events whose data are chunks
 * (https://platform.openai.com/docs/api-reference/chat-streaming/streaming), however the network cuts them.
 */
export class ChatCompletion {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #finishReason: string | undefined;
  #refused = false;
  #usage: { readonly inputTokens: number; readonly outputTokens: number } | undefined;

  /** What these bytes complete. Throws MalformedCompletion. */
  *read(bytes: Uint8Array): Generator<AnswerPart> {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const data = DATA.exec(line)?.[1];
      if (data !== undefined && data !== '[DONE]') yield* this.#readChunk(data);
    }
  }

  /** How it ended. Throws MalformedCompletion when it did not. */
  end(): AnswerPart {
    if (this.#finishReason === undefined) throw new MalformedCompletion('broke off before the end of its answer');
    const stopReason = this.#refused ? 'refusal' : (STOP_REASONS[this.#finishReason] ?? 'end_turn');
    return { kind: 'end', stopReason, ...(this.#usage && { usage: this.#usage }) };
  }

  *#readChunk(data: string): Generator<AnswerPart> {
    const { choices, usage, error } = parseChunk(data);
    if (error !== undefined && error !== null)
      throw new MalformedCompletion(`answered with an error: ${JSON.stringify(error).slice(0, 200)}`);
    if (usage) this.#usage = { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens };
    const [choice] = choices ?? [];
    const { content, reasoning_content, reasoning, refusal } = choice?.delta ?? {};
    const thought = reasoning_content ?? reasoning;
    if (thought) yield { kind: 'reasoning', text: thought };
    if (content) yield { kind: 'text', text: content };
    if (refusal) this.#refused = true;
    if (choice?.finish_reason) this.#finishReason = choice.finish_reason;
  }
}

function parseChunk(data: string): z.output<typeof chunkSchema> {
  try {
    return chunkSchema.parse(JSON.parse(data));
  } catch {
    throw new MalformedCompletion(`answered with something else than a chat completion: ${data.slice(0, 200)}`);
  }
}
