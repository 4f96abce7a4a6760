const { basename } = require('node:path');

exports.handler = async (event) => `${basename(__filename)} got ${event.name}`;
exports.withCallback = (_event, _context, callback) => callback(null, 'done');
