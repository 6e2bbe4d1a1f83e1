// Every page of the console in a real browser: a table of addresses, each in both languages, light and dark, wide and narrow.
// A page has no fault that axe finds (WCAG 2.2 AA), no error in the console of the browser, a label for each field, no bar to scroll
// sideways at 320 px, and weighs little. A screenshot of each is written beside.
// Arguments: the demo's ready file, the browser's program, the folder for the screenshots.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { access } from "./console_access.mjs";
import { accounts, followLetter } from "./console_accounts.mjs";
import { delegations } from "./console_delegation.mjs";
import { factors } from "./console_factor.mjs";
import { key } from "./console_key.mjs";

const [readyFile, executablePath, screens] = process.argv.slice(2);
const ready = JSON.parse(readFileSync(readyFile, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(screens, { recursive: true });

const learner = ready.learning;
const operator = ready.operator;
const privacy = ready.privacy;
const { supplier, project_manager: manager } = ready.subsurface;
const base = ready.authority;
// Whoever shows an operator token, and signs in nowhere.
const tokenHolder = { key: "operator token", credentials: { username: "token", password: ready.operator_token } };

// The portal that deliveries go to, not its environment for trying out.
const PORTAL = "main a.pill:text-is('Bronhouderportaal BRO')";
// The project that somebody has a delegation for.
const PROJECT = "main tr:has-text('1255') th a";

// Where an operator finds the supplier.
const PEILWERK = "/operator/organisations?name=peilwerk";

// The pages: a name for the screenshot, the path without the language, who looks at it. `begin` prepares the page and may go elsewhere.
const PAGES = [
  { name: "sign-in", path: "/sign-in", who: null, unprefixed: true },
  { name: "accessibility", path: "/accessibility", who: null },
  { name: "sign-up", path: "/sign-up", who: null },
  { name: "sign-up-problem", path: "/sign-up", who: null, begin: (page) => send(page, { name: "", email: "x", password: "kort" }), status: 422 },
  { name: "sign-up-sent", path: "/sign-up/sent", who: null },
  { name: "forgotten-password", path: "/forgotten-password", who: null },
  { name: "link-unknown", path: "/verify/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", who: null, status: 404 },
  { name: "not-found", path: "/nothing-here", who: null, status: 404 },
  { name: "profile", path: "/profile", who: learner },
  { name: "profile-problem", path: "/profile", who: learner, begin: (page) => send(page, { name: "" }), status: 422 },
  { name: "sessions", path: "/profile/sign-in", who: learner },
  { name: "password", path: "/profile/sign-in/password", who: learner },
  { name: "password-problem", path: "/profile/sign-in/password", who: learner, begin: (page) => send(page, { password: "kort" }), status: 422 },
  { name: "email", path: "/profile/email", who: learner },
  { name: "apps", path: "/profile/apps", who: learner },
  { name: "tokens", path: "/profile/tokens", who: learner },
  { name: "token-new", path: "/profile/tokens/new", who: learner },
  { name: "token-problem", path: "/profile/tokens/new", who: learner, begin: (page) => send(page, { description: "py" }), status: 422 },
  { name: "token-ready", path: "/profile/tokens/new", who: learner, begin: made },
  { name: "token-delete", path: "/profile/tokens", who: learner, begin: (page) => follow(page, "main td.act a") },
  { name: "organisation", path: "/o", who: privacy },
  { name: "members", path: "/o", who: privacy, begin: (page) => follow(page, "main .tabs a[href$='/members']") },
  { name: "invite", path: "/o", who: privacy, begin: (page) => steps(page, "/members", "main .head a.btn") },
  { name: "invite-problem", path: "/o", who: privacy, begin: (page) => invite(page, "nina at example.org"), status: 422 },
  { name: "invited", path: "/o", who: privacy, begin: (page) => invite(page, "nina@example.org") },
  { name: "invitation-open", path: "/o", who: privacy, begin: (page) => steps(page, "/members", "main a:has-text('nina@example.org')") },
  { name: "invitation", path: "/accessibility", who: null, begin: (page) => followLetter(page, ready, "nina@example.org") },
  { name: "member-roles", path: "/o", who: privacy, begin: (page) => steps(page, "/members", "main td.act a[href$='/roles']") },
  { name: "member-end", path: "/o", who: privacy, begin: (page) => steps(page, "/members", "main td.act a.stop") },
  { name: "keys", path: "/general-settings/api", who: privacy },
  { name: "key-new", path: "/general-settings/api", who: privacy, begin: (page) => follow(page, "main .head a.btn") },
  { name: "key-problem", path: "/general-settings/api", who: privacy, begin: wrongKey, status: 422 },
  { name: "key-ready", path: "/general-settings/api", who: privacy, begin: madeKey },
  { name: "key", path: "/general-settings/api", who: privacy, begin: (page) => follow(page, "main td.act a") },
  { name: "key-rotate", path: "/general-settings/api", who: privacy, begin: (page) => ofKey(page, "rotate") },
  { name: "key-edit", path: "/general-settings/api", who: privacy, begin: (page) => ofKey(page, "edit") },
  { name: "key-revoke", path: "/general-settings/api", who: privacy, begin: (page) => ofKey(page, "revoke") },
  { name: "token-renew", path: "/profile/tokens", who: learner, begin: renewal },
  { name: "activity", path: "/activity", who: learner },
  { name: "activity-problem", path: "/activity?from=gisteren", who: learner, status: 422 },
  { name: "why", path: "/activity", who: learner, begin: refusedProgram },
  { name: "activity-organisation", path: "/o", who: supplier, begin: (page) => tab(page, "/activity") },
  { name: "activity-projects", path: "/o", who: manager, begin: (page) => below(page, "/activity", "main a.pill[href$='view=projects']") },
  { name: "options", path: "/o", who: supplier, begin: (page) => tab(page, "/options") },
  { name: "options-api", path: "/o", who: supplier, begin: (page) => below(page, "/options", "main a.btn") },
  { name: "options-new", path: "/o", who: supplier, begin: (page) => below(page, "/options", "main a.btn", PORTAL) },
  { name: "options-problem", path: "/o", who: supplier, begin: wrongToken, status: 422 },
  { name: "options-ready", path: "/o", who: supplier, begin: (page) => deliveryToken(page, `veld-${Date.now()}-${(number += 1)}`) },
  { name: "options-delete", path: "/o", who: supplier, begin: (page) => below(page, "/options", "main td.act a") },
  { name: "announced", path: "/o", who: supplier, begin: announced },
  { name: "audit", path: "/o", who: privacy, begin: (page) => tab(page, "/audit") },
  { name: "own-audit", path: "/profile/audit", who: privacy },
  { name: "settings", path: "/o", who: privacy, begin: (page) => tab(page, "/settings") },
  { name: "all-projects", path: "/projects", who: manager },
  { name: "delegation-edit", path: "/o", who: manager, begin: (page) => below(page, "/projects", PROJECT, "main th a", "main a[href$='/edit']") },
  { name: "delegation-pause", path: "/o", who: manager, begin: (page) => below(page, "/projects", PROJECT, "main th a", "main a[href$='/pause']") },
  { name: "received", path: "/o", who: supplier, begin: (page) => tab(page, "/received") },
  { name: "received-one", path: "/o", who: supplier, begin: (page) => below(page, "/received", "main th a") },
  { name: "projects", path: "/o", who: manager, begin: (page) => tab(page, "/projects") },
  { name: "delegations", path: "/o", who: manager, begin: (page) => below(page, "/projects", PROJECT) },
  { name: "delegation-new", path: "/o", who: manager, begin: (page) => below(page, "/projects", PROJECT, "main a.btn", PORTAL) },
  { name: "delegation-problem", path: "/o", who: manager, begin: wrongDelegation, status: 422 },
  { name: "delegation", path: "/o", who: manager, begin: (page) => below(page, "/projects", PROJECT, "main th a") },
  { name: "mailbox", path: "/operator/mailbox", who: tokenHolder },
  { name: "operator", path: "/operator", who: operator },
  { name: "operator-organisations", path: "/operator/organisations", who: operator },
  { name: "operator-organisation", path: PEILWERK, who: operator, begin: (page) => follow(page, "main th a") },
  { name: "operator-look-problem", path: PEILWERK, who: operator, begin: (page) => lookIn(page, "members", ""), status: 422 },
  { name: "operator-look", path: PEILWERK, who: operator, begin: (page) => lookIn(page, "members", "melding 4711") },
  { name: "operator-look-tokens", path: PEILWERK, who: operator, begin: (page) => lookIn(page, "tokens", "melding 4711") },
  { name: "operator-look-projects", path: PEILWERK, who: operator, begin: (page) => lookIn(page, "workspaces", "melding 4711") },
  { name: "operator-suspend", path: PEILWERK, who: operator, begin: (page) => links(page, "main th a", "main a[href$='/suspend']") },
  { name: "operator-people", path: "/operator/people", who: operator },
  { name: "operator-person", path: `/operator/people?email=${encodeURIComponent(learner.email)}`, who: operator },
  { name: "operator-appoint", path: `/operator/people?email=${encodeURIComponent(learner.email)}`, who: operator, begin: (page) => follow(page, "main a[href$='/appoint']") },
  { name: "operator-apis", path: "/operator/apis", who: operator },
  { name: "operator-api", path: "/operator/apis/learning", who: operator },
  { name: "operator-api-end", path: "/operator/apis/learning", who: operator, begin: (page) => follow(page, "main a[href$='/end']") },
  { name: "operator-policies", path: "/operator/policies", who: operator },
  { name: "operator-keys", path: "/operator/keys", who: operator },
  { name: "operator-key-rotate", path: "/operator/keys", who: operator, begin: (page) => follow(page, "main a[href$='/rotate']") },
  { name: "operator-health", path: "/operator/health", who: operator },
  { name: "operator-audit", path: "/operator/audit", who: operator },
  { name: "operator-mailbox", path: "/operator/mailbox", who: operator },
  { name: "delegation-close", path: "/o", who: manager, begin: (page) => below(page, "/projects", PROJECT, "main td.act a") },
];
const VIEWS = ["light", "dark"].flatMap((colorScheme) => [1280, 390].map((width) => ({ colorScheme, width })));
const MAX = { document: 15_000, stylesheet: 4_096, script: 2_048 };

const problems = [];
let checked = 0;
let number = 0;
let announcement;

async function send(page, fields) {
  for (const [name, value] of Object.entries(fields)) await page.fill(`main [name=${name}]`, value);
  return (await Promise.all([page.waitForNavigation(), page.click("main form button.go")]))[0];
}

async function made(page) {
  number += 1;
  await page.check("main input[name=may][value=all]");
  return send(page, { description: `pycharm ${Date.now()} ${number}` });
}

async function madeKey(page, wrong) {
  number += 1;
  await follow(page, "main .head a.btn");
  await page.check("main input[name=reach][value=all]");
  await page.check("main input[name=may][value=all]");
  await page.check(`main input[name=purpose][value=${wrong ? "sign-in" : "server"}]`);
  if (wrong) await page.fill("main [name=redirect_uris]", "https://app.example/cb\nhttp://app.example/cb");
  return send(page, { name: wrong ? "x" : `Rapportage ${Date.now()} ${number}` });
}

// Why a program got no tokens: one that nobody knows, from this machine.
async function refusedProgram(page) {
  const authorization = `Basic ${Buffer.from("nobody:x").toString("base64")}`;
  const body = new URLSearchParams({ grant_type: "client_credentials" });
  const refused = await fetch(`${base}/connect/token`, { method: "POST", headers: { authorization }, body });
  const language = new URL(page.url()).pathname.split("/")[1];
  return page.goto(`${base}/${language}/activity/why?id=${refused.headers.get("request-id")}`);
}

function wrongKey(page) {
  return madeKey(page, true);
}

async function ofKey(page, what) {
  await follow(page, "tr:has-text('Rapportage') td.act a");
  return follow(page, `main a[href$='/${what}']`);
}

async function steps(page, tab, link) {
  await follow(page, `main .tabs a[href$='${tab}']`);
  return follow(page, link);
}

// The tokens of an organisation, with what was announced of the API that they are for.
async function announced(page) {
  announcement ??= fetch(`${base}/api/v1/announcements`, {
    method: "POST",
    headers: { authorization: `Bearer ${ready.operator_token}`, "content-type": "application/json" },
    body: JSON.stringify({
      api: "subsurface",
      title: { nl: "Versie 2 stopt", en: "Version 2 stops" },
      text: { nl: "Stap over op versie 3.\n\nIn de gids staat hoe dat gaat.", en: "Go on with version 3.\n\nThe guide says how." },
      routes: [{ method: "GET", path: "/api/v2/leveringen" }],
      deprecated_at: "2035-01-01T00:00:00Z",
      sunset_at: "2036-01-01T00:00:00Z",
      link: "https://docs.example.org/version-3",
    }),
  });
  const made = (await announcement).status;
  let answer = await tab(page, "/options");
  for (let tries = 0; tries < 50 && !(await page.$("#told-1")); tries += 1) answer = await page.reload();
  if (made !== 201 || !(await page.$("#told-1"))) problems.push(`nothing is announced: ${made}`);
  await page.click("#told-1 ~ details summary");
  return answer;
}

async function invite(page, emails) {
  await steps(page, "/members", "main .head a.btn");
  return send(page, { emails });
}

async function follow(page, selector) {
  return (await Promise.all([page.waitForNavigation(), page.click(selector)]))[0];
}

async function links(page, ...selectors) {
  let answer;
  for (const selector of selectors) answer = await follow(page, selector);
  return answer;
}

async function lookIn(page, part, reason) {
  await follow(page, "main th a");
  await page.selectOption("main [name=part]", part);
  return send(page, { reason });
}

async function renewal(page) {
  const address = await page.getAttribute("main td.act a", "href");
  return page.goto(`${base}${address.replace(/delete$/, "renew")}`);
}

// To a tab of the organisation, and from there on by links.
async function tab(page, path) {
  return follow(page, `.tabs a[href$="${path}"]`);
}

async function below(page, path, ...selectors) {
  let answer = await tab(page, path);
  for (const selector of selectors) answer = await follow(page, selector);
  return answer;
}

async function wrongToken(page) {
  await below(page, "/options", "main a.btn", PORTAL);
  return send(page, { username: "Veld 01" });
}

async function wrongDelegation(page) {
  await below(page, "/projects", PROJECT, "main a.btn", PORTAL);
  return send(page, { to: "Nobody" });
}

async function deliveryToken(page, username) {
  await below(page, "/options", "main a.btn", PORTAL);
  await page.check("main input[name=permission] >> nth=0");
  return send(page, { description: "aanleversoftware", username });
}

async function signIn(page, who, isThere) {
  if (!isThere) await page.goto(`${base}/sign-in`);
  await page.fill("input[name=email]", who.email);
  await page.fill("input[name=password]", who.password);
  await Promise.all([page.waitForNavigation(), page.click("main form button.go")]);
}

// What is wrong with a page, besides what axe finds.
function faults() {
  const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")];
  const without = fields.filter((field) => ![...field.labels].some((label) => label.textContent.trim()));
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  return [
    ...without.map((field) => `${field.name} has no label`),
    ...twice.map((id) => `two elements have the id ${id}`),
    ...(document.querySelectorAll("h1").length === 1 ? [] : ["not one h1"]),
  ];
}

async function look(page, what, answer, expected) {
  const tell = (problem) => problems.push(`${what}: ${problem}`);
  checked += 1;
  if (answer.status() !== expected) tell(`answered ${answer.status()}`);
  const results = await page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    return (await axe.run(document, { runOnly: { type: "tag", values: tags } })).violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`,
    );
  });
  results.forEach(tell);
  (await page.evaluate(faults)).forEach(tell);
}

async function wide(page) {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}

async function weigh(page, what, answer) {
  const tell = (kind, bytes) => bytes > MAX[kind] && problems.push(`${what}: ${bytes} bytes of ${kind}`);
  const html = await answer.text();
  // What stands in the mailbox is what a whole walk has sent: weighed as it would travel.
  tell("document", /^(operator-)?mailbox /.test(what) ? gzipSync(html, { level: 9 }).length : Buffer.byteLength(html));
  for (const [kind, pattern] of [["stylesheet", /rel="stylesheet" href="([^"]+)"/], ["script", /script type="module" src="([^"]+)"/]]) {
    const body = await (await page.request.get(`${base}${html.match(pattern)[1]}`)).body();
    tell(kind, gzipSync(body, { level: 9 }).length);
  }
}

async function walk(browser, { colorScheme, width }, language) {
  const locale = language === "nl" ? "nl-NL" : "en-GB";
  const open = async (who) => {
    // axe is put into the page from outside: its own policy would not let it in, and stays as it is for everything else.
    const context = await browser.newContext({ colorScheme, locale, viewport: { width, height: 900 }, httpCredentials: who?.credentials });
    await context.addInitScript(axe);
    const page = await context.newPage();
    page.on("console", (line) => line.type() === "error" && !/status of 4(04|09|22)/.test(line.text()) && problems.push(`${page.url()}: ${line.text()}`));
    page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
    if (who && !who.credentials) await signIn(page, who);
    return page;
  };
  const see = async (page, name, answer, status = 200) => {
    const what = `${name} ${language} ${colorScheme} ${width}`;
    await look(page, what, answer, status);
    await page.screenshot({ path: `${screens}/${name}.${language}.${colorScheme}.${width}.png`, fullPage: true });
    if (await wide(page)) problems.push(`${what}: there is a bar to scroll sideways`);
    if (width === 390 && colorScheme === "light") {
      await page.setViewportSize({ width: 320, height: 800 });
      if (await wide(page)) problems.push(`${what}: at 320 px there is a bar to scroll sideways`);
      await page.setViewportSize({ width, height: 900 });
    }
    if (width === 1280 && colorScheme === "light" && answer.request().method() === "GET") await weigh(page, what, answer);
  };
  await factor.pages(open, language, see);
  const pages = new Map();
  for (const row of PAGES) {
    const key = row.who?.key ?? row.who?.email ?? "";
    if (!pages.has(key)) pages.set(key, await open(row.who));
    const page = pages.get(key);
    await page.setViewportSize({ width, height: 900 });
    let answer = await page.goto(row.unprefixed ? `${base}${row.path}?lang=${language}` : `${base}/${language}${row.path}`);
    if (row.begin) answer = await row.begin(page);
    await see(page, row.name, answer, row.status);
  }
  for (const page of pages.values()) await page.context().close();
}

// The FAQ's way to a token: own page, +, a description, copy, use, delete, refused.
async function flow(browser) {
  const context = await browser.newContext({ locale: "nl-NL", permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const use = async (token) => (await fetch(`${learner.url}/submissions`, { headers: { authorization: token, accept: "application/json" } })).status;
  const seen = {};
  await signIn(page, learner);
  await page.goto(`${base}/nl/profile`);
  await follow(page, "main a:has-text('Nieuw token')");
  seen.form = await page.textContent("h1");
  await page.check("main input[name=may][value=all]");
  await send(page, { description: "pycharm" });
  seen.focus = await page.evaluate(() => document.activeElement.textContent);
  await page.click("button[data-copy]");
  await page.waitForSelector("button[data-copy]:has-text('Gekopieerd')");
  const token = await page.evaluate(() => navigator.clipboard.readText());
  seen.copied = token === (await page.textContent("#secret-1")).trim();
  seen.used = await use(token);
  await page.waitForSelector("text=Werkt! Eerste verzoek", { timeout: 30_000 });
  await follow(page, "main a:has-text('Ik heb het token bewaard')");
  seen.listed = (await page.textContent("main table")).includes("pycharm");
  await follow(page, "tr:has(strong:text-is('pycharm')) td.act a");
  seen.question = await page.textContent("h1");
  await follow(page, "main button.stop").catch(() => {});
  seen.said = (await page.textContent("[role=status]")).trim();
  seen.refused = await use(token);
  await context.close();
  return seen;
}

// The third way: Mijn organisatie, Opties, +, username and code, deliver; the project manager closes; refused; why.
async function delivery(browser) {
  const open = async (who) => {
    const context = await browser.newContext({ locale: "nl-NL", permissions: ["clipboard-read", "clipboard-write"] });
    const page = await context.newPage();
    await signIn(page, who);
    await page.goto(`${base}/nl/o`);
    return page;
  };
  const [kees, sanne] = [await open(supplier), await open(manager)];
  const seen = {};
  await tab(kees, "/options");
  seen.button = (await kees.textContent("main a.btn")).trim();
  await kees.goto(`${base}/nl/o`);
  await deliveryToken(kees, "peilwerk-proef");
  seen.ready = await kees.evaluate(() => document.activeElement.textContent);
  const copied = [];
  for (const id of ["secret-1", "secret-2"]) {
    await kees.click(`button[data-copy=${id}]`);
    await kees.waitForSelector(`button[data-copy=${id}]:has-text('Gekopieerd')`);
    copied.push(await kees.evaluate(() => navigator.clipboard.readText()));
  }
  seen.username = copied[0];
  const authorization = `Basic ${Buffer.from(copied.join(":")).toString("base64")}`;
  const deliver = () => fetch(`${ready.subsurface.url}/api/v2/9999/uploads`, { method: "POST", headers: { authorization } });
  seen.before = (await deliver()).status;

  await below(sanne, "/projects", "main tr:has-text('9999') th a", "main a.btn", PORTAL);
  await sanne.check("main input[name=permission] >> nth=0");
  await send(sanne, { to: "Peilwerk Ingenieurs", description: "Metingen zuid" });
  seen.given = (await sanne.textContent("[role=status]")).trim();
  seen.delivered = (await deliver()).status;
  await follow(sanne, "main td.act a");
  seen.question = await sanne.textContent("h1");
  seen.stops = (await sanne.textContent("main table")).includes("peilwerk-proef");
  await sanne.fill("main [name=reason]", "Veldwerk afgerond");
  if (await sanne.$("main [name=sure]")) await sanne.check("main [name=sure]");
  await follow(sanne, "main button.stop");
  seen.closed = (await sanne.textContent("[role=status]")).trim();
  const refused = await deliver();
  seen.refused = refused.status;

  // Refusals are written every few seconds.
  const why = `${base}/nl/activity/why?id=${refused.headers.get("request-id")}`;
  for (let turn = 0; turn < 60; turn += 1) {
    await kees.goto(why);
    if (await kees.$("#answer")) break;
    await kees.waitForTimeout(500);
  }
  seen.why = await kees.textContent("#answer");
  seen.reason = (await kees.textContent("main")).includes("Veldwerk afgerond");
  for (const page of [kees, sanne]) await page.context().close();
  return seen;
}

const factor = factors({ base, operator: ready.operator_token, signIn, follow, send });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const seen = await flow(browser);
  const delivered = await delivery(browser);
  const keyed = await key(browser, { base, privacy, signIn, follow, send });
  const joined = await accounts(browser, { base, ready, privacy, signIn, follow, send });
  const factored = await factor.way(browser);
  PAGES.push(...(await delegations({ base, operator: ready.operator_token })));
  for (const language of ["nl", "en"]) for (const view of VIEWS) await walk(browser, view, language);
  const accessed = await access(browser, { base, pages: [...PAGES, ...factor.rows()], signIn });
  problems.push(...accessed.problems);
  console.log(JSON.stringify({ flow: seen, delivery: delivered, key: keyed, factor: factored, accounts: joined, checked, accessed: accessed.checked, problems }));
} finally {
  await browser.close();
}
