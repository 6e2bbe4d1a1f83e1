// Somebody is invited, joins with a new account, forgets the password, chooses another one; somebody else signs up.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const OLD = "een fiets met vier wielen";
const NEW = "een boot zonder enige roeier";

// Follows the link in the last letter to somebody, in the page's language. Letters are sent beside the requests, and a link may
// have been replaced by one that is still on its way.
export async function followLetter(page, ready, to) {
  const { origin, pathname } = new URL(page.url());
  const language = pathname.split("/")[1];
  for (let tries = 0; tries < 100; tries += 1) {
    const link = newest(ready.mailbox, to);
    const answer = link && (await page.goto(`${origin}/${language}${link}`));
    if (answer?.ok()) return answer;
    await page.waitForTimeout(100);
  }
  throw new Error(`no letter to ${to} with a link that works`);
}

function newest(folder, to) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".eml")).map((name) => join(folder, name));
  files.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  for (const file of files) {
    const text = readFileSync(file, "utf8").replaceAll("=\r\n", "");
    const link = text.match(/\/(?:nl|en)(\/(?:verify|invitation|new-password)\/[A-Za-z0-9_-]{32})/);
    if (link && text.includes(`To: ${to}\r\n`)) return link[1];
  }
  return null;
}

export async function accounts(browser, { base, ready, privacy, signIn, follow, send }) {
  const open = async () => (await browser.newContext({ locale: "nl-NL" })).newPage();
  const [owner, guest, other] = [await open(), await open(), await open()];
  const [joost, lotte] = ["joost@example.org", "lotte@example.org"];
  const seen = {};
  await signIn(owner, privacy);
  await owner.goto(`${base}/nl/o`);
  await follow(owner, "main .tabs a[href$='/members']");
  await follow(owner, "main a:has-text('Uitnodigen')");
  await send(owner, { emails: joost });
  seen.invited = (await owner.textContent("[role=status]")).trim();

  await guest.goto(`${base}/nl/accessibility`);
  await followLetter(guest, ready, joost);
  seen.title = await guest.textContent("h1");
  await send(guest, { name: "Joost", password: OLD });
  seen.offered = (await guest.textContent("h1")).trim();
  await follow(guest, "main form a:has-text('Nu niet')");
  seen.joined = new URL(guest.url()).pathname.startsWith("/nl/o/");
  await owner.reload();
  seen.member = (await owner.textContent("main")).includes("Joost");

  await other.goto(`${base}/sign-in`);
  await follow(other, "main a:has-text('Wachtwoord vergeten?')");
  await send(other, { email: joost });
  seen.sent = await other.textContent("h1");
  await followLetter(other, ready, joost);
  await send(other, { password: NEW });
  seen.changed = await other.textContent("h1");
  await guest.reload();
  seen.signedOut = new URL(guest.url()).pathname;
  await signIn(other, { email: joost, password: NEW });
  seen.back = new URL(other.url()).pathname;

  await guest.goto(`${base}/nl/sign-up`);
  await send(guest, { name: "Lotte", email: lotte, password: OLD });
  seen.asked = await guest.textContent("h1");
  await followLetter(guest, ready, lotte);
  await follow(guest, "main form button.go");
  await follow(guest, "main form a:has-text('Nu niet')");
  seen.account = (await guest.textContent("main")).includes(lotte);
  for (const page of [owner, guest, other]) await page.context().close();
  return seen;
}
