/**
 * What was tried in the console as a program of one's own. A snippet runs as it is copied: who connects it reads from the environment,
 * and it holds a secret only where `secrets` are handed over because its reader has asked for that.
 */
import { ccxtProgram } from "./ccxt-snippet.ts";
import type { Scene, SnippetAccess } from "./scene.ts";

/** Languages, and their names. */
export const languages = {
  node: "Node",
  python: "Python",
  shell: "curl, websocat",
  ccxt: "ccxt",
} as const;

/** A language. */
export type Language = keyof typeof languages;

/** The program; undefined where the language has no words for it. */
export function snippetOf(language: Language, scene: Scene): string | undefined {
  switch (language) {
    case "node":
      return nodeProgram(scene);
    case "python":
      return pythonProgram(scene);
    case "shell":
      return shellCommands(scene);
    case "ccxt":
      return ccxtProgram(scene);
  }
}

/** Where a one-time token is asked for. */
const tokenPath = "/v2/user-api/exchange/account/web-socket/token";
const passPath = "/terminal/pass";

function nodeProgram({ server, path, parameter, protocol, access, messages }: Scene): string {
  const lines = [
    "// Node.js 22 or newer, nothing to install.",
    ...(access.is === "user" ? ['import { createHash } from "node:crypto";', ""] : []),
    `const server = ${JSON.stringify(server)};`,
    ...nodeAccess(access, protocol),
    `const address = new URL(${JSON.stringify(path)}, server.replace(/^http/, "ws"));`,
    ...(access.is === "nobody" || parameter === undefined
      ? []
      : [`address.searchParams.set(${JSON.stringify(parameter)}, pass);`]),
    "",
    "const socket = new WebSocket(address);",
    'socket.addEventListener("open", () => {',
    ...messages.map((message) => `  socket.send(${JSON.stringify(message)});`),
    "});",
    'socket.addEventListener("message", ({ data }) => console.log(data));',
    'socket.addEventListener("close", ({ code, reason }) => console.error("closed", code, reason));',
  ];
  return `${lines.join("\n")}\n`;
}

function nodeAccess(access: SnippetAccess, protocol: string): readonly string[] {
  switch (access.is) {
    case "nobody":
      return [];
    case "visitor":
      return [
        `const answer = await fetch(\`\${server}${passPath}?protocol=${protocol}\`, { method: "POST" });`,
        "const { pass } = await answer.json();",
      ];
    case "key":
      return [`const pass = ${nodeValue("OPENBOURSE_KEY", access.key)};`];
    case "user":
      return [
        `const userId = ${nodeValue("OPENBOURSE_USER", access.secrets?.userId)};`,
        `const apiKey = ${nodeValue("OPENBOURSE_KEY", access.secrets?.apiKey)};`,
        'const sign = createHash("md5").update(apiKey).digest("hex"); // of a request without a body',
        `const answer = await fetch(\`\${server}${tokenPath}\`, { headers: { userId, sign } });`,
        "const { token: pass } = await answer.json();",
      ];
  }
}

function nodeValue(name: string, secret: string | undefined): string {
  return secret === undefined ? `process.env.${name}` : JSON.stringify(secret);
}

function pythonProgram({ server, path, parameter, protocol, access, messages }: Scene): string {
  const needsJson = access.is === "visitor" || access.is === "user";
  const query = access.is === "nobody" || parameter === undefined ? "" : `?${parameter}=`;
  const passed = query === "" ? "" : " + quote(pass_)";
  const lines = [
    "# pip install websockets",
    "import asyncio",
    ...(access.is === "user" ? ["import hashlib"] : []),
    ...(needsJson ? ["import json"] : []),
    ...(access.is === "key" || access.is === "user" ? ["import os"] : []),
    "from urllib.parse import quote",
    ...(needsJson ? ["from urllib.request import Request, urlopen"] : []),
    "",
    "import websockets",
    "",
    `server = ${JSON.stringify(server)}`,
    ...pythonAccess(access, protocol),
    `address = server.replace("http", "ws", 1) + ${JSON.stringify(path + query)}${passed}`,
    "",
    "",
    "async def main():",
    "    async with websockets.connect(address) as socket:",
    ...messages.map((message) => `        await socket.send(${pythonText(message)})`),
    "        async for message in socket:",
    "            print(message, flush=True)",
    "",
    "",
    "asyncio.run(main())",
  ];
  return `${lines.join("\n")}\n`;
}

function pythonAccess(access: SnippetAccess, protocol: string): readonly string[] {
  switch (access.is) {
    case "nobody":
      return [];
    case "visitor":
      return [
        `asked = Request(server + "${passPath}?protocol=${protocol}", method="POST")`,
        'pass_ = json.load(urlopen(asked))["pass"]',
      ];
    case "key":
      return [`pass_ = ${pythonValue("OPENBOURSE_KEY", access.key)}`];
    case "user":
      return [
        `user_id = ${pythonValue("OPENBOURSE_USER", access.secrets?.userId)}`,
        `api_key = ${pythonValue("OPENBOURSE_KEY", access.secrets?.apiKey)}`,
        "sign = hashlib.md5(api_key.encode()).hexdigest()  # of a request without a body",
        `asked = Request(server + "${tokenPath}", headers={"userId": user_id, "sign": sign})`,
        'pass_ = json.load(urlopen(asked))["token"]',
      ];
  }
}

function pythonValue(name: string, secret: string | undefined): string {
  return secret === undefined ? `os.environ["${name}"]` : pythonText(secret);
}

/** A JSON text is a literal of Python too, but for halves of characters, which no message has. */
function pythonText(text: string): string {
  return JSON.stringify(text);
}

function shellCommands({ server, path, parameter, protocol, access, messages }: Scene): string {
  const address = server.replace(/^http/, "ws") + path;
  const query = access.is === "nobody" || parameter === undefined ? "" : `?${parameter}=$PASS`;
  const sent = messages.map(shellText).join(" ");
  const lines = [
    "# websocat: https://github.com/vi/websocat. The input stays open, so that answers go on.",
    ...shellAccess(server, access, protocol),
    `(printf '%s\\n' ${sent === "" ? "''" : sent}; cat) | websocat "${address}${query}"`,
  ];
  return `${lines.join("\n")}\n`;
}

function shellAccess(server: string, access: SnippetAccess, protocol: string): readonly string[] {
  const value = (field: string) => `sed 's/.*"${field}":"\\([^"]*\\)".*/\\1/'`;
  switch (access.is) {
    case "nobody":
      return [];
    case "visitor":
      return [
        `PASS=$(curl -s -X POST '${server}${passPath}?protocol=${protocol}' | ${value("pass")})`,
      ];
    case "key":
      return [`PASS=${access.key === undefined ? '"$OPENBOURSE_KEY"' : shellText(access.key)}`];
    case "user": {
      const { secrets } = access;
      return [
        ...(secrets === undefined
          ? []
          : [
              `OPENBOURSE_USER=${shellText(secrets.userId)}`,
              `OPENBOURSE_KEY=${shellText(secrets.apiKey)}`,
            ]),
        `SIGN=$(printf '%s' "$OPENBOURSE_KEY" | md5sum | cut -d ' ' -f 1)`,
        `PASS=$(curl -s '${server}${tokenPath}' -H "userId: $OPENBOURSE_USER" -H "sign: $SIGN" | ${value("token")})`,
      ];
    }
  }
}

/** A word of a shell, whatever is in it. */
function shellText(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
