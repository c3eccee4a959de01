// The pages below /docs: search, theme, and buttons that copy. Without it they can be read all the same.

/** Where the terminal keeps how somebody likes its pages; these pages are to look alike. */
const storageKey = "openbourse.preferences";
const root = document.documentElement;

/** What is on record; nothing where the browser keeps nothing. */
function preferences() {
  try {
    return JSON.parse(localStorage.getItem(storageKey) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

function isDark() {
  const chosen = root.dataset.theme;
  if (chosen === "dark" || chosen === "light") return chosen === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function setTheme(theme) {
  root.dataset.theme = theme;
  try {
    localStorage.setItem(storageKey, JSON.stringify({ ...preferences(), theme }));
  } catch {
    // It lasts as long as the page.
  }
}

const { theme: storedTheme } = preferences();
if (typeof storedTheme === "string") root.dataset.theme = storedTheme;
document.querySelector("#theme").addEventListener("click", () => {
  setTheme(isDark() ? "light" : "dark");
});

// Addresses are shown as those of this server.
const socketOrigin = location.origin.replace(/^http/, "ws");
for (const block of document.querySelectorAll("pre.copy")) {
  const text = block.textContent
    .replace(/wss?:\/\/SERVER/, socketOrigin)
    .replace("SERVER", location.origin);
  block.textContent = text;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(block);
      button.textContent = "Press Ctrl+C";
    }
  });
  block.append(button);
}

const search = document.querySelector("#search");
const items = [...document.querySelectorAll("main .item")].map((item) => ({
  item,
  link: document.querySelector(`.side [data-for="${CSS.escape(item.id)}"]`),
  words: wordsOf(item),
}));

/** What an item says, but for replies, which are much the same everywhere. */
function wordsOf(item) {
  const copy = item.cloneNode(true);
  for (const reply of copy.querySelectorAll(".reply")) reply.remove();
  return copy.textContent.toLowerCase();
}

const lines = [...document.querySelectorAll("main tbody tr, main > ul > li")]
  .filter((line) => line.closest(".item") === null)
  .map((item) => ({ item, link: null, words: item.textContent.toLowerCase() }));

/** Hides what has not all of the words, and headings with nothing left below them. */
function filter() {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { item, link, words } of [...items, ...lines]) {
    const isFound = wanted.every((word) => words.includes(word));
    item.hidden = !isFound;
    if (link !== null) link.hidden = !isFound;
    if (isFound) found += 1;
  }
  for (const heading of document.querySelectorAll("section > h2")) {
    heading.hidden = wanted.length > 0 && !hasItems(heading);
  }
  document.querySelector("#nothing").hidden = found > 0;
}

function hasItems(heading) {
  let next = heading.nextElementSibling;
  for (; next !== null && next.tagName !== "H2"; next = next.nextElementSibling) {
    if (next.matches(".item:not([hidden])")) return true;
  }
  return false;
}

search.addEventListener("input", filter);
document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
  }
  if (event.key === "Escape" && event.target === search) {
    search.value = "";
    filter();
  }
});

/** Most characters of an answer that are shown. */
const shownMax = 50_000;

/** A form that calls an operation of this server, made when the operation is opened for the first time. */
function addForm(item) {
  const { method, path, fields } = JSON.parse(item.dataset.call);
  const form = document.createElement("form");
  form.className = "try";
  const inputs = fields.map((field) => addField(form, field));
  const send = document.createElement("button");
  send.textContent = "Send";
  const output = document.createElement("pre");
  output.tabIndex = 0;
  output.hidden = true;
  output.setAttribute("role", "status");
  form.append(send);
  item.append(form, output);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    output.hidden = false;
    output.textContent = "…";
    output.textContent = await answerOf({ method, path }, inputs);
  });
}

function addField(form, field) {
  const label = document.createElement("label");
  label.textContent = field.required ? `${field.name} ` : `${field.name} (optional) `;
  const input = document.createElement(field.in === "body" ? "textarea" : "input");
  input.autocomplete = "off";
  input.spellcheck = false;
  if (field.isSecret) input.type = "password";
  input.value = field.example ?? "";
  label.append(input);
  form.append(label);
  return { field, input };
}

/** What is called with what was filled in. Fields that are empty are left out. */
function callOf({ method, path }, inputs) {
  const filled = inputs.filter(({ input }) => input.value !== "");
  const of = (place) => filled.filter(({ field }) => field.in === place);
  const query = new URLSearchParams(
    of("query").map(({ field, input }) => [field.name, input.value]),
  );
  const address = path.replace(/\{(\w+)\}/g, (part, name) => {
    const found = of("path").find(({ field }) => field.name === name);
    return found === undefined ? part : encodeURIComponent(found.input.value);
  });
  const [body] = of("body").map(({ input }) => input.value);
  const headers = Object.fromEntries(
    of("header").map(({ field, input }) => [field.name, input.value]),
  );
  return [
    query.size === 0 ? address : `${address}?${query}`,
    { method: method.toUpperCase(), headers, body },
  ];
}

/** The answer as it is shown, or why there is none. */
async function answerOf(operation, inputs) {
  try {
    const reply = await fetch(...callOf(operation, inputs));
    const text = await reply.text();
    const rest = text.length > shownMax ? `\n… and ${text.length - shownMax} characters more` : "";
    return `${reply.status} ${reply.statusText}\n${text.slice(0, shownMax)}${rest}`;
  } catch (error) {
    return `The server could not be asked: ${error.message}`;
  }
}

for (const item of document.querySelectorAll(".item[data-call]")) {
  item.addEventListener("toggle", () => addForm(item), { once: true });
}

/** Opens what the address names. */
function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) {
    named.open = true;
    named.scrollIntoView();
  }
}
addEventListener("hashchange", openNamed);
openNamed();
