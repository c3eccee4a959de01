/** Who trades: a demo user with one click where the server is a demo, or a user and their key, which are held in memory alone. */
import type { CryptomusUser } from "@openbourse/client";
import { type Signal, signal } from "@preact/signals";
import { useId, useRef, useState } from "preact/hooks";
import { announce } from "../app/announce.ts";
import { Dialog } from "../design/dialog.tsx";
import { Menu } from "../design/menu.tsx";
import { account, hasExchange, offer, signIn, signOut } from "../session/session.ts";
import { notify } from "./notices.ts";

const isOpen: Signal<boolean> = signal(false);
const isBusy: Signal<boolean> = signal(false);

/** Signs in, and says in the server's words why not. Resolves with those. */
async function enter(user: CryptomusUser): Promise<string | undefined> {
  if (isBusy.peek()) return undefined;
  isBusy.value = true;
  try {
    await signIn(user);
    isOpen.value = false;
    announce("Signed in.");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    isBusy.value = false;
  }
}

async function enterDemo(user: CryptomusUser): Promise<void> {
  const refusal = await enter(user);
  if (refusal !== undefined) notify(`Not signed in: ${refusal}`, "bad");
}

/** In the top bar: who is signed in and how to leave, or how to come in; nothing where there is no exchange to trade on. */
export function AccountButton() {
  const user = account.value;
  if (!hasExchange.value) return null;
  return (
    <>
      {user === undefined ? <SignInButtons isShort /> : <UserMenu userId={user.userId} />}
      <Dialog
        title="Sign in"
        isOpen={isOpen.value}
        onClose={() => {
          isOpen.value = false;
        }}
      >
        <Credentials />
      </Dialog>
    </>
  );
}

/** The ways to sign in as buttons, for wherever something waits for it. */
export function SignInButtons({ isShort = false }: { readonly isShort?: boolean }) {
  const [demo] = offer.value?.demoUsers ?? [];
  return (
    <span class="sign-in-buttons">
      {demo === undefined ? null : (
        <button
          type="button"
          class="primary"
          disabled={isBusy.value}
          onClick={() => void enterDemo(demo)}
        >
          {isShort ? "Demo user" : "Trade as a demo user"}
        </button>
      )}
      <button
        type="button"
        onClick={() => {
          isOpen.value = true;
        }}
      >
        Sign in
      </button>
    </span>
  );
}

function UserMenu({ userId }: { readonly userId: string }) {
  const demo = offer.value?.demoUsers ?? [];
  const at = demo.findIndex((user) => user.userId === userId);
  const others = demo.flatMap((user, index) =>
    index === at
      ? []
      : [
          {
            id: user.userId,
            title: `Go on as demo user ${index + 1}`,
            choose: () => void enterDemo(user),
          },
        ],
  );
  const name = at < 0 ? `${userId.slice(0, 8)}…` : `demo user ${at + 1}`;
  const leave = {
    id: "leave",
    title: "Sign out and forget the key",
    choose: () => {
      signOut();
      announce("Signed out.");
    },
  };
  return (
    <Menu label={`Signed in as ${name}`} button={name} align="end" items={[...others, leave]} />
  );
}

function Credentials() {
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  const userId = useRef<HTMLInputElement>(null);
  const apiKey = useRef<HTMLInputElement>(null);
  const names = { user: useId(), key: useId(), error: useId() };
  const submit = async (event: Event) => {
    event.preventDefault();
    const user = {
      userId: userId.current?.value.trim() ?? "",
      apiKey: apiKey.current?.value.trim() ?? "",
    };
    const isWhole = user.userId !== "" && user.apiKey !== "";
    const said = isWhole ? await enter(user) : "Give both the user and the key.";
    setRefusal(said);
    if (said !== undefined) announce(said);
  };
  const common = { spellcheck: false, autocomplete: "off", class: "wide" } as const;
  const isWrong = refusal !== undefined;
  return (
    <form class="credentials" onSubmit={(event) => void submit(event)}>
      <label for={names.user}>User id</label>
      <input
        {...common}
        id={names.user}
        ref={userId}
        aria-invalid={isWrong}
        aria-describedby={names.error}
      />
      <label for={names.key}>API key</label>
      <input
        {...common}
        id={names.key}
        ref={apiKey}
        type="password"
        aria-invalid={isWrong}
        aria-describedby={names.error}
      />
      <p id={names.error} class="field-error">
        {refusal}
      </p>
      <p class="soft">
        The key signs requests in this page and never leaves it. It is kept in memory only: reload
        the page, and it is forgotten.
      </p>
      <button type="submit" class="primary" disabled={isBusy.value}>
        {isBusy.value ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}
