// Keeps node to this machine, as tests/kit/loopback does Python: whatever goes further throws, and no name is looked up.
const dns = require("node:dns");
const net = require("node:net");

const HERE = new Set(["localhost", "127.0.0.1", "::1"]);

function refuse(what) {
  throw new Error(`${what}: tests are kept to loopback; serve on 127.0.0.1 what they need`);
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [first] = Array.isArray(given[0]) ? given[0] : given;
  const host = typeof first === "object" ? first.host : given[1];
  if (typeof host === "string" && !HERE.has(host)) refuse(`connect to ${host}`);
  return connect.apply(this, given);
};

const lookup = dns.lookup;
dns.lookup = function (host, ...rest) {
  if (!HERE.has(host)) refuse(`look-up of ${host}`);
  return lookup.call(this, host, ...rest);
};
