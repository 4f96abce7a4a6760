import { S3Client } from '@aws-sdk/client-s3';
import { BucketContents } from '../../lambdas/storage/bucket-contents.ts';
import { emptyBucket, type FullBucket } from '../../lambdas/storage/empty-bucket.ts';
import { openBucket, type TestBucket } from '../local/s3-support.ts';

const NEVER = new AbortController().signal;

/** A bucket that takes pages of two, and something new with each listing of the first few. */
function busyBucket({ versions = 0, uploads = 0, arriving = 0 }): FullBucket & { readonly left: () => number } {
  const remove = (of: 'versions' | 'uploads') => async () => {
    const page = Math.min(2, content[of]);
    content[of] -= page;
    if (arriving > 0) {
      arriving -= 1;
      content.versions += 1;
    }
    return page;
  };
  const content = { versions, uploads };
  return {
    name: 'busy',
    emptiedBy: async () => 'Emptying',
    removeVersions: remove('versions'),
    abortUploads: remove('uploads'),
    left: () => content.versions + content.uploads,
  };
}

test('goes on until nothing is left, whatever arrives meanwhile', async () => {
  const bucket = busyBucket({ versions: 5, uploads: 3, arriving: 7 });
  expect(await emptyBucket(bucket, 'Emptying', NEVER)).toEqual({ removed: 15 });
  expect(bucket.left()).toBe(0);
});

test('leaves a bucket alone that names another resource, or none', async () => {
  const bucket = busyBucket({ versions: 1 });
  expect(await emptyBucket(bucket, 'Renamed', NEVER)).toEqual({ kept: true });
  expect(await emptyBucket({ ...bucket, emptiedBy: async () => undefined }, 'Emptying', NEVER)).toEqual({ kept: true });
  expect(bucket.left()).toBe(1);
});

describe('on S3', () => {
  const Bucket = 'half-empty';
  let s3: TestBucket;

  beforeAll(async () => {
    s3 = await openBucket(Bucket);
  });

  afterAll(() => s3.close());

  test('a bucket without tags, or that is gone, names no resource', async () => {
    expect(await new BucketContents(s3.client, Bucket, NEVER).emptiedBy()).toBeUndefined();
    expect(await new BucketContents(s3.client, 'gone', NEVER).emptiedBy()).toBeUndefined();
  });

  test('what fails otherwise is a sentence that names the bucket', async () => {
    const nobody = new S3Client({ ...s3.door.clientConfig, credentials: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'none' } });
    const emptying = await emptyBucket(new BucketContents(nobody, Bucket, NEVER), 'Emptying', NEVER);
    expect(emptying).toEqual({ failure: expect.stringMatching(/^The bucket half-empty could not be emptied: .*Access Key Id/) });
    nobody.destroy();
  });

  test('once its time is up it gives up, and says how to go on', async () => {
    await s3.put('left', 'over');
    const deadline = new AbortController();
    const bucket = new BucketContents(s3.client, Bucket, deadline.signal);
    const emptying = emptyBucket(
      {
        name: Bucket,
        emptiedBy: async () => 'Emptying',
        abortUploads: async () => {
          deadline.abort();
          return 3;
        },
        removeVersions: () => bucket.removeVersions(),
      },
      'Emptying',
      deadline.signal,
    );
    expect(await emptying).toEqual({ failure: expect.stringMatching(/half-empty .* Destroy again to go on\.$/) });
    expect(await s3.text('left')).toBe('over');
  });
});
