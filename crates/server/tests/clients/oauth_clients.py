"""OAuth clients of PyPI, unmodified, against a demo: whatever the library does not offer is done with its own HTTP session.

Takes the demo's ready file; prints what each step gave, for each library."""

import asyncio
import json
import os
import sys

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import httpx
import httpx_oauth.oauth2
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient
from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from browser import Browser

READY = json.load(open(sys.argv[1]))["privacy"]
ACCOUNT, API = READY["account_url"], READY["api_url"]
PUBLIC, PRIVATE, CALLBACK = READY["public_key"], READY["private_key"], READY["redirect_uri"]
TOKEN, AUTHORIZE = f"{ACCOUNT}/connect/token", f"{ACCOUNT}/connect/authorize"
REVOKE, INTROSPECT = f"{ACCOUNT}/connect/revocation", f"{ACCOUNT}/connect/introspect"
SCOPE = "api1 offline_access"


def browser():
    return Browser(READY["email"], READY["password"], CALLBACK)


def workspaces(get):
    """What the privacy API answers to the library's own session: the number of workspaces, or the status of a refusal."""
    answer = get(f"{API}/v1/workspaces")
    return answer.json()["total"] if answer.status_code == 200 else answer.status_code


def refused(call, error=OAuthError):
    try:
        call()
    except error as told:
        return told.error
    return "allowed"


def authlib():
    said = {}
    own = AuthlibSession(PUBLIC, PRIVATE, token_endpoint_auth_method="client_secret_basic")
    token = own.fetch_token(TOKEN, grant_type="client_credentials", scope="api1")
    said["client_credentials"] = [token["token_type"], token["scope"], "refresh_token" in token, workspaces(own.get)]
    said["introspect"] = own.introspect_token(INTROSPECT, token=token["access_token"]).json()["active"]
    said["revoke"] = own.revoke_token(REVOKE, token=token["access_token"]).status_code
    said["introspect revoked"] = own.introspect_token(INTROSPECT, token=token["access_token"]).json()["active"]
    said["revoked"] = workspaces(own.get)
    wrong = AuthlibSession(PUBLIC, PRIVATE[:-6] + "000000", token_endpoint_auth_method="client_secret_post")
    said["wrong secret"] = refused(lambda: wrong.fetch_token(TOKEN, grant_type="client_credentials", scope="api1"))
    for name, pkce in [("code", None), ("code with PKCE", "S256")]:
        session = AuthlibSession(PUBLIC, PRIVATE, scope=SCOPE, redirect_uri=CALLBACK, code_challenge_method=pkce)
        verifier = {"code_verifier": "a" * 43 + "verifier"} if pkce else {}
        url, state = session.create_authorization_url(AUTHORIZE, **verifier)
        answer = browser().authorize(url)
        token = session.fetch_token(TOKEN, authorization_response=answer, state=state, **verifier)
        said[name] = [token["scope"], workspaces(session.get)]
        if pkce:
            # A code is used once; another use of it ends what came of it.
            said["replayed code"] = refused(lambda: session.fetch_token(TOKEN, authorization_response=answer, state=state, **verifier))
            said["after the replay"] = workspaces(requests_with(token))
            continue
        refreshed = session.refresh_token(TOKEN, refresh_token=token["refresh_token"])
        said["refresh"] = [refreshed["access_token"] != token["access_token"], workspaces(session.get)]
        said["revoke refresh"] = session.revoke_token(REVOKE, token=session.token["refresh_token"], token_type_hint="refresh_token").status_code
        said["revoked refresh"] = refused(lambda: session.refresh_token(TOKEN, refresh_token=session.token["refresh_token"]))
    return said


def requests_with(token):
    return lambda url: requests.get(url, headers={"Authorization": f"Bearer {token['access_token']}"}, timeout=30)


def requests_oauthlib():
    said = {}
    own = OAuth2Session(client=BackendApplicationClient(client_id=PUBLIC, scope=["api1"]))
    token = own.fetch_token(TOKEN, auth=HTTPBasicAuth(PUBLIC, PRIVATE))
    said["client_credentials"] = [token["token_type"], " ".join(token["scope"]), "refresh_token" in token, workspaces(own.get)]
    asked = {"token": token["access_token"]}
    introspect = lambda: requests.post(INTROSPECT, data=asked, auth=(PUBLIC, PRIVATE), timeout=30).json()["active"]
    said["introspect"] = introspect()
    said["revoke"] = requests.post(REVOKE, data=asked, auth=(PUBLIC, PRIVATE), timeout=30).status_code
    said["introspect revoked"] = introspect()
    said["revoked"] = workspaces(own.get)
    wrong = OAuth2Session(client=BackendApplicationClient(client_id=PUBLIC, scope=["api1"]))
    said["wrong secret"] = refused(lambda: wrong.fetch_token(TOKEN, auth=HTTPBasicAuth(PUBLIC, PRIVATE[:-6] + "000000")), OAuth2Error)
    for name, pkce in [("code", None), ("code with PKCE", "S256")]:
        session = OAuth2Session(PUBLIC, redirect_uri=CALLBACK, scope=SCOPE.split(), pkce=pkce)
        url, _ = session.authorization_url(AUTHORIZE)
        answer = browser().authorize(url)
        token = session.fetch_token(TOKEN, authorization_response=answer, client_secret=PRIVATE)
        said[name] = [" ".join(token["scope"]), workspaces(session.get)]
        if pkce:
            said["replayed code"] = refused(
                lambda: session.fetch_token(TOKEN, authorization_response=answer, client_secret=PRIVATE), OAuth2Error
            )
            said["after the replay"] = workspaces(requests_with(token))
            continue
        renew = lambda: session.refresh_token(TOKEN, refresh_token=token["refresh_token"], auth=HTTPBasicAuth(PUBLIC, PRIVATE))
        refreshed = renew()
        said["refresh"] = [refreshed["access_token"] != token["access_token"], workspaces(session.get)]
        ended = {"token": token["refresh_token"], "token_type_hint": "refresh_token"}
        said["revoke refresh"] = requests.post(REVOKE, data=ended, auth=(PUBLIC, PRIVATE), timeout=30).status_code
        said["revoked refresh"] = refused(renew, OAuth2Error)
    return said


async def httpx_oauth_client():
    """It knows the code flow only."""
    said = {}
    client = httpx_oauth.oauth2.OAuth2(
        PUBLIC,
        PRIVATE,
        AUTHORIZE,
        TOKEN,
        refresh_token_endpoint=TOKEN,
        revoke_token_endpoint=REVOKE,
        base_scopes=SCOPE.split(),
        token_endpoint_auth_method="client_secret_basic",
        revocation_endpoint_auth_method="client_secret_basic",
    )

    async def told(call):
        try:
            await call
        except httpx_oauth.oauth2.OAuth2RequestError as error:
            return error.response.json()["error"]
        return "allowed"

    for name, verifier in [("code", None), ("code with PKCE", "b" * 43 + "verifier")]:
        challenge = {}
        if verifier:
            import base64
            import hashlib

            digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
            challenge = {"code_challenge": digest, "code_challenge_method": "S256"}
        answer = browser().authorize(await client.get_authorization_url(CALLBACK, state="s" * 22, **challenge))
        code = httpx.URL(answer).params["code"]
        token = await client.get_access_token(code, CALLBACK, verifier)
        said[name] = [token["scope"], workspaces(requests_with(token))]
        if verifier:
            said["replayed code"] = await told(client.get_access_token(code, CALLBACK, verifier))
            said["after the replay"] = workspaces(requests_with(token))
            continue
        refreshed = await client.refresh_token(token["refresh_token"])
        said["refresh"] = [refreshed["access_token"] != token["access_token"], workspaces(requests_with(refreshed))]
        await client.revoke_token(token["refresh_token"], "refresh_token")
        said["revoked refresh"] = await told(client.refresh_token(token["refresh_token"]))
    return said


print(json.dumps({"Authlib": authlib(), "requests-oauthlib": requests_oauthlib(), "httpx-oauth": asyncio.run(httpx_oauth_client())}))
