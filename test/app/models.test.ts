import { type StageModels, TEXT_MODEL_NAMES, type TextModelName, textModel } from '../../lambdas/query/models.contract.ts';
import type { StageConfig } from '../../lib/stage-config.ts';
import { stageConfig } from '../../lib/stages.ts';
import { appOf, templatesOf } from '../support/templates.ts';

const dev = stageConfig('dev');

interface Statement {
  readonly Action: string;
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** The statements of the query function that let it invoke models. */
function invocations(config: StageConfig): Statement[] {
  const policies = Object.entries(templatesOf(config).api.findResources('AWS::IAM::Policy'));
  return policies
    .filter(([id]) => id.startsWith('QueryFunction'))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[])
    .filter(({ Action }) => JSON.stringify(Action).includes('InvokeModel'));
}

const profileArn = (name: TextModelName) => ({
  'Fn::Join': ['', ['arn:aws:bedrock:eu-west-1:', { Ref: 'AWS::AccountId' }, `:inference-profile/${textModel(name).profileId}`]],
});
const modelArn = (name: TextModelName) => `arn:aws:bedrock:eu-*::foundation-model/${textModel(name).foundationModel}`;

test.each<[string, readonly TextModelName[]]>([
  ['the models of dev', dev.models.allowed],
  ['a single one', ['nova-micro']],
  ['all that there are', TEXT_MODEL_NAMES],
])('%s may be invoked through their own profiles, and no others', (_which, allowed) => {
  const [first = 'nova-micro'] = allowed;
  const statements = invocations({ ...dev, models: { default: first, allowed, fallback: [] } });
  const [direct, throughProfiles] = [statements.filter(({ Condition }) => !Condition), statements.filter(({ Condition }) => Condition)];
  const profiles = direct.flatMap(({ Resource }) => Resource);
  expect(profiles).toHaveLength(allowed.length);
  expect(profiles).toEqual(expect.arrayContaining(allowed.map(profileArn)));
  expect(throughProfiles).toEqual(
    allowed.map((name) =>
      expect.objectContaining({
        Resource: modelArn(name),
        Condition: { StringEquals: { 'bedrock:InferenceProfileArn': profileArn(name) } },
      }),
    ),
  );
});

test('a stage’s models reach the function by name', () => {
  const models: StageModels = { default: 'nova-lite', allowed: ['claude-haiku-5-5', 'nova-lite'], fallback: [] };
  templatesOf({ ...dev, models }).api.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { DEFAULT_MODEL: 'nova-lite', ALLOWED_MODELS: 'claude-haiku-5-5,nova-lite', FALLBACK_MODELS: '' } },
  });
});

const ALLOWED = 'claude-haiku-5-5, claude-sonnet-5-5, nova-2-lite, nova-lite';

test.each<[Partial<StageModels>, string]>([
  [{ default: 'claude-opus-5-5' }, `models.default of the stage "dev" names claude-opus-5-5; choose of ${ALLOWED}.`],
  [{ fallback: ['nova-lite', 'nova-micro'] }, `models.fallback of the stage "dev" names nova-micro; choose of ${ALLOWED}.`],
  [{ fallback: ['nova-lite', 'nova-lite'] }, `models.fallback of the stage "dev" names a model twice; choose of ${ALLOWED}.`],
  [
    { allowed: ['claude-haiku-3' as TextModelName] },
    `models.allowed of the stage "dev" names claude-haiku-3; choose of ${TEXT_MODEL_NAMES.join(', ')}.`,
  ],
])('%j stops synth with a sentence', (change, sentence) => {
  expect(() => appOf({ ...dev, models: { ...dev.models, ...change } })).toThrow(sentence);
});

test.each([0, 10_001, 1.5, Number.NaN])('a longest answer of %d tokens, which not every model gives, stops synth', (maxAnswerTokens) => {
  expect(() => appOf({ ...dev, maxAnswerTokens })).toThrow(
    `maxAnswerTokens of the stage "dev" is ${maxAnswerTokens}; it must be from 1 to 10000, the most that each of its models takes.`,
  );
});
