import { posix } from 'node:path';
import { ManualRejected } from '../../manual.ts';
import type { ExtractionLimits } from '../limits.ts';
import { readXml } from './xml.ts';
import { ZipArchive } from './zip.ts';

/** The end of a relationship's type; what stands before differs between the standard's transitional and strict form. */
type Relation = 'officeDocument' | 'styles' | 'numbering' | 'footnotes' | 'endnotes';

/** The parts of an Office Open XML file (ECMA-376 part 2), found as the standard says: by their relations, not by their names. */
export class DocxPackage {
  readonly #archive: ZipArchive;
  readonly #limits: ExtractionLimits;
  readonly #mainPart: string;
  readonly #relations: ReadonlyMap<string, string>;

  /** Throws ManualRejected when the archive has no main part: then it is of some other type. */
  constructor(bytes: Uint8Array, limits: ExtractionLimits) {
    this.#archive = new ZipArchive(bytes, limits.unpackedBytes);
    this.#limits = limits;
    const mainPart = this.#relationsOf('').get('officeDocument');
    if (mainPart === undefined) throw new ManualRejected('wrong_type');
    this.#mainPart = mainPart;
    this.#relations = this.#relationsOf(mainPart);
  }

  /** The main part. Throws ManualRejected when it is not there. */
  main(): Buffer {
    const main = this.#archive.read(this.#mainPart);
    if (!main) throw new ManualRejected('unreadable');
    return main;
  }

  /** A part that the main one names; undefined when there is none. */
  related(relation: Exclude<Relation, 'officeDocument'>): Buffer | undefined {
    const part = this.#relations.get(relation);
    return part === undefined ? undefined : this.#archive.read(part);
  }

  /** The parts that a part names, by relation; of several, the first. An empty name stands for the file as a whole. */
  #relationsOf(part: string): Map<string, string> {
    const folder = posix.dirname(part);
    const found = new Map<string, string>();
    const bytes = this.#archive.read(posix.join(folder, '_rels', `${posix.basename(part)}.rels`));
    const open = (name: string, attributes: ReadonlyMap<string, string>) => {
      const relation = attributes.get('Type')?.split('/').at(-1);
      const target = attributes.get('Target');
      if (name !== 'Relationship' || relation === undefined || target === undefined || attributes.get('TargetMode') === 'External') return;
      const path = posix.resolve('/', folder, target).slice(1);
      if (!found.has(relation)) found.set(relation, path);
    };
    if (bytes) readXml(bytes, { open }, this.#limits);
    return found;
  }
}
