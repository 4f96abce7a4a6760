import type { ErrorObject } from 'ajv';

/**
 * What `$context.error.validationErrorString` says. API Gateway passes on the findings of the Java library
 * json-schema-validator, so its wording is kept (https://github.com/java-json-tools/json-schema-validator).
 */
export function validationErrorString(errors: readonly ErrorObject[]): string {
  const missing = listBy(errors, 'required', (error) => error.params['missingProperty']);
  const surplus = listBy(errors, 'additionalProperties', (error) => error.params['additionalProperty']);
  const findings = [
    ...[...missing.values()].map((names) => `object has missing required properties (${JSON.stringify(names)})`),
    ...[...surplus.values()].map((names) => `object instance has properties which are not allowed by the schema: ${JSON.stringify(names)}`),
    ...errors.filter((error) => error.keyword !== 'required' && error.keyword !== 'additionalProperties').map(finding),
  ];
  return `[${findings.join(', ')}]`;
}

/** One finding lists all names that the same object lacks, or has too many, in order. */
function listBy(errors: readonly ErrorObject[], keyword: string, nameOf: (error: ErrorObject) => unknown): Map<string, string[]> {
  const byObject = new Map<string, string[]>();
  for (const error of errors.filter((candidate) => candidate.keyword === keyword)) {
    const names = [...(byObject.get(error.instancePath) ?? []), String(nameOf(error))];
    byObject.set(error.instancePath, names.toSorted());
  }
  return byObject;
}

function finding(error: ErrorObject): string {
  const { keyword, params, data } = error;
  const limit = params['limit'];
  switch (keyword) {
    case 'type':
      return `instance type (${typeName(data)}) does not match any allowed primitive type (allowed: ${JSON.stringify([params['type']].flat())})`;
    case 'enum':
      return `instance value (${JSON.stringify(data)}) not found in enum (possible values: ${JSON.stringify(params['allowedValues'])})`;
    case 'minLength':
      return `string ${JSON.stringify(data)} is too short (length: ${lengthOf(data)}, required minimum: ${limit})`;
    case 'maxLength':
      return `string ${JSON.stringify(data)} is too long (length: ${lengthOf(data)}, maximum allowed: ${limit})`;
    case 'minimum':
      return `numeric instance is lower than the required minimum (minimum: ${limit}, found: ${data})`;
    case 'maximum':
      return `numeric instance is greater than the required maximum (maximum: ${limit}, found: ${data})`;
    case 'minItems':
      return `array is too short: must have at least ${limit} elements but instance has ${lengthOf(data)} elements`;
    case 'maxItems':
      return `array is too long: must have at most ${limit} elements but instance has ${lengthOf(data)} elements`;
    default:
      return error.message ?? keyword;
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? [...value].length : Array.isArray(value) ? value.length : 0;
}
