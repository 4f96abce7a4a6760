import * as z from 'zod';
import { AwsError } from '../platform/call.ts';

/** What a text means, as numbers of which similar texts have similar ones. */
export type Embedding = Float32Array;

/** Something that turns texts into embeddings. */
export interface Embedder {
  /** The model's name: only embeddings of one model can be compared. */
  readonly model: string;
  /** One per text, in their order, all of the same length. Throws AwsError when there is none to be had. */
  embed(texts: readonly string[]): Promise<Embedding[]>;
}

export interface EmbeddingsServerOptions {
  /** Up to and without `/v1/embeddings`. */
  readonly url: string;
  readonly model: string;
}

/** A model on a laptop needs its time for a page; a server that takes longer than this hangs. */
const TIMEOUT_MS = 60_000;
const PATH = '/v1/embeddings';

const responseSchema = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: z.array(z.number()).min(1) })),
});

/** A server that speaks OpenAI's embeddings API (https://platform.openai.com/docs/api-reference/embeddings/create), such as Ollama or vLLM. */
export class EmbeddingsServer implements Embedder {
  readonly #url: string;
  readonly model: string;
  /** Of the first embedding, and so of every other. */
  #dimensions: number | undefined;

  constructor({ url, model }: EmbeddingsServerOptions) {
    this.#url = url.replace(/\/+$/, '').replace(/\/v1(\/embeddings)?$/, '') + PATH;
    this.model = model;
  }

  async embed(texts: readonly string[]): Promise<Embedding[]> {
    if (texts.length === 0) return [];
    const parsed = responseSchema.safeParse(await this.#post({ model: this.model, input: texts }));
    if (!parsed.success) throw this.#failure('answered with something else than embeddings');
    const embeddings = parsed.data.data.sort((a, b) => a.index - b.index).map(({ embedding }) => Float32Array.from(embedding));
    if (embeddings.length !== texts.length) throw this.#failure(`answered ${texts.length} texts with ${embeddings.length} embeddings`);
    this.#dimensions ??= embeddings[0]?.length;
    const other = embeddings.find(({ length }) => length !== this.#dimensions);
    if (other) throw this.#failure(`answered with embeddings of ${other.length} numbers after such of ${this.#dimensions}`);
    return embeddings;
  }

  async #post(body: object): Promise<unknown> {
    let response: Response;
    let text: string;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal,
      });
      text = await response.text();
    } catch (error) {
      throw this.#failure(`cannot be reached: ${reasonOf(error)}`);
    }
    if (!response.ok) throw this.#failure(`answered ${response.status}: ${text.slice(0, 200)}`);
    try {
      return JSON.parse(text);
    } catch {
      throw this.#failure('answered with something else than JSON');
    }
  }

  #failure(what: string): AwsError {
    return new AwsError('DependencyFailedException', `The embeddings server of MANUEL_EMBEDDINGS_URL, ${this.#url}, ${what}.`, 424);
  }
}

/** How alike two embeddings are: their cosine, -1 to 1. */
export function cosine(one: Embedding, other: Embedding): number {
  let product = 0;
  let ones = 0;
  let others = 0;
  one.forEach((value, index) => {
    const otherValue = other[index] ?? 0;
    product += value * otherValue;
    ones += value * value;
    others += otherValue * otherValue;
  });
  return product / (Math.sqrt(ones * others) || 1);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String((error.cause as NodeJS.ErrnoException).code) : error.message;
}
