'use strict';
// Stands in for the native part of aws-lambda-ric: an object with `next`, `done` and `error`
// (https://github.com/aws/aws-lambda-nodejs-runtime-interface-client, src/native/rapid-client.cc).
//
// Between two invocations AWS freezes an environment, so that nothing a function left behind runs. Here the main thread
// blocks in a synchronous read until the platform thaws it: no timer and no callback of the function runs. (Worker threads
// and child processes of a function do go on, other than on AWS.) The read also ends when the platform's process dies, and so
// does the environment.

const { readSync } = require('node:fs');
// Taken before the function's code is loaded, since tracing libraries replace members of these modules.
const { Agent, request } = require('node:http');

/** Brings the id of the next invocation, as a line. */
const THAW_FD = 3;

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const endOfOutput = process.env._LOCAL_END_OF_OUTPUT;
delete process.env._LOCAL_END_OF_OUTPUT;

const writeOut = process.stdout.write.bind(process.stdout);
const writeErr = process.stderr.write.bind(process.stderr);
const resourceUsage = process.resourceUsage.bind(process);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** The answer to the last invocation, on its way. */
let posted = Promise.resolve();

module.exports = {
  async next() {
    await posted;
    await Promise.all([mark(writeOut), mark(writeErr)]);
    // Answered once the platform has the whole response, also of one that the runtime client streams by itself.
    await exchange('POST', '/local/freeze', { 'max-rss-kb': String(resourceUsage().maxRSS) });
    const { headers, body } = await exchange('GET', '/2018-06-01/runtime/invocation/next', { 'request-id': freeze() });
    return { bodyJson: body, headers };
  },
  done(requestId, document) {
    posted = exchange('POST', `/2018-06-01/runtime/invocation/${requestId}/response`, {}, document);
  },
  error(requestId, document) {
    posted = exchange('POST', `/2018-06-01/runtime/invocation/${requestId}/error`, {}, document);
  },
};

/** Blocks until the platform hands over an invocation, and returns its id. */
function freeze() {
  const buffer = Buffer.alloc(64);
  let length = 0;
  do {
    const read = readSync(THAW_FD, buffer, length, buffer.length - length, null);
    if (read === 0) die();
    length += read;
  } while (buffer[length - 1] !== 0x0a);
  return buffer.toString('latin1', 0, length - 1);
}

/** Flushes an output and tells the platform that all of it has been written so far. */
function mark(write) {
  return new Promise((resolve) => write(`${endOfOutput}\n`, resolve));
}

function exchange(method, path, headers, document = '') {
  return new Promise((resolve) => {
    const outgoing = request({ host, port, agent, method, path, headers: { ...headers, 'content-length': Buffer.byteLength(document) } });
    outgoing.on('error', die);
    outgoing.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ headers: response.headers, body }));
      response.on('error', die);
    });
    outgoing.end(document);
  });
}

/** Without its platform an environment has no purpose. Takes along what the function has started: it leads its process group. */
function die() {
  process.kill(-process.pid, 'SIGKILL');
}
