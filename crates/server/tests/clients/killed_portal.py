"""Delivers to a demo's subsurface API while the demo is killed again and again, then looks whether anything that was
answered is lost, or anything was done twice.

Usage: killed_portal.py POORT FOLDER PORT ROUNDS DOCUMENT
Prints one JSON object of what it counted; fails loudly.
"""

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time

poort, folder, port, rounds, path = sys.argv[1:]
document = open(path, "rb").read()
ready_file = os.path.join(folder, "ready.json")
lock = threading.Lock()
uploads, documents, deliveries = {}, {}, {}


def start():
    if os.path.exists(ready_file):
        os.remove(ready_file)
    command = [poort, "demo", "--data", os.path.join(folder, "data"), "--port", port, "--ready-file", ready_file]
    demo = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    for _ in range(1200):
        if os.path.exists(ready_file):
            return demo, json.load(open(ready_file))["subsurface"]
        assert demo.poll() is None, "the demo ended"
        time.sleep(0.05)
    demo.kill()
    raise SystemExit("the demo did not become ready")


def call(world, method, target, body=None, headers={}):
    token = base64.b64encode(f"{world['username']}:{world['code']}".encode()).decode()
    connection = http.client.HTTPConnection(world["url"].removeprefix("http://"), timeout=30)
    connection.request(method, target, body, {"Authorization": f"Basic {token}", **headers})
    answer = connection.getresponse()
    return answer.status, answer.headers["Location"], answer.read()


def made(world, target, body=b""):
    """What was made, once it was answered; nothing if the other side went away."""
    try:
        status, location, said = call(world, "POST", target, body)
    except (OSError, http.client.HTTPException):
        return None
    assert status in (201, 503), (status, said)
    return location.split("/")[-1] if status == 201 else None


def work(world, name, stop):
    count = 0
    while not stop.is_set():
        count += 1
        sent = document.replace(b"PB-0042", f"{name}-{count}".encode())
        upload = made(world, "/api/v2/1255/uploads")
        if upload is None:
            continue
        with lock:
            uploads[upload] = []
        added = made(world, f"/api/v2/1255/uploads/{upload}/brondocumenten", sent)
        if added is None:
            continue
        with lock:
            uploads[upload].append(int(added))
            documents[added] = sent
        delivery = made(world, "/api/v2/1255/leveringen", json.dumps({"upload": int(upload)}).encode())
        if delivery is not None:
            with lock:
                assert delivery not in deliveries
                deliveries[delivery] = upload


for number in range(int(rounds)):
    demo, world = start()
    stop = threading.Event()
    workers = [threading.Thread(target=work, args=(world, f"{number}-{worker}", stop)) for worker in range(4)]
    for worker in workers:
        worker.start()
    # Not always at the same place of the work.
    time.sleep(0.7 + 0.37 * number)
    demo.send_signal(signal.SIGKILL)
    demo.wait()
    stop.set()
    for worker in workers:
        worker.join()

demo, world = start()
try:
    for upload, held in uploads.items():
        status, _, said = call(world, "GET", f"/api/v2/1255/uploads/{upload}")
        assert status == 200, ("an upload is lost", upload, said)
        kept = {row["id"] for row in json.loads(said)["brondocuments"]}
        assert kept >= set(held), ("a document is lost", upload)
    for number, sent in documents.items():
        status, _, said = call(world, "GET", f"/api/v2/1255/brondocumenten/{number}")
        assert (status, said) == (200, sent), ("a document changed", number)
    for delivery, upload in deliveries.items():
        for _ in range(600):
            status, _, said = call(world, "GET", f"/api/v2/1255/leveringen/{delivery}")
            assert status == 200, ("a delivery is lost", delivery, said)
            found = json.loads(said)
            if found["status"] == "DOORGELEVERD":
                break
            time.sleep(0.05)
        assert found["status"] == "DOORGELEVERD" and found["upload"] == int(upload), found
    # Everything that is there has come to its end meanwhile, what was not answered included.
    rows = []
    while True:
        status, _, said = call(world, "GET", f"/api/v2/transacties?limit=1000&offset={len(rows)}")
        page = json.loads(said)["transacties"]
        rows += page
        if not page:
            break
    count = len(rows)
    assert [row["transactieId"] for row in rows] == [f"GMW-{number:012}" for number in range(1, count + 1)], "a gap, or one twice"
    assert sorted(row["broId"] for row in rows) == [f"GMW{number:012}" for number in range(1, count + 1)], "a gap, or one twice"
    assert len({row["brondocument"] for row in rows}) == count, "a document was taken in twice"
    assert count >= len(deliveries), (count, len(deliveries))
    print(json.dumps({"uploads": len(uploads), "documents": len(documents), "deliveries": len(deliveries), "taken_in": count}))
finally:
    demo.send_signal(signal.SIGTERM)
    demo.wait()
