// Delegations in every state in which something can be decided about them, between two organisations that no other page knows.

const PASSWORD = "correct horse battery";
const API = "subsurface";

export async function delegations({ base, operator }) {
  const call = async (path, body, method = "POST") => {
    const headers = { authorization: `Bearer ${operator}`, "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
    const answer = await fetch(`${base}/api/v1/${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  const party = async (name, email, roles) => {
    const { id } = await call("organisations", { name });
    await call("people", { name: "Fenna", email, password: PASSWORD, organisation: id, roles });
    return { id, who: { email, password: PASSWORD } };
  };
  const giver = await party("Hoogheemraadschap De Wandeling", "gever@example.org", ["owner", "project_manager"]);
  const receiver = await party("Boorbedrijf De Wandeling", "krijger@example.org", ["owner", "project_manager"]);
  const give = async (number, more) => {
    await call(`organisations/${giver.id}/workspaces`, { number, name: `Wandelmeetnet ${number}` });
    const all = { api: API, workspace: number, to: receiver.id, kind: "delivering", permissions: [`${API}:deliveries:create`] };
    return (await call("delegations", { ...all, description: `Sonderingen ${number}`, ...more })).id;
  };
  const offered = await give("w1", { invitation: true });
  const open = await give("w2", { may_pass_on: true });
  const paused = await give("w3", {});
  await call(`delegations/${paused}/suspension`, { reason: "Storing bij de leverancier" }, "PUT");
  const closing = await give("w4", {});
  await call(`delegations/${closing}/closures`, { at: new Date(Math.ceil(Date.now() / 86_400_000 + 30) * 86_400_000).toISOString(), reason: "Veldwerk klaar" });
  const at = ({ id }, delegation, deed) => `/o/${id}/delegations/${delegation}${deed}`;
  return [
    { name: "delegation-offered", path: at(receiver, offered, ""), who: receiver.who },
    { name: "delegation-accept", path: at(receiver, offered, "/accept"), who: receiver.who },
    { name: "delegation-decline", path: at(receiver, offered, "/decline"), who: receiver.who },
    { name: "delegation-pass-on", path: at(receiver, open, "/pass-on"), who: receiver.who },
    { name: "received-many", path: `/o/${receiver.id}/received`, who: receiver.who },
    { name: "delegation-paused", path: at(giver, paused, ""), who: giver.who },
    { name: "delegation-resume", path: at(giver, paused, "/resume"), who: giver.who },
    { name: "delegation-closing", path: at(giver, closing, ""), who: giver.who },
    { name: "delegation-keep", path: at(giver, closing, "/keep"), who: giver.who },
    { name: "settings-policy", path: `/o/${giver.id}/settings`, who: giver.who },
    { name: "policy-first", path: `/o/${giver.id}/settings/second-factor/require`, who: giver.who, status: 409 },
    { name: "policy-release", path: `/o/${giver.id}/settings/second-factor/release`, who: giver.who },
  ];
}
