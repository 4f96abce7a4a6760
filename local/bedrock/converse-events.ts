import { EventStreamCodec } from '@smithy/eventstream-codec';
import { AwsError } from '../platform/call.ts';
import type { AnswerPart } from './answerer.ts';

const CODEC = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text, 'utf8'),
);

type AnswerEnding = Extract<AnswerPart, { kind: 'end' }>;

/**
 * The events of ConverseStream, each as soon as its part is there: a block for what is reasoned, then one for what is said. What fails
 * once it has begun is told in the stream, as AWS does.
 */
export async function* converseEvents(
  parts: AsyncIterable<AnswerPart>,
  accountOf: (ending: AnswerEnding) => object,
): AsyncGenerator<Uint8Array> {
  yield event('messageStart', { role: 'assistant' });
  let block: { readonly kind: string; readonly index: number } | undefined;
  try {
    for await (const part of parts) {
      if (block && block.kind !== part.kind) yield event('contentBlockStop', { contentBlockIndex: block.index });
      if (part.kind === 'end') {
        yield event('messageStop', { stopReason: part.stopReason });
        yield event('metadata', accountOf(part));
        return;
      }
      if (block?.kind !== part.kind) block = { kind: part.kind, index: (block?.index ?? -1) + 1 };
      const delta = part.kind === 'text' ? { text: part.text } : { reasoningContent: { text: part.text } };
      yield event('contentBlockDelta', { contentBlockIndex: block.index, delta });
    }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    yield frame(
      { ':message-type': 'exception', ':exception-type': 'modelStreamErrorException' },
      { message: error.message, ...error.members },
    );
  }
}

function event(name: string, document: object): Uint8Array {
  return frame({ ':message-type': 'event', ':event-type': name }, document);
}

/** A message in AWS's framing (https://smithy.io/2.0/aws/amazon-eventstream.html). */
function frame(headers: Readonly<Record<string, string>>, document: object): Uint8Array {
  const all = Object.entries({ ...headers, ':content-type': 'application/json' });
  return CODEC.encode({
    headers: Object.fromEntries(all.map(([name, value]) => [name, { type: 'string' as const, value }])),
    body: Buffer.from(JSON.stringify(document), 'utf8'),
  });
}
