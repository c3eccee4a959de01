/** uWebSockets: a client subscribes to its topics, each message is published once. */
import { createRequire } from "node:module";
import { obeyCommands, topicsOf } from "./fanout-program.ts";
import type { UwsModule } from "./uwebsockets.ts";

const topicCount = Number(process.argv[2]);
// By `require`, as the wrapper for `import` hides why a binary does not load.
const { App, us_socket_local_port: localPort }: UwsModule = createRequire(import.meta.url)(
  "uwebsockets",
);
const app = App().ws("/*", {
  upgrade(response, request, context) {
    response.upgrade(
      { topics: topicsOf(request.getQuery("topics"), topicCount) },
      request.getHeader("sec-websocket-key"),
      request.getHeader("sec-websocket-protocol"),
      request.getHeader("sec-websocket-extensions"),
      context,
    );
  },
  open(socket) {
    for (const topic of socket.getUserData().topics) socket.subscribe(`topic/${topic}`);
  },
});
app.listen("127.0.0.1", 0, (listening) => {
  void obeyCommands(localPort(listening), (messages) => {
    for (const { topic, text } of messages) app.publish(`topic/${topic}`, text);
  });
});
