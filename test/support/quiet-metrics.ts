/** Imported first where many are emitted and none is looked at. */
process.env['POWERTOOLS_METRICS_DISABLED'] = 'true';
