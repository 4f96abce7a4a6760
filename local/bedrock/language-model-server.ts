import { AwsError } from '../platform/call.ts';
import type { Answerer, AnswerPart } from './answerer.ts';
import { ChatCompletion, MalformedCompletion } from './chat-completion.ts';
import type { ConverseRequest } from './converse-request.ts';

export interface LanguageModelOptions {
  /** Up to and without `/v1/chat/completions`. */
  readonly url: string;
  readonly model: string;
}

interface LanguageModelSettings {
  /** A server that says nothing for longer than this hangs. */
  readonly silenceMs?: number;
  /** Told what fails an answer; once, however often it does so in a row. */
  readonly report?: (line: string) => void;
}

const SILENCE_MS = 60_000;
const PATH = '/v1/chat/completions';

/**
 * A server that speaks OpenAI's chat completions as a stream (https://platform.openai.com/docs/api-reference/chat/create), such as Ollama,
 * llama.cpp or vLLM. Its failures are told as Converse tells a model's.
 */
export class LanguageModelServer implements Answerer {
  readonly name: string;
  readonly #url: string;
  readonly #model: string;
  readonly #silenceMs: number;
  readonly #report: (line: string) => void;
  #reported: string | undefined;

  constructor({ url, model }: LanguageModelOptions, { silenceMs = SILENCE_MS, report = () => undefined }: LanguageModelSettings = {}) {
    this.name = `local.${model}`;
    this.#url = url.replace(/\/+$/, '').replace(/\/v1(\/chat\/completions)?$/, '') + PATH;
    this.#model = model;
    this.#silenceMs = silenceMs;
    this.#report = report;
  }

  /** Asks for one token. Throws AwsError when the server or its model is not there. */
  async greet(): Promise<void> {
    const messages = [{ role: 'user', text: 'Is there anybody?' }] as const;
    for await (const _ of this.#ask({ system: '', messages, message: '', input: '', maxTokens: 1 }));
  }

  async *answer(request: ConverseRequest): AsyncGenerator<AnswerPart> {
    try {
      for await (const part of this.#ask(request)) {
        if (part.kind === 'end') this.#reported = undefined;
        yield part;
      }
    } catch (error) {
      const { message } = error as AwsError;
      if (message !== this.#reported) this.#report(message);
      this.#reported = message;
      throw error;
    }
  }

  async *#ask(request: ConverseRequest): AsyncGenerator<AnswerPart> {
    const silence = new Silence(this.#silenceMs);
    try {
      const response = await this.#post(request, silence);
      const completion = new ChatCompletion();
      for await (const chunk of response.body ?? []) {
        silence.end();
        yield* completion.read(chunk);
        silence.begin();
      }
      yield completion.end();
    } catch (error) {
      throw error instanceof AwsError ? error : this.#failureOf(error, silence);
    } finally {
      silence.end();
      // What the server may still be saying is not wanted.
      silence.controller.abort();
    }
  }

  async #post({ system, messages, maxTokens, temperature, topP }: ConverseRequest, silence: Silence): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({
          model: this.#model,
          messages: [
            ...(system === '' ? [] : [{ role: 'system', content: system }]),
            ...messages.map(({ role, text }) => ({ role, content: text })),
          ],
          ...(Number.isFinite(maxTokens) && { max_tokens: maxTokens }),
          ...(temperature !== undefined && { temperature }),
          ...(topP !== undefined && { top_p: topP }),
          stream: true,
          stream_options: { include_usage: true },
        }),
        signal: silence.controller.signal,
      });
    } catch (error) {
      if (silence.broken) throw error;
      throw this.#failure('ServiceUnavailableException', 503, `cannot be reached: ${reasonOf(error)}`);
    }
    if (!response.ok) {
      const what = `answered ${response.status}: ${(await response.text()).slice(0, 200)}`;
      if (response.status === 429) throw this.#failure('ThrottlingException', 429, what);
      throw this.#failure('ModelErrorException', 424, what, { originalStatusCode: response.status });
    }
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      throw this.#failure('ModelErrorException', 424, 'answered with something else than an event stream');
    }
    return response;
  }

  #failureOf(error: unknown, silence: Silence): AwsError {
    if (silence.broken) return this.#failure('ModelTimeoutException', 408, `said nothing for ${this.#silenceMs / 1000} s`);
    if (error instanceof MalformedCompletion) return this.#failure('ModelErrorException', 424, error.message);
    return this.#failure('ModelErrorException', 424, `broke off: ${reasonOf(error)}`);
  }

  #failure(code: string, status: number, what: string, members: Readonly<Record<string, unknown>> = {}): AwsError {
    return new AwsError(code, `The language model of MANUEL_LLM_URL, ${this.#model} at ${this.#url}, ${what}.`, status, members);
  }
}

/** How long nothing has been heard; aborts when that is too long. It begins at once. */
class Silence {
  readonly controller = new AbortController();
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;
  #broken = false;

  constructor(ms: number) {
    this.#ms = ms;
    this.begin();
  }

  /** Whether it lasted too long. */
  get broken(): boolean {
    return this.#broken;
  }

  begin(): void {
    this.#timer = setTimeout(() => {
      this.#broken = true;
      this.controller.abort();
    }, this.#ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** What the system says, which fetch keeps in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const { message: reason, code } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  return reason || code || message;
}
