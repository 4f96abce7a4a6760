import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { extractPages } from '../../lambdas/manuals/extraction/extract-pages.ts';

/** The variable that names a folder where the files of one test run leave each other what was extracted. */
export const EXTRACTED_DIRECTORY = 'MANUEL_EXTRACTED_DIRECTORY';

type Extracted = Awaited<ReturnType<typeof extractPages>>;

/** A manual as the product extracts it, for tests of something else: once per run, since the largest take seconds. */
export async function extractedManual(contentType: string, bytes: Uint8Array): Promise<Extracted> {
  const directory = process.env[EXTRACTED_DIRECTORY];
  if (directory === undefined) return extractPages(contentType, bytes);
  const kept = path.join(directory, `${createHash('sha256').update(contentType).update(bytes).digest('hex')}.json`);
  try {
    return JSON.parse(readFileSync(kept, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const extracted = await extractPages(contentType, bytes);
  // Under its name only once it is whole: others may be reading.
  const written = `${kept}.${process.pid}`;
  writeFileSync(written, JSON.stringify(extracted));
  renameSync(written, kept);
  return extracted;
}
