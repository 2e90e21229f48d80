const CONNECT_TIMEOUT_MS = 10_000;

/** Without `throwOnRequestTimeout` the SDK only warns, and a lost answer would hang for ever. */
export const handler = (requestTimeout: number) => ({
  connectionTimeout: CONNECT_TIMEOUT_MS,
  requestTimeout,
  throwOnRequestTimeout: true,
  httpsAgent: { keepAlive: true, maxSockets: 50 },
  httpAgent: { keepAlive: true, maxSockets: 50 },
});

export const placeOf = (region: string, endpointUrl: string | undefined) => ({
  region,
  ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
});
