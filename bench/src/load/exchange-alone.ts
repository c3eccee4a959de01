/** A server for measuring: the exchange alone, without participants, and without limits for its users. */

/** Text of its configuration file. */
export const exchangeAlone = `
exchange: { participants: { enabled: false } }
demo: { users: false }
cryptomus: { requestsPerMinuteMax: 0, newConnectionsPerMinuteMax: 0, restCallsPerSecondMax: 0 }
log: { level: warn }
datasets: []
`;
