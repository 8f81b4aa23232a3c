// The floor of a TCP echo: Node's own socket handles, without streams, events or backpressure.
const { TCP, constants } = process.binding("tcp_wrap");
const { WriteWrap, streamBaseState, kReadBytesOrError } = process.binding("stream_wrap");

/** @returns the port of a server on 127.0.0.1. */
export function serveRaw() {
  const server = new TCP(constants.SERVER);
  check(server.bind("127.0.0.1", 0), "bind");
  server.onconnection = (status, client) => {
    check(status, "accept");
    client.onread = (buffer) => {
      const size = streamBaseState[kReadBytesOrError];
      if (size < 0) {
        client.readStop();
        client.close();
        return;
      }
      const request = new WriteWrap();
      request.handle = client;
      request.oncomplete = () => {};
      request.async = false;
      client.writeBuffer(request, new Uint8Array(buffer, 0, size));
    };
    client.readStart();
  };
  check(server.listen(511), "listen");
  const address = {};
  check(server.getsockname(address), "getsockname");
  return Promise.resolve(address.port);
}

function check(status, what) {
  if (status < 0) throw new Error(`${what}: ${status}`);
}
