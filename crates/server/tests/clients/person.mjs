// A person with a real browser: signs in, consents, and is sent to the program, which then uses the privacy API.
// Arguments: the demo's ready file, the browser's program.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [readyFile, executablePath] = process.argv.slice(2);
const { privacy } = JSON.parse(readFileSync(readyFile, "utf8"));
const seen = {};

function request(more) {
  const asked = {
    response_type: "code",
    client_id: privacy.public_key,
    redirect_uri: privacy.redirect_uri,
    scope: "openid api1 offline_access",
    state: "a+b c&é",
    ...more,
  };
  return `${privacy.account_url}/connect/authorize?${new URLSearchParams(asked)}`;
}

// The program itself does not answer: what the browser asks it is enough. `begin` makes the browser go.
async function arrival(page, begin) {
  const arrived = page.waitForRequest((asked) => asked.url().startsWith(privacy.redirect_uri));
  await begin().catch(() => {});
  const asked = await arrived;
  const sent = asked.method() === "POST" ? asked.postData() : new URL(asked.url()).search;
  return { method: asked.method(), fields: new URLSearchParams(sent), referer: (await asked.allHeaders()).referer ?? null };
}

async function tokens(code) {
  const authorization = `Basic ${Buffer.from(`${privacy.public_key}:${privacy.private_key}`).toString("base64")}`;
  const body = new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: privacy.redirect_uri });
  const answer = await fetch(`${privacy.account_url}/connect/token`, { method: "POST", headers: { authorization }, body });
  return answer.json();
}

async function workspaces(token) {
  const answer = await fetch(`${privacy.api_url}/v1/workspaces`, { headers: { authorization: `Bearer ${token}` } });
  return (await answer.json()).total;
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const context = await browser.newContext({ locale: "nl-NL" });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (line) => line.type() === "error" && line.text().includes("Content Security Policy") && problems.push(line.text()));
  const hosts = new Set();
  page.on("request", (asked) => hosts.add(new URL(asked.url()).host));

  await page.goto(request({}));
  seen["asks to sign in"] = await page.title();
  await page.fill("input[name=email]", privacy.email);
  await page.fill("input[name=password]", privacy.password);
  await page.click("main button.go");
  await page.waitForSelector("button[value=allow]");
  seen["asks for consent"] = await page.title();
  const first = await arrival(page, () => page.click("button[value=allow]", { noWaitAfter: true }));
  seen.answer = [first.method, first.fields.get("state"), first.fields.get("iss") === privacy.account_url, first.referer];
  const got = await tokens(first.fields.get("code"));
  seen.token = [got.token_type, got.scope, typeof got.id_token, typeof got.refresh_token];
  seen.workspaces = await workspaces(got.access_token);

  const silent = await arrival(page, () => page.goto(request({ prompt: "none" })));
  seen["without a question"] = silent.fields.has("code");
  const posted = await arrival(page, () => page.goto(request({ response_mode: "form_post" })));
  seen.form_post = [posted.method, posted.fields.has("code"), posted.fields.get("state")];

  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
  const without = await plain.newPage();
  await without.goto(request({ response_mode: "form_post" }));
  const sent = await arrival(without, () => without.click("main form button", { noWaitAfter: true }));
  seen["form_post without scripts"] = [sent.method, sent.fields.has("code")];

  await page.goto(`${privacy.account_url}/connect/endsession?${new URLSearchParams({ id_token_hint: got.id_token })}`);
  seen["signed out"] = await page.title();
  seen["token after signing out"] = (await fetch(`${privacy.api_url}/v1/workspaces`, { headers: { authorization: `Bearer ${got.access_token}` } })).status;
  hosts.delete(new URL(privacy.account_url).host);
  hosts.delete(new URL(privacy.redirect_uri).host);
  seen["asked of others"] = [...hosts];
  seen["refused by the pages' policy"] = problems;
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
