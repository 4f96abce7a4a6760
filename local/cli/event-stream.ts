/** An event as a server sent it. */
interface ReceivedEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Reads a stream of server-sent events, each as soon as its last line is there
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation). Comments are skipped.
 */
export async function* readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<ReceivedEvent> {
  let event = 'message';
  let data: string[] = [];
  for await (const line of readLines(body)) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
    if (line !== '') continue;
    if (data.length > 0) yield { event, data: data.join('\n') };
    event = 'message';
    data = [];
  }
}

/** Lines end with a line feed, a carriage return or both. One that the stream breaks off in is none. */
async function* readLines(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    // A carriage return at the end may be half of a line's end.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
