// Passkeys with the browser's virtual authenticator, and codes of an app: added, signed in with, proved again with, removed. Every page of them.
import { createHmac } from "node:crypto";

const PASSWORD = "correct horse battery";
let people = 0;

// The code that an app shows that counts from this Base32 text (RFC 6238), so many steps from now.
function code(secret, steps = 0) {
  const bits = [...secret.replaceAll(" ", "")].map((one) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(one).toString(2).padStart(5, "0"));
  const key = Buffer.from(bits.join("").match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const tag = createHmac("sha1", key).update(step).digest();
  return String((tag.readUInt32BE(tag[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export function factors({ base, operator, signIn, follow, send }) {
  const make = async (path, body) => {
    const headers = { authorization: `Bearer ${operator}`, "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
    const answer = await fetch(`${base}/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  // Somebody whom no other page of the walk knows.
  const somebody = async () => {
    const email = `factor-${(people += 1)}@example.org`;
    const organisation = (await make("organisations", { name: `Tweede stap ${people}` })).id;
    await make("people", { name: "Femke", email, password: PASSWORD, organisation, roles: ["owner"] });
    return { email, password: PASSWORD };
  };
  const device = async (page) => {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    const kind = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
    const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options: kind });
    const touch = (enabled) => cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
    await touch(false);
    return async (button) => {
      await page.waitForSelector(button);
      const onward = page.waitForNavigation();
      await touch(true);
      // A page that offers passkeys by itself may be answered before the button is pressed: then it is gone.
      const press = async () => (await page.focus(button, { timeout: 5_000 }), await page.keyboard.press("Enter"));
      await Promise.all([onward, press().catch(() => {})]);
      await touch(false);
    };
  };
  const signOut = async (page) => {
    await page.goto(`${base}/sign-out`);
    await follow(page, "main button[value=allow]");
  };
  const block = (page, language = "nl") => page.goto(`${base}/${language}/profile/sign-in`);
  const addPasskey = async (page, use, language, name) => {
    await block(page, language);
    await follow(page, "main a[href$='/passkeys/new']");
    await page.fill("main [name=name]", name);
    await use("main form button.go");
  };
  const addApp = async (page, language) => {
    await page.goto(`${base}/${language}/profile/sign-in/app`);
    await follow(page, "main button.go");
    return page.textContent("#secret");
  };

  // The whole way of one person.
  async function way(browser) {
    const context = await browser.newContext({ locale: "nl-NL" });
    const page = await context.newPage();
    const [femke, use, seen] = [await somebody(), await device(page), {}];
    await signIn(page, femke);
    await addPasskey(page, use, "nl", "Laptop");
    seen.added = (await page.textContent("[role=status]")).trim();
    await follow(page, "main button.go");
    seen.codes = (await page.textContent("#secret-1")).trim().split("\n").length;
    await block(page);
    seen.listed = (await page.textContent("main table")).includes("Laptop");

    await signOut(page);
    await page.goto(`${base}/sign-in?next=/nl/profile/sign-in`);
    await use("form[data-passkey] button");
    seen.alone = new URL(page.url()).pathname;
    await page.goto(`${base}/confirm-identity?return=/nl/profile/tokens/new`);
    await use("form[data-passkey] button");
    seen.again = new URL(page.url()).pathname;

    await signOut(page);
    await signIn(page, femke);
    seen.step = await page.textContent("h1");
    await use("form[data-passkey] button");
    seen.second = new URL(page.url()).pathname;

    const secret = await addApp(page, "nl");
    await send(page, { code: code(secret) });
    seen.app = (await page.textContent("[role=status]")).trim();
    await signOut(page);
    await signIn(page, femke);
    await send(page, { code: code(secret, 1) });
    seen.code = new URL(page.url()).pathname;

    await block(page);
    await follow(page, "main td.act a[href$='/name']");
    await send(page, { name: "Werklaptop" });
    seen.renamed = (await page.textContent("[role=status]")).trim();
    await follow(page, "main td.act a.stop");
    seen.question = await page.textContent("h1");
    await follow(page, "main button.stop");
    seen.removed = (await page.textContent("[role=status]")).trim();
    await signOut(page);
    await page.goto(`${base}/sign-in`);
    await use("form[data-passkey] button");
    seen.refused = (await page.textContent("#problem")).trim();
    await context.close();
    return seen;
  }

  // Each page once in this view and language; `see` looks at it.
  async function pages(open, language, see) {
    const page = await open();
    const [femke, use] = [await somebody(), await device(page)];
    await signIn(page, femke);
    await see(page, "factors-none", await block(page, language));
    await see(page, "app", await page.goto(`${base}/${language}/profile/sign-in/app`));
    await see(page, "app-new", await follow(page, "main button.go"));
    const secret = await page.textContent("#secret");
    await see(page, "app-problem", await send(page, { code: "12" }), 422);
    await see(page, "app-ready", await send(page, { code: code(secret) }));
    await addPasskey(page, use, language, "Laptop");
    await see(page, "factors", await block(page, language));
    await see(page, "passkey-remove", await follow(page, "main td.act a.stop"));
    await block(page, language);
    await see(page, "passkey-name", await follow(page, "main td.act a[href$='/name']"));
    await see(page, "passkey-name-problem", await send(page, { name: "" }), 422);
    await see(page, "passkey-offer", await page.goto(`${base}/${language}/profile/sign-in/passkeys/new?next=/profile`));
    await see(page, "passkey-new", await page.goto(`${base}/${language}/profile/sign-in/passkeys/new`));
    await see(page, "app-remove", await page.goto(`${base}/${language}/profile/sign-in/app/remove`));
    await see(page, "recovery-codes", await page.goto(`${base}/${language}/profile/sign-in/recovery-codes`));
    const other = await open();
    await signIn(other, femke);
    const step = `${other.url().split("&")[0]}&lang=${language}`;
    await see(other, "second-step", await other.goto(step));
    await see(other, "second-step-problem", await send(other, { code: "123456" }), 422);
    await see(other, "second-step-recovery", await other.goto(`${step}&recovery=1`));
    for (const one of [page, other]) await one.context().close();
  }

  // The same for who uses no mouse, no script or other colours: somebody new each time, as they have the app from then on.
  const rows = () => {
    const who = { key: "factor", make: somebody };
    const setUp = async (page) => {
      const secret = await addApp(page, "nl");
      return send(page, { code: code(secret) });
    };
    return [
      { name: "factors-none", path: "/profile/sign-in", who },
      { name: "app", path: "/profile/sign-in/app", who },
      { name: "app-new", path: "/profile/sign-in/app", who, begin: (page) => follow(page, "main button.go") },
      { name: "passkey-new", path: "/profile/sign-in/passkeys/new", who },
      { name: "passkey-offer", path: "/profile/sign-in/passkeys/new?next=/profile", who },
      { name: "app-ready", path: "/profile/sign-in/app", who, begin: setUp },
      { name: "factors", path: "/profile/sign-in", who },
      { name: "app-remove", path: "/profile/sign-in/app/remove", who },
      { name: "recovery-codes", path: "/profile/sign-in/recovery-codes", who },
    ];
  };

  return { way, pages, rows };
}
