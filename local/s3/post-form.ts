import busboy from 'busboy';
import { invalidArgument, S3Error } from './s3-error.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html */
const MAX_BYTES_BEFORE_FILE = 20 * 1024;
const FILE_NAME_VARIABLE = /\$\{filename\}/g;

/** A browser's upload: the fields before the file, and the file. */
export interface PostForm {
  /** Names in lower case; `${filename}` replaced, but in the policy. */
  readonly fields: ReadonlyMap<string, string>;
  readonly file: Buffer;
}

export function isPostForm(headers: Readonly<Record<string, string>>): boolean {
  return /^multipart\/form-data\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/** Reads a form. Fields after the file are ignored, as S3 ignores them. Throws when there is not exactly one file. */
export async function readPostForm(contentType: string, body: Buffer): Promise<PostForm> {
  const fields = new Map<string, string>();
  const files: { name: string; chunks: Buffer[] }[] = [];
  const repeated: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const parser = startParser(contentType);
    parser.on('field', (name, value) => {
      const field = name.toLowerCase();
      // S3 takes the file from a text field too.
      if (field === 'file') files.push({ name: '', chunks: [Buffer.from(value)] });
      else if (files.length > 0) return;
      else if (fields.has(field)) repeated.push(field);
      else fields.set(field, value);
    });
    parser.on('file', (field, stream, { filename }) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      if (field.toLowerCase() === 'file') files.push({ name: filename ?? '', chunks });
    });
    parser.on('close', resolve);
    parser.on('error', () => reject(malformed()));
    parser.end(body);
  });
  const [first] = repeated;
  if (first !== undefined) throw invalidArgument('The form has this field more than once.', first, fields.get(first) ?? '');
  const [file] = files;
  if (!file || files.length > 1) {
    throw invalidArgument('POST requires exactly one file upload per request.', 'file', String(files.length));
  }
  checkSizeBeforeFile(fields);
  return { fields: withFileName(fields, file.name), file: Buffer.concat(file.chunks) };
}

function startParser(contentType: string): busboy.Busboy {
  try {
    return busboy({
      headers: { 'content-type': contentType },
      defParamCharset: 'utf8',
      limits: { fieldSize: Number.POSITIVE_INFINITY },
    });
  } catch {
    throw malformed();
  }
}

function withFileName(fields: ReadonlyMap<string, string>, fileName: string): Map<string, string> {
  return new Map([...fields].map(([name, value]) => [name, name === 'policy' ? value : value.replace(FILE_NAME_VARIABLE, () => fileName)]));
}

function checkSizeBeforeFile(fields: ReadonlyMap<string, string>): void {
  let bytes = 0;
  for (const [name, value] of fields) bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  if (bytes > MAX_BYTES_BEFORE_FILE) {
    throw new S3Error('MaxPostPreDataLengthExceeded', 'Your POST request fields preceding the upload file were too large.', 400, {
      MaxPostPreDataLengthBytes: MAX_BYTES_BEFORE_FILE,
    });
  }
}

function malformed(): S3Error {
  return new S3Error('MalformedPOSTRequest', 'The body of your POST request is not well-formed multipart/form-data.', 400);
}
