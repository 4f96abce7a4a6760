import { statSync } from 'node:fs';
import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Journeys first, which take longest and wait for most of it, then the largest file: the same order on a machine's first run. */
export class JourneysFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const places = files.map((file) => ({
      file,
      journey: file.moduleId.includes(`${path.sep}journeys${path.sep}`),
      bytes: statSync(file.moduleId).size,
    }));
    return places.sort((a, b) => Number(b.journey) - Number(a.journey) || b.bytes - a.bytes).map(({ file }) => file);
  }
}
