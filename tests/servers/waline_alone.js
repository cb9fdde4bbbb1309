// Keeps a Waline to itself: it listens on loopback only, and asks nobody which logins there are.
const net = require('node:net');

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (where, ...rest) {
  const options = typeof where === 'object' ? where : { port: Number(where) };
  const then = rest.filter((one) => typeof one === 'function');
  return listen.call(this, 'port' in options ? { ...options, host: '127.0.0.1' } : options, ...then);
};
globalThis.fetch = async () => new Response(JSON.stringify({ services: [] }));
