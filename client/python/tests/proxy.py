"""A server before the server, which loses answers or gives others."""

import contextlib
import http.client
import http.server
import json
import threading


class Proxy:
    """Passes requests on to `target`. `plan` says what to do with the next POSTs, in their order:
    "pass", "cut" (pass it on, and close without an answer), "half" (close within the body), or a
    status with which to answer in place of the server. After that all are passed."""

    def __init__(self, target_port):
        self.plan = []
        self.seen = []  # (path, body) of each POST
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def pass_on(self, method):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                step = "pass"
                if method == "POST":
                    proxy.seen.append((self.path, json.loads(body)))
                    step = proxy.plan.pop(0) if proxy.plan else "pass"
                if isinstance(step, int):
                    self.answer(step, b'{"error":{"code":"unavailable","message":"not now"}}')
                    return
                target = http.client.HTTPConnection("127.0.0.1", target_port, timeout=30)
                with contextlib.closing(target):
                    target.request(method, self.path, body or None)
                    response = target.getresponse()
                    content = response.read()
                if step == "cut":
                    self.close_connection = True
                elif step == "half":
                    self.answer(response.status, content, len(content) // 2)
                    self.close_connection = True
                else:
                    self.answer(response.status, content)

            def answer(self, status, content, sent=None):
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                if status in (429, 503):
                    self.send_header("Retry-After", "1")
                self.end_headers()
                self.wfile.write(content[:sent])

            def do_GET(self):
                self.pass_on("GET")

            def do_POST(self):
                self.pass_on("POST")

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True

        self._listener = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._listener.server_port}"
        self._thread = threading.Thread(target=self._listener.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()
