import { type JsonSchema, JsonSchemaType, JsonSchemaVersion } from 'aws-cdk-lib/aws-apigateway';
import * as z from 'zod';
import type { ZodMiniType } from 'zod/mini';

interface SchemaDocument {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaDocument>>;
  readonly required?: readonly string[];
}

const TYPES: Readonly<Record<string, JsonSchemaType>> = {
  string: JsonSchemaType.STRING,
  integer: JsonSchemaType.INTEGER,
  number: JsonSchemaType.NUMBER,
  boolean: JsonSchemaType.BOOLEAN,
  array: JsonSchemaType.ARRAY,
  object: JsonSchemaType.OBJECT,
};

/**
 * The model by which API Gateway refuses what is not an object with the required members of the right type. It goes no
 * deeper: the function validates the rest, since it can name each field that is wrong.
 */
export function requestModelSchema(schema: ZodMiniType): JsonSchema {
  const document = z.toJSONSchema(schema, { target: 'draft-4', io: 'input' }) as SchemaDocument;
  if (document.type !== 'object') throw new Error('A request body must be described by an object schema.');
  const properties = Object.entries(document.properties ?? {}).map(([name, { type }]) => [
    name,
    type === undefined ? {} : { type: typeOf(name, type) },
  ]);
  return {
    schema: JsonSchemaVersion.DRAFT4,
    type: JsonSchemaType.OBJECT,
    properties: Object.fromEntries(properties),
    ...(document.required && { required: [...document.required] }),
  };
}

function typeOf(name: string, type: string): JsonSchemaType {
  const known = TYPES[type];
  if (!known) throw new Error(`The member "${name}" has the type "${type}", which a request model cannot state.`);
  return known;
}
