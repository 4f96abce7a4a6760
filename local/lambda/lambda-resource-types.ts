import type { ResourceIdentity, ResourceType, TemplateResource } from '../platform/service.ts';
import { INERT_MAPPING_PROPERTIES, MAPPING_PROPERTIES } from './mapping-configuration.ts';

type Create = (resource: TemplateResource) => Promise<ResourceIdentity>;

/** What makes the resources of each type. */
export interface LambdaResourceCreators {
  createFunction: Create;
  createPermission: Create;
  createMapping: Create;
  createEventInvokeConfig: Create;
}

/** The CloudFormation types of Lambda that are served. */
export function lambdaResourceTypes(creators: LambdaResourceCreators): ResourceType[] {
  return [
    {
      type: 'AWS::Lambda::Function',
      honours: [
        'Code',
        'DeadLetterConfig.TargetArn',
        'Description',
        'Environment.Variables',
        'FunctionName',
        'Handler',
        'LoggingConfig.ApplicationLogLevel',
        'LoggingConfig.LogFormat',
        'LoggingConfig.LogGroup',
        'PackageType',
        'ReservedConcurrentExecutions',
        'Role',
        'Runtime',
        'Timeout',
      ],
      inert: {
        Architectures: "functions run on this machine's own processor",
        EphemeralStorage: "functions write to this machine's /tmp",
        KmsKeyArn: 'variables are held in memory only',
        MemorySize: 'told to the function and a bound of its heap; the memory and processor of its process are not limited',
        RecursiveLoop: 'loops are not detected locally',
        RuntimeManagementConfig: 'the runtime client is the one that is installed',
        Tags: 'nothing local selects by tag',
        TracingConfig: 'traces are not collected locally',
      },
      create: creators.createFunction,
    },
    {
      type: 'AWS::Lambda::Permission',
      honours: ['Action', 'FunctionName', 'Principal', 'SourceAccount', 'SourceArn'],
      create: creators.createPermission,
    },
    {
      type: 'AWS::Lambda::EventSourceMapping',
      honours: MAPPING_PROPERTIES,
      inert: INERT_MAPPING_PROPERTIES,
      create: creators.createMapping,
    },
    {
      type: 'AWS::Lambda::EventInvokeConfig',
      honours: ['FunctionName', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'Qualifier'],
      create: creators.createEventInvokeConfig,
    },
  ];
}
