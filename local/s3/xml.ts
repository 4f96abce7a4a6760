import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { malformedXml } from './s3-error.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

// The builder's own escaping leaves a carriage return as it is, and a parser would then read it as a line feed.
const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  processEntities: false,
  tagValueProcessor: (_name, value) => String(value).replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? character),
});

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  htmlEntities: true,
  isArray: (name) => ['Object', 'Part', 'Tag'].includes(name),
});

/** An XML document with one root element. Lists repeat their element; undefined members are left out. */
export function xmlDocument(root: string, members: Readonly<Record<string, unknown>>): string {
  const namespace = root === 'Error' ? {} : { '@xmlns': NAMESPACE };
  return builder.build({ '?xml': { '@version': '1.0', '@encoding': 'UTF-8' }, [root]: { ...namespace, ...members } });
}

/** The members of the root element, as text, records and lists. Throws MalformedXML. */
export function parseXml(body: Buffer, root: string): Readonly<Record<string, unknown>> {
  let document: Record<string, unknown>;
  try {
    document = parser.parse(body.toString('utf8'), true);
  } catch {
    throw malformedXml();
  }
  const members = document[root];
  if (typeof members !== 'object' || members === null) throw malformedXml();
  return members as Readonly<Record<string, unknown>>;
}
