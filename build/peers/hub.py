"""huggingface_hub and the command share one cache: each finds what the other downloaded, and downloads nothing of it again.

usage: hub.py SIGHTGLASS MODEL_DIR    (the command; any model folder, served on 127.0.0.1 as a hub would; wants huggingface_hub)
"""
import hashlib, http.server, json, os, subprocess, sys, tempfile, threading
from pathlib import Path

command, folder = sys.argv[1], Path(sys.argv[2])
COMMIT, REPO = "0123456789abcdef0123456789abcdef01234567", "org/model"
FILES = {f.name: f.read_bytes() for f in folder.iterdir() if f.is_file() and f.suffix in (".json", ".safetensors", ".jinja")}
large = lambda name: name.endswith(".safetensors")
sha256 = lambda b: hashlib.sha256(b).hexdigest()
git = lambda b: hashlib.sha1(b"blob %d\0" % len(b) + b).hexdigest()
asked = []    # files whose bytes were sent


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *a): pass

    def answer(self, body, **headers):
        self.send_response(200)
        for k, v in ({"Content-Length": str(len(body))} | headers).items(): self.send_header(k.replace("_", "-"), v)
        self.end_headers()
        if self.command == "GET": self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.startswith(f"/api/models/{REPO}/tree/"):
            tree = [{"type": "file", "path": n, "size": len(b), "oid": git(b)} | ({"lfs": {"oid": sha256(b), "size": len(b), "pointerSize": 130}} if large(n) else {}) for n, b in FILES.items()]
            return self.answer(json.dumps(tree).encode(), Content_Type="application/json")
        if path.startswith(f"/api/models/{REPO}"):
            entries = [{"rfilename": n, "size": len(b), "blobId": git(b)} | ({"lfs": {"sha256": sha256(b), "size": len(b), "pointerSize": 130}} if large(n) else {}) for n, b in FILES.items()]
            return self.answer(json.dumps({"id": REPO, "modelId": REPO, "sha": COMMIT, "private": False, "tags": [], "downloads": 0, "likes": 0, "siblings": entries}).encode(), Content_Type="application/json")
        name = path.split("/")[-1]
        if name not in FILES: return self.send_error(404)
        body = FILES[name]
        if self.command == "GET": asked.append(name)
        tag = {"X_Linked_Etag": f'"{sha256(body)}"', "X_Linked_Size": str(len(body))} if large(name) else {}
        self.answer(body, ETag=f'"{sha256(body) if large(name) else git(body)}"', X_Repo_Commit=COMMIT, **tag)

    do_HEAD = do_GET


def shared(cache, download, find):
    asked.clear()
    download(cache)
    first = sorted(asked)
    assert first == sorted(FILES), first
    find(cache)
    assert len(asked) == len(first), asked[len(first):]


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ |= {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
from huggingface_hub import __version__, scan_cache_dir, snapshot_download


def ours(cache):
    env = os.environ | {"HF_HUB_CACHE": cache}
    subprocess.run([command, "models", "pull", REPO], check=True, env=env, stdout=subprocess.DEVNULL)
    listed = subprocess.run([command, "models", "list"], check=True, env=env, capture_output=True, text=True).stdout
    assert REPO in listed.split(), listed


def theirs(cache):
    dir = snapshot_download(REPO, cache_dir=cache)
    assert dir == snapshot_download(REPO, cache_dir=cache, local_files_only=True)
    assert all(Path(dir, n).read_bytes() == b for n, b in FILES.items())
    found = scan_cache_dir(cache)
    assert not found.warnings and [r.repo_id for r in found.repos] == [REPO], found
    assert found.size_on_disk == sum(map(len, {sha256(b): b for b in FILES.values()}.values())), found.size_on_disk


with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
    shared(a, ours, theirs)
    shared(b, theirs, ours)
print(f"{len(FILES)} files: huggingface_hub {__version__} takes what sightglass downloaded, and the other way round")
