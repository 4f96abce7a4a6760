import { Arn, ArnFormat, type Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { TextModel } from '../../lambdas/query/models.contract.ts';
import { explainWildcard } from '../platform/compliance.ts';

/** Where the European profiles route to. */
const EUROPEAN_REGIONS = 'eu-*';

/**
 * Lets a function invoke a model through its inference profile. That takes two statements: the profile here, and the
 * foundation model in whichever European region the profile routes to, but only through that profile
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html). Which regions these are differs by model and
 * grows (https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html), so they are not told one by one.
 */
export function allowModel(grantee: IGrantable, model: TextModel, stack: Stack): void {
  const profileArn = Arn.format({ service: 'bedrock', resource: 'inference-profile', resourceName: model.profileId }, stack);
  const foundationModelArn = Arn.format(
    {
      service: 'bedrock',
      region: EUROPEAN_REGIONS,
      account: '',
      resource: 'foundation-model',
      resourceName: model.foundationModel,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    },
    stack,
  );
  const actions = ['bedrock:InvokeModelWithResponseStream'];
  explainWildcard(grantee, {
    actions,
    ending: `:${EUROPEAN_REGIONS}::foundation-model/${model.foundationModel}`,
    reason: 'The profile decides in which European region it asks this one model.',
  });
  grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [profileArn] }));
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions,
      resources: [foundationModelArn],
      conditions: { StringEquals: { 'bedrock:InferenceProfileArn': profileArn } },
    }),
  );
}
