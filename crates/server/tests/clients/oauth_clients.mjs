// OAuth clients of npm, unmodified, against a demo. Takes the demo's ready file and the script that stands for a person's browser;
// prints what each step gave, for each library.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as openid from "openid-client";
import { AuthorizationCode, ClientCredentials } from "simple-oauth2";

const [ready_file, browser] = process.argv.slice(2);
const ready = JSON.parse(readFileSync(ready_file)).privacy;
const { account_url, api_url, public_key, private_key, redirect_uri } = ready;
const authorize = (url) => execFileSync("python3", [browser, ready_file, String(url)], { encoding: "utf8" }).trim();

/** What the privacy API answers: the number of workspaces, or the status of a refusal. */
async function workspaces(token) {
  const answer = await fetch(`${api_url}/v1/workspaces`, { headers: { authorization: `Bearer ${token}` } });
  return answer.ok ? (await answer.json()).total : answer.status;
}

async function refused(call, error) {
  try {
    await call();
  } catch (told) {
    return (await error(told)) ?? String(told);
  }
  return "allowed";
}

async function openid_client() {
  const said = {};
  const insecure = { execute: [openid.allowInsecureRequests] };
  const known = (secret) => openid.discovery(new URL(account_url), public_key, undefined, openid.ClientSecretBasic(secret), insecure);
  const config = await known(private_key);
  // A refusal that comes with WWW-Authenticate is another error, with the answer unread.
  const error = async (told) => told.error ?? (await told.response?.json())?.error;
  const own = await openid.clientCredentialsGrant(config, { scope: "api1" });
  said["client_credentials"] = [own.token_type, own.scope, "refresh_token" in own, await workspaces(own.access_token)];
  said["introspect"] = (await openid.tokenIntrospection(config, own.access_token)).active;
  await openid.tokenRevocation(config, own.access_token);
  said["introspect revoked"] = (await openid.tokenIntrospection(config, own.access_token)).active;
  said["revoked"] = await workspaces(own.access_token);
  const wrong = await known(private_key.slice(0, -6) + "000000");
  said["wrong secret"] = await refused(() => openid.clientCredentialsGrant(wrong, { scope: "api1" }), error);
  for (const [name, pkce] of [["code", false], ["code with PKCE", true]]) {
    const [pkceCodeVerifier, expectedState, expectedNonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()];
    const asked = { redirect_uri, scope: "openid api1 offline_access", state: expectedState, nonce: expectedNonce, prompt: "consent" };
    if (pkce) {
      asked.code_challenge = await openid.calculatePKCECodeChallenge(pkceCodeVerifier);
      asked.code_challenge_method = "S256";
    }
    const answer = new URL(authorize(openid.buildAuthorizationUrl(config, asked)));
    const checks = { expectedState, expectedNonce, ...(pkce ? { pkceCodeVerifier } : {}) };
    const token = await openid.authorizationCodeGrant(config, answer, checks);
    said[name] = [token.scope, typeof token.claims().sub, await workspaces(token.access_token)];
    if (pkce) {
      said["replayed code"] = await refused(() => openid.authorizationCodeGrant(config, answer, checks), error);
      said["after the replay"] = await workspaces(token.access_token);
      continue;
    }
    const refreshed = await openid.refreshTokenGrant(config, token.refresh_token);
    said["refresh"] = [refreshed.access_token !== token.access_token, await workspaces(refreshed.access_token)];
    await openid.tokenRevocation(config, token.refresh_token);
    said["revoked refresh"] = await refused(() => openid.refreshTokenGrant(config, token.refresh_token), error);
  }
  return said;
}

async function simple_oauth2() {
  const said = {};
  const auth = { tokenHost: account_url, tokenPath: "/connect/token", revokePath: "/connect/revocation" };
  const config = (secret) => ({ client: { id: public_key, secret }, auth });
  const error = (told) => told.data?.payload?.error;
  const own = await new ClientCredentials(config(private_key)).getToken({ scope: "api1" });
  said["client_credentials"] = [own.token.token_type, own.token.scope, "refresh_token" in own.token, await workspaces(own.token.access_token)];
  await own.revoke("access_token");
  said["revoked"] = await workspaces(own.token.access_token);
  const wrong = new ClientCredentials(config(private_key.slice(0, -6) + "000000"));
  said["wrong secret"] = await refused(() => wrong.getToken({ scope: "api1" }), error);
  const { client: itself } = config(private_key);
  const client = new AuthorizationCode({ client: itself, auth: { ...auth, authorizePath: "/connect/authorize" } });
  for (const [name, pkce] of [["code", false], ["code with PKCE", true]]) {
    const verifier = openid.randomPKCECodeVerifier();
    const challenge = { code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" };
    const url = client.authorizeURL({ redirect_uri, scope: "api1 offline_access", state: "s".repeat(22), ...(pkce ? challenge : {}) });
    const code = new URL(authorize(url)).searchParams.get("code");
    const asked = { code, redirect_uri, ...(pkce ? { code_verifier: verifier } : {}) };
    const token = await client.getToken(asked);
    said[name] = [token.token.scope, await workspaces(token.token.access_token)];
    if (pkce) {
      said["replayed code"] = await refused(() => client.getToken(asked), error);
      said["after the replay"] = await workspaces(token.token.access_token);
      continue;
    }
    const refreshed = await token.refresh();
    said["refresh"] = [refreshed.token.access_token !== token.token.access_token, await workspaces(refreshed.token.access_token)];
    await token.revoke("refresh_token");
    said["revoked refresh"] = await refused(() => token.refresh(), error);
  }
  return said;
}

console.log(JSON.stringify({ "openid-client": await openid_client(), "simple-oauth2": await simple_oauth2() }));
