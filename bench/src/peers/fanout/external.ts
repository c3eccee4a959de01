/**
 * Servers that are no Node programs: nats-server and nginx with nchan, from Debian's packages. They are
 * published to from here over TCP; only their own processes' CPU time counts.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LineProcess, type LineProgram } from "../../harness/line-process.ts";
import { processTree } from "../../harness/process-usage.ts";
import type { Contender, StartContender } from "./contender.ts";
import { type Publish, publishLoad } from "./fanout-program.ts";

/** How long a server may take to listen. */
const startMs = 10_000;
const retryMs = 50;

/** NATS: a subject for each topic; many messages travel in one WebSocket frame. */
export const startNats: StartContender = async (topics, skip) => {
  if (!hasProgram("nats-server", ["nats-server"], skip)) return undefined;
  const folder = new Folder();
  const [port, publisherPort] = [await freePort(), await freePort()];
  const file = folder.write(
    "nats.conf",
    `host: 127.0.0.1\nport: ${publisherPort}\n` +
      `websocket { host: 127.0.0.1, port: ${port}, no_tls: true }\nlogfile: "${folder.path}/log"\n`,
  );
  const server = await startServer({ command: "nats-server", args: ["-c", file] }, port);
  const publisher = await openPublisher(publisherPort);
  publisher.write('CONNECT {"verbose":false}\r\n');
  const subjects = Array.from({ length: topics }, (_, topic) => `SUB topic.${topic} ${topic}\r\n`);
  return contender({
    name: "nats-server over WebSocket",
    software: { "nats-server": versionOf("nats-server") },
    port,
    server,
    folder,
    publisher,
    target: "/",
    messages: ['CONNECT {"verbose":false}\r\n', subjects.join(""), "PING\r\n"],
    // What the server says of itself, and its answer to the ping.
    readyFrames: 2,
    publish: (messages) => {
      const texts = messages.map(
        ({ topic, text }) => `PUB topic.${topic} ${text.length}\r\n${text}\r\n`,
      );
      publisher.write(texts.join(""));
    },
  });
};

/** nchan: a channel for each topic, published to by pipelined HTTP requests. */
export const startNchan: StartContender = async (topics, skip) => {
  if (!hasProgram("nginx", ["nginx", "libnginx-mod-nchan"], skip)) return undefined;
  const folder = new Folder();
  const port = await freePort();
  const file = folder.write("nginx.conf", nchanConfig(folder.path, port));
  const server = await startServer({ command: "nginx", args: ["-c", file] }, port);
  const publisher = await openPublisher(port);
  const ids = Array.from({ length: topics }, (_, topic) => topic).join(",");
  return contender({
    name: "nginx with nchan",
    software: { nginx: versionOf("nginx") },
    port,
    server,
    folder,
    publisher,
    target: `/sub?ids=${ids}`,
    messages: [],
    readyFrames: 0,
    publish: (messages) => {
      const requests = messages.map(
        ({ topic, text }) =>
          `POST /pub?ids=${topic} HTTP/1.1\r\nHost: x\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
      );
      publisher.write(requests.join(""));
    },
  });
};

function nchanConfig(folder: string, port: number): string {
  return `load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log ${folder}/error.log crit;
worker_rlimit_nofile 20000;
events { worker_connections 16384; }
http {
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path ${folder}/body;
  client_body_buffer_size 64k;
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location = /sub {
      nchan_subscriber websocket;
      nchan_channel_id "$arg_ids";
      nchan_channel_id_split_delimiter ",";
    }
    location = /pub {
      nchan_publisher http;
      nchan_channel_id "$arg_ids";
    }
  }
}
`;
}

interface ExternalParts {
  readonly name: string;
  readonly software: Readonly<Record<string, string>>;
  readonly port: number;
  readonly server: LineProcess;
  readonly folder: Folder;
  readonly publisher: Socket;
  readonly target: string;
  readonly messages: readonly string[];
  readonly readyFrames: number;
  readonly publish: Publish;
}

function contender(parts: ExternalParts): Contender {
  const { name, software, port, server, folder, publisher, target, messages, readyFrames } = parts;
  return {
    name,
    software,
    port,
    pids: processTree(server.pid),
    scripts: [{ target, messages, isBinary: true }],
    readyFrames,
    publish: (load) => publishLoad(load, parts.publish),
    async stop() {
      publisher.destroy();
      await server.stop();
      folder.remove();
    },
  };
}

class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "openbourse-peer-"));

  write(name: string, text: string): string {
    const file = join(this.path, name);
    writeFileSync(file, text);
    return file;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Whether a program is there, or could be installed, which only root can do. */
function hasProgram(
  command: string,
  packages: readonly string[],
  skip: (reason: string) => void,
): boolean {
  const isThere = () => spawnSync(command, ["-v"], { stdio: "ignore" }).error === undefined;
  if (isThere()) return true;
  if (process.getuid?.() === 0) {
    const install = () => aptGet("install", "-y", "--no-install-recommends", ...packages);
    install();
    // A list of packages that is missing or old may be why it was not found.
    if (!isThere()) {
      aptGet("update");
      install();
    }
    if (isThere()) return true;
  }
  skip(`${command} is not installed: as root, apt-get install ${packages.join(" ")}`);
  return false;
}

/** The version in what a program prints of itself, on whichever output. */
function versionOf(command: string): string {
  const { stdout, stderr } = spawnSync(command, ["-v"], { encoding: "utf8" });
  return /\d+\.\d+[\w.]*/.exec(stdout + stderr)?.[0] ?? "unknown";
}

function aptGet(...args: readonly string[]): void {
  console.error(`for comparison: apt-get ${args.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", args, { stdio: "ignore", env });
}

async function startServer(program: LineProgram, port: number): Promise<LineProcess> {
  const server = new LineProcess(program);
  const untilMs = performance.now() + startMs;
  for (;;) {
    const socket = await tryConnect(port);
    socket?.destroy();
    if (socket !== undefined) return server;
    if (performance.now() > untilMs) throw new Error(`${program.command} does not listen`);
    await delay(retryMs);
  }
}

/** A connection whose answers are thrown away. */
async function openPublisher(port: number): Promise<Socket> {
  const socket = await tryConnect(port);
  if (socket === undefined) throw new Error(`nobody listens on port ${port}`);
  return socket.setNoDelay(true).resume();
}

async function tryConnect(port: number): Promise<Socket | undefined> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return socket;
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
