import type { ExtractionLimits } from '../limits.ts';
import { readXml } from './xml.ts';

export type NoteKind = 'footnote' | 'endnote';

/** By what a note is known among those of both kinds. */
export const noteKey = (kind: NoteKind, id: string | undefined): string => `${kind} ${id}`;

/** The words of each foot- or endnote, by `noteKey`. */
export function readNotes(part: Uint8Array | undefined, kind: NoteKind, limits: ExtractionLimits): Map<string, string> {
  const notes = new Map<string, string>();
  let key: string | undefined;
  let isText = false;
  const add = (text: string) => {
    if (key !== undefined) notes.set(key, (notes.get(key) ?? '') + text);
  };
  const reader = {
    open(name: string, attributes: ReadonlyMap<string, string>) {
      if (name === kind) key = noteKey(kind, attributes.get('id'));
      if (name === 'p' || name === 'tab' || name === 'br') add(' ');
      isText = name === 't';
    },
    close() {
      isText = false;
    },
    text(text: string) {
      if (isText) add(text);
    },
  };
  if (part) readXml(part, reader, limits);
  return notes;
}
