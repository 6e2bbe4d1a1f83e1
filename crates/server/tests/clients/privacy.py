"""A customer of the privacy API, with nothing but Python's standard library: every way in that Dastra documents for software
without a person. Usage: privacy.py READY_FILE. Says what was seen as JSON; ends with an error at the first surprise."""

import base64
import json
import sys
import urllib.error
import urllib.parse
import urllib.request


def ask(url, headers, form=None):
    """Status, headers and body of an answer."""
    body = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def basic(public, private):
    return {"Authorization": "Basic " + base64.b64encode(f"{public}:{private}".encode()).decode()}


def expect(status, answer):
    assert answer[0] == status, (status, answer[0], answer[2])
    return json.loads(answer[2]) if answer[2] else None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        privacy = json.load(file)["privacy"]
    public, private, api = privacy["public_key"], privacy["private_key"], privacy["api_url"]
    token_url, revocation_url = privacy["account_url"] + "/connect/token", privacy["account_url"] + "/connect/revocation"
    workspaces = api + "/v1/workspaces"

    # The simplest way, and the one of the published definition.
    for headers in ({"X-API-Key": private}, basic(public, private)):
        seen = expect(200, ask(workspaces, headers))
        assert seen["total"] == 3 and seen["items"] == seen["workSpaces"], seen

    # Client credentials, in the header and in the body.
    grant = {"grant_type": "client_credentials", "scope": "api1"}
    tokens = [
        expect(200, ask(token_url, basic(public, private), grant)),
        expect(200, ask(token_url, {}, {**grant, "client_id": public, "client_secret": private})),
    ]
    for token in tokens:
        assert token["token_type"] == "Bearer" and token["scope"] == "api1", token.keys()
        assert isinstance(token["expires_in"], int) and "refresh_token" not in token, token.keys()
        seen = expect(200, ask(workspaces, {"Authorization": "Bearer " + token["access_token"]}))
        assert [workspace["label"] for workspace in seen["items"]][0] == "My data company", seen
    own = basic(privacy["workspace_public_key"], privacy["workspace_private_key"])
    narrow = expect(200, ask(token_url, own, grant))["access_token"]
    seen = expect(200, ask(workspaces, {"Authorization": "Bearer " + narrow}))
    assert [workspace["id"] for workspace in seen["items"]] == [2], seen
    expect(404, ask(api + "/v1/workspaces/1", {"Authorization": "Bearer " + narrow}))

    # Refused as a customer's software expects it.
    statuses = {}
    wrong = ask(token_url, basic(public, private[:-1] + "x"), grant)
    assert json.loads(wrong[2])["error"] == "invalid_client", wrong
    scope = ask(token_url, basic(public, private), {**grant, "scope": "api2"})
    assert json.loads(scope[2])["error"] == "invalid_scope", scope
    none = ask(workspaces, {})
    assert none[1]["WWW-Authenticate"].startswith("Bearer"), none
    statuses.update({"wrong private key": wrong[0], "unknown scope": scope[0], "none": none[0]})
    statuses["private key as Bearer"] = ask(workspaces, {"Authorization": "Bearer " + private})[0]
    statuses["token as X-API-Key"] = ask(workspaces, {"X-API-Key": tokens[0]["access_token"]})[0]

    # A token that is ended is refused on the next request; the other one is not.
    expect(200, ask(revocation_url, basic(public, private), {"token": tokens[0]["access_token"]}))
    statuses["ended token"] = ask(workspaces, {"Authorization": "Bearer " + tokens[0]["access_token"]})[0]
    statuses["other token"] = ask(workspaces, {"Authorization": "Bearer " + tokens[1]["access_token"]})[0]
    print(json.dumps(statuses))


main()
