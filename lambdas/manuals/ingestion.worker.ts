import { buffer } from 'node:stream/consumers';
import type { ExtractionAnswer } from './extraction/answer.ts';
import { extractPages } from './extraction/extract-pages.ts';
import { ExtractionLimits } from './extraction/limits.ts';
import { ManualRejected } from './manual.ts';

/**
 * The process that reads one file, and then is ended. Its arguments are the content type and the limits, its standard input the
 * file; see `extraction/isolated-extraction.ts`, which starts it.
 */
const [contentType = '', limits = ''] = process.argv.slice(2);

// PDF.js leaves promises behind that fail when a file is damaged. What it awaits itself says whether the file can be read.
process.on('unhandledRejection', () => undefined);

say({ kind: 'started' });
answer().then(say);

async function answer(): Promise<ExtractionAnswer> {
  try {
    const extracted = await extractPages(contentType, await buffer(process.stdin), ExtractionLimits.parse(JSON.parse(limits)));
    return { kind: 'extracted', pageCount: extracted.pageCount, pages: [...extracted.pages] };
  } catch (error) {
    if (error instanceof ManualRejected) return { kind: 'rejected', failure: error.failure, cause: String(error.cause ?? '') };
    // Too deep, too long or too many for the engine: it depends on the file.
    if (error instanceof RangeError) return { kind: 'rejected', failure: 'unreadable', cause: String(error) };
    return { kind: 'failed', cause: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function say(message: ExtractionAnswer): void {
  process.send?.(message);
}
