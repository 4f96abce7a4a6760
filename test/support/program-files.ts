import path from 'node:path';
import { buildSync } from 'esbuild';

interface Program {
  readonly in: string;
}

/** Those of some programs that hold one of these files; `folder` is where the files are named from, such as `lambdas/shared/caller.ts`. */
export function programsThatHold<P extends Program>(programs: readonly P[], folder: string, files: readonly string[]): P[] {
  const { metafile } = buildSync({
    absWorkingDir: folder,
    entryPoints: programs.map((program) => program.in),
    outdir: 'unwritten',
    bundle: true,
    packages: 'external',
    treeShaking: false,
    platform: 'node',
    format: 'cjs',
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const holders = Object.values(metafile.outputs).flatMap(({ entryPoint = '', inputs }) =>
    files.some((file) => file in inputs) ? [path.join(folder, entryPoint)] : [],
  );
  return programs.filter((program) => holders.includes(program.in));
}
