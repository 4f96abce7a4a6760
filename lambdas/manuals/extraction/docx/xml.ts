import { Parser } from 'htmlparser2';
import { ManualRejected } from '../../manual.ts';
import type { ExtractionLimits } from '../limits.ts';

/** What reads an XML document. Names and attributes come without their prefix: those of Word's own namespaces never collide. */
export interface XmlReader {
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  close?(name: string): void;
  text?(text: string): void;
}

/**
 * Reads an XML document. Entities that a document defines for itself are not known here, and one that has a document type is
 * not read at all: Office Open XML has none (ECMA-376 part 2, 8.2.6.2). Throws ManualRejected.
 */
export function readXml(bytes: Uint8Array, reader: XmlReader, limits: Pick<ExtractionLimits, 'nesting'>): void {
  let depth = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth += 1;
        if (depth > limits.nesting) throw new ManualRejected('unreadable');
        reader.open(local(name), new Map(Object.entries(attributes).map(([key, value]) => [local(key), value])));
      },
      onclosetag(name) {
        depth -= 1;
        reader.close?.(local(name));
      },
      ontext: (text) => reader.text?.(text),
      onprocessinginstruction(name) {
        if (name.toLowerCase().startsWith('!doctype')) throw new ManualRejected('unreadable');
      },
    },
    { xmlMode: true },
  );
  parser.write(decodeXml(bytes));
  parser.end();
}

/** A document without a byte order mark is UTF-8 (XML 1.0, 4.3.3), or UTF-16 when every other byte of its first letter is 0. */
function decodeXml(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xfe || first === 0) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder(first === 0xff || second === 0 ? 'utf-16le' : 'utf-8').decode(bytes);
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1);
