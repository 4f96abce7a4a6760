'use strict';
// Loaded in every execution environment before AWS's runtime client, whose native HTTP client is compiled when it is
// installed with scripts and is therefore absent here. The one request for it is answered with our stand-in; after that
// module loading is untouched, so that the function's own code loads as on Lambda.

const { registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');

const standIn = pathToFileURL(require.resolve('./rapid-client.cjs')).href;

const hooks = registerHooks({
  resolve(specifier, context, nextResolve) {
    if (!specifier.endsWith('/rapid-client.node')) return nextResolve(specifier, context);
    hooks.deregister();
    return { url: standIn, format: 'commonjs', shortCircuit: true };
  },
});
