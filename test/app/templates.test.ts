import { rmSync } from 'node:fs';
import { Match } from 'aws-cdk-lib/assertions';
import { stageConfig } from '../../lib/stages.ts';
import { appOf, templatesOf } from '../support/templates.ts';

const { api, cognito, storage, 'knowledge-base': knowledgeBase, 'dead-letter': deadLetter } = templatesOf();
const all = [api, cognito, storage, knowledgeBase, deadLetter];

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Effect: string;
}

function statementsOf(functionId: string): Statement[] {
  const policies = api.findResources('AWS::IAM::Policy');
  return Object.entries(policies)
    .filter(([id]) => id.startsWith(functionId))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
}
/** What a function may do besides writing its own log. */
const actionsOf = (functionId: string) =>
  statementsOf(functionId)
    .flatMap(({ Action }) => Action)
    .filter((action) => !action.startsWith('logs:'))
    .sort();

describe('the API', () => {
  test('is regional', () => {
    api.hasResourceProperties('AWS::ApiGateway::RestApi', { EndpointConfiguration: { Types: ['REGIONAL'] } });
  });

  test('caches no authorization', () => {
    api.hasResourceProperties('AWS::ApiGateway::Authorizer', { Type: 'COGNITO_USER_POOLS', AuthorizerResultTtlInSeconds: 0 });
  });

  test('demands a signed-in user on every route but three', () => {
    const methods = Object.values(api.findResources('AWS::ApiGateway::Method')).filter(
      ({ Properties }) => Properties.HttpMethod !== 'OPTIONS',
    );
    const open = methods.filter(({ Properties }) => Properties.AuthorizationType === 'NONE');
    expect(methods).toHaveLength(11);
    expect(open).toHaveLength(2);
    for (const { Properties } of methods.filter((method) => !open.includes(method))) {
      expect(Properties).toMatchObject({ AuthorizationType: 'COGNITO_USER_POOLS', AuthorizationScopes: ['aws.cognito.signin.user.admin'] });
    }
  });

  test('streams the answers to questions, and nothing else; deadlines nest', () => {
    const methods = Object.values(api.findResources('AWS::ApiGateway::Method'))
      .map(({ Properties }) => Properties)
      .filter(({ HttpMethod }) => HttpMethod !== 'OPTIONS');
    const streaming = methods.filter(({ Integration }) => Integration.ResponseTransferMode === 'STREAM');
    expect(streaming.map(({ RequestModels }) => Object.keys(RequestModels))).toEqual([['application/json']]);
    expect(streaming[0]?.Integration.TimeoutInMillis).toBe(70_000);
    expect(JSON.stringify(streaming[0]?.Integration.Uri)).toMatch(/2021-11-15.*QueryFunction.*response-streaming-invocations/);
    for (const { Integration } of methods.filter((method) => !streaming.includes(method))) {
      expect(Integration).toMatchObject({ ResponseTransferMode: 'BUFFERED', TimeoutInMillis: 29_000 });
    }
    const timeouts = Object.entries(api.findResources('AWS::Lambda::Function')).map(([id, { Properties }]) => [id, Properties.Timeout]);
    expect(Object.fromEntries(timeouts.map(([id, timeout]) => [String(id).replace(/Function.*/, ''), timeout]))).toMatchObject({
      Query: 65,
      Manuals: 28,
      Usage: expect.any(Number),
    });
  });

  test('refuses by itself with problem documents', () => {
    for (const { Properties } of Object.values(api.findResources('AWS::ApiGateway::GatewayResponse'))) {
      expect(Properties.ResponseParameters['gatewayresponse.header.Content-Type']).toBe("'application/problem+json'");
      const template = JSON.parse(Properties.ResponseTemplates['application/json']);
      expect(template).toMatchObject({ type: `urn:manuel:problem:${template.code}`, request_id: '$context.requestId' });
    }
  });

  test('checks bodies with models that draft-04 and API Gateway know', () => {
    api.hasResourceProperties('AWS::ApiGateway::Model', {
      Schema: {
        $schema: 'http://json-schema.org/draft-04/schema#',
        type: 'object',
        required: ['question'],
        properties: { question: { type: 'string' }, manual_ids: { type: 'array' }, max_results: { type: 'integer' } },
      },
    });
  });
});

describe('functions', () => {
  test('run on Node.js 24 and arm64, with a log group of their own that does not grow forever', () => {
    const functions = Object.values(api.findResources('AWS::Lambda::Function'));
    expect(functions).toHaveLength(12);
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        LoggingConfig: { LogGroup: { Ref: expect.any(String) } },
      });
    }
    // And the access log's.
    api.resourceCountIs('AWS::Logs::LogGroup', 13);
    api.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 14 });
  });

  test('may do what their capability needs, and no more', () => {
    expect(actionsOf('StatusFunction')).toEqual([]);
    expect(actionsOf('UsageFunction')).toEqual(['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    expect(actionsOf('QueryFunction')).toEqual([
      // All profiles at once, and each model through its own, as models.test.ts looks into.
      ...Array(1 + stageConfig('dev').models.allowed.length).fill('bedrock:InvokeModelWithResponseStream'),
      'bedrock:Retrieve',
      'dynamodb:GetItem',
      'dynamodb:UpdateItem',
    ]);
    expect(actionsOf('SpendFunction')).toEqual(['cloudwatch:GetMetricData', 'dynamodb:UpdateItem', 'sqs:SendMessage']);
    expect(actionsOf('ManualsFunction')).toEqual([
      'dynamodb:GetItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'dynamodb:UpdateItem',
      's3:PutObject',
      'sqs:SendMessage',
    ]);
    expect(actionsOf('ManualsImport')).toEqual([
      'dynamodb:GetItem',
      'dynamodb:UpdateItem',
      's3:PutObject',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:SendMessage',
    ]);
    expect(actionsOf('TranscribeFunction')).toEqual([
      'dynamodb:GetItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:UpdateItem',
      's3:DeleteObject',
      's3:DeleteObject',
      's3:GetObject',
      's3:PutObject',
      's3:PutObject',
      'transcribe:StartTranscriptionJob',
    ]);
    expect(actionsOf('ManualsIngestion').filter((action) => action.startsWith('s3:'))).toEqual([
      's3:DeleteObjectVersion',
      's3:GetObjectVersion',
      's3:PutObject',
    ]);
  });

  test('only the query function and the readiness probe may retrieve, only the ingestion worker ingest, only the deletion worker remove', () => {
    const allowed = (action: string) =>
      Object.entries(api.findResources('AWS::IAM::Policy'))
        .filter(([, { Properties }]) =>
          Properties.PolicyDocument.Statement.some((statement: Statement) => [statement.Action].flat().includes(action)),
        )
        .map(([id]) => id.replace(/RoleDefaultPolicy.*/, ''));
    expect(allowed('bedrock:Retrieve').sort()).toEqual(['ManualsReadiness', 'QueryFunction']);
    expect(allowed('bedrock:IngestKnowledgeBaseDocuments')).toEqual(['ManualsIngestion']);
    expect(allowed('bedrock:DeleteKnowledgeBaseDocuments')).toEqual(['ManualsDeletion']);
  });

  test('write to their own log group and no other', () => {
    api.allResourcesProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
    const logStatements = ['Status', 'Usage', 'Query', 'Manuals', 'Transcribe']
      .flatMap((name) => statementsOf(`${name}Function`))
      .filter(({ Action }) => [Action].flat().some((action) => action.startsWith('logs:')));
    expect(logStatements).toHaveLength(5);
    for (const { Resource } of logStatements) expect(Resource).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/Logs/), 'Arn'] });
  });

  test('nobody may do everything with a service', () => {
    const actions = Object.values(api.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.flatMap(({ Action }: Statement) => Action),
    );
    expect(actions.filter((action: string) => /^\*$|:\*$/.test(action))).toEqual([]);
  });
});

describe('asynchronous edges', () => {
  test('every queue of the API stack hands what fails three times to a dead-letter queue', () => {
    const queues = Object.values(api.findResources('AWS::SQS::Queue'));
    expect(queues).toHaveLength(6);
    for (const { Properties } of queues) expect(Properties.RedrivePolicy).toMatchObject({ maxReceiveCount: 3 });
  });

  test('every rule target has one too', () => {
    for (const { Properties } of Object.values(api.findResources('AWS::Events::Rule'))) {
      for (const target of Properties.Targets) expect(target).toHaveProperty('DeadLetterConfig.Arn');
    }
  });

  test('the schedule runs its function alone, with bounded retries, and what fails is kept', () => {
    const permission = { Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com', SourceArn: Match.anyValue() };
    api.hasResourceProperties('AWS::Lambda::Permission', permission);
    api.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(5 minutes)',
      Targets: [Match.objectLike({ RetryPolicy: { MaximumEventAgeInSeconds: 300 } })],
    });
    api.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 300 });
    api.hasResourceProperties('AWS::Lambda::Function', { DeadLetterConfig: { TargetArn: Match.anyValue() } });
  });

  test('there is one dead-letter queue for each edge, kept as long as SQS keeps anything', () => {
    deadLetter.resourceCountIs('AWS::SQS::Queue', 10);
    deadLetter.allResourcesProperties('AWS::SQS::Queue', { MessageRetentionPeriod: 1_209_600 });
  });

  test('messages stay invisible for six times as long as their function may run', () => {
    api.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 1800 });
    api.hasResourceProperties('AWS::Lambda::Function', { Timeout: 300, MemorySize: 2048 });
  });
});

describe('data', () => {
  test('the bucket is private, versioned, encrypted, TLS only, and announces what arrives', () => {
    storage.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
      BucketEncryption: Match.anyValue(),
    });
    storage.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]),
      },
    });
  });

  test('recordings and their texts are kept for a day at most', () => {
    storage.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: Match.absent(),
      LifecycleConfiguration: { Rules: Match.arrayWith([{ ExpirationInDays: 1, Status: 'Enabled' }]) },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
    storage.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [
        { AttributeName: 'user_id', KeyType: 'HASH' },
        { AttributeName: 'job_id', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
    });
  });

  test('every bucket is private and TLS only', () => {
    const buckets = storage.findResources('AWS::S3::Bucket');
    const closed = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true };
    for (const [id, { Properties }] of Object.entries(buckets)) {
      expect(Properties).toMatchObject({ PublicAccessBlockConfiguration: closed, BucketEncryption: expect.anything() });
      storage.hasResourceProperties('AWS::S3::BucketPolicy', {
        Bucket: { Ref: id },
        PolicyDocument: {
          Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]),
        },
      });
    }
  });

  test('tables are paid by request and can be restored to a point in time', () => {
    storage.resourceCountIs('AWS::DynamoDB::Table', 3);
    storage.allResourcesProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  test('the vector index leaves the passage out of what it filters by', () => {
    knowledgeBase.hasResourceProperties('AWS::S3Vectors::Index', {
      Dimension: 1024,
      DistanceMetric: 'cosine',
      MetadataConfiguration: { NonFilterableMetadataKeys: ['AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'] },
    });
  });

  test('the knowledge base’s role carries its policy inline, so that the first deployment does not race', () => {
    knowledgeBase.resourceCountIs('AWS::IAM::Policy', 0);
    knowledgeBase.hasResourceProperties('AWS::IAM::Role', { Policies: Match.arrayWith([Match.objectLike({ PolicyName: 'Vectors' })]) });
  });

  test('a stage that retains its data says so on everything that holds some', () => {
    const retaining = templatesOf({ ...stageConfig('dev'), retainData: true });
    retaining.storage.allResources('AWS::DynamoDB::Table', { DeletionPolicy: 'Retain' });
    retaining.storage.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Retain' });
    retaining.cognito.allResources('AWS::Cognito::UserPool', { DeletionPolicy: 'Retain' });
    retaining['knowledge-base'].allResources('AWS::Bedrock::KnowledgeBase', { DeletionPolicy: 'Retain' });
  });
});

describe('sign-in', () => {
  test('is by e-mail and SRP, without OAuth, and unknown users look like wrong passwords', () => {
    cognito.hasResourceProperties('AWS::Cognito::UserPool', {
      UsernameAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      MfaConfiguration: 'OPTIONAL',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      AutoVerifiedAttributes: ['email'],
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      UserPoolTier: 'ESSENTIALS',
      Policies: { PasswordPolicy: { MinimumLength: 12, PasswordHistorySize: 5 } },
      VerificationMessageTemplate: { EmailMessage: Match.stringLikeRegexp('Your code for Manuel is {####}') },
    });
    cognito.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
      AllowedOAuthFlowsUserPoolClient: false,
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
    });
  });

  test('lasts as long as the stage says, with a refresh token that is replaced by each use', () => {
    const { cognito: preview } = templatesOf({ ...stageConfig('dev'), accessTokenHours: 2, refreshTokenDays: 1 });
    preview.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      AccessTokenValidity: 120,
      IdTokenValidity: 120,
      RefreshTokenValidity: 1440,
      TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' },
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 60 },
    });
  });

  test('has neither pages, nor OAuth, nor passkeys where the stage names no domain', () => {
    cognito.resourceCountIs('AWS::Cognito::UserPoolDomain', 0);
    cognito.hasResourceProperties('AWS::Cognito::UserPool', {
      Policies: { SignInPolicy: Match.absent() },
      WebAuthnRelyingPartyID: Match.absent(),
      EmailConfiguration: Match.absent(),
    });
    cognito.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      AllowedOAuthFlows: Match.absent(),
      AllowedOAuthScopes: Match.absent(),
      CallbackURLs: Match.absent(),
    });
  });

  test('has pages, the code flow and passkeys of that domain where the stage names one', () => {
    const callbackUrls = ['https://app.example.com/in'];
    const signInDomain = { prefix: 'our-manuals', callbackUrls, logoutUrls: ['https://app.example.com/out'] };
    const { cognito: paged } = templatesOf({ ...stageConfig('dev'), signInDomain });
    paged.hasResourceProperties('AWS::Cognito::UserPoolDomain', { Domain: 'our-manuals', ManagedLoginVersion: 2 });
    paged.hasResourceProperties('AWS::Cognito::ManagedLoginBranding', { UseCognitoProvidedValues: true });
    paged.hasResourceProperties('AWS::Cognito::UserPool', {
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
      WebAuthnRelyingPartyID: 'our-manuals.auth.eu-west-1.amazoncognito.com',
      WebAuthnUserVerification: 'required',
    });
    paged.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_AUTH'],
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'email', 'aws.cognito.signin.user.admin'],
      CallbackURLs: callbackUrls,
      LogoutURLs: ['https://app.example.com/out'],
    });
  });

  test('sends its codes from the stage’s verified address, if it has one', () => {
    const { cognito: sending } = templatesOf({ ...stageConfig('dev'), emailSender: 'hello@example.com' });
    sending.hasResourceProperties('AWS::Cognito::UserPool', {
      EmailConfiguration: {
        EmailSendingAccount: 'DEVELOPER',
        From: 'Manuel <hello@example.com>',
        SourceArn: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':ses:eu-west-1:$'), ':identity/hello@example.com'])] },
      },
    });
  });

  test('lets nobody state that an address is verified', () => {
    cognito.hasResourceProperties('AWS::Cognito::UserPoolClient', { WriteAttributes: ['email', 'locale', 'name'] });
  });

  test('is open to everybody only where the stage says so', () => {
    cognito.hasResourceProperties('AWS::Cognito::UserPool', { AdminCreateUserConfig: { AllowAdminCreateUserOnly: false } });
    const { cognito: closed } = templatesOf({ ...stageConfig('dev'), selfSignUp: false });
    closed.hasResourceProperties('AWS::Cognito::UserPool', { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } });
  });
});

/** Renaming one of these would replace it, with what it holds. */
test('the logical ids of what holds state are frozen', () => {
  const stateful = [
    'AWS::DynamoDB::Table',
    'AWS::S3::Bucket',
    'AWS::Cognito::UserPool',
    'AWS::S3Vectors::VectorBucket',
    'AWS::S3Vectors::Index',
    'AWS::Bedrock::KnowledgeBase',
    'AWS::Bedrock::DataSource',
    // With another name a deployment would end with what it takes for the removal of the old one.
    'Custom::EmptyBucket',
  ];
  const ids = stateful.flatMap((type) => all.flatMap((template) => Object.keys(template.findResources(type)).map((id) => `${type} ${id}`)));
  expect(ids).toEqual([
    'AWS::DynamoDB::Table ManualsTable0463DFCC',
    'AWS::DynamoDB::Table UsageTable28300137',
    'AWS::DynamoDB::Table JobsTable1970BC16',
    'AWS::S3::Bucket ManualsBucket92EDE3BA',
    'AWS::S3::Bucket RecordingsBucketAA52F499',
    'AWS::Cognito::UserPool UserPool6BA7E5F2',
    'AWS::S3Vectors::VectorBucket ManualsVectorBucket5DD5D2B4',
    'AWS::S3Vectors::Index ManualsVectorIndexB07A6776',
    'AWS::Bedrock::KnowledgeBase ManualsKnowledgeBase376DE4C9',
    'AWS::Bedrock::DataSource ManualsDataSource460FC28C',
    'Custom::EmptyBucket EmptyBucketManualsA349C0EB',
    'Custom::EmptyBucket EmptyBucketRecordingsB83E8A4B',
  ]);
});

test('every stack is at the top of the assembly, where `cdk deploy --all` finds it', () => {
  const { app } = appOf();
  const { stacks, directory } = app.synth();
  rmSync(directory, { recursive: true });
  expect(stacks.map(({ stackName }) => stackName).sort()).toEqual(
    ['api', 'cognito', 'dashboard', 'dead-letter', 'knowledge-base', 'storage'].map((name) => `Manuel-dev-${name}`),
  );
});
