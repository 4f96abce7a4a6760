import { readdirSync } from 'node:fs';
import path from 'node:path';

/** The files of a model, by the part that sherpa-onnx calls them by. */
export interface SherpaModel {
  readonly kind: 'whisper' | 'transducer' | 'moonshine';
  readonly parts: Readonly<Record<string, string>>;
  readonly tokens: string;
  /** Whether it knows English only, as far as its files tell. */
  readonly englishOnly: boolean;
}

/** How the files of each kind are called; the first kind all of whose parts are there is meant. */
const KINDS: readonly { readonly kind: SherpaModel['kind']; readonly parts: Readonly<Record<string, RegExp>> }[] = [
  {
    kind: 'moonshine',
    parts: {
      preprocessor: /^preprocess.*\.onnx$/,
      encoder: /^encode\b.*\.onnx$/,
      uncachedDecoder: /^uncached_decode.*\.onnx$/,
      cachedDecoder: /^cached_decode.*\.onnx$/,
    },
  },
  { kind: 'transducer', parts: { encoder: /encoder.*\.onnx$/, decoder: /decoder.*\.onnx$/, joiner: /joiner.*\.onnx$/ } },
  { kind: 'whisper', parts: { encoder: /encoder.*\.onnx$/, decoder: /decoder.*\.onnx$/ } },
];

/**
 * Finds the model in a folder as sherpa-onnx's releases are unpacked (https://k2-fsa.github.io/sherpa/onnx/pretrained_models/index.html).
 * Of a part that is there in several precisions it takes the smaller one. Only Whisper without `.en` in its files' names counts as
 * multilingual. Undefined where there is none.
 */
export function findSherpaModel(folder: string): SherpaModel | undefined {
  let files: string[];
  try {
    files = readdirSync(folder).sort((one, other) => Number(other.includes('int8')) - Number(one.includes('int8')));
  } catch {
    return undefined;
  }
  const fileLike = (pattern: RegExp) => files.find((file) => pattern.test(file));
  const tokens = fileLike(/tokens\.txt$/);
  if (tokens === undefined) return undefined;
  for (const { kind, parts } of KINDS) {
    const found = Object.entries(parts).flatMap(([part, pattern]) => {
      const file = fileLike(pattern);
      return file === undefined ? [] : [[part, path.join(folder, file)] as const];
    });
    if (found.length < Object.keys(parts).length) continue;
    const englishOnly = kind !== 'whisper' || tokens.includes('.en');
    return { kind, parts: Object.fromEntries(found), tokens: path.join(folder, tokens), englishOnly };
  }
  return undefined;
}
