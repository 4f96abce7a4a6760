import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * Reads one output of an execution environment line by line. The runtime client prints a message of several lines as one,
 * with carriage returns in between; they are turned back, so that it stays one event. `mark` is the line by which the
 * environment says that it has written everything so far.
 */
export function readOutput(output: Readable, mark: string, events: { line(text: string): void; marked(): void }): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (line: string) => {
    const marked = line.endsWith(mark);
    const text = (marked ? line.slice(0, -mark.length) : line).replaceAll('\r', '\n').trimEnd();
    if (text !== '') events.line(text);
    if (marked) events.marked();
  };
  output.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  output.on('end', () => take(rest + decoder.end()));
}
