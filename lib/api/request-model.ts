import { type JsonSchema, JsonSchemaType, JsonSchemaVersion } from 'aws-cdk-lib/aws-apigateway';
import * as z from 'zod';
import type { ZodMiniType } from 'zod/mini';

interface SchemaDocument {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaDocument>>;
  readonly required?: readonly string[];
  /** Of a union. */
  readonly anyOf?: readonly SchemaDocument[];
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
 * deeper: the function validates the rest, since it can name each field that is wrong. Models know no unions: of a body that
 * has one of several forms, the members of all are known, and those are required that are in each.
 */
export function requestModelSchema(schema: ZodMiniType): JsonSchema {
  const document = z.toJSONSchema(schema, { target: 'draft-4', io: 'input' }) as SchemaDocument;
  const [form, ...others] = document.anyOf ?? [document];
  if (!form || [form, ...others].some(({ type }) => type !== 'object')) {
    throw new Error('A request body must be described by an object schema, or by a union of such.');
  }
  const members = [form, ...others].flatMap(({ properties = {} }) => Object.entries(properties));
  const properties = members.map(([name]) => {
    const types = new Set(members.filter(([other]) => other === name).map(([, { type }]) => type));
    const [type] = types;
    return [name, type === undefined || types.size > 1 ? {} : { type: typeOf(name, type) }];
  });
  const required = form.required?.filter((name) => others.every((other) => other.required?.includes(name))) ?? [];
  return {
    schema: JsonSchemaVersion.DRAFT4,
    type: JsonSchemaType.OBJECT,
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
  };
}

function typeOf(name: string, type: string): JsonSchemaType {
  const known = TYPES[type];
  if (!known) throw new Error(`The member "${name}" has the type "${type}", which a request model cannot state.`);
  return known;
}
