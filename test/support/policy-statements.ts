import type { Template } from 'aws-cdk-lib/assertions';

/** A statement of a template, its resources as the ARNs that they could be once deployed. */
export interface PolicyStatement {
  /** The logical id of the resource that it stands in. */
  readonly where: string;
  /** As the template states it. */
  readonly elements: Json;
  readonly resources: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;
interface TemplateJson {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: Json }>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': '123456789012',
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-west-1',
};
/** Attributes that are ARNs, in the form that CloudFormation's reference gives them. */
const ARNS: Readonly<Record<string, string>> = {
  'AWS::Bedrock::KnowledgeBase.KnowledgeBaseArn': 'arn:aws:bedrock:eu-west-1:123456789012:knowledge-base/name',
  'AWS::DynamoDB::Table.Arn': 'arn:aws:dynamodb:eu-west-1:123456789012:table/name',
  'AWS::KMS::Key.Arn': 'arn:aws:kms:eu-west-1:123456789012:key/name',
  'AWS::Lambda::Function.Arn': 'arn:aws:lambda:eu-west-1:123456789012:function:name',
  'AWS::Logs::LogGroup.Arn': 'arn:aws:logs:eu-west-1:123456789012:log-group:name:*',
  'AWS::S3::Bucket.Arn': 'arn:aws:s3:::name',
  'AWS::S3Vectors::Index.IndexArn': 'arn:aws:s3vectors:eu-west-1:123456789012:bucket/name/index/name',
  'AWS::SQS::Queue.Arn': 'arn:aws:sqs:eu-west-1:123456789012:name',
};
/** Resources whose reference is an ARN. */
const REFERENCES: Readonly<Record<string, string>> = {
  'AWS::SNS::Topic': 'arn:aws:sns:eu-west-1:123456789012:name',
};

/** Every IAM statement of some templates, wherever it stands in them. Templates go by the names of their stacks, by which they refer to each other. */
export function statementsOf(templates: Readonly<Record<string, Template>>): PolicyStatement[] {
  const jsons = Object.fromEntries(Object.entries(templates).map(([name, template]) => [name, template.toJSON() as TemplateJson]));
  return Object.values(jsons).flatMap((json) =>
    Object.entries(json.Resources).flatMap(([where, { Type, Properties = {} }]) => {
      const statements = Type === 'AWS::Lambda::Permission' ? [permissionStatement(Properties)] : statementsWithin(Properties);
      return statements.map((elements) => ({
        where,
        elements,
        resources: [elements['Resource'] ?? []]
          .flat()
          // In a key's own policy every resource is that key: it could not name itself.
          .map((resource) =>
            render(Type === 'AWS::KMS::Key' && resource === '*' ? { 'Fn::GetAtt': [where, 'Arn'] } : resource, json, jsons),
          ),
      }));
    }),
  );
}

function statementsWithin(value: unknown): Json[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('Effect' in value && ('Action' in value || 'NotAction' in value)) return [value as Json];
  return Object.values(value).flatMap(statementsWithin);
}

/** A permission is a statement of the function's policy. */
function permissionStatement({ Action, Principal, FunctionName }: Json): Json {
  return { Effect: 'Allow', Action, Principal: { Service: Principal }, Resource: FunctionName };
}

/** The text that an intrinsic could become. Throws for what it does not know, rather than guess. */
function render(value: unknown, json: TemplateJson, jsons: Readonly<Record<string, TemplateJson>>): string {
  if (typeof value === 'string') return value;
  const [[name, argument] = []] = Object.entries((value ?? {}) as Json);
  switch (name) {
    case 'Ref':
      return PSEUDO_PARAMETERS[String(argument)] ?? REFERENCES[json.Resources[String(argument)]?.Type ?? ''] ?? 'name';
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map((part) => render(part, json, jsons)).join(separator);
    }
    case 'Fn::GetAtt': {
      const [id, attribute] = argument as [string, string];
      const arn = ARNS[`${json.Resources[id]?.Type}.${attribute}`];
      if (arn !== undefined) return arn;
      break;
    }
    case 'Fn::GetStackOutput': {
      const { StackName, OutputName } = argument as { StackName: string; OutputName: string };
      const other = jsons[StackName];
      const output = other?.Outputs?.[OutputName];
      if (other && output) return render(output.Value, other, jsons);
    }
  }
  throw new Error(`What ARN is ${JSON.stringify(value)}?`);
}
