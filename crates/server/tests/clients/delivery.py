"""Delivers to the subsurface API as delivery software does: standard library only, with the habits of real clients.

Usage: delivery.py URL USERNAME CODE PROJECT FORBIDDEN_PROJECT UNKNOWN_PROJECT DOCUMENT DOCUMENT
Prints one JSON object of what it saw; fails loudly where a client would.
"""

import base64
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

url, username, code, project, forbidden, unknown, first, second = sys.argv[1:]
BASE = url + "/api/v2"
P = f"{BASE}/{project}"
TOKEN = base64.b64encode(f"{username}:{code}".encode()).decode()
# A municipal script writes the scheme in lower case.
BASIC = {"Authorization": f"basic {TOKEN}"}


def call(method, address, data=None, headers=BASIC, **more):
    """Status, headers and body; a body that is not XML is parsed without a look at the status, as clients do."""
    request = urllib.request.Request(address, data=data, method=method, headers={**headers, **more})
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    body = answer.read()
    if answer.headers.get_content_type() != "application/xml":
        body = json.loads(body)
    return answer.status, answer.headers, body


def validate(address, document, headers=BASIC):
    status, _, body = call("POST", address, document, headers, **{"Content-Type": "application/xml"})
    return status, body


documents = [open(path, "rb").read() for path in (first, second)]
seen = {}

# Validation: valid and invalid are both 2xx; the errors are a list also where there are none.
for address in (f"{P}/validatie", f"{BASE}/validatie"):
    status, body = validate(address, documents[0])
    assert status // 100 == 2 and body["status"] == "VALIDE" and len(body["errors"]) == 0, (status, body)
    status, body = validate(address, documents[0].replace(b"qualityRegime", b"qualityRegimen"))
    assert status // 100 == 2 and body["status"] == "NIET_VALIDE", (status, body)
    assert body["errors"][-1] == "Er zijn 1 of meer fouten geconstateerd in het brondocument.", body
    status, body = validate(address, b"<registrationRequest>")
    assert status // 100 == 2 and body["status"] == "NIET_VALIDE" and body["errors"], (status, body)

# Upload: 201, an absolute Location that ends in an integer.
status, headers, _ = call("POST", f"{P}/uploads", b"", **{"Content-Type": "application/xml"})
assert status == 201, status
upload_url = headers["Location"]
assert upload_url.startswith(url + "/"), upload_url
upload = int(upload_url.split("/")[len(upload_url.split("/")) - 1])

# Documents: with the reference as the name of the file, and without a name.
names = ["?" + urllib.parse.urlencode({"filename": "register - GMW - 018. IMBRO"}), ""]
for document, name in zip(documents, names):
    status, headers, _ = call("POST", f"{upload_url}/brondocumenten{name}", document, **{"Content-type": "application/xml"})
    assert status // 100 == 2 and headers["Location"].split("/")[-1].isdigit(), (status, headers)

# Delivery; a client that did not see the answer asks again.
deliveries = set()
for _ in range(2):
    body = json.dumps({"upload": int(upload)}).encode()
    status, headers, _ = call("POST", f"{P}/leveringen?labels=archief", body, **{"Content-type": "application/json"})
    assert status // 100 == 2, status
    deliveries.add(headers["Location"])
assert len(deliveries) == 1, deliveries
delivery_url = deliveries.pop()
seen["delivery"] = delivery_url

# Polling, until both say that it is done.
for _ in range(300):
    status, _, delivery = call("GET", delivery_url, **{"Content-Type": "application/json"})
    assert status == 200, status
    assert all(len(document["errors"]) == 0 for document in delivery["brondocuments"]), delivery
    taken = delivery["brondocuments"][0]["status"] == "OPGENOMEN_LVBRO"
    if delivery["status"] == "DOORGELEVERD" and taken:
        break
    time.sleep(0.1)
else:
    raise SystemExit(f"never delivered: {delivery}")
assert int(delivery["identifier"]) == int(delivery_url.split("/")[-1]) and len(delivery["identifier"]) == 10
seen["bro_ids"] = [document["broId"] for document in delivery["brondocuments"]]
seen["filenames"] = [document["filename"] for document in delivery["brondocuments"]]

# The documents as they were sent.
for document, sent in zip(delivery["brondocuments"], documents):
    status, _, kept = call("GET", f"{P}/brondocumenten/{document['id']}")
    assert status == 200 and kept == sent, status

# The transaction register: a slash before the question mark, a content type on a GET, the last row.
query = urllib.parse.urlencode({"zoekveld": "broId", "zoektekst": seen["bro_ids"][0]})
status, _, body = call("GET", f"{BASE}/transacties/?{query}", **{"Content-Type": "application/json"})
seen["internal_id"] = body["transacties"][-1]["objectIdBronhouder"]

# Errors: every body is JSON, the status says which it is.
wrong = {"Authorization": "Basic " + base64.b64encode(f"{username}:wrong".encode()).decode()}
seen["statuses"] = {
    "none": validate(f"{P}/validatie", documents[0], {})[0],
    "wrong code": validate(f"{P}/validatie", documents[0], wrong)[0],
    "forbidden project": validate(f"{BASE}/{forbidden}/validatie", documents[0])[0],
    "unknown project": validate(f"{BASE}/{unknown}/validatie", documents[0])[0],
    "unknown delivery": call("GET", f"{P}/leveringen/0099999999")[0],
    "version 1": validate(f"{url}/api/validatie", documents[0])[0],
    "no such page": call("GET", f"{P}/onzin")[0],
}
print(json.dumps(seen))
