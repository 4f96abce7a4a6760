/** API Gateway takes a literal header value in single quotes. */
export const quoted = (value: string): string => `'${value}'`;
