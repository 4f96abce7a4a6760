import { Match } from 'aws-cdk-lib/assertions';
import { templatesOf } from '../support/templates.ts';

const { api } = templatesOf();

test('the end of a job of this stage, and of no other, is told to the completion worker', () => {
  api.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.transcribe'],
      'detail-type': ['Transcribe Job State Change'],
      detail: { TranscriptionJobStatus: ['COMPLETED', 'FAILED'], TranscriptionJobName: [{ prefix: 'manuel-dev-' }] },
    },
  });
  api.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ FUNCTION: 'transcribe-completion', JOB_NAME_PREFIX: 'manuel-dev-' }) },
  });
});

test('only what forms have written starts a transcription: neither our own copy nor the transcript does', () => {
  api.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { bucket: { name: [Match.anyValue()] }, object: { key: [{ prefix: 'recordings/' }] } },
    },
  });
});

test('a job can be started only where it writes into the bucket of recordings, and by two functions', () => {
  const policies = Object.entries(api.findResources('AWS::IAM::Policy'));
  const starting = policies.flatMap(([id, { Properties }]) =>
    Properties.PolicyDocument.Statement.filter(({ Action }: { Action: string }) => Action === 'transcribe:StartTranscriptionJob').map(
      (statement: object) => ({ id: id.replace(/RoleDefaultPolicy.*/, ''), ...statement }),
    ),
  );
  expect(starting.map(({ id }) => id).sort()).toEqual(['TranscribeFunction', 'TranscribeRecording']);
  for (const { Condition } of starting) {
    expect(Condition).toEqual({ StringEquals: { 'transcribe:OutputBucketName': { 'Fn::GetStackOutput': expect.anything() } } });
  }
});
