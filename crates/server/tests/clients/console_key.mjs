// The second way of the FAQ: organisation settings, a key, a person's consent, the API; then the key is revoked and refused.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const REDIRECT = "https://app.example/callback";

export async function key(browser, { base, privacy, signIn, follow, send }) {
  const context = await browser.newContext({ locale: "nl-NL" });
  const page = await context.newPage();
  const seen = {};
  await signIn(page, privacy);
  await page.goto(`${base}/general-settings/api`);
  seen.settings = new URL(page.url()).pathname.split("/").at(-1);
  await follow(page, "main .head a.btn");
  await page.check("main input[name=reach][value=all]");
  await page.check("main input[name=purpose][value=sign-in]");
  await page.fill("main [name=redirect_uris]", REDIRECT);
  await page.check("main input[name=may][value=all]");
  await send(page, { name: "Rapport van de FAQ" });
  seen.focus = await page.evaluate(() => document.activeElement.textContent);
  const [client, secret] = [await shown(page, "#secret-1"), await shown(page, "#secret-2")];
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("[data-settings]")]);
  seen.file = [file.suggestedFilename(), readFileSync(await file.path(), "utf8") === `CLIENT_ID=${client}\nCLIENT_SECRET=${secret}\n`];
  await page.reload().catch(() => {});
  seen.again = (await page.textContent("main")).includes(secret);

  const verifier = randomBytes(32).toString("base64url");
  const asked = { response_type: "code", client_id: client, redirect_uri: REDIRECT, scope: "openid api1", state: "s" };
  const challenge = { code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256" };
  await page.goto(`${privacy.account_url}/connect/authorize?${new URLSearchParams({ ...asked, ...challenge })}`);
  // At the other address of the same server nobody is signed in yet.
  if (await page.$("input[name=password]")) await signIn(page, privacy, true);
  seen.consent = (await page.textContent("main")).includes("Rapport van de FAQ");
  seen.ticked = await page.$$eval("main input[type=checkbox]:checked", (boxes) => boxes.length);
  // The program itself does not answer: what the browser asks it is enough.
  const arrival = page.waitForRequest((request) => request.url().startsWith(REDIRECT));
  await page.click("button[value=allow]", { noWaitAfter: true });
  const code = new URL((await arrival).url()).searchParams.get("code");

  const authorization = `Basic ${Buffer.from(`${client}:${secret}`).toString("base64")}`;
  const body = new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: REDIRECT, code_verifier: verifier });
  const token = await (await fetch(`${privacy.account_url}/connect/token`, { method: "POST", headers: { authorization }, body })).json();
  const use = () => fetch(`${privacy.api_url}/v1/workspaces`, { headers: { authorization: `Bearer ${token.access_token}` } });
  const used = await use();
  seen.used = [used.status, (await used.json()).total];

  await page.goto(`${base}/general-settings/api`);
  await follow(page, "tr:has-text('Rapport van de FAQ') td.act a");
  await follow(page, "main a[href$='/revoke']");
  seen.question = await page.textContent("h1");
  await follow(page, "main button.stop");
  seen.refused = (await use()).status;
  // The program asks for another token; its organisation reads why there is none.
  const again = await fetch(`${privacy.account_url}/connect/token`, { method: "POST", headers: { authorization }, body });
  await page.goto(`${base}/nl/activity/why?id=${(await again.json()).request_id}`);
  seen.why = await page.textContent("#answer");
  await context.close();
  return seen;
}

async function shown(page, id) {
  return (await page.textContent(id)).trim();
}
