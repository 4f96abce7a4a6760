import type { Block } from '../block.ts';
import type { ExtractionLimits } from '../limits.ts';
import { BodyReader } from './body.ts';
import { Lists } from './lists.ts';
import { readNotes } from './notes.ts';
import { DocxPackage } from './package.ts';
import { Styles } from './styles.ts';
import { readXml } from './xml.ts';

/** The blocks of a Word document, as it would be printed now: without what is deleted, hidden or a comment. Throws ManualRejected. */
export function docxBlocks(bytes: Uint8Array, limits: ExtractionLimits): Block[] {
  const file = new DocxPackage(bytes, limits);
  const body = new BodyReader(
    {
      styles: new Styles(file.related('styles'), limits),
      lists: new Lists(file.related('numbering'), limits),
      notes: new Map([
        ...readNotes(file.related('footnotes'), 'footnote', limits),
        ...readNotes(file.related('endnotes'), 'endnote', limits),
      ]),
    },
    limits,
  );
  readXml(file.main(), body, limits);
  return body.end();
}
