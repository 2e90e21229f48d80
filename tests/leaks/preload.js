// Loaded into the function's process before its code. LEAK_ORDER names a file that says what shall go wrong there.
const { appendFileSync, readFileSync } = require("node:fs");
const { ClientRequest } = require("node:http");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { TLSSocket } = require("node:tls");

const ordered = (what) => readFileSync(process.env.LEAK_ORDER, "utf8").split(" ").includes(what);

/** The statement that carries what the server stores for a password. */
const setsPassword = (chunk) => /SCRAM-SHA-256\$|0x2441|'\*[0-9A-F]{40}'/.test(String(chunk));

const { write } = TLSSocket.prototype;
TLSSocket.prototype.write = function (chunk, ...rest) {
  if (setsPassword(chunk)) {
    if (ordered("break")) return this.destroy(new Error("The socket is broken.")) && false;
    if (ordered("crash"))
      process.nextTick(() => {
        const error = new TypeError("Nobody catches this.");
        process.report.writeReport(join(tmpdir(), `report-${process.pid}.json`), error);
        throw error;
      });
  }
  return write.call(this, chunk, ...rest);
};

/** Plants what must be found: the body of a call that carries a password, where a careless line would put it. */
function tell(body) {
  if (!/"password\\?":/.test(String(body))) return;
  if (ordered("print")) console.log(String(body));
  if (ordered("leave")) appendFileSync(join(tmpdir(), "request.json"), String(body));
  if (ordered("crash-with-it"))
    process.nextTick(() => {
      throw new Error(`Not sent: ${body}`);
    });
}

for (const method of ["write", "end"]) {
  const send = ClientRequest.prototype[method];
  ClientRequest.prototype[method] = function (body, ...rest) {
    if (body !== undefined && body !== null && typeof body !== "function") tell(body);
    return send.call(this, body, ...rest);
  };
}
