/** Whom the page is open to who has no credentials of their own. */
import type { Config } from "../../config/schema.ts";

/** Whether this is a demo, whose users and key are shown to whoever asks. */
export function isDemo({ demo }: Config): boolean {
  return demo.users === true || demo.key === true;
}

/** Whether visitors without credentials see public market data. */
export function takesVisitors(config: Config): boolean {
  return config.terminal.enabled && (config.terminal.anonymous ?? isDemo(config));
}
