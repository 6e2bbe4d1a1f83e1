// The same pages for who has no script, chosen their own colours, or uses no mouse.

// What can be reached with the keyboard, in the order of the page; of the radio buttons of one name only one is a stop.
function stops() {
  const names = new Set();
  const reachable = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")];
  const wanted = reachable.filter((element) => {
    if (element.tabIndex < 0 || element.disabled || !element.checkVisibility({ visibilityProperty: true })) return false;
    if (element.type !== "radio") return true;
    const first = !names.has(element.name);
    names.add(element.name);
    return first;
  });
  return wanted.length;
}

// Where the keyboard is, and whether one sees it.
function here() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const marked = (one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
  };
  // What stands in for a field that is not drawn itself is its label.
  // Which part of a date the keyboard is at, the browser shows by itself.
  const seen = marked(element) || [...(element.labels ?? [])].some(marked) || element.type === "date";
  const reached = (globalThis.reached ??= new Set()).add(element).size;
  return { reached, name: `${element.localName} ${element.name || element.textContent.trim().slice(0, 40)}`, seen };
}

async function keyboard(page, tell) {
  await page.reload();
  const wanted = await page.evaluate(stops);
  // From the top, also where a page has put the keyboard at what is wrong.
  await page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
  });
  let reached = 0;
  // A date is several stops.
  for (let turn = 0; turn <= 5 * wanted; turn += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(here);
    if (!at) break;
    if (turn === 0 && !at.name.startsWith("a ")) tell("the first stop is no skip link");
    if (!at.seen) tell(`one does not see that the keyboard is at ${at.name}`);
    reached = at.reached;
  }
  if (reached < wanted) tell(`the keyboard reaches ${reached} of ${wanted}`);
}

// With colours of one's own, backgrounds and shadows are gone: an edge, or a line below as links have it, must say what is a button or
// a field.
function edgeless() {
  const all = [...document.querySelectorAll("main .btn, main button, main input:not([type=hidden]), main select, main textarea")];
  // Boxes to tick are drawn by the browser, whatever their edge.
  const drawn = all.filter((element) => element.checkVisibility() && !element.matches(".vh, [type=radio], [type=checkbox]"));
  const bare = drawn.filter((element) => {
    const style = getComputedStyle(element);
    return parseFloat(style.borderTopWidth) < 1 && style.textDecorationLine !== "underline";
  });
  return bare.map((element) => `no edge around ${element.textContent.trim() || element.name}`);
}

export async function access(browser, { base, pages, signIn }) {
  const problems = [];
  let checked = 0;
  const views = [
    { name: "forced colours", options: { forcedColors: "active" }, look: async (page, tell) => (await page.evaluate(edgeless)).forEach(tell) },
    { name: "keyboard", options: {}, look: keyboard },
    { name: "no script", options: { javaScriptEnabled: false }, look: async (page, tell) => (await page.$("main h1, main h2")) ?? tell("is empty") },
  ];
  for (const view of views) {
    const open = new Map();
    for (const row of pages) {
      const key = row.who?.key ?? row.who?.email ?? "";
      if (!open.has(key)) {
        const context = await browser.newContext({ locale: "nl-NL", viewport: { width: 1280, height: 900 }, httpCredentials: row.who?.credentials, ...view.options });
        open.set(key, await context.newPage());
        if (row.who && !row.who.credentials) await signIn(open.get(key), row.who.make ? await row.who.make() : row.who);
      }
      const page = open.get(key);
      const tell = (problem) => problems.push(`${row.name}, ${view.name}: ${problem}`);
      let answer = await page.goto(row.unprefixed ? `${base}${row.path}?lang=nl` : `${base}/nl${row.path}`);
      if (row.begin) answer = await row.begin(page);
      checked += 1;
      if (answer.status() !== (row.status ?? 200)) tell(`answered ${answer.status()}`);
      // A page that answers a form cannot be asked for again.
      if (view.look !== keyboard || answer.request().method() === "GET") await view.look(page, tell);
    }
    for (const page of open.values()) await page.context().close();
  }
  return { checked, problems };
}
