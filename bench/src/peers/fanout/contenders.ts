/** The contenders of the fan-out benchmarks, one short function each. */
import { buildCProgram, compilerVersion } from "../../harness/c-program.ts";
import { stripProgram } from "../../harness/stripped-program.ts";
import { packageVersion } from "../../harness/versions.ts";
import { type Contender, fanoutProgram, type StartContender, startProgram } from "./contender.ts";
import { startNats, startNchan } from "./external.ts";
import { nodeForUwebsockets } from "./uwebsockets.ts";

/** The server's default. */
const outboxBytesMax = 8_388_608;

/** The server's hub and gateway. */
export const startOurs: StartContender = (topics) => startOursBounded(topics, outboxBytesMax);

/** The same, with so many bytes that may wait for a client. */
export function startOursBounded(topics: number, bytesMax: number): Promise<Contender> {
  return startProgram({
    name: "openbourse: hub and gateway",
    command: process.execPath,
    args: [fanoutProgram("ours-program.ts"), String(topics), String(bytesMax)],
  });
}

/** A loop of `send` over the clients of `ws`. */
export const startBareWs: StartContender = (topics) =>
  startProgram({
    name: "ws: send to each client",
    software: { ws: packageVersion("ws") },
    command: process.execPath,
    args: [fanoutProgram("bare-ws-program.ts"), String(topics)],
  });

/** uWebSockets' own publish. */
export const startUwebsockets: StartContender = async (topics, skip) => {
  const node = nodeForUwebsockets();
  if (node === undefined) {
    skip("uWebSockets: no Node of this machine can load the package's binaries");
    return undefined;
  }
  const program = stripProgram([
    fanoutProgram("uwebsockets-program.ts"),
    fanoutProgram("fanout-program.ts"),
  ]);
  return startProgram({
    name: `uWebSockets: publish (node ${node.version})`,
    software: { uwebsockets: packageVersion("uwebsockets") },
    command: node.command,
    args: [program, String(topics)],
  });
};

/** Socket.IO with a room for each topic. */
export const startSocketIo: StartContender = (topics) =>
  startProgram({
    name: "Socket.IO: emit to rooms",
    software: { "socket.io": packageVersion("socket.io") },
    command: process.execPath,
    args: [fanoutProgram("socket-io-program.ts"), String(topics)],
    script: { target: "/socket.io/?EIO=4&transport=websocket", messages: ["40"] },
    // What engine.io says of itself, and that the client has been let in.
    readyFrames: 2,
  });

/** One `send()` to each socket in C: what the system calls alone cost. */
export const startLimit: StartContender = async (_, skip) => {
  const program = buildCProgram("peers/fanout-limit");
  if (program === undefined) {
    skip("the limit in C: there is no C compiler");
    return undefined;
  }
  return startProgram({
    name: "C: one send() to each socket",
    software: { cc: compilerVersion() },
    command: program,
    args: [],
  });
};

/** All of them, ours first, the limit last. */
export const fanoutContenders: readonly StartContender[] = [
  startOurs,
  startBareWs,
  startUwebsockets,
  startSocketIo,
  startNats,
  startNchan,
  startLimit,
];
